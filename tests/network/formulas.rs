//! The specification's formulas in f64.

use hrm::model::{Config, Family, Model, Positions};

pub type Matrix = Vec<Vec<f64>>;

/// The specification's formulas, one sample, in f64.
pub struct Reference<'m> {
    pub config: &'m Config,
    pub model: &'m Model,
}

impl Reference<'_> {
    pub fn weight(&self, name: &str) -> Matrix {
        let tensor = self.model.weights.get(name).unwrap();
        let width = *tensor.shape().last().unwrap();
        tensor
            .f32s()
            .unwrap()
            .chunks(width)
            .map(|row| row.iter().map(|&v| f64::from(v)).collect())
            .collect()
    }

    pub fn input(&self, tokens: &[u32], identifier: usize) -> Matrix {
        let (c, d) = (self.config, self.config.hidden_size);
        let mut e: Matrix = Vec::new();
        if c.puzzle_emb_ndim > 0 {
            let mut row = self.weight("puzzle_emb.weights")[identifier].clone();
            row.resize(c.positions_for(0) * d, 0.0);
            e.extend(row.chunks(d).map(<[f64]>::to_vec));
        }
        let table = self.weight("embed_tokens.embedding_weight");
        e.extend(tokens.iter().map(|&t| table[t as usize].clone()));
        if c.positions == Positions::Learned {
            for (row, p) in e.iter_mut().zip(self.weight("embed_pos.embedding_weight")) {
                row.iter_mut().zip(p).for_each(|(e, p)| *e = 0.5f64.sqrt() * (*e + p));
            }
        }
        e.iter_mut().flatten().for_each(|v| *v *= (d as f64).sqrt());
        e
    }

    fn linear(&self, x: &Matrix, name: &str) -> Matrix {
        let w = self.weight(name);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum();
        x.iter().map(|row| w.iter().map(|w| dot(row, w)).collect()).collect()
    }

    fn residual_norm(&self, h: &Matrix, y: &Matrix) -> Matrix {
        let norm = |(h, y): (&Vec<f64>, &Vec<f64>)| {
            let r: Vec<f64> = h.iter().zip(y).map(|(a, b)| a + b).collect();
            let mean = r.iter().map(|v| v * v).sum::<f64>() / r.len() as f64;
            r.iter().map(|v| v / (mean + self.config.rms_norm_eps).sqrt()).collect()
        };
        h.iter().zip(y).map(norm).collect()
    }

    fn swiglu(&self, h: &Matrix, prefix: &str) -> Matrix {
        let gated = |row: Vec<f64>| {
            let (gate, up) = row.split_at(row.len() / 2);
            gate.iter().zip(up).map(|(g, u)| g / (1.0 + (-g).exp()) * u).collect()
        };
        let mut inner: Matrix = self
            .linear(h, &format!("{prefix}.gate_up_proj.weight"))
            .into_iter()
            .map(gated)
            .collect();
        if self.config.family == Family::Urm {
            inner = self.convolved(&inner, prefix);
        }
        self.linear(&inner, &format!("{prefix}.down_proj.weight"))
    }

    fn convolved(&self, a: &Matrix, prefix: &str) -> Matrix {
        let taps = self.weight(&format!("{prefix}.dwconv.weight"));
        let bias = self.weight(&format!("{prefix}.dwconv.bias"))[0].clone();
        let channel = |t: usize, c: usize| {
            let before = if t == 0 { 0.0 } else { a[t - 1][c] };
            let sum = taps[c][0] * before + taps[c][1] * a[t][c] + bias[c];
            sum / (1.0 + (-sum).exp())
        };
        let row = |t: usize| (0..bias.len()).map(|c| channel(t, c)).collect();
        (0..a.len()).map(row).collect()
    }

    fn attention(&self, h: &Matrix, prefix: &str) -> Matrix {
        let (d, n) = (self.config.hidden_size, self.config.num_heads);
        let w = d / n;
        let mut qkv = self.linear(h, &format!("{prefix}.qkv_proj.weight"));
        if self.config.positions == Positions::Rope {
            for (p, row) in qkv.iter_mut().enumerate() {
                for head in row[..2 * d].chunks_mut(w) {
                    for i in 0..w / 2 {
                        let angle = p as f64 * self.config.rope_theta.powf(-2.0 * i as f64 / w as f64);
                        let (a, b) = (head[i], head[i + w / 2]);
                        head[i] = a * angle.cos() - b * angle.sin();
                        head[i + w / 2] = b * angle.cos() + a * angle.sin();
                    }
                }
            }
        }
        if self.config.positions == Positions::Rope2d {
            // Half of each head by the row, half by the column, each half in itself.
            let [_, columns] = self.config.board.unwrap();
            for (p, row) in qkv.iter_mut().enumerate() {
                for head in row[..2 * d].chunks_mut(w) {
                    for (half, place) in head.chunks_mut(w / 2).zip([p / columns, p % columns]) {
                        for j in 0..w / 4 {
                            let angle = place as f64 * self.config.rope_theta.powf(-2.0 * j as f64 / (w / 2) as f64);
                            let (a, b) = (half[j], half[j + w / 4]);
                            half[j] = a * angle.cos() - b * angle.sin();
                            half[j + w / 4] = b * angle.cos() + a * angle.sin();
                        }
                    }
                }
            }
        }
        let mixed = |query: &Vec<f64>| {
            let head = |n: usize| {
                let range = n * w..(n + 1) * w;
                let score = |key: &Vec<f64>| range.clone().map(|c| query[c] * key[d + c]).sum::<f64>();
                let p: Vec<f64> = qkv.iter().map(|key| (score(key) / (w as f64).sqrt()).exp()).collect();
                let sum: f64 = p.iter().sum();
                let value = |c: usize| qkv.iter().zip(&p).map(|(key, p)| p * key[2 * d + c]).sum::<f64>() / sum;
                range.clone().map(value).collect::<Vec<f64>>()
            };
            (0..n).flat_map(head).collect()
        };
        let mixed = qkv.iter().map(mixed).collect();
        self.linear(&mixed, &format!("{prefix}.o_proj.weight"))
    }

    fn level(&self, level: &str, state: &Matrix, injections: &[&Matrix]) -> Matrix {
        let mut h = state.clone();
        for injection in injections {
            h.iter_mut()
                .flatten()
                .zip(injection.iter().flatten())
                .for_each(|(h, j)| *h += j);
        }
        let layers = if level == "H_level" {
            self.config.h_layers
        } else {
            self.config.l_layers
        };
        for i in 0..layers {
            let prefix = format!("{level}.layers.{i}");
            let prefix = prefix.trim_start_matches('.');
            if self.config.mlp_t {
                let u = transposed(&h);
                h = transposed(&self.residual_norm(&u, &self.swiglu(&u, &format!("{prefix}.mlp_t"))));
            } else {
                h = self.residual_norm(&h, &self.attention(&h, &format!("{prefix}.self_attn")));
            }
            h = self.residual_norm(&h, &self.swiglu(&h, &format!("{prefix}.mlp")));
        }
        let damping = self.config.damping;
        let damped = |(h, s): (&mut f64, &f64)| *h = (1.0 - damping) * s + damping * *h;
        h.iter_mut().flatten().zip(state.iter().flatten()).for_each(damped);
        h
    }

    pub fn segment(&self, x: &Matrix, z_h: &mut Matrix, z_l: &mut Matrix) -> (Matrix, Vec<f64>) {
        let h_level = if self.config.family == Family::Hrm {
            "H_level"
        } else {
            "L_level"
        };
        for _ in 0..self.config.h_cycles {
            if self.config.family == Family::Urm {
                for _ in 0..self.config.l_cycles {
                    *z_h = self.level("", z_h, &[x]);
                }
                continue;
            }
            for _ in 0..self.config.l_cycles {
                *z_l = self.level("L_level", z_l, &[z_h, x]);
            }
            *z_h = self.level(h_level, z_h, &[z_l]);
        }
        let logits = self.linear(&z_h[self.config.positions_for(0)..].to_vec(), "lm_head.weight");
        let q = self.linear(&vec![z_h[0].clone()], "q_head.weight");
        let bias = self.weight("q_head.bias");
        (logits, q[0].iter().zip(&bias[0]).map(|(q, b)| q + b).collect())
    }
}

fn transposed(m: &Matrix) -> Matrix {
    (0..m[0].len()).map(|c| m.iter().map(|row| row[c]).collect()).collect()
}
