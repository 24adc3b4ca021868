//! Sotaku against an independent implementation in f64, written from the specification (section 14), on every device;
//! and what it has of its own: given cells that are kept, ids of its own, small steps.

use std::sync::Arc;

use crate::common::{options, random_model, relative_l2};
use crate::families::executors;
use hrm::executor::{Executor, Outputs, Want};
use hrm::halt::{Halt, Schedule, Stop};
use hrm::model::{Config, Family, Model};
use hrm::solve::{Query, Solver};
use hrm::tasks::Puzzle;
use hrm::trace::confidences;
use hrm::tries::Noise;
use pollster::block_on;

type Rows = Vec<Vec<f64>>;

/// The specification's formulas, one sample, in f64.
struct Reference<'m>(&'m Model);

impl Reference<'_> {
    fn values(&self, name: &str) -> Vec<f64> {
        let values = self.0.weights.get(name).unwrap().f32s().unwrap();
        values.iter().map(|&v| f64::from(v)).collect()
    }

    fn linear(&self, x: &Rows, name: &str) -> Rows {
        let (w, b) = (
            self.values(&format!("{name}.weight")),
            self.values(&format!("{name}.bias")),
        );
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let outputs = |row: &Vec<f64>| w.chunks(row.len()).zip(&b).map(|(w, b)| dot(row, w) + b).collect();
        x.iter().map(outputs).collect()
    }

    fn norm(&self, x: &Rows, name: &str) -> Rows {
        let (w, b) = (
            self.values(&format!("{name}.weight")),
            self.values(&format!("{name}.bias")),
        );
        let norm = |row: &Vec<f64>| {
            let count = row.len() as f64;
            let mean = row.iter().sum::<f64>() / count;
            let variance = row.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
            let root = (variance + self.0.config.rms_norm_eps).sqrt();
            (0..row.len()).map(|i| (row[i] - mean) / root * w[i] + b[i]).collect()
        };
        x.iter().map(norm).collect()
    }

    fn attention(&self, x: &Rows, layer: &str) -> Rows {
        let [mut q, mut k, v] = ["q_proj", "k_proj", "v_proj"].map(|part| self.linear(x, &format!("{layer}.{part}")));
        let (d, n) = (self.0.config.hidden_size, self.0.config.num_heads);
        let (width, side) = (d / n, x.len().isqrt());
        for turned in [&mut q, &mut k] {
            for (cell, row) in turned.iter_mut().enumerate() {
                for (i, pair) in row.chunks_mut(2).enumerate() {
                    let (i, quarter) = (i % (width / 2), width / 4);
                    let place = if i < quarter { cell / side } else { cell % side };
                    let frequency = self
                        .0
                        .config
                        .rope_theta
                        .powf(-2.0 * (i % quarter) as f64 / (width / 2) as f64);
                    let (sin, cos) = (place as f64 * frequency).sin_cos();
                    (pair[0], pair[1]) = (pair[0] * cos - pair[1] * sin, pair[0] * sin + pair[1] * cos);
                }
            }
        }
        let mixed = |query: &Vec<f64>| {
            let channel = |c: usize| {
                let head = c / width * width..(c / width + 1) * width;
                let score = |key: &Vec<f64>| head.clone().map(|c| query[c] * key[c]).sum::<f64>();
                let p: Vec<f64> = k.iter().map(|key| (score(key) / (width as f64).sqrt()).exp()).collect();
                v.iter().zip(&p).map(|(v, p)| v[c] * p).sum::<f64>() / p.iter().sum::<f64>()
            };
            (0..d).map(channel).collect()
        };
        self.linear(&q.iter().map(mixed).collect(), &format!("{layer}.out_proj"))
    }

    fn start(&self, tokens: &[u32]) -> [Rows; 2] {
        let config = &self.0.config;
        let one_hot = |&token: &u32| (0..config.vocab_size).map(move |id| f64::from(u8::from(id == token as usize)));
        let cells = tokens.iter().map(|token| one_hot(token).collect()).collect();
        let nothing = vec![vec![0.0; config.vocab_size - 1]; tokens.len()];
        [self.linear(&cells, "initial_encoder"), nothing]
    }

    /// Runs an iteration, and returns the logits.
    fn iterate(&self, [h, p]: &mut [Rows; 2]) -> Rows {
        let add = |h: &mut Rows, y: Rows| {
            let sum = |(h, y): (&mut f64, f64)| *h += y;
            h.iter_mut().flatten().zip(y.into_iter().flatten()).for_each(sum);
        };
        add(h, self.linear(p, "pred_proj"));
        for i in 0..self.0.config.l_layers {
            let layer = format!("layers.{i}");
            let a = self.norm(h, &format!("{layer}.norm1"));
            add(h, self.attention(&a, &layer));
            let mut inner = self.linear(&self.norm(h, &format!("{layer}.norm2")), &format!("{layer}.linear1"));
            inner.iter_mut().flatten().for_each(|v| *v = v.max(0.0));
            add(h, self.linear(&inner, &format!("{layer}.linear2")));
        }
        let logits = self.linear(h, "output_head");
        *p = logits.iter().map(|row| softmax(row)).collect();
        logits
    }
}

