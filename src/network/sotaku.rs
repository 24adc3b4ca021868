//! Sotaku: a small transformer with biases and LayerNorm, applied to the cells of a Sudoku again and again, which reads
//! its own last prediction (docs/specification.md, section 14).

use super::arch;
use super::builder::{Builder, Tensors};
use super::config::{Config, Family, Loss, Positions, check_range};
use super::definition::{Definition, FirstCarry, Network, Told};
use super::keys::{Keys, Shapes};
use super::value::Value;
use crate::kernels::*;

/// Weight and bias of the layer that embeds the cells.
const ENCODER: [&str; 2] = ["initial_encoder.weight", "initial_encoder.bias"];
/// The weight of the head.
const HEAD: &str = "output_head.weight";
/// Width of a head: every published form has it.
const HEAD_DIM: usize = 32;

/// The family Sotaku.
pub(super) struct Sotaku;

impl Definition for Sotaku {
    fn classes(&self) -> &'static [&'static str] {
        &["SudokuTransformer"]
    }

    fn claims(&self, shapes: &Shapes<'_>) -> bool {
        shapes.contains_key(ENCODER[0]) && shapes.contains_key(HEAD)
    }

    fn anchor(&self) -> &'static str {
        ENCODER[0]
    }

    fn needs_settings(&self) -> bool {
        false
    }

    fn called(&self, key: &'static str) -> &'static str {
        match key {
            "hidden_size" => "d_model",
            "num_heads" => "n_heads",
            "L_layers" => "n_layers",
            "rope_theta" => "rope_base",
            "rms_norm_eps" => "layer_norm_eps",
            "expansion" => "d_ff",
            key => key,
        }
    }

    fn published(&self, seq_len: usize, vocab_size: usize) -> Config {
        Config {
            h_cycles: 1,
            l_cycles: 1,
            hidden_size: 128,
            num_heads: 4,
            positions: Positions::Rope2d,
            rope_theta: 10.0,
            puzzle_emb_ndim: 0,
            num_puzzle_identifiers: 0,
            halt_max_steps: 1024,
            loss: Loss::Softmax,
            ..arch::published(Family::Sotaku, seq_len, vocab_size)
        }
    }

    fn read(&self, _: &str, keys: &mut Keys<'_>) -> Result<Config, String> {
        let width = keys.size("d_model", keys.shape(ENCODER[0], 0))?;
        let inner = keys.size("d_ff", keys.shape("layers.0.linear1.weight", 0))?;
        check_range("d_model", width, 1, 1 << 16)?;
        Ok(Config {
            hidden_size: width,
            num_heads: keys.size_or("n_heads", (width / HEAD_DIM).max(1))?,
            expansion: inner as f64 / width as f64,
            l_layers: keys.size("n_layers", keys.layers(""))?,
            rope_theta: keys.number("rope_base", Some(10.0))?,
            rms_norm_eps: keys.number("layer_norm_eps", Some(1e-5))?,
            halt_max_steps: keys.size_or("halt_max_steps", 1024)?,
            ..self.published(1, 1)
        })
    }

    fn settings(&self, config: &Config) -> Vec<(&'static str, Value)> {
        vec![
            ("d_model", config.hidden_size.into()),
            ("n_heads", config.num_heads.into()),
            ("d_ff", inner_size(config).into()),
            ("n_layers", config.l_layers.into()),
            ("rope_base", config.rope_theta.into()),
            ("layer_norm_eps", config.rms_norm_eps.into()),
            ("halt_max_steps", config.halt_max_steps.into()),
        ]
    }

    /// The number of cells is that of a Sudoku, by the code.
    fn told(&self, _: &Config, keys: &Keys<'_>) -> Told {
        Told {
            seq_len: Some(81),
            vocab_size: keys.shape(ENCODER[0], 1),
            num_puzzle_identifiers: Some(0),
        }
    }

    fn check(&self, config: &Config) -> Result<(), String> {
        check_range("vocab_size", config.vocab_size, 2, 1 << 20)?;
        check_range("d_ff", inner_size(config), 1, 1 << 20)?;
        check_range("puzzle_emb_ndim", config.puzzle_emb_ndim, 0, 0)?;
        let other = config.mlp_t || config.damping != 1.0 || config.h_cycles * config.l_cycles != 1;
        match config.positions == Positions::Rope2d && !other {
            true => Ok(()),
            false => Err("expected rope2d, attention over cells and one undamped pass a segment".to_owned()),
        }
    }

    fn declare(&self, plan: &mut Builder<'_>) -> Box<dyn Network> {
        let (config, tensors) = (plan.config, &mut plan.tensors);
        let (d, ids, inner) = (config.hidden_size, config.predicted(), inner_size(config));
        Box::new(Parts {
            encoder: Affine::declare(tensors, "initial_encoder", &[d, config.vocab_size]),
            fed_back: Affine::declare(tensors, "pred_proj", &[d, ids]),
            blocks: (0..config.l_layers)
                .map(|i| Block::declare(tensors, &format!("layers.{i}"), [d, inner]))
                .collect(),
            head: Affine::declare(tensors, "output_head", &[ids, d]),
            probabilities: tensors.activation("probabilities", &[plan.seq_len, ids]),
        })
    }

    /// What `q_halt` is, a probability, exceeds one half.
    fn threshold(&self) -> Threshold {
        Threshold::Half
    }

    fn first_carry(&self, _: &Config) -> FirstCarry {
        FirstCarry::Embedded(ENCODER)
    }

    /// Neighbours in a head are turned together: the first half of the pairs by the row, the others by the column.
    fn rotary(&self, config: &Config, rows: usize) -> Option<Rotary> {
        let (head_dim, side) = (config.head_dim(), rows.isqrt().max(1));
        let (quarter, frequencies) = (head_dim / 4, frequencies(head_dim / 2, config.rope_theta));
        Some(Rotary::new([rows, head_dim], 2, |cell, i| {
            let place = if i < quarter { cell / side } else { cell % side };
            place as f32 * frequencies[i % quarter]
        }))
    }

    /// Digit k is k, where a task has k + 1; 0 is an empty cell.
    fn token_shift(&self, _: &Config) -> isize {
        -1
    }

    /// An empty cell is no answer.
    fn predicted(&self, config: &Config) -> usize {
        config.vocab_size.saturating_sub(1)
    }

    /// A segment is a small step: four times as many as training had.
    fn patience(&self) -> usize {
        64
    }

    fn inert(&self) -> &'static [&'static str] {
        &[]
    }
}

