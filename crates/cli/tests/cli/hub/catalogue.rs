//! Every row of `hrm models`, as its repository is said to be, with few and random weights.

use std::collections::BTreeMap;

use serde_json::Value;

use hrm::model::{Config, Family, Model, Weights};

use super::super::checkpoints_support::{tensors, torch, torch_of};
use super::*;

const MLP: &str = "trm-mlp-tiny/checkpoint.pt";
const ATTENTION: &str = "trm-att-tiny/checkpoint.pt";

/// A file as torch writes it, of a small model with attention for so many cells and tokens.
fn made(family: Family, (cells, vocabulary): (usize, usize)) -> Vec<u8> {
    let config = Config::published(family, cells, vocabulary).with(|c| {
        (c.hidden_size, c.num_heads, c.puzzle_emb_ndim) = (32, 8, 32);
        (c.h_layers, c.l_layers) = (c.h_layers.min(1), 1);
        c.num_puzzle_identifiers = 3;
    });
    let model = Model::from_parts(config.clone(), Weights::new("made", tensors(&config))).unwrap();
    let (mut tensors, storages) = torch_of(&model);
    for tensor in &mut tensors {
        tensor.name = format!("_orig_mod.model.inner.{}", tensor.name);
    }
    torch(&tensors, &storages)
}

/// The configuration of such a model, as its trainer writes it.
fn configuration(family: Family) -> String {
    let (name, cycles, layers) = match family {
        Family::Hrm => (
            "hrm.hrm_act_v1@HierarchicalReasoningModel_ACTV1",
            "L_cycles: 2, H_cycles: 2",
            1,
        ),
        _ => (
            "recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1",
            "L_cycles: 4, H_cycles: 3, mlp_t: false, puzzle_emb_len: 16",
            0,
        ),
    };
    format!(
        "arch: {{name: {name}, {cycles}, H_layers: {layers}, L_layers: 1, hidden_size: 32, num_heads: 8, expansion: 4, \
         halt_max_steps: 16, pos_encodings: rope, puzzle_emb_ndim: 32, loss: {{loss_type: stablemax_cross_entropy}}}}\n"
    )
}