fn softmax(logits: &[f64]) -> Vec<f64> {
    let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logits.iter().map(|l| (l - most).exp()).sum();
    logits.iter().map(|l| (l - most).exp() / sum).collect()
}

/// A random small form: widths that fill no vector and boards that are not square among them.
fn form(seed: u64) -> Config {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut one_of = |all: &[usize]| all[random.usize(..all.len())];
    let (heads, head_dim) = (one_of(&[1, 2, 3, 4]), one_of(&[4, 8, 12, 20, 32]));
    let (cells, ids) = (one_of(&[1, 4, 9, 13, 16, 36, 81]), one_of(&[2, 3, 5, 7, 10]));
    let (layers, inner) = (one_of(&[1, 2, 3]), one_of(&[1, 7, 40, 96, 130]));
    let (base, eps) = (one_of(&[10, 500]), one_of(&[1, 100]));
    Config::published(Family::Sotaku, cells, ids).with(|c| {
        (c.hidden_size, c.num_heads, c.l_layers) = (heads * head_dim, heads, layers);
        c.expansion = inner as f64 / c.hidden_size as f64;
        (c.rope_theta, c.rms_norm_eps) = (base as f64, eps as f64 * 1e-5);
    })
}

fn puzzle(config: &Config, shift: usize) -> Vec<u32> {
    let token = |cell: usize| match (cell * 5 + shift) % 3 {
        0 => (cell * 7 + shift) % config.vocab_size,
        _ => 0,
    };
    (0..config.seq_len).map(|cell| token(cell) as u32).collect()
}

/// Relative L2 against f64 in the first and later iterations.
const BOUNDS: [f64; 4] = [3e-6, 5e-6, 1e-5, 2e-5];

#[test]
fn random_forms_are_the_formulas_on_every_device() {
    for seed in 0..16 {
        let config = form(seed);
        let model = Arc::new(random_model(&config));
        let reference = Reference(&model);
        let puzzles: Vec<Vec<u32>> = (0..3).map(|shift| puzzle(&config, shift)).collect();
        let mut states: Vec<[Rows; 2]> = puzzles.iter().map(|tokens| reference.start(tokens)).collect();
        let needed = BOUNDS.map(|_| {
            let iterate = |state: &mut [Rows; 2]| (reference.iterate(state), state[0].clone());
            states.iter_mut().map(iterate).collect::<Vec<_>>()
        });
        // On a GPU every form has shaders of its own to compile.
        let devices = match seed {
            0..4 => executors(&model),
            _ => vec![("cpu".to_owned(), Executor::cpu(model.clone(), Some(2)).unwrap())],
        };
        for (on, executor) in devices {
            let run = |slots: &[usize], puzzles: &[Vec<u32>]| {
                let mut batch = executor.batch(4, config.seq_len, None).unwrap();
                for (&slot, tokens) in slots.iter().zip(puzzles) {
                    batch.load(slot, tokens, 0, None).unwrap();
                }
                BOUNDS.map(|_| block_on(batch.segment(slots, Want::ALL)).unwrap())
            };
            let found = run(&[0, 1, 3], &puzzles);
            for (i, (found, needed)) in found.iter().zip(&needed).enumerate() {
                for (outputs, (logits, h)) in found.iter().zip(needed) {
                    for (what, found, needed) in [("logits", &outputs.logits, logits), ("z_H", &outputs.z_h, h)] {
                        let needed: Vec<f32> = needed.iter().flatten().map(|&v| v as f32).collect();
                        let error = relative_l2(found.as_ref().unwrap(), &needed);
                        assert!(
                            error <= BOUNDS[i],
                            "form {seed}, {on}, iteration {i}, {what}: {error:e}"
                        );
                    }
                    assert_eq!(outputs.z_l, None);
                }
                for (outputs, tokens) in found.iter().zip(&puzzles) {
                    check_outputs(outputs, tokens, &format!("form {seed}, {on}, iteration {i}"));
                }
            }
            // To the last bit, whatever else is in the batch.
            let alone = run(&[2], &puzzles[1..2]);
            for (alone, together) in alone.iter().zip(&found) {
                assert_eq!(alone[0], together[1], "form {seed}, {on}");
            }
        }
    }
}

