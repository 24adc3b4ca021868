//! One puzzle, one answer: the library in ten lines.
//!
//! ```text
//! $ cargo run --release --example solve
//! 953874612461293857872651439547128963629345781138967245784512396295436178316789524
//! valid after 4 segments on cpu
//! ```

use hrm::{Options, Puzzle, Solver};

fn main() -> hrm::Result<()> {
    let puzzle = Puzzle::parse(
        ".........4.....85..7...1.......2.9.3..9..57...38.6.2.......23...954.......678....",
        None,
    )?;
    let solver = Solver::open_blocking(&Options::default())?;
    let answer = solver.solve_blocking(&puzzle)?;
    let verdict = if answer.valid() == Some(true) {
        "valid"
    } else {
        "not valid"
    };
    let device = solver.executor().device_name();
    println!(
        "{}\n{verdict} after {} segments on {device}",
        answer.text(),
        answer.segments
    );
    Ok(())
}
