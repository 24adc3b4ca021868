//! A small random model for ARC in the official form, its data and the tasks, and what is to come of them.

#[path = "../../../../tests/common/arc.rs"]
pub mod official;

use std::collections::BTreeMap;
use std::path::Path;

use hrm::executor::{Executor, Want};
use hrm::model::{Config, Family, Model};
use serde_json::{Value, json};

use super::Ran;
use super::checkpoints_support::{torch, torch_of};
use super::common::random_model;
use official::{Form, Grid, Test, crop, encode};

/// Segments of a sample.
const SEGMENTS: usize = 2;

/// A small model for ARC, whose first colours come out often.
fn model(family: Family, identifiers: usize) -> Model {
    let config = Config::published(family, 900, 12).with(|c| {
        (c.hidden_size, c.num_heads, c.puzzle_emb_ndim) = (16, 2, 16);
        (c.h_cycles, c.l_cycles, c.l_layers, c.expansion) = (1, 1, 1, 1.0);
        c.h_layers = c.h_layers.min(1);
        (c.halt_max_steps, c.num_puzzle_identifiers) = (SEGMENTS, identifiers);
        c.task = Some(hrm::tasks::arc::TASK);
    });
    random_model(&config)
}

/// Writes the model as its training run would have left it.
fn write_run(folder: &Path, model: &Model) {
    let (mut tensors, storages) = torch_of(model);
    tensors
        .iter_mut()
        .for_each(|tensor| tensor.name = format!("_orig_mod.model.inner.{}", tensor.name));
    std::fs::write(folder.join("step_723"), torch(&tensors, &storages)).unwrap();
    let (name, more) = match model.config.family {
        Family::Trm => (
            "recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1",
            "\n  mlp_t: false\n  no_ACT_continue: true\n  puzzle_emb_len: 16",
        ),
        _ => ("hrm.hrm_act_v1@HierarchicalReasoningModel_ACTV1", ""),
    };
    let h_layers = model.config.h_layers;
    let yaml = format!(
        "arch:\n  H_cycles: 1\n  H_layers: {h_layers}\n  L_cycles: 1\n  L_layers: 1\n  expansion: 1\n  halt_exploration_prob: 0.1\n  \
         halt_max_steps: {SEGMENTS}\n  hidden_size: 16\n  loss:\n    loss_type: stablemax_cross_entropy\n    name: losses@ACTLossHead\n  \
         name: {name}\n  num_heads: 2\n  pos_encodings: rope\n  puzzle_emb_ndim: 16{more}\nseed: 0\n"
    );
    std::fs::write(folder.join("all_config.yaml"), yaml).unwrap();
    let rows = model.config.num_puzzle_identifiers;
    std::fs::write(folder.join("dataset.json"), metadata(rows)).unwrap();
}

fn metadata(rows: usize) -> String {
    json!({
        "pad_id": 0, "ignore_label_id": 0, "blank_identifier_id": 0, "vocab_size": 12, "seq_len": 900,
        "num_puzzle_identifiers": rows, "total_groups": 2, "mean_puzzle_examples": 1.0, "sets": ["all"],
    })
    .to_string()
}

