//! A small model for 4×4 Latin squares, whose weights nobody has trained.

use hrm::model::{Config, Family, Loss, Model, Positions, Tensor, Weights};
use hrm::tasks::Task;

/// The configuration of a model that takes boards of 16 cells.
pub fn config(task: Task) -> Config {
    let (seq_len, vocab_size) = task.sizes();
    Config {
        family: Family::Hrm,
        h_cycles: 1,
        l_cycles: 1,
        h_layers: 1,
        l_layers: 1,
        hidden_size: 32,
        num_heads: 4,
        expansion: 1.0,
        positions: Positions::Learned,
        rope_theta: 10000.0,
        rms_norm_eps: 1e-5,
        puzzle_emb_ndim: 0,
        puzzle_emb_len: 0,
        mlp_t: false,
        halt_max_steps: 4,
        seq_len,
        vocab_size,
        num_puzzle_identifiers: 0,
        loss: Loss::Stablemax,
        task: Some(task),
    }
}

/// A model with random weights, the same ones everywhere.
pub fn untrained(task: Task) -> hrm::Result<Model> {
    let mut random = fastrand::Rng::with_seed(1);
    model(task, |_, shape| {
        let scale = (3.0 / shape.last().map_or(1.0, |&inputs| inputs as f32)).sqrt();
        let values = (0..shape.iter().product()).map(|_| (2.0 * random.f32() - 1.0) * scale);
        values.collect()
    })
}

/// A model whose tensors are made from their names and shapes.
pub fn model(task: Task, mut tensor: impl FnMut(&str, &[usize]) -> Vec<f32>) -> hrm::Result<Model> {
    let config = config(task);
    let mut tensors = Vec::new();
    for (name, shape) in config.tensors() {
        let values = tensor(&name, &shape);
        tensors.push((name, Tensor::from_f32(shape, values)?));
    }
    Model::from_parts(config, Weights::new("untrained", tensors))
}
