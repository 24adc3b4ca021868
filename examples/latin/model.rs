//! A small model for 4×4 Latin squares, with untrained weights.

use hrm::model::{Config, Family, Model, Positions, Tensor, Weights};
use hrm::tasks::Task;

/// Returns the configuration of a model that takes boards of 16 cells.
pub fn config(task: Task) -> Config {
    let (seq_len, vocab_size) = task.sizes();
    Config::published(Family::Hrm, seq_len, vocab_size).with(|config| {
        (config.h_cycles, config.l_cycles) = (1, 1);
        (config.h_layers, config.l_layers) = (1, 1);
        (config.hidden_size, config.num_heads) = (32, 4);
        config.expansion = 1.0;
        config.positions = Positions::Learned;
        config.puzzle_emb_ndim = 0;
        config.num_puzzle_identifiers = 0;
        config.halt_max_steps = 4;
        config.task = Some(task);
    })
}

/// Returns a model with random weights, the same everywhere.
pub fn untrained(task: Task) -> hrm::Result<Model> {
    let mut random = fastrand::Rng::with_seed(1);
    model(task, |_, shape| {
        let scale = (3.0 / shape.last().map_or(1.0, |&inputs| inputs as f32)).sqrt();
        let values = (0..shape.iter().product()).map(|_| (2.0 * random.f32() - 1.0) * scale);
        values.collect()
    })
}

/// Returns a model whose tensors are made from their names and shapes.
pub fn model(task: Task, mut tensor: impl FnMut(&str, &[usize]) -> Vec<f32>) -> hrm::Result<Model> {
    let config = config(task);
    let mut tensors = Vec::new();
    for (name, shape) in config.tensors() {
        let values = tensor(&name, &shape);
        tensors.push((name, Tensor::from_f32(shape, values)?));
    }
    Model::from_parts(config, Weights::new("untrained", tensors))
}