/// Given cells are kept, the others have the largest logit, and q is the least probability of these.
fn check_outputs(outputs: &Outputs, tokens: &[u32], on: &str) {
    let logits = outputs.logits.as_ref().unwrap();
    let ids = logits.len() / tokens.len();
    let mut least = 1.0f64;
    for ((row, &token), &pred) in logits.chunks(ids).zip(tokens).zip(&outputs.preds) {
        if token > 0 {
            assert_eq!(pred, token, "{on}");
            continue;
        }
        let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        assert_eq!(row[pred as usize - 1], most, "{on}");
        let row: Vec<f64> = row.iter().map(|&l| f64::from(l)).collect();
        least = least.min(softmax(&row)[pred as usize - 1]);
    }
    assert!((f64::from(outputs.q_halt) - least).abs() < 1e-4, "{on}");
    assert_eq!(outputs.q_continue, 0.0, "{on}");
}

fn small() -> Arc<Model> {
    Arc::new(random_model(&Config::published(Family::Sotaku, 16, 5).with(|c| {
        (c.hidden_size, c.num_heads, c.l_layers, c.expansion) = (16, 2, 1, 2.0);
    })))
}

/// The state stays finite and the prediction's feedback stable over thousands of iterations, and `still` waits for 64 of
/// them that change nothing.
#[test]
fn thousands_of_iterations_and_a_rule_that_is_patient() {
    let model = small();
    let tokens = puzzle(&model.config, 0);
    for (on, executor) in executors(&model) {
        let mut plain = executor.batch(1, 16, None).unwrap();
        plain.load(0, &tokens, 0, None).unwrap();
        let length = if on == "cpu" { 3000 } else { 400 };
        let all: Vec<Outputs> = (0..length)
            .map(|_| block_on(plain.segment(&[0], Want::ALL)).unwrap().remove(0))
            .collect();
        assert!(
            all[length - 1].z_h.as_ref().unwrap().iter().all(|v| v.is_finite()),
            "{on}"
        );
        let sum = |values: &[f32]| {
            let norms = values
                .chunks(4)
                .map(|row| row.iter().map(|v| v * v).sum::<f32>().sqrt());
            norms.sum::<f32>()
        };
        let unchanged = |pair: &[Outputs]| {
            let [old, new] = [&pair[0], &pair[1]].map(|outputs| outputs.logits.as_ref().unwrap());
            let moved: Vec<f32> = old.iter().zip(new).map(|(old, new)| new - old).collect();
            pair[0].preds == pair[1].preds && sum(&moved) <= 0.01 * sum(new)
        };
        let unchanged: Vec<bool> = all.windows(2).map(unchanged).collect();
        let expected = 65 + unchanged.windows(64).position(|many| many == [true; 64]).unwrap();
        let schedule = Schedule {
            halt: Halt::Still,
            segments: 1000,
        };
        let mut batch = executor.batch(3, 16, Some(schedule)).unwrap();
        batch.load(1, &tokens, 0, None).unwrap();
        let mut last = None;
        while !batch.is_idle() {
            last = block_on(batch.advance(usize::MAX, Want::default())).unwrap().pop();
        }
        let last = last.unwrap();
        assert_eq!((last.segments, last.stopped), (expected, Some(Stop::Still)), "{on}");
        assert_eq!(last.outputs.unwrap().preds, all[expected - 1].preds, "{on}");
    }
}

/// Noise of no strength changes no bit: the host embeds the puzzle as devices do.
#[test]
fn noise_is_added_to_the_embedded_puzzle() {
    let model = small();
    let tokens = puzzle(&model.config, 1);
    for (on, executor) in executors(&model) {
        let first = |noise: Option<Noise>| {
            let mut batch = executor.batch(1, 16, None).unwrap();
            batch.load(0, &tokens, 0, noise).unwrap();
            block_on(batch.segment(&[0], Want::ALL)).unwrap().remove(0)
        };
        let noise = |seed, strength| Some(Noise { seed, strength });
        let plain = first(None);
        assert_eq!(plain, first(noise(3, 0.0)), "{on}");
        assert_ne!(plain, first(noise(3, 1.0)), "{on}");
        assert_ne!(first(noise(4, 1.0)), first(noise(3, 1.0)), "{on}");
        let mut batch = executor.batch(1, 16, None).unwrap();
        let error = batch.load_carry(0, &tokens, 0, [vec![0.0; 5]]).unwrap_err();
        assert!(error.to_string().contains("expected 256 values"), "{on}: {error}");
    }
}

