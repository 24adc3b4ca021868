//! Segments of several puzzles side by side: a stream in which each puzzle stops by itself.
//!
//! ```text
//! $ cargo run --release --example trace
//! puzzle 0, segment 1: 0 faults, q_halt 0.4, stopped: valid
//! puzzle 1, segment 1: 26 faults, q_halt -12.4
//! puzzle 2, segment 1: 3 faults, q_halt -4.8
//! puzzle 1, segment 2: 20 faults, q_halt -12.4
//! puzzle 2, segment 2: 0 faults, q_halt 7.8, stopped: valid
//! puzzle 1, segment 3: 13 faults, q_halt -7.7
//! puzzle 1, segment 4: 0 faults, q_halt 7.9, stopped: valid
//! ```

use hrm::run::Query;
use hrm::{Puzzle, Solver};

const PUZZLES: [&str; 3] = [
    "7...5498.2..9781.649.6.2.37847.2....9.24...78..5.8.4.1..9547..3.2.8.371..7..61..5",
    ".........4.....85..7...1.......2.9.3..9..57...38.6.2.......23...954.......678....",
    "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79",
];

fn main() -> hrm::Result<()> {
    let puzzles = PUZZLES
        .iter()
        .map(|text| Puzzle::parse(text, None))
        .collect::<hrm::Result<Vec<_>>>()?;
    let solver = Solver::builder().build_blocking()?;
    let mut run = solver.run(puzzles.iter().cloned().map(Query::from))?;
    while let Some(segment) = run.next_blocking() {
        let segment = segment?;
        let puzzle = &puzzles[segment.id];
        let faults = puzzle
            .judge(&segment.outputs.preds)
            .map_or(0, |verdict| verdict.faults.len());
        let end = segment
            .stopped
            .map(|stop| format!(", stopped: {}", stop.name()))
            .unwrap_or_default();
        println!(
            "puzzle {}, segment {}: {faults} faults, q_halt {:.1}{end}",
            segment.id, segment.number, segment.outputs.q_halt
        );
    }
    Ok(())
}
