//! Code that the Rust contenders share: the model folder, the segment in terms of a handful of operations, and the
//! protocol of lines (`../README.md`).

use std::collections::HashMap;
use std::io::BufRead;
use std::path::Path;
use std::time::Instant;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde_json::{Value, json};

/// A runtime: tensors of `[B, T, …]`, and what a segment does with them.
pub trait Runtime {
    type Tensor: Clone;
    /// A weight `[outputs, inputs]`, in whatever form suits it.
    type Weight;
    /// Tables of cosine and sine.
    type Rope;

    fn tensor(&self, values: Vec<f32>, shape: [usize; 3]) -> Self::Tensor;
    fn weight(&self, values: Vec<f32>, shape: [usize; 2]) -> Self::Weight;
    /// Tables `[positions, head_dim / 2]`.
    fn rope(&self, cos: Vec<f32>, sin: Vec<f32>, shape: [usize; 2]) -> Self::Rope;
    fn values(&self, tensor: &Self::Tensor) -> Vec<f32>;

    fn add(&self, a: &Self::Tensor, b: &Self::Tensor) -> Self::Tensor;
    fn linear(&self, x: &Self::Tensor, weight: &Self::Weight) -> Self::Tensor;
    /// `x / sqrt(mean(x²) + eps)` over the last axis.
    fn rms(&self, x: &Self::Tensor, eps: f32) -> Self::Tensor;
    /// `silu(gate) · up` of `[B, T, 2 I]`.
    fn swiglu(&self, gate_up: &Self::Tensor) -> Self::Tensor;
    /// Attention of `[B, T, 3 D]`: queries, keys, values.
    fn attention(&self, qkv: &Self::Tensor, heads: usize, rope: Option<&Self::Rope>) -> Self::Tensor;
    /// `count` positions from `first` on.
    fn positions(&self, x: &Self::Tensor, first: usize, count: usize) -> Self::Tensor;
}

struct Block<R: Runtime> {
    qkv: R::Weight,
    o: R::Weight,
    gate_up: R::Weight,
    down: R::Weight,
}

/// A model folder on a runtime.
struct Network<R: Runtime> {
    runtime: R,
    config: Value,
    weights: HashMap<String, (Vec<usize>, Vec<f32>)>,
    l_level: Vec<Block<R>>,
    h_level: Vec<Block<R>>,
    lm_head: R::Weight,
    q_head: R::Weight,
    rope: Option<R::Rope>,
}

impl<R: Runtime> Network<R> {
    fn load(runtime: R, folder: &Path, config: Value) -> Self {
        assert!(config["mlp_t"] != json!(true), "this contender knows attention only");
        let weights = read(&folder.join("model.safetensors"));
        let weight = |name: &str| {
            let (shape, values) = &weights[name];
            runtime.weight(values.clone(), [shape[0], shape[1]])
        };
        let level = |level: &str, layers: &Value| {
            let block = |i: u64| {
                let part = |part: &str| weight(&format!("{level}.layers.{i}.{part}.weight"));
                Block {
                    qkv: part("self_attn.qkv_proj"),
                    o: part("self_attn.o_proj"),
                    gate_up: part("mlp.gate_up_proj"),
                    down: part("mlp.down_proj"),
                }
            };
            (0..layers.as_u64().unwrap()).map(block).collect::<Vec<_>>()
        };
        let l_level = level("L_level", &config["L_layers"]);
        let h_level = match config["family"].as_str() {
            Some("hrm") => level("H_level", &config["H_layers"]),
            _ => level("L_level", &config["L_layers"]),
        };
        let (lm_head, q_head) = (weight("lm_head.weight"), weight("q_head.weight"));
        let size = |key: &str| config[key].as_u64().unwrap() as usize;
        let rope = (config["pos_encodings"] == "rope").then(|| {
            let (positions, half) = (prefix(&config) + size("seq_len"), size("hidden_size") / size("num_heads") / 2);
            let theta = config["rope_theta"].as_f64().unwrap() as f32;
            let angles: Vec<f32> = (0..positions)
                .flat_map(|p| (0..half).map(move |i| p as f32 / theta.powf(i as f32 / half as f32)))
                .collect();
            let table = |f: fn(f32) -> f32| angles.iter().map(|&angle| f(angle)).collect();
            runtime.rope(table(f32::cos), table(f32::sin), [positions, half])
        });
        Network {
            runtime,
            config,
            weights,
            l_level,
            h_level,
            lm_head,
            q_head,
            rope,
        }
    }