/// A Sudoku has the task's ids outside, and rules judge these; padding and blank are never predicted.
#[test]
fn sudokus_have_the_tasks_ids() {
    let config = Config::published(Family::Sotaku, 81, 10).with(|c| {
        (c.hidden_size, c.num_heads, c.l_layers, c.expansion) = (16, 2, 1, 1.0);
        c.task = Some(hrm::tasks::sudoku::TASK);
    });
    let model = Arc::new(random_model(&config));
    let solved = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";
    let open = solved.replace('9', ".");
    for (on, executor) in executors(&model) {
        let solver = |segments| {
            let options = options(|o| (o.want, o.segments) = (Want::ALL, Some(segments)));
            Solver::on(executor.clone(), &options).unwrap()
        };
        let answer = solver(1024)
            .solve_blocking(&Puzzle::parse(solved, None).unwrap())
            .unwrap();
        assert_eq!((answer.stopped, answer.segments), (Stop::Valid, 1), "{on}");
        let query = Query::from(Puzzle::parse(&open, None).unwrap());
        let mut run = solver(2).run([query.clone()]).unwrap();
        let segment = run.next_blocking().unwrap().unwrap();
        let logits = segment.outputs.logits.unwrap();
        assert_eq!(logits.len(), 81 * 11, "{on}");
        let probabilities = confidences(config.loss, &logits, 11);
        for (cell, (&given, &pred)) in query.tokens.iter().zip(&segment.outputs.preds).enumerate() {
            assert!(if given == 1 { pred >= 2 } else { pred == given }, "{on}, cell {cell}");
            let row = &probabilities[cell * 11..][..11];
            assert_eq!(row[..2], [0.0, 0.0], "{on}");
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{on}");
        }
        // A batch has the network's own.
        let mut batch = executor.batch(1, 81, None).unwrap();
        let own: Vec<u32> = query.tokens.iter().map(|id| id - 1).collect();
        batch.load(0, &own, 0, None).unwrap();
        let outputs = block_on(batch.segment(&[0], Want::ALL)).unwrap().remove(0);
        let shifted: Vec<u32> = outputs.preds.iter().map(|id| id + 1).collect();
        assert_eq!(shifted, segment.outputs.preds, "{on}");
        assert_eq!(outputs.logits.unwrap().len(), 81 * 9, "{on}");
    }
}

/// Forms that would compute something else are refused by name.
#[test]
fn other_forms_are_refused() {
    let says = |change: fn(&mut Config)| {
        let config = Config::published(Family::Sotaku, 81, 10).with(change);
        let none = hrm::model::Weights::new("none", Vec::new());
        Model::from_parts(config, none).unwrap_err().to_string()
    };
    for (change, needed) in [
        (
            (|c| c.hidden_size = 126) as fn(&mut Config),
            "`d_model`: expected a multiple of `n_heads` 4, found 126",
        ),
        (
            |c| c.num_heads = 64,
            "`d_model` / `n_heads`: rotary positions need heads of a multiple of 4, found 128 / 64 = 2",
        ),
        (|c| c.l_cycles = 2, "one undamped pass a segment"),
        (|c| c.mlp_t = true, "one undamped pass a segment"),
        (|c| c.vocab_size = 1, "`vocab_size`: expected 2"),
        (|c| c.expansion = 1e-4, "`d_ff` 0.0001 leaves nothing"),
    ] {
        let error = says(change);
        assert!(error.contains(needed), "{error}");
    }
}

/// Threads divide the rows of a sample, and no bit depends on where.
#[test]
fn the_executor_of_any_number_of_threads_gives_the_same_bits() {
    let model = Arc::new(random_model(&form(5)));
    let tokens = puzzle(&model.config, 2);
    let run = |threads: usize| {
        let executor = Executor::cpu(model.clone(), Some(threads)).unwrap();
        let mut batch = executor.batch(1, model.config.seq_len, None).unwrap();
        batch.load(0, &tokens, 0, None).unwrap();
        let mut segment = || block_on(batch.segment(&[0], Want::ALL)).unwrap().remove(0);
        (segment(), segment(), segment())
    };
    let one = run(1);
    for threads in [2, 3, 8] {
        assert_eq!(run(threads), one, "{threads} threads");
    }
}
