//! `hrm generate`.

use std::num::NonZeroUsize;

use super::options::{count, task};
use super::output;
use hrm::error::{Error, Result};
use hrm::tasks::{Recipe, Task};

/// Arguments of `hrm generate`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// What to make
    #[arg(value_parser = task())]
    task: Task,
    /// Number of rows and of columns [default: 15 for mazes]
    #[arg(long, value_name = "N")]
    side: Option<usize>,
    /// How many to make
    #[arg(long, default_value = "1", value_name = "N", value_parser = count)]
    count: NonZeroUsize,
    /// Seed: the same seed makes the same puzzles everywhere
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// How hard a Sudoku is: easy, medium, hard or extreme [default: medium]; how the walls of a maze stand: scattered or
    /// corridors [default: both in turn], official (scattered, several paths may be shortest), rooms or drawn; what the rule
    /// of an ARC task is about, or the task's name [default: any]
    #[arg(long, visible_alias = "style", value_name = "LEVEL")]
    level: Option<String>,
    /// Number of givens of a Sudoku instead of a level, 23 to 60
    #[arg(long, value_name = "N", conflicts_with = "level")]
    givens: Option<usize>,
    /// Minimum number of moves on a maze's shortest path [default: hard, 4 · side − 10, which is 110 at 30×30; 1 for rooms and
    /// drawn]
    #[arg(long, value_name = "N", value_parser = count)]
    moves: Option<NonZeroUsize>,
    /// Official CSV: source, question, answer where it is known, and rating (moves of the shortest path, guesses of a
    /// search)
    #[arg(long)]
    csv: bool,
}

const EXAMPLES: &str = "\
Examples:
  hrm generate maze
  hrm generate maze --seed 7 | hrm solve --task maze
  hrm generate maze --count 500 --csv > mazes.csv && hrm eval mazes.csv
  hrm generate maze --side 30 --style official       the profile of the official hard set
  hrm generate maze --style rooms                    a room with a few long walls
  hrm generate sudoku --level hard
  hrm generate sudoku --givens 28
  hrm generate arc --level gravity-down > task.json && hrm solve task.json

Every Sudoku has one solution, every maze of scattered walls or corridors one shortest path. ARC tasks are those that the
bundled model knows, as JSON with their answers.";

pub(super) fn generate(args: Args) -> Result<u8> {
    let task = args.task;
    let puzzles = task.generate(&Recipe {
        seed: args.seed,
        side: args.side,
        level: args.level.as_deref(),
        givens: args.givens,
        least: args.moves.map(NonZeroUsize::get),
    })?;
    if args.csv && task.is_named() {
        let reason = format!("puzzles of {task} have names and pairs, which CSV cannot hold: leave out --csv");
        return Err(Error::Usage(reason));
    }
    if args.csv {
        output::print("source,question,answer,rating\n")?;
    }
    for (i, made) in puzzles.take(args.count.get()).enumerate() {
        output::print(&if args.csv {
            let question = made.puzzle.text();
            let flat = |text: String| text.replace('\n', "");
            let answer = made.answer.map(|answer| flat(task.text(&made.puzzle.answer(&answer))));
            let (level, answer, rating) = (made.level, answer.unwrap_or_default(), made.rating);
            format!("{level},{},{answer},{rating}\n", flat(question))
        } else {
            let question = task.written(&made.puzzle, made.answer.as_deref());
            // An empty line keeps multi-line boards apart.
            let gap = if i > 0 && question.contains('\n') { "\n" } else { "" };
            format!("{gap}{question}\n")
        })?;
    }
    Ok(0)
}