    fn size(&self, key: &str) -> usize {
        self.config[key].as_u64().unwrap() as usize
    }

    /// Returns the embedded puzzles and their initial carry: z_H, z_L, x.
    fn begin(&self, puzzles: &[&[u32]]) -> [R::Tensor; 3] {
        let (d, prefix) = (self.size("hidden_size"), prefix(&self.config));
        let rows = prefix + self.size("seq_len");
        let values = |name: &str| &self.weights[name].1;
        let mut x = Vec::new();
        for tokens in puzzles {
            let mut e = vec![0.0; prefix * d];
            if prefix > 0 {
                let row = &values("puzzle_emb.weights")[..self.size("puzzle_emb_ndim")];
                e[..row.len()].copy_from_slice(row);
            }
            let table = values("embed_tokens.embedding_weight");
            tokens.iter().for_each(|&t| e.extend(&table[t as usize * d..][..d]));
            if self.config["pos_encodings"] == "learned" {
                let positions = values("embed_pos.embedding_weight");
                e.iter_mut().zip(positions).for_each(|(e, p)| *e = 0.707_106_77 * (*e + p));
            }
            x.extend(e.iter().map(|e| (d as f32).sqrt() * e));
        }
        let shape = [puzzles.len(), rows, d];
        let carry = |name: &str| self.runtime.tensor(values(name).repeat(puzzles.len() * rows), shape);
        [carry("H_init"), carry("L_init"), self.runtime.tensor(x, shape)]
    }

    fn level(&self, blocks: &[Block<R>], mut s: R::Tensor) -> R::Tensor {
        let (runtime, eps) = (&self.runtime, self.config["rms_norm_eps"].as_f64().unwrap() as f32);
        for block in blocks {
            let qkv = runtime.linear(&s, &block.qkv);
            let mixed = runtime.attention(&qkv, self.size("num_heads"), self.rope.as_ref());
            s = runtime.rms(&runtime.add(&s, &runtime.linear(&mixed, &block.o)), eps);
            let inner = runtime.swiglu(&runtime.linear(&s, &block.gate_up));
            s = runtime.rms(&runtime.add(&s, &runtime.linear(&inner, &block.down)), eps);
        }
        s
    }

    /// Computes one segment; returns logits and q, and updates the carry.
    fn segment(&self, [z_h, z_l, x]: &mut [R::Tensor; 3]) -> [R::Tensor; 2] {
        for _ in 0..self.size("H_cycles") {
            for _ in 0..self.size("L_cycles") {
                let injected = self.runtime.add(z_l, &self.runtime.add(z_h, x));
                *z_l = self.level(&self.l_level, injected);
            }
            *z_h = self.level(&self.h_level, self.runtime.add(z_h, z_l));
        }
        let cells = self.runtime.positions(z_h, prefix(&self.config), self.size("seq_len"));
        let first = self.runtime.positions(z_h, 0, 1);
        [self.runtime.linear(&cells, &self.lm_head), self.runtime.linear(&first, &self.q_head)]
    }

    /// Answers lines until there are none.
    fn serve(&self, name: &str, inputs: &Path, started: Instant) {
        let ids: Vec<u32> = read(inputs)["inputs"].1.iter().map(|&v| v as u32).collect();
        let puzzles: Vec<&[u32]> = ids.chunks(self.size("seq_len")).collect();
        let bias = &self.weights["q_head.bias"].1;
        let take = |size: usize| (0..size).map(|i| puzzles[i % puzzles.len()]).collect::<Vec<_>>();
        // What a caller reads: q and the logits, whose argmax is the prediction.
        let run = |state: &mut [R::Tensor; 3]| {
            let [logits, q] = self.segment(state);
            let (logits, mut q) = (self.runtime.values(&logits), self.runtime.values(&q));
            q.iter_mut().zip(bias.iter().cycle()).for_each(|(q, bias)| *q += bias);
            (logits, q)
        };
        let check = |size: usize| {
            let mut state = self.begin(&take(size));
            let (logits, q) = run(&mut state);
            vec![("logits", logits), ("z_H", self.runtime.values(&state[0])), ("q", q)]
        };
        let mut batches = HashMap::new();
        answer(name, started, check, |size| {
            run(batches.entry(size).or_insert_with(|| self.begin(&take(size))));
        });
    }
}