/// Returns the width between the two layers of an MLP, of which a configuration keeps the ratio.
fn inner_size(config: &Config) -> usize {
    (config.expansion * config.hidden_size as f64).round() as usize
}

/// Weight and bias of a linear layer or a LayerNorm.
#[derive(Clone, Copy)]
struct Affine {
    weight: TensorId,
    bias: TensorId,
}

impl Affine {
    fn declare(tensors: &mut Tensors, name: &str, shape: &[usize]) -> Affine {
        Affine {
            weight: tensors.weight(&format!("{name}.weight"), shape),
            bias: tensors.weight(&format!("{name}.bias"), &shape[..1]),
        }
    }
}

/// The weights of a block: LayerNorm before attention and before the MLP.
struct Block {
    norms: [Affine; 2],
    qkv: Affine,
    out: Affine,
    mlp: [Affine; 2],
}

impl Block {
    fn declare(tensors: &mut Tensors, prefix: &str, [d, inner]: [usize; 2]) -> Block {
        let mut own = |name: &str, shape: &[usize]| Affine::declare(tensors, &format!("{prefix}.{name}"), shape);
        let norms = [own("norm1", &[d]), own("norm2", &[d])];
        let out = own("out_proj", &[d, d]);
        let mlp = [own("linear1", &[inner, d]), own("linear2", &[d, inner])];
        let each = |part: &str| ["q", "k", "v"].map(|name| format!("{prefix}.{name}_proj.{part}"));
        let qkv = Affine {
            weight: tensors.stack(&each("weight"), d, &[d]),
            bias: tensors.stack(&each("bias"), d, &[]),
        };
        Block { norms, qkv, out, mlp }
    }
}

