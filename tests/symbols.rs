//! Networks with a symbol axis against an independent implementation in f64, written from the specification (section
//! 16), and what their symmetry promises.

use std::sync::Arc;

use crate::common::{random_model, relative_l2};

use hrm::executor::{Executor, Outputs, Want};
use hrm::model::{Config, Family, Model, Positions, Symbols};

/// Relative L2 against f64: the first segment, and the second, in which the recurrence has let roundings grow. A board of
/// one cell has six logits, whose roundings do not even out.
const BOUNDS: [f64; 2] = [5e-6, 2e-5];

/// The specification's formulas, one sample, in f64. A state is `[V, T, D]`, row by row.
struct Reference<'m> {
    config: &'m Config,
    symbols: Symbols,
    model: &'m Model,
}

type Rows = Vec<Vec<f64>>;

impl Reference<'_> {
    fn weight(&self, name: &str) -> Vec<f64> {
        let values = self.model.weights.get(name).unwrap().f32s().unwrap();
        values.iter().map(|&v| f64::from(v)).collect()
    }

    /// The vector of symbol `v` at `at`, of a table whose first two symbols are apart if the network is equivariant.
    fn of(&self, v: usize, at: usize, [special, common, all]: [&str; 3]) -> Vec<f64> {
        let d = self.config.hidden_size;
        let (table, v, len) = match (self.symbols.equivariant, v) {
            (true, 0 | 1) => (self.weight(special), v, 2),
            (true, _) => (self.weight(common), 0, 1),
            (false, _) => (self.weight(all), v, self.config.vocab_size),
        };
        let positions = table.len() / len / d;
        table[(v * positions + at) * d..][..d].to_vec()
    }

    fn input(&self, tokens: &[u32], identifier: usize) -> Rows {
        let (c, d) = (self.config, self.config.hidden_size);
        let root = (c.vocab_size as f32).sqrt();
        let rounded = if self.symbols.bf16 {
            half::bf16::from_f32(root).to_f32()
        } else {
            root
        };
        let cell = |v: usize, s: usize| -> Vec<f64> {
            let mut x = vec![0.0; d];
            if tokens[s] as usize == v {
                let names = ["embed_special_tokens", "embed_symbol_tokens", "embed_symbols"];
                x = self.of(v, 0, names).iter().map(|e| f64::from(rounded) * e).collect();
            }
            if c.positions == Positions::Learned {
                let table = self.weight("pos_embedding");
                x.iter_mut().zip(&table[s * d..]).for_each(|(x, p)| *x += p);
            }
            if c.puzzle_emb_ndim > 0 {
                let width = d + c.vocab_size;
                let row = &self.weight("puzzle_emb.weights")[identifier * width..][..width];
                x.iter_mut().zip(row).for_each(|(x, u)| *x += u + row[d + v]);
            }
            x
        };
        let added = |v: usize, a: usize| self.of(v, a, ["add_tokens_special", "add_tokens", "add_tokens"]);
        (0..c.vocab_size)
            .flat_map(|v| {
                let cells = (0..c.seq_len).map(move |s| cell(v, s));
                cells.chain((0..self.symbols.add_tokens).map(move |a| added(v, a)))
            })
            .collect()
    }

    fn linear(&self, x: &Rows, name: &str) -> Rows {
        let w = self.weight(name);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum();
        let width = x[0].len();
        x.iter()
            .map(|row| w.chunks(width).map(|w| dot(row, w)).collect())
            .collect()
    }

    fn angle(&self, s: usize, i: usize) -> f64 {
        let (c, d) = (self.config, self.symbols.head_dim);
        let side = c.seq_len.isqrt();
        match c.positions {
            Positions::Rope => s as f64 * c.rope_theta.powf(-2.0 * i as f64 / d as f64),
            Positions::Rope2d if i < d / 4 => (s / side) as f64 * c.rope_theta.powf(-4.0 * i as f64 / d as f64),
            Positions::Rope2d => (s % side) as f64 * c.rope_theta.powf(-4.0 * (i - d / 4) as f64 / d as f64),
            _ => 0.0,
        }
    }

    fn attention(&self, z: &Rows, prefix: &str, [heads, d]: [usize; 2], over_symbols: bool) -> Rows {
        let t = self.config.seq_len + self.symbols.add_tokens;
        let width = heads * d;
        let mut qkv = self.linear(z, &format!("{prefix}.qkv_proj.weight"));
        for (row, values) in qkv.iter_mut().enumerate().filter(|_| !over_symbols) {
            if row % t >= self.config.seq_len {
                continue;
            }
            for head in values[..2 * width].chunks_mut(d) {
                for i in 0..d / 2 {
                    let (sin, cos) = self.angle(row % t, i).sin_cos();
                    let (a, b) = (head[i], head[i + d / 2]);
                    (head[i], head[i + d / 2]) = (a * cos - b * sin, b * cos + a * sin);
                }
            }
        }
        let mixed = |row: usize| {
            let keys: Vec<usize> = match over_symbols {
                true => (0..z.len()).filter(|key| key % t == row % t).collect(),
                false => (0..z.len()).filter(|key| key / t == row / t).collect(),
            };
            let channel = |c: usize| {
                let head = c / d * d..(c / d + 1) * d;
                let score = |key: usize| head.clone().map(|c| qkv[row][c] * qkv[key][width + c]).sum::<f64>();
                let p: Vec<f64> = keys.iter().map(|&k| (score(k) / (d as f64).sqrt()).exp()).collect();
                let sum: f64 = p.iter().sum();
                keys.iter()
                    .zip(&p)
                    .map(|(&k, p)| p * qkv[k][2 * width + c])
                    .sum::<f64>()
                    / sum
            };
            (0..width).map(channel).collect()
        };
        let mixed = (0..z.len()).map(mixed).collect();
        self.linear(&mixed, &format!("{prefix}.o_proj.weight"))
    }

    fn swiglu(&self, z: &Rows, prefix: &str) -> Rows {
        let gated = |row: Vec<f64>| {
            let (gate, up) = row.split_at(row.len() / 2);
            gate.iter().zip(up).map(|(g, u)| g / (1.0 + (-g).exp()) * u).collect()
        };
        let gate_up = self.linear(z, &format!("{prefix}.gate_up_proj.weight"));
        let inner = gate_up.into_iter().map(gated).collect();
        self.linear(&inner, &format!("{prefix}.down_proj.weight"))
    }

    fn add(&self, z: &mut Rows, y: &Rows) {
        for (z, y) in z.iter_mut().zip(y) {
            z.iter_mut().zip(y).for_each(|(z, y)| *z += y);
            let mean = z.iter().map(|v| v * v).sum::<f64>() / z.len() as f64;
            z.iter_mut()
                .for_each(|v| *v /= (mean + self.config.rms_norm_eps).sqrt());
        }
    }

    /// Runs a segment, and returns logits and q.
    fn segment(&self, x: &Rows, z: &mut Rows) -> (Vec<f64>, f64) {
        let (c, s) = (self.config, self.symbols);
        for _ in 0..c.h_cycles * c.l_cycles {
            for (z, x) in z.iter_mut().flatten().zip(x.iter().flatten()) {
                *z += x;
            }
            for i in 0..c.l_layers {
                let prefix = format!("L_level.layers.{i}");
                let y = self.attention(z, &format!("{prefix}.attn"), [c.num_heads, s.head_dim], false);
                self.add(z, &y);
                let y = self.attention(z, &format!("{prefix}.attn_t"), [s.num_heads_t, s.head_dim_t], true);
                self.add(z, &y);
                let y = self.swiglu(z, &format!("{prefix}.mlp"));
                self.add(z, &y);
            }
        }
        let (w, d, t) = (self.weight("lm_head.weight"), c.hidden_size, c.seq_len + s.add_tokens);
        let dot = |row: &[f64], w: &[f64]| row.iter().zip(w).map(|(a, b)| a * b).sum::<f64>();
        let logit = |cell: usize, v: usize| match s.equivariant {
            true => dot(&z[v * t + cell], &w),
            false => (0..c.vocab_size)
                .map(|u| dot(&z[u * t + cell], &w[(v * c.vocab_size + u) * d..][..d]))
                .sum(),
        };
        let logits = (0..c.seq_len).flat_map(|cell| (0..c.vocab_size).map(move |v| (cell, v)));
        let logits: Vec<f64> = logits.map(|(cell, v)| logit(cell, v)).collect();
        let most = |cell: &[f64]| {
            let sum: f64 = cell.iter().map(|l| l.exp()).sum();
            cell.iter().map(|l| l.exp() / sum).fold(0.0, f64::max)
        };
        let q = logits.chunks(c.vocab_size).map(most).fold(1.0, f64::min);
        (logits, q)
    }
}

