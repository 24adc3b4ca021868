//! A user-defined task: a folder that defines it, and one line that registers it.
//!
//! `cargo run --release --example latin` reads a 4×4 Latin square, runs a small model on it and draws the model's
//! answer. The model is untrained: the task's rules judge its answer, which is wrong.

mod model;
mod task;

use std::sync::Arc;

use hrm::executor::Executor;
use hrm::picture::{Picture, Theme};
use hrm::tasks;
use hrm::trace::Thought;
use hrm::tries::Variants;
use hrm::{Options, Puzzle, Solver};

fn main() -> hrm::Result<()> {
    let latin = tasks::register(&task::Latin)?;
    let puzzle = Puzzle::parse("1...\n..3.\n.4..\n...2", None)?;
    println!(
        "a {}, {}×{}:\n{}",
        puzzle.task.title(),
        puzzle.board.rows,
        puzzle.board.columns,
        puzzle.text()
    );

    let mut options = Options::default();
    options.tries = Some(4);
    options.variants = Some(Variants::Symmetry);
    let solver = Solver::on(Executor::cpu(Arc::new(model::untrained(latin)?), None)?, &options)?;
    let answer = solver.solve_blocking(&puzzle)?;
    println!(
        "\nafter {} segments of {} tries:\n{}",
        answer.all_segments,
        answer.tries,
        answer.text()
    );
    for fault in answer.verdict.iter().flat_map(|verdict| &verdict.faults) {
        println!("  {fault}");
    }

    let thought = Thought {
        number: answer.segments,
        grid: answer.prediction,
        changed: Vec::new(),
        q_halt: answer.q_halt,
        q_continue: 0.0,
        confidence: None,
        probabilities: None,
        z_h: None,
        z_l: None,
    };
    let picture = Picture {
        puzzle: &puzzle,
        thoughts: &[thought],
        theme: Theme::Light,
        safe_colours: false,
        digits: false,
    };
    let path = std::env::temp_dir().join("latin.png");
    std::fs::write(&path, picture.png()?).map_err(hrm::Error::io("write", &path))?;
    println!("\ndrawn to {}", path.display());
    Ok(())
}