struct Parts {
    encoder: Affine,
    fed_back: Affine,
    blocks: Vec<Block>,
    head: Affine,
    /// The last prediction `[S, V − 1]`, zero before the first.
    probabilities: TensorId,
}

impl Network for Parts {
    fn load(&self, plan: &mut Builder<'_>) {
        let (config, seq_len) = (plan.config, plan.seq_len);
        plan.steps.push(Step::Embed(Embed {
            tokens: plan.io.tokens,
            puzzle: None,
            table: self.encoder.weight,
            layer: Some(OneHot {
                bias: self.encoder.bias,
                vocab: config.vocab_size,
            }),
            positions: None,
            x: plan.io.z_h,
            seq_len,
            puzzle_width: 0,
            prefix: 0,
            width: config.hidden_size,
            scale: 1.0,
        }));
        let width = config.predicted();
        let zeros = Role::Constant(vec![0.0; width].into());
        plan.steps.push(Step::Reset(Reset {
            init: plan.tensors.add("zeros", &[width], zeros),
            z: self.probabilities,
            rows: seq_len,
            width,
        }));
    }

    fn segment(&self, plan: &mut Builder<'_>) {
        let (d, ids, inner) = (
            plan.config.hidden_size,
            plan.config.predicted(),
            inner_size(plan.config),
        );
        let (rows, PlanIo { z_h: z, logits, .. }) = (plan.seq_len, plan.io);
        let mut scratch = |name: &str, width: usize| plan.tensors.activation(name, &[rows, width]);
        let (normed, qkv, mixed) = (scratch("normed", d), scratch("qkv", 3 * d), scratch("mixed", d));
        let hidden = scratch("inner", inner);
        let rotary = plan.rotary().unwrap_or(Epilogue::Store);
        let add = Epilogue::Residual { scale: None };
        let eps = plan.config.rms_norm_eps as f32;
        let norm = |Affine { weight, bias }: Affine| {
            Step::LayerNorm(LayerNorm {
                x: z,
                weight,
                bias,
                y: normed,
                rows,
                width: d,
                eps,
            })
        };
        let linear =
            |Affine { weight, bias }: Affine, [x, y]: [TensorId; 2], [inputs, outputs]: [usize; 2], epilogue| {
                Step::Linear(Linear {
                    x,
                    weight,
                    bias: Some(bias),
                    y,
                    x_rows: rows,
                    first_row: 0,
                    rows,
                    inputs,
                    outputs,
                    norm: None,
                    epilogue,
                })
            };
        plan.steps
            .push(linear(self.fed_back, [self.probabilities, z], [ids, d], add));
        for block in &self.blocks {
            let attention = Attention {
                qkv,
                y: mixed,
                rows,
                groups: 1,
                heads: plan.config.num_heads,
                head_dim: plan.config.head_dim(),
            };
            plan.steps.extend([
                norm(block.norms[0]),
                linear(block.qkv, [normed, qkv], [d, 3 * d], rotary),
                Step::Attention(attention),
                linear(block.out, [mixed, z], [d, d], add),
                norm(block.norms[1]),
                linear(block.mlp[0], [normed, hidden], [d, inner], Epilogue::Relu),
                linear(block.mlp[1], [hidden, z], [inner, d], add),
            ]);
        }
        let given = Some(plan.io.tokens);
        let softmax = Softmax {
            x: logits,
            y: self.probabilities,
            rows,
            width: ids,
        };
        let confidence = Confidence {
            x: logits,
            given,
            q: plan.io.q,
            rows,
            width: ids,
        };
        let argmax = Argmax {
            x: logits,
            given,
            y: plan.io.preds,
            rows,
            width: ids,
        };
        plan.steps.extend([
            linear(self.head, [z, logits], [d, ids], Epilogue::Store),
            Step::Softmax(softmax),
            Step::Confidence(confidence),
            Step::Argmax(argmax),
        ]);
    }
}