fn narrow(values: impl IntoIterator<Item = f64>) -> Vec<f32> {
    values.into_iter().map(|v| v as f32).collect()
}

/// Two segments of the samples, which are puzzles of `tokens`.
fn run(model: &Arc<Model>, threads: usize, tokens: &[Vec<u32>]) -> [Vec<Outputs>; 2] {
    let config = &model.config;
    let executor = Executor::cpu(model.clone(), Some(threads)).unwrap();
    let mut batch = executor.batch(tokens.len(), config.seq_len, None).unwrap();
    for (i, tokens) in tokens.iter().enumerate() {
        batch
            .load(i, tokens, i % config.num_puzzle_identifiers.max(1), None)
            .unwrap();
    }
    let live: Vec<usize> = (0..tokens.len()).collect();
    [(); 2].map(|()| pollster::block_on(batch.segment(&live, Want::ALL)).unwrap())
}

fn puzzles(config: &Config, count: usize) -> Vec<Vec<u32>> {
    let token = |i: usize, t: usize| ((t * 7 + i * 3 + t / 5) % config.vocab_size) as u32;
    (0..count)
        .map(|i| (0..config.seq_len).map(|t| token(i, t)).collect())
        .collect()
}

fn check(name: &str, config: Config) {
    let model = Arc::new(random_model(&config));
    let (reference, tokens) = (
        Reference {
            config: &config,
            symbols: config.symbols.unwrap(),
            model: &model,
        },
        puzzles(&config, 3),
    );
    let outputs = run(&model, 3, &tokens);
    // However the rows are divided among threads, and whatever else is in the batch.
    assert_eq!(outputs, run(&model, 1, &tokens), "{name}");
    let alone = run(&model, 2, &tokens[..1]);
    assert_eq!(alone[1][0], outputs[1][0], "{name}");
    for (i, tokens) in tokens.iter().enumerate() {
        let x = reference.input(tokens, i % config.num_puzzle_identifiers.max(1));
        let mut z = vec![reference.weight("Z_init"); x.len()];
        for (segment, (outputs, bound)) in outputs.iter().zip(BOUNDS).enumerate() {
            let (logits, q) = reference.segment(&x, &mut z);
            let output = &outputs[i];
            assert!(output.z_l.is_none());
            for (what, found, needed) in [
                ("logits", &output.logits, narrow(logits)),
                ("z", &output.z_h, narrow(z.iter().flatten().copied())),
            ] {
                let error = relative_l2(found.as_ref().unwrap(), &needed);
                assert!(
                    error < bound,
                    "{name}, segment {segment}, {what}: relative L2 {error:e}"
                );
            }
            assert!(
                (f64::from(output.q_halt) - q).abs() < 1e-5,
                "{name}, segment {segment}: q"
            );
        }
    }
}

