//! What halting saves and costs: each rule against `fixed`, on the same puzzles, device by device, in alternating
//! rounds.
//!
//! `cargo bench --bench halting -- cpu llvmpipe` names devices as `--device` does; the default is `cpu` and `gpu`.
//! The puzzles are of `weights/training/check/sudoku.csv`: 100 each of `givens36`, `givens30`, `minimal` and `deep` (or
//! as many as `each=25` says); then two and a half times as many in 64 slots, and the time that they take beside that of
//! as many segments in full batches.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark may stop at the first surprise"
)]

use std::time::Instant;

use hrm::executor::{DeviceChoice, Want};
use hrm::halt::Halt;
use hrm::solve::Query;
use hrm::tasks::Puzzle;
use hrm::{Options, Solver};

const CLASSES: [&str; 4] = ["givens36", "givens30", "minimal", "deep"];
const RULES: [(&str, Halt); 4] = [
    ("fixed", Halt::Fixed),
    ("learned", Halt::Learned),
    ("stable", Halt::Stable),
    ("valid", Halt::Valid),
];
const ROUNDS: usize = 3;

/// A question, and the ids of its solution.
struct Case {
    puzzle: Puzzle,
    solution: Vec<u32>,
}

/// Results of one pass over the puzzles.
struct Pass {
    seconds: f64,
    segments: usize,
    exact: usize,
    /// Puzzles stopped before the limit, and how many of these are exact.
    early: [usize; 2],
}

fn main() {
    let args = std::env::args().skip(1).filter(|arg| !arg.starts_with("--"));
    let (each, mut devices): (Vec<String>, Vec<String>) = args.partition(|arg| arg.starts_with("each="));
    let each = each.first().map_or(100, |arg| arg["each=".len()..].parse().unwrap());
    if devices.is_empty() {
        devices = vec!["cpu".into(), "gpu".into()];
    }
    let (few, many) = (cases(each), cases(each * 5 / 2));
    for device in &devices {
        let choice: DeviceChoice = device.parse().unwrap();
        let solver = |halt| {
            let mut options = Options::default();
            options.device = choice.clone();
            options.halt = Some(halt);
            options.batch = Some(64);
            Solver::open_blocking(&options)
        };
        match RULES
            .iter()
            .map(|&(_, halt)| solver(halt))
            .collect::<hrm::Result<Vec<_>>>()
        {
            Ok(solvers) => {
                println!("\n{}, {} puzzles", solvers[0].executor().device_name(), few.len());
                rules(&solvers, &few);
                slots(&solvers[2], &many);
            }
            Err(error) => println!("\n{device}: {error}"),
        }
    }
}

fn cases(each: usize) -> Vec<Case> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/weights/training/check/sudoku.csv");
    let text = std::fs::read_to_string(path).unwrap();
    let mut left = CLASSES.map(|class| (class, each));
    let mut cases = Vec::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let Some((_, left)) = left.iter_mut().find(|(class, left)| *class == fields[0] && *left > 0) else {
            continue;
        };
        *left -= 1;
        cases.push(Case {
            puzzle: Puzzle::parse(fields[1], None).unwrap(),
            solution: Puzzle::parse(fields[2], None).unwrap().board.tokens,
        });
    }
    cases
}

fn pass(solver: &Solver, cases: &[Case]) -> Pass {
    let start = Instant::now();
    let mut run = solver
        .answers(cases.iter().map(|case| Query::from(case.puzzle.clone())))
        .unwrap();
    let (mut segments, mut exact, mut early) = (0, 0, [0; 2]);
    while let Some(segment) = run.next_blocking() {
        let segment = segment.unwrap();
        let right = segment.outputs.preds == cases[segment.id].solution;
        segments += segment.number;
        exact += usize::from(right);
        if segment.number < solver.schedule().segments {
            early[0] += 1;
            early[1] += usize::from(right);
        }
    }
    Pass {
        seconds: start.elapsed().as_secs_f64(),
        segments,
        exact,
        early,
    }
}

fn rules(solvers: &[Solver], cases: &[Case]) {
    solvers
        .iter()
        .for_each(|solver| pollster::block_on(solver.warm_up()).unwrap());
    let rounds: Vec<Vec<Pass>> = (0..ROUNDS)
        .map(|_| solvers.iter().map(|solver| pass(solver, cases)).collect())
        .collect();
    println!(
        "| rule | segments, mean | exact | right where it stopped early | puzzles/s beside fixed: min, median, max |"
    );
    println!("|---|---:|---:|---:|---:|");
    for (i, (name, _)) in RULES.iter().enumerate() {
        let Pass {
            segments,
            exact,
            early: [stopped, right],
            ..
        } = rounds[0][i];
        let ratios = sorted(rounds.iter().map(|round| round[0].seconds / round[i].seconds));
        let percent = |part: usize, of: usize| match of {
            0 => "–".to_owned(),
            of => format!("{:.2} %", 100.0 * part as f64 / of as f64),
        };
        println!(
            "| {name} | {:.2} | {} | {} of {stopped} | {:.2}, {:.2}, {:.2} |",
            segments as f64 / cases.len() as f64,
            percent(exact, cases.len()),
            percent(right, stopped),
            ratios[0],
            ratios[ROUNDS / 2],
            ratios[ROUNDS - 1]
        );
    }
}

/// Compares the time of puzzles of different lengths in slots with that of as many segments in a full batch.
fn slots(solver: &Solver, cases: &[Case]) {
    let seq_len = solver.model().config.seq_len;
    let full = || {
        let mut batch = solver.executor().batch(solver.slots(), seq_len, None).unwrap();
        for (slot, case) in cases.iter().take(solver.slots()).enumerate() {
            batch.load(slot, &case.puzzle.board.tokens, 0, None).unwrap();
        }
        let live: Vec<usize> = (0..solver.slots()).collect();
        let mut segment = || pollster::block_on(batch.segment(&live, Want::default())).unwrap();
        segment();
        let start = Instant::now();
        let count = 16;
        (0..count).for_each(|_| drop(segment()));
        start.elapsed().as_secs_f64() / (count * live.len()) as f64
    };
    let mut segments = 0;
    let ratios = sorted((0..ROUNDS).map(|_| {
        let before = full();
        let pass = pass(solver, cases);
        segments = pass.segments;
        pass.seconds / (pass.segments as f64 * 0.5 * (before + full()))
    }));
    println!(
        "{} puzzles of {segments} segments in {} slots: {:.3}, {:.3}, {:.3} times the time of as many in full batches",
        cases.len(),
        solver.slots(),
        ratios[0],
        ratios[ROUNDS / 2],
        ratios[ROUNDS - 1]
    );
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}
