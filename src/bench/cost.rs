use crate::cpu::Rates;
use crate::halt::Halt;
use crate::kernels::Step;
use crate::model::Config;
use crate::network;

/// The cost of a segment on any device: the linear layers and attention (specification, section 10).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// FLOP of one sample; a multiplication and an addition are two.
    pub flop: f64,
    /// Bytes of weights that are read, once for all samples; those of a block count each time that it runs.
    pub read: f64,
}

impl Cost {
    /// Returns the cost on puzzles of the model's own length, with `bytes` per weight.
    pub fn of(config: &Config, bytes: usize) -> Cost {
        let mut cost = Cost { flop: 0.0, read: 0.0 };
        for step in network::plan(config, config.seq_len, Halt::Fixed).segment {
            match step {
                Step::Linear(k) => {
                    let weights = (k.inputs * k.outputs) as f64;
                    cost.flop += 2.0 * k.rows as f64 * weights;
                    cost.read += bytes as f64 * weights;
                }
                Step::Attention(k) => cost.flop += k.flop() as f64,
                Step::SymbolAttention(k) => cost.flop += k.flop() as f64,
                Step::SymbolHead(k) => cost.flop += k.flop() as f64,
                Step::Convolve(k) => cost.flop += k.flop() as f64,
                Step::Embed(_)
                | Step::SymbolEmbed(_)
                | Step::SymbolAppend(_)
                | Step::Confidence(_)
                | Step::Reset(_)
                | Step::Inject(_)
                | Step::Blend(_)
                | Step::RmsNorm(_)
                | Step::LayerNorm(_)
                | Step::Softmax(_)
                | Step::Transpose(_)
                | Step::Argmax(_)
                | Step::Shift(_)
                | Step::Judge(_)
                | Step::Change(_)
                | Step::Halting(_)
                | Step::Compact(_) => {}
            }
        }
        cost
    }

    /// Returns the shortest time for `samples` samples on hardware of these rates: bound by arithmetic or by reading
    /// the weights. If caches hold the weights, the latter can be beaten.
    pub(super) fn seconds(&self, samples: usize, rates: Rates) -> f64 {
        (samples as f64 * self.flop / rates.gemm).max(self.read / rates.copy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Family, Model, Positions};

    /// Compares with the specification's table (section 10).
    #[test]
    fn published_sizes_cost_what_the_specification_says() {
        let mut config = Config {
            hidden_size: 512,
            num_heads: 8,
            expansion: 4.0,
            h_layers: 4,
            l_layers: 4,
            h_cycles: 2,
            l_cycles: 2,
            puzzle_emb_ndim: 512,
            positions: Positions::Rope,
            ..Model::bundled("sudoku").unwrap().config
        };
        let gflop = |config: &Config| (Cost::of(config, 4).flop / 1e7).round() / 100.0;
        assert_eq!(gflop(&config), 13.74);
        config.seq_len = 900;
        config.vocab_size = 6;
        assert_eq!((gflop(&config) * 10.0).round() / 10.0, 187.3);
        let trm = Config {
            family: Family::Trm,
            h_layers: 0,
            l_layers: 2,
            h_cycles: 3,
            l_cycles: 6,
            puzzle_emb_len: 16,
            seq_len: 81,
            vocab_size: 11,
            ..config
        };
        assert_eq!(gflop(&trm), 28.58);
        assert_eq!(gflop(&Config { mlp_t: true, ..trm }), 25.63);
        let eqr = Config::published(Family::Eqr, 81, 11).with(|c| c.mlp_t = true);
        assert_eq!(gflop(&eqr), 25.63);
        let maze = Config::published(Family::Eqr, 900, 6).with(|c| {
            (c.hidden_size, c.l_layers, c.l_cycles, c.puzzle_emb_ndim) = (128, 1, 4, 128);
        });
        assert_eq!((gflop(&maze) * 10.0).round() / 10.0, 13.7);
        let urm = Config::published(Family::Urm, 81, 11);
        assert_eq!(gflop(&urm), 27.51);
        let symbols = Config::published(Family::SeRrm, 81, 11);
        assert_eq!(gflop(&symbols), 69.30);
        let mut maze = Config::published(Family::SeRrm, 900, 6).with(|c| c.l_cycles = 4);
        if let Some(symbols) = &mut maze.symbols {
            (symbols.equivariant, symbols.add_tokens) = (false, 0);
        }
        assert_eq!((gflop(&maze) * 10.0).round() / 10.0, 374.7);
        let sotaku = Config::published(Family::Sotaku, 81, 10);
        assert_eq!(gflop(&sotaku), 0.14);
        let maze = Config::published(Family::Urm, 900, 6);
        assert_eq!((gflop(&maze) * 10.0).round() / 10.0, 374.8);
    }
}
