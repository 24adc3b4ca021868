//! `hrm generate`.

use clap::ValueEnum;

use super::options::count;
use super::output;
use hrm::error::{Error, Result};
use hrm::model::Task;
use hrm::puzzle::answer_text;
use hrm::puzzle::maze::{Generator, LEAST_SIDE, MOST_SIDE, Style, glyph, hard, shortest};
use std::num::NonZeroUsize;

/// Arguments of `hrm generate`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// What to make
    task: What,
    /// Rows, and columns
    #[arg(long, default_value_t = 15, value_name = "N")]
    side: usize,
    /// How many
    #[arg(long, default_value = "1", value_name = "N", value_parser = count)]
    count: NonZeroUsize,
    /// Seed: the same one makes the same puzzles everywhere
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// How walls stand; both in turn unless told
    #[arg(long)]
    style: Option<Walls>,
    /// Least moves of the shortest path [default: hard, 4 · side − 10, which is 110 at 30×30]
    #[arg(long, value_name = "N", value_parser = count)]
    moves: Option<NonZeroUsize>,
    /// Official CSV: source, question, answer, and the moves of the shortest path as rating
    #[arg(long)]
    csv: bool,
}

const EXAMPLES: &str = "\
Examples:
  hrm generate maze
  hrm generate maze --seed 7 | hrm solve --task maze
  hrm generate maze --count 500 --csv > mazes.csv && hrm eval mazes.csv
  hrm generate maze --side 30 --style scattered      the profile of the official hard set

Every maze has one shortest path.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Maze,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Walls {
    /// Each cell by itself is a wall or not, as in the official sets
    Scattered,
    /// Corridors with some loops
    Corridors,
}

pub(super) fn generate(args: Args) -> Result<u8> {
    let What::Maze = args.task;
    let (least, most) = (LEAST_SIDE, MOST_SIDE);
    if !(least..=most).contains(&args.side) {
        let side = args.side;
        return Err(Error::Usage(format!("--side {least} to {most} needed, {side} found")));
    }
    let hardest = hard(args.side);
    let moves = args.moves.map_or(hardest, NonZeroUsize::get);
    if moves > hardest {
        let side = args.side;
        return Err(Error::Usage(format!(
            "--moves 1 to {hardest} needed at side {side}, {moves} found"
        )));
    }
    let mut generator = Generator::new(args.side, args.seed);
    if args.csv {
        output::print("source,question,answer,rating\n")?;
    }
    for i in 0..args.count.get() {
        let style = match args.style {
            Some(Walls::Scattered) => Style::Scattered,
            Some(Walls::Corridors) => Style::Corridors,
            None if i % 2 == 0 => Style::Scattered,
            None => Style::Corridors,
        };
        let board = generator.board(style, moves);
        let line = |ids: &[u32]| ids.iter().map(|&id| glyph(id)).collect::<String>();
        output::print(&if args.csv {
            let rating = shortest(&board.question).unwrap_or(0);
            let (question, answer) = (line(&board.question), line(&board.answer));
            format!("{},{question},{answer},{rating}\n", style.name())
        } else {
            let gap = if i > 0 { "\n" } else { "" };
            format!("{gap}{}\n", answer_text(Task::Maze, &board.question))
        })?;
    }
    Ok(0)
}
