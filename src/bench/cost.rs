use crate::cpu::Rates;
use crate::model::{Config, Family};

/// What a segment costs, whatever computes it: the linear layers and attention (specification, section 10).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// FLOP of one sample; a multiplication and an addition are two.
    pub flop: f64,
    /// Bytes of weights that are read, once for all samples: those of a block each time that it runs.
    pub read: f64,
}

impl Cost {
    /// Of puzzles of the length that the model was made for, with weights of `bytes` each.
    pub fn of(config: &Config, bytes: usize) -> Cost {
        let (positions, d) = (config.positions_for(config.seq_len) as f64, config.hidden_size as f64);
        let blocks = blocks(config) as f64;
        let mlp = 3.0 * d * config.inner_size(config.hidden_size) as f64;
        let (mix, rows) = if config.mlp_t {
            let inner = config.inner_size(config.positions_for(config.seq_len)) as f64;
            (3.0 * positions * inner, d)
        } else {
            (4.0 * d * d, positions)
        };
        let scores = if config.mlp_t {
            0.0
        } else {
            4.0 * positions * positions * d
        };
        let heads = config.vocab_size as f64 * d;
        let flop = blocks * (2.0 * positions * mlp + 2.0 * rows * mix + scores)
            + 2.0 * config.seq_len as f64 * heads
            + 4.0 * d;
        Cost {
            flop,
            read: bytes as f64 * (blocks * (mlp + mix) + heads + 2.0 * d),
        }
    }

    /// The least time in which hardware of these rates could do it for so many samples: bound by arithmetic or by
    /// reading the weights. Where caches hold the weights the latter can be beaten.
    pub fn seconds(&self, samples: usize, rates: Rates) -> f64 {
        (samples as f64 * self.flop / rates.gemm).max(self.read / rates.copy)
    }
}

/// Blocks that run in a segment.
fn blocks(config: &Config) -> usize {
    match config.family {
        Family::Hrm => config.h_cycles * (config.l_cycles * config.l_layers + config.h_layers),
        Family::Trm => config.h_cycles * (config.l_cycles + 1) * config.l_layers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Model, Positions};

    /// The specification's table (section 10).
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
    }
}