/// A matrix with which rows are multiplied again and again: the matrix product by itself.
struct Products<R: Runtime> {
    runtime: R,
    weight: R::Weight,
    depth: usize,
    x: (Vec<usize>, Vec<f32>),
}

impl<R: Runtime> Products<R> {
    fn load(runtime: R, folder: &Path, config: &Value) -> Self {
        let mut tensors = read(&folder.join("model.safetensors"));
        let (shape, weight) = tensors.remove("weight").unwrap();
        let weight = runtime.weight(weight, [shape[0], shape[1]]);
        let depth = config["depth"].as_u64().unwrap() as usize;
        Products { weight, depth, x: tensors.remove("x").unwrap(), runtime }
    }

    fn serve(&self, name: &str, started: Instant) {
        let (shape, x) = &self.x;
        let begin = |size: usize| {
            let values = x[..size * shape[1] * shape[2]].to_vec();
            self.runtime.tensor(values, [size, shape[1], shape[2]])
        };
        let run = |x: R::Tensor| {
            let y = (0..self.depth).fold(x, |x, _| self.runtime.linear(&x, &self.weight));
            self.runtime.values(&y)
        };
        answer(name, started, |size| vec![("y", run(begin(size)))], |size| drop(run(begin(size))));
    }
}

/// Serves a model folder, or the products of one, until there are no more lines.
pub fn serve<R: Runtime>(runtime: R, name: &str, started: Instant) {
    let (folder, inputs) = arguments();
    let config: Value = serde_json::from_slice(&std::fs::read(folder.join("config.json")).unwrap()).unwrap();
    if config["family"] == "products" {
        Products::load(runtime, &folder, &config).serve(name, started);
    } else {
        Network::load(runtime, &folder, config).serve(name, &inputs, started);
    }
}

/// Answers lines: with the outputs that `check` returns by name, and with the times of `run`.
fn answer(
    name: &str,
    started: Instant,
    check: impl Fn(usize) -> Vec<(&'static str, Vec<f32>)>,
    mut run: impl FnMut(usize),
) {
    println!("{}", json!({"ready": name, "load_ms": 1e3 * started.elapsed().as_secs_f64()}));
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let size: usize = words[1].parse().unwrap();
        let answer = if words[0] == "check" {
            let bytes = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
            let named: Vec<_> = check(size).iter().map(|(name, values)| (*name, bytes(values))).collect();
            let views = named
                .iter()
                .map(|(name, data)| (*name, TensorView::new(Dtype::F32, vec![data.len() / 4], data).unwrap()));
            safetensors::serialize_to_file(views, None, Path::new(words[2])).unwrap();
            json!({"ok": true})
        } else {
            let timed = (0..words[2].parse().unwrap()).map(|_: usize| {
                let start = Instant::now();
                run(size);
                1e3 * start.elapsed().as_secs_f64()
            });
            json!({"ms": timed.collect::<Vec<f64>>()})
        };
        println!("{answer}");
    }
}

/// Returns the number of positions before the tokens.
fn prefix(config: &Value) -> usize {
    let size = |key: &str| config[key].as_u64().unwrap_or(0) as usize;
    match (config["family"].as_str(), size("puzzle_emb_ndim"), size("puzzle_emb_len")) {
        (_, 0, _) => 0,
        (Some("trm"), _, len) if len > 0 => len,
        (_, ndim, _) => ndim.div_ceil(size("hidden_size")),
    }
}

/// Reads all tensors of a file (f32 and i32), as f32.
fn read(path: &Path) -> HashMap<String, (Vec<usize>, Vec<f32>)> {
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensors = file.tensors();
    tensors
        .iter()
        .map(|(name, tensor)| {
            let words = tensor.data().as_chunks().0.iter();
            let values = match tensor.dtype() {
                Dtype::F32 => words.map(|&b| f32::from_le_bytes(b)).collect(),
                Dtype::I32 => words.map(|&b| i32::from_le_bytes(b) as f32).collect(),
                other => panic!("{name} is {other:?}"),
            };
            (name.clone(), (tensor.shape().to_vec(), values))
        })
        .collect()
}

/// Returns the arguments: model folder, inputs.
fn arguments() -> (std::path::PathBuf, std::path::PathBuf) {
    let mut args = std::env::args_os().skip(1).map(Into::into);
    (args.next().expect("a model folder"), args.next().expect("inputs"))
}
