//! Parity of the trainer in `weights/training/`: a segment of its CPU engine is a segment of the runtime, on the same
//! weights and carries, within the precision of bf16 products.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

use crate::common::{Golden, inner_size};
use hrm::Puzzle;
use hrm::executor::{Executor, Outputs, Want};
use hrm::model::{Config, Model, Positions};

/// The engine, built once for all tests of the file: for this processor, and without its special instructions.
struct Engines {
    _folder: tempfile::TempDir,
    native: PathBuf,
    portable: PathBuf,
}

fn engines() -> &'static Engines {
    static ENGINES: OnceLock<Engines> = OnceLock::new();
    ENGINES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let (native, portable) = (folder.path().join("native"), folder.path().join("portable"));
        std::thread::scope(|scope| {
            scope.spawn(|| compile(&native, &["-march=native"]));
            scope.spawn(|| compile(&portable, &[]));
        });
        Engines {
            native,
            portable,
            _folder: folder,
        }
    })
}

fn compile(to: &Path, options: &[&str]) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/training/engine");
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".into());
    let ran = Command::new(&compiler)
        .args(["-O2", "-std=c++20", "-o"])
        .arg(to)
        .args(options)
        .args(["engine.cpp", "block.cpp", "forward.cpp"].map(|file| source.join(file)))
        .arg("-lpthread")
        .output()
        .unwrap_or_else(|e| panic!("the engine needs a C++ compiler (Debian: g++), and {compiler} does not run: {e}"));
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

/// Parameters in the order of `Config.layout` in `weights/training/hrm.py`, with one row of the puzzle embedding.
fn flat(model: &Model, row: usize) -> Vec<f32> {
    let config = &model.config;
    let tensor = |name: &str| model.weights.get(name).unwrap().f32s().unwrap().into_owned();
    let mut flat = Vec::new();
    for name in ["embed_tokens.embedding_weight", "lm_head.weight", "q_head.weight"] {
        flat.extend(tensor(name));
    }
    flat.extend(model.puzzle_row(row).unwrap());
    if config.positions == Positions::Learned {
        flat.extend(tensor("embed_pos.embedding_weight"));
    }
    for (level, layers) in [("H_level", config.h_layers), ("L_level", config.l_layers)] {
        for i in 0..layers {
            for part in [
                "self_attn.qkv_proj",
                "self_attn.o_proj",
                "mlp.gate_up_proj",
                "mlp.down_proj",
            ] {
                flat.extend(tensor(&format!("{level}.layers.{i}.{part}.weight")));
            }
        }
    }
    flat.extend(tensor("q_head.bias"));
    flat
}

/// What a segment gives, of all samples.
#[derive(Default)]
struct State {
    logits: Vec<f32>,
    q: Vec<f32>,
    z_h: Vec<f32>,
    z_l: Vec<f32>,
}

impl State {
    fn of(outputs: &[Outputs]) -> State {
        let mut state = State::default();
        for o in outputs {
            state.logits.extend(o.logits.as_ref().unwrap());
            state.q.extend([o.q_halt, o.q_continue]);
            state.z_h.extend(o.z_h.as_ref().unwrap());
            state.z_l.extend(o.z_l.as_ref().unwrap());
        }
        state
    }

    /// The carries that `samples` samples begin with.
    fn initial(model: &Model, samples: usize) -> State {
        let config = &model.config;
        let rows = samples * config.positions_for(config.seq_len);
        let repeat = |name: &str| model.weights.get(name).unwrap().f32s().unwrap().repeat(rows);
        State {
            z_h: repeat("H_init"),
            z_l: repeat("L_init"),
            ..State::default()
        }
    }
}

