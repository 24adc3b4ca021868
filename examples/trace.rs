//! Segments of several puzzles side by side: a stream in which each puzzle stops by itself.
//!
//! ```text
//! $ cargo run --release --example trace
//! puzzle 1, segment 1: 26 faults, q_halt -9.1
//! puzzle 0, segment 1: 0 faults, q_halt 8.8, stopped: valid
//! puzzle 2, segment 1: 0 faults, q_halt 2.4, stopped: valid
//! puzzle 1, segment 2: 21 faults, q_halt -8.3
//! puzzle 1, segment 3: 3 faults, q_halt -3.2
//! puzzle 1, segment 4: 0 faults, q_halt 10.5, stopped: valid
//! ```

use hrm::solve::Query;
use hrm::{Options, Puzzle, Solver};

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
    let solver = Solver::open_blocking(&Options::default())?;
    let mut run = solver.run(puzzles.iter().cloned().map(Query::from))?;
    while let Some(segment) = run.next_blocking() {
        let segment = segment?;
        let puzzle = &puzzles[segment.id];
        let faults = puzzle
            .judge(&segment.outputs.preds)
            .map_or(0, |verdict| verdict.faults.len());
        let end = segment
            .stopped
            .map(|stop| format!(", stopped: {}", stop))
            .unwrap_or_default();
        println!(
            "puzzle {}, segment {}: {faults} faults, q_halt {:.1}{end}",
            segment.id, segment.number, segment.outputs.q_halt
        );
    }
    Ok(())
}