/// A repository, and what of it is opened: a path in it, the family, and the task.
struct Published {
    repository: &'static str,
    files: Vec<Kept>,
    opened: Vec<(&'static str, &'static str, &'static str)>,
}

fn published() -> Vec<Published> {
    let weights = |file: &str, from: &str| kept(file, golden(from), true);
    let other = |file: &str, from: &str| kept(file, golden(from), false);
    let sudoku = (81, 11);
    let (maze, arc) = ((900, 6), (900, 12));
    let large = |file: &str, family, task| kept(file, made(family, task), true);
    let of = |repository, files, opened: &[_]| Published {
        repository,
        files,
        opened: opened.to_vec(),
    };
    let config = |file: &str, family| kept(file, configuration(family), false);
    let hrm_config = |file: &str| config(file, Family::Hrm);
    let trm_config = |file: &str| config(file, Family::Trm);
    vec![
        of(
            NAME,
            vec![
                weights("checkpoint", "hrm-sudoku-small/checkpoint.pt"),
                other("all_config.yaml", "hrm-sudoku-small/config.yaml"),
            ],
            &[("", "hrm", "sudoku")],
        ),
        of(
            "sapientinc/HRM-checkpoint-maze-30x30-hard",
            vec![large("checkpoint", Family::Hrm, maze), hrm_config("all_config.yaml")],
            &[("", "hrm", "maze")],
        ),
        of(
            "sapientinc/HRM-checkpoint-ARC-2",
            vec![large("checkpoint", Family::Hrm, arc), hrm_config("all_config.yaml")],
            &[("", "hrm", "arc")],
        ),
        of(
            "bnsh/HRM-checkpoint-sudoku-full",
            vec![
                weights("checkpoint", "hrm-sudoku-small/checkpoint.pt"),
                other("all_config.yaml", "hrm-sudoku-small/config.yaml"),
                kept("statistics.json", "{}", false),
            ],
            &[("", "hrm", "sudoku")],
        ),
        // Whether a configuration is beside it is not known.
        of(
            "ThomasHeim/HRM-Reproduction-Checkpoints",
            vec![
                large("sudoku-extreme/original-hrm/step_20", Family::Hrm, sudoku),
                large("sudoku-extreme/augmented-hrm/step_40", Family::Hrm, sudoku),
            ],
            &[
                ("", "hrm", "sudoku"),
                ("sudoku-extreme/augmented-hrm", "hrm", "sudoku"),
                ("sudoku-extreme/augmented-hrm/step_40", "hrm", "sudoku"),
            ],
        ),
        // No configuration at all, and other models beside it, one of them with attention.
        of(
            "alphaXiv/trm-model-sudoku",
            vec![
                weights("step_32550_sudoku_epoch50k", MLP),
                large("step_39060_sudoku_epoch_60k", Family::Trm, sudoku),
                weights("step_39060_sudoku_60k_epoch_attn_type", MLP),
            ],
            &[
                ("", "trm", "sudoku"),
                ("step_39060_sudoku_epoch_60k", "trm", "sudoku"),
                ("step_39060_sudoku_60k_epoch_attn_type", "trm", "sudoku"),
            ],
        ),
        of(
            "alphaXiv/trm-model-maze",
            vec![large("maze_hard_step_32550", Family::Trm, maze)],
            &[("", "trm", "maze")],
        ),
        of(
            "alphaXiv/trm-model-arc-agi-1",
            vec![
                large("step_155718", Family::Trm, arc),
                large("step_259530", Family::Trm, arc),
            ],
            &[("step_155718", "trm", "arc")],
        ),
        of(
            "Sanjin2024/TinyRecursiveModel-Maze-Hard",
            vec![large("step_9765", Family::Trm, maze), trm_config("all_config.yaml")],
            &[("", "trm", "maze")],
        ),
        of(
            "Sanjin2024/TinyRecursiveModels-Sudoku-Extreme-mlp",
            vec![weights("step_16275", MLP)],
            &[("", "trm", "sudoku")],
        ),
        of(
            "Sanjin2024/TinyRecursiveModels-Sudoku-Extreme-att",
            vec![large("step_21700", Family::Trm, sudoku)],
            &[("", "trm", "sudoku")],
        ),
        of(
            "Sanjin2024/TinyRecursiveModels-ARC-AGI-1",
            vec![large("step_518071", Family::Trm, arc), trm_config("all_config.yaml")],
            &[("", "trm", "arc")],
        ),
        of(
            "Sanjin2024/TinyRecursiveModels-ARC-AGI-2",
            vec![large("step_723914", Family::Trm, arc), trm_config("all_config.yaml")],
            &[("", "trm", "arc")],
        ),
        of(
            "arcprize/trm_arc_prize_verification",
            vec![
                large("arc_v1_public/step_518071", Family::Trm, arc),
                trm_config("arc_v1_public/all_config.yaml"),
                large("arc_v2_public/step_723914", Family::Trm, arc),
                trm_config("arc_v2_public/all_config.yaml"),
            ],
            &[("", "trm", "arc"), ("arc_v2_public", "trm", "arc")],
        ),
        of(
            "Trelis/TRM-ARC-AGI-II",
            vec![
                large("step_100000", Family::Trm, arc),
                kept("step_100000_submission.json", "{}", false),
                large("step_200000", Family::Trm, arc),
            ],
            &[("step_200000", "trm", "arc")],
        ),
        of(
            "Kaleemullah/trm-cgar-sudoku",
            vec![
                weights("pytorch_model.bin", MLP),
                other("config.yaml", "trm-mlp-tiny/config.yaml"),
            ],
            &[("", "trm", "sudoku")],
        ),
        // A configuration a model.
        of(
            "MaximeILL/GAR_ckpts",
            vec![
                weights("TRM-MLP-Sudoku-Extreme.pt", MLP),
                other("TRM-MLP-Sudoku-Extreme.yaml", "trm-mlp-tiny/config.yaml"),
                weights("TRM-Att-PPBench.pt", ATTENTION),
                other("TRM-Att-PPBench.yaml", "trm-att-tiny/config.yaml"),
            ],
            &[("", "trm", "sudoku")],
        ),
        of(
            "glouriousgautam/ptrm-sudoku-trm",
            vec![weights("runs/sudoku/step_6510", MLP)],
            &[("", "trm", "sudoku")],
        ),
        of(
            "locuslab/EqR-model",
            vec![
                weights("sudoku-extreme/eqr.pth", "eqr-sudoku-tiny/checkpoint.pth"),
                weights("maze-unique/eqr.pth", "eqr-maze-tiny/checkpoint.pth"),
            ],
            &[("", "eqr", "sudoku"), ("maze-unique", "eqr", "maze")],
        ),
        of(
            "andrw3000/bigr-checkpoints",
            vec![
                weights("sudoku/last.ckpt", "nano-mlp-tiny/last.ckpt"),
                weights("maze/last.ckpt", "nano-att-tiny/last.ckpt"),
            ],
            &[("sudoku", "nano", "sudoku")],
        ),
        // Nobody has published weights of these; their trainers write such files.
        of(
            "example/urm",
            vec![
                weights("step_100.pt", "urm-sudoku-tiny/checkpoint.pt"),
                other("all_config.yaml", "urm-sudoku-tiny/all_config.yaml"),
                other("dataset.json", "urm-sudoku-tiny/dataset.json"),
            ],
            &[("", "urm", "sudoku")],
        ),
        of(
            "example/serrm",
            vec![
                weights("step_100", "serrm-sudoku-tiny/checkpoint.pt"),
                other("all_config.yaml", "serrm-sudoku-tiny/config.yaml"),
                other("dataset.json", "serrm-sudoku-tiny/dataset.json"),
            ],
            &[("", "serrm", "sudoku")],
        ),
        // The catalogue's is on no hub.
        of(
            "example/sotaku",
            vec![weights(
                "model_baseline_lr2e3.pt",
                "sotaku-tiny/model_baseline_lr2e3.pt",
            )],
            &[("", "sotaku", "sudoku")],
        ),
    ]
}

fn name(repository: &str, path: &str) -> String {
    [repository, path].join("/").trim_end_matches('/').to_owned()
}

/// Every row of the catalogue loads by its name alone, or by that and a file where it has several.
#[test]
fn every_published_checkpoint_is_opened_by_its_name() {
    let published = published();
    let repositories = published.iter().map(|Published { repository, files, .. }| {
        let usual = [
            kept("README.md", "# A model", false),
            kept(".gitattributes", "*", false),
        ];
        (format!("models/{repository}"), [&usual[..], files].concat())
    });
    let visit = Visit::new(Hub::new(repositories));
    let (mut opened, mut wrong) = (BTreeMap::new(), String::new());
    for Published {
        repository,
        opened: all,
        ..
    } in &published
    {
        for (path, family, task) in all {
            let name = name(repository, path);
            let pulled = visit.run(&["pull", &name, "--json"]);
            if pulled.code != 0 || !pulled.stderr.is_empty() {
                wrong += &format!("{name}: {}{}\n", pulled.stdout, pulled.stderr);
                continue;
            }
            let found = &pulled.json()[0]["model"];
            let expected: [Value; 2] = [(*family).into(), (*task).into()];
            assert_eq!([&found["family"], &found["task"]], expected.each_ref(), "{name}");
            // It opens whole, too, and asks nobody.
            let asked = visit.hub.asked().len();
            let folder = tempfile::tempdir().unwrap();
            let out = folder.path().join("model");
            let ran = visit.run(&["convert", &format!("hub:{name}"), out.to_str().unwrap()]);
            if ran.code != 0 {
                wrong += &format!("{name}: {}\n", ran.stderr);
            }
            assert_eq!(visit.hub.asked().len(), asked, "{name}");
            opened.insert(name, (family.to_string(), task.to_string()));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    let rows = visit.run(&["models", "--json"]).json();
    assert!(rows.len() > 20);
    for row in rows.iter().filter(|row| row["download"].is_null()) {
        let name = row["name"].as_str().unwrap();
        let mut found = opened.iter().filter(|(opened, _)| {
            let rest = opened.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || (row["file"].is_null() && rest.starts_with('/')))
        });
        let said = (row["family"].as_str().unwrap(), row["task"].as_str().unwrap());
        let (_, (family, task)) = found.next().unwrap_or_else(|| panic!("{name} is not opened here"));
        assert_eq!((family.as_str(), task.as_str()), said, "{name}");
    }
}