/// One segment by the engine.
fn forward(program: &Path, config: &Config, params: &[f32], from: &State, tokens: &[u32]) -> State {
    let (positions, samples) = (config.positions_for(config.seq_len), tokens.len() / config.seq_len);
    let learned = usize::from(config.positions == Positions::Learned);
    let sizes = [
        config.hidden_size,
        inner_size(config),
        positions,
        config.vocab_size,
        config.h_layers,
        config.l_layers,
        config.h_cycles,
        config.l_cycles,
        learned,
        samples,
    ];
    let mut child = Command::new(program)
        .args(sizes.map(|size| size.to_string()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input: Vec<u8> = [params, &from.z_h, &from.z_l]
        .concat()
        .iter()
        .flat_map(|v| v.to_ne_bytes())
        .collect();
    input.extend(tokens.iter().flat_map(|&t| t.to_ne_bytes()));
    child.stdin.take().unwrap().write_all(&input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the engine failed: {:?}", output.status);
    let mut values = output.stdout.as_chunks().0.iter().map(|&b| f32::from_ne_bytes(b));
    let mut take = |n: usize| values.by_ref().take(n).collect::<Vec<f32>>();
    let state = samples * positions * config.hidden_size;
    State {
        logits: take(tokens.len() * config.vocab_size),
        q: take(2 * samples),
        z_h: take(state),
        z_l: take(state),
    }
}

/// Relative L2 distance.
fn distance(ours: &[f32], theirs: &[f32]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let square = |v: f32| f64::from(v).powi(2);
    let difference: f64 = ours.iter().zip(theirs).map(|(a, b)| square(a - b)).sum();
    (difference / theirs.iter().map(|&v| square(v)).sum::<f64>()).sqrt()
}

/// Runs `segments` segments of the runtime, and each of them by the engine too, from the runtime's carry before it: so
/// the difference is that of one segment, and does not grow where the recurrence is chaotic.
fn compare(model: Model, tokens: &[u32], row: usize, segments: usize, bound: f64) {
    let config = model.config.clone();
    let params = flat(&model, row);
    let samples = tokens.len() / config.seq_len;
    let mut before = State::initial(&model, samples);
    let executor = Executor::cpu(Arc::new(model), None).unwrap();
    let mut batch = executor.batch(samples, config.seq_len, None).unwrap();
    for (i, tokens) in tokens.chunks(config.seq_len).enumerate() {
        batch.load(i, tokens, row, None).unwrap();
    }
    let live: Vec<usize> = (0..samples).collect();
    for segment in 1..=segments {
        let runtime = State::of(&pollster::block_on(batch.segment(&live, Want::ALL)).unwrap());
        for program in [&engines().native, &engines().portable] {
            let engine = forward(program, &config, &params, &before, tokens);
            for (what, ours, theirs) in [
                ("logits", &engine.logits, &runtime.logits),
                ("q", &engine.q, &runtime.q),
                ("z_H", &engine.z_h, &runtime.z_h),
                ("z_L", &engine.z_l, &runtime.z_l),
            ] {
                let distance = distance(ours, theirs);
                println!("segment {segment}, {what}: {distance:.1e}");
                assert!(
                    distance < bound,
                    "segment {segment}: {what} differ by {distance:.1e} ({program:?})"
                );
            }
        }
        before = runtime;
    }
}

/// Two puzzles of each class of the check set.
fn puzzles() -> Vec<u32> {
    let lines = include_str!("data/sudoku-check.csv").lines().skip(1).step_by(5);
    let questions = lines.map(|line| line.split(',').nth(1).unwrap());
    questions
        .flat_map(|question| Puzzle::parse(question, None).unwrap().board.tokens)
        .collect()
}

#[test]
fn the_bundled_model_with_learned_positions() {
    let tokens = puzzles();
    assert_eq!(tokens.len(), 12 * 81);
    compare(Model::bundled("sudoku").unwrap(), &tokens, 0, 4, 0.03);
}

/// An odd number of positions, rotary, several rows of puzzle embedding.
#[test]
fn the_tiny_golden_model() {
    let golden = Golden::load("hrm-tiny");
    let model = Model::open(&golden.folder, None).unwrap();
    let row = golden.identifiers[0];
    compare(model, &golden.inputs[..golden.seq_len], row, golden.count, 0.03);
}

#[test]
fn the_golden_model_of_sudoku_size() {
    let golden = Golden::load("hrm-sudoku-small");
    let model = Model::open(&golden.folder, None).unwrap();
    // More puzzles than the golden ones: q has two numbers for each, and bf16's roundings are to average out.
    compare(model, &puzzles(), golden.identifiers[0], golden.count, 0.03);
}