fn npy(shape: &str, values: &[u32]) -> Vec<u8> {
    let header = format!("{{'descr': '<i4', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    bytes
}

/// A puzzle: its name, the forms in the order of their identifiers, and the inputs of its tests.
struct Puzzle {
    name: &'static str,
    forms: Vec<Form>,
    inputs: Vec<Grid>,
}

fn puzzles() -> Vec<Puzzle> {
    let form = |number: u8| {
        let turn = |c: u8| if c == 0 { 0 } else { (c + number * 2) % 9 + 1 };
        let colours = (0..10).map(|c| if number == 0 { c } else { turn(c) }).collect();
        Form {
            t: usize::from(number) % 8,
            colours,
        }
    };
    let grid = |rows: u8, columns: u8, by: u8| -> Grid {
        (0..rows)
            .map(|row| (0..columns).map(|column| (row * 3 + column * by) % 10).collect())
            .collect()
    };
    let puzzle = |name, forms, inputs| Puzzle {
        name,
        forms: (0..forms).map(form).collect(),
        inputs,
    };
    vec![
        puzzle("007bbfb7", 10, vec![grid(3, 4, 1), grid(2, 2, 7)]),
        puzzle("00d62c1b", 4, vec![grid(30, 30, 3)]),
        puzzle("017c7c7b", 1, vec![grid(1, 9, 2)]),
    ]
}

/// The name of a form in the official data, which both builders write in their own way.
fn name_of(puzzle: &Puzzle, number: usize, family: Family) -> String {
    let form = &puzzle.forms[number];
    let colours: String = form.colours.iter().map(|c| char::from(b'0' + c)).collect();
    match (number, family) {
        (0, _) => puzzle.name.to_owned(),
        (_, Family::Trm) => format!("{}|||t{}|||{colours}", puzzle.name, form.t),
        _ => format!("{}_t{}_{colours}", puzzle.name, form.t),
    }
}

/// Everything that the commands are held to.
pub struct World {
    pub folder: tempfile::TempDir,
    /// The predictions in the order of the official data.
    pub predictions: Vec<Vec<u32>>,
    pub tests: BTreeMap<String, Vec<Test>>,
}

/// Makes a training run, its data in the official form, the same tasks as files and as the contest has them; computes the
/// answers without any of the code that knows of ARC.
pub fn world(family: Family) -> World {
    let folder = tempfile::tempdir().unwrap();
    let (predictions, tests) = make(folder.path(), family);
    World {
        folder,
        predictions,
        tests,
    }
}

/// Makes what the commands of a document need.
pub fn furnish(folder: &Path) {
    make(folder, Family::Trm);
}

/// Returns the predictions in the order of the official data, and what is known of each test.
fn make(folder: &Path, family: Family) -> (Vec<Vec<u32>>, BTreeMap<String, Vec<Test>>) {
    let path = |name: &str| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    };
    let puzzles = puzzles();
    let mut names = vec!["<blank>".to_owned()];
    for puzzle in &puzzles {
        names.extend((0..puzzle.forms.len()).map(|number| name_of(puzzle, number, family)));
    }
    let model = model(family, names.len());
    std::fs::create_dir_all(folder.join("run")).unwrap();
    write_run(&folder.join("run"), &model);
    std::fs::write(path("run/identifiers.json"), json!(names).to_string()).unwrap();

    let executor = Executor::cpu(std::sync::Arc::new(model), Some(1)).unwrap();
    let mut batch = executor.batch(1, 900, None).unwrap();
    let mut run = |tokens: &[u32], identifier: usize| {
        batch.load(0, tokens, identifier, None).unwrap();
        let mut outputs = Vec::new();
        for _ in 0..SEGMENTS {
            outputs = pollster::block_on(batch.segment(&[0], Want::default())).unwrap();
        }
        batch.release(0);
        let last = outputs.remove(0);
        (last.preds, last.q_halt)
    };
    let (mut predictions, mut inputs, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    let (mut identifiers, mut indices, mut id) = (Vec::new(), vec![0], 1);
    let (mut tests, mut files) = (BTreeMap::new(), BTreeMap::new());
    for (place, puzzle) in puzzles.iter().enumerate() {
        let mut votes: Vec<Vec<(Grid, f32)>> = vec![Vec::new(); puzzle.inputs.len()];
        for (number, form) in puzzle.forms.iter().enumerate() {
            for (votes, input) in votes.iter_mut().zip(&puzzle.inputs) {
                let tokens = encode(&form.apply(input));
                let (prediction, q_halt) = run(&tokens, id + number);
                votes.push((form.undo(&crop(&prediction)), q_halt));
                predictions.push(prediction);
                inputs.extend(tokens);
            }
            identifiers.push((id + number) as u32);
            indices.push(predictions.len() as u32);
        }
        id += puzzle.forms.len();
        // Some are right at once, some with the second answer, some never.
        let right = |(test, votes): (usize, &Vec<(Grid, f32)>)| {
            let ranked = official::ranked(votes, official::in_f64);
            let right = ranked.get((place + test) % 3).filter(|grid| !grid.is_empty());
            right.cloned().unwrap_or_else(|| vec![vec![9; 5]; 2])
        };
        let outputs: Vec<Grid> = votes.iter().enumerate().map(right).collect();
        for form in &puzzle.forms {
            outputs
                .iter()
                .for_each(|output| labels.extend(encode(&form.apply(output))));
        }
        let pairs = puzzle
            .inputs
            .iter()
            .zip(&outputs)
            .map(|(input, output)| json!({"input": input, "output": output}));
        let task = json!({"train": [{"input": [[1, 2], [3, 4]], "output": [[5]]}], "test": pairs.collect::<Vec<_>>()});
        std::fs::write(path(&format!("tasks/{}.json", puzzle.name)), task.to_string()).unwrap();
        files.insert(puzzle.name, (task, outputs.clone()));
        tests.insert(puzzle.name.to_owned(), votes.into_iter().zip(outputs).collect());
    }

    let count = predictions.len();
    std::fs::write(path("data/identifiers.json"), json!(names).to_string()).unwrap();
    std::fs::write(path("data/test/dataset.json"), metadata(names.len())).unwrap();
    for (array, shape, values) in [
        ("inputs", format!("{count}, 900"), &inputs),
        ("labels", format!("{count}, 900"), &labels),
        ("puzzle_identifiers", format!("{},", identifiers.len()), &identifiers),
        ("puzzle_indices", format!("{},", indices.len()), &indices),
    ] {
        std::fs::write(path(&format!("data/test/all__{array}.npy")), npy(&shape, values)).unwrap();
    }
    let tasks: BTreeMap<_, _> = files.iter().map(|(name, (task, _))| (name, task)).collect();
    if family == Family::Trm {
        std::fs::write(path("data/test_puzzles.json"), json!(tasks).to_string()).unwrap();
    }
    let mut challenges = json!(tasks);
    for task in challenges.as_object_mut().unwrap().values_mut() {
        let tests = task["test"].as_array_mut().unwrap();
        tests
            .iter_mut()
            .for_each(|test| drop(test.as_object_mut().unwrap().remove("output")));
    }
    let solutions: BTreeMap<_, _> = files.iter().map(|(name, (_, outputs))| (name, outputs)).collect();
    std::fs::write(
        path("contest/arc-agi_evaluation_challenges.json"),
        challenges.to_string(),
    )
    .unwrap();
    std::fs::write(
        path("contest/arc-agi_evaluation_solutions.json"),
        json!(solutions).to_string(),
    )
    .unwrap();
    (predictions, tests)
}

impl World {
    /// Runs `hrm` on the model of this world, in its folder.
    pub fn hrm(&self, args: &[&str]) -> Ran {
        let model = ["--model", "run/step_723", "--device", "cpu"];
        let mut command = super::command();
        Ran::of(command.current_dir(self.folder.path()).args([args, &model].concat()))
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// The figures and the submission are those of the official evaluations.
    pub fn check(&self, ran: &Ran, submission: &str) {
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let summary = ran.json().pop().unwrap();
        for (key, all, pass) in [
            (
                "hrm",
                &[1, 2, 10, 100, 1000][..],
                official::hrm as fn(&BTreeMap<_, _>, usize) -> f64,
            ),
            ("trm", &[1, 2, 5, 10, 100, 1000], official::trm),
        ] {
            let shares: BTreeMap<String, f64> = serde_json::from_value(summary["pass"][key].clone()).unwrap();
            assert_eq!(shares.len(), all.len());
            for k in all {
                let (found, expected) = (shares[&k.to_string()], pass(&self.tests, *k));
                assert!(
                    (found - expected).abs() < 1e-12,
                    "{key} pass@{k}: {found}, officially {expected}"
                );
            }
        }
        let submission: Value = serde_json::from_str(&self.read(submission)).unwrap();
        assert_eq!(submission, official::submission(&self.tests));
    }
}