/// A small model; the tests vary it.
fn base() -> Config {
    Config::published(Family::SeRrm, 16, 6)
        .with(|c| {
            (c.hidden_size, c.num_heads, c.expansion) = (24, 3, 1.0);
            (c.h_cycles, c.l_cycles, c.l_layers) = (2, 2, 2);
        })
        .with(|c| {
            change(c, |s| {
                (s.head_dim, s.num_heads_t, s.head_dim_t, s.add_tokens) = (8, 2, 10, 3)
            })
        })
}

fn change(config: &mut Config, by: impl FnOnce(&mut Symbols)) {
    by(config.symbols.as_mut().unwrap());
}

#[test]
fn every_form() {
    check("equivariant", base());
    check(
        "one-dimensional rope",
        base().with(|c| (c.positions, c.rope_theta) = (Positions::Rope, 100.0)),
    );
    check("learned positions", base().with(|c| c.positions = Positions::Learned));
    check(
        "nothing added, exact scale",
        base().with(|c| change(c, |s| (s.add_tokens, s.bf16) = (0, false))),
    );
    check(
        "puzzle rows",
        base().with(|c| (c.puzzle_emb_ndim, c.num_puzzle_identifiers) = (1, 3)),
    );
    check("not equivariant", base().with(|c| change(c, |s| s.equivariant = false)));
    check("a board that is no square", base().with(|c| c.seq_len = 11));
    check("one cell", base().with(|c| c.seq_len = 1));
}

/// Relabelling the symbols that are not special relabels the logits, and nothing else changes.
#[test]
fn symbols_are_interchangeable() {
    let model = Arc::new(random_model(&base()));
    let names = [0, 1, 4, 2, 5, 3];
    let asked = puzzles(&model.config, 1);
    let renamed: Vec<Vec<u32>> = asked
        .iter()
        .map(|tokens| tokens.iter().map(|&t| names[t as usize]).collect())
        .collect();
    assert_ne!(asked, renamed);
    let (one, other) = (run(&model, 1, &asked), run(&model, 1, &renamed));
    for (one, other) in one.iter().zip(&other) {
        let logits = one[0].logits.as_ref().unwrap();
        let cells = other[0].logits.as_ref().unwrap().chunks(names.len());
        let back: Vec<f32> = cells.flat_map(|cell| names.map(|name| cell[name as usize])).collect();
        let error = relative_l2(&back, logits);
        assert!(error < 1e-5, "{error:e}");
        assert!((one[0].q_halt - other[0].q_halt).abs() < 1e-5);
    }
}

/// Nothing in an equivariant model without learned positions depends on the board or on the number of symbols.
#[test]
fn one_set_of_weights_serves_boards_of_any_size() {
    let small = base();
    let large = base().with(|c| (c.seq_len, c.vocab_size) = (81, 11));
    assert_eq!(small.tensors(), large.tensors());
    let model = random_model(&small);
    let larger = Model::from_parts(large.clone(), model.weights.clone()).unwrap();
    let outputs = run(&Arc::new(larger), 2, &puzzles(&large, 1));
    assert_eq!(outputs[0][0].z_h.as_ref().unwrap().len(), 11 * 84 * 24);
    assert!(outputs[1][0].logits.as_ref().unwrap().iter().all(|l| l.is_finite()));
}
