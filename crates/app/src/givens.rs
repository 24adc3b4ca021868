//! New questions with as many givens as are wanted.

use std::ops::RangeInclusive;

use hrm::error::Result;
use hrm::tasks::{Puzzle, Question, Recipe, Task};

/// By the name of a task: how many givens can be wanted, as on the page, and the level whose questions have some to spare.
static TASKS: [(&str, RangeInclusive<usize>, &str); 1] = [("sudoku", 23..=36, "easy")];

/// How many givens are wanted until somebody says so.
pub const USUAL: usize = 28;

/// The most questions that are tried: about every second one spares enough for the fewest givens.
const MOST_TRIED: usize = 100;

/// Returns how many givens a task's questions can be given; None where they cannot be chosen.
pub fn range(task: Task) -> Option<RangeInclusive<usize>> {
    Some(of(task)?.1.clone())
}

fn of(task: Task) -> Option<&'static (&'static str, RangeInclusive<usize>, &'static str)> {
    TASKS.iter().find(|(name, ..)| *name == task.name())
}

/// Returns a question with so many givens and one solution; None if the task makes none.
///
/// # Errors
/// Those of the task's generator.
pub fn question(task: Task, wanted: usize, seed: u64) -> Result<Option<Puzzle>> {
    let Some((_, range, level)) = of(task) else {
        return Ok(None);
    };
    let wanted = wanted.clamp(*range.start(), *range.end());
    let recipe = Recipe {
        seed,
        level: Some(level),
        ..Recipe::default()
    };
    let mut random = fastrand::Rng::with_seed(seed);
    let mut made = task.generate(&recipe)?.take(MOST_TRIED);
    Ok(made.find_map(|made| thinned(made.puzzle, wanted, &mut random)))
}

/// Takes givens away at random until so many are left and one solution; None if all that are left are needed.
fn thinned(mut puzzle: Puzzle, wanted: usize, random: &mut fastrand::Rng) -> Option<Puzzle> {
    let blank = puzzle.task.blank();
    let tokens = &puzzle.board.tokens;
    let mut givens: Vec<usize> = (0..tokens.len()).filter(|&cell| tokens[cell] != blank).collect();
    givens.sort_by_cached_key(|_| random.u64(..));
    let mut left = givens.len();
    for cell in givens {
        if left <= wanted {
            break;
        }
        let given = std::mem::replace(&mut puzzle.board.tokens[cell], blank);
        match puzzle.question() {
            Some(Question::Unique) => left -= 1,
            _ => puzzle.board.tokens[cell] = given,
        }
    }
    (left == wanted).then_some(puzzle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hrm::tasks::{maze, sudoku};

    #[test]
    fn as_many_givens_as_are_wanted_and_one_solution() {
        let range = range(sudoku::TASK).unwrap();
        assert!(range.contains(&USUAL));
        for wanted in [*range.start(), USUAL, *range.end(), 0, 81] {
            let puzzle = question(sudoku::TASK, wanted, 7).unwrap().unwrap();
            let givens = puzzle
                .board
                .tokens
                .iter()
                .filter(|&&id| id != sudoku::TASK.blank())
                .count();
            assert_eq!(givens, wanted.clamp(*range.start(), *range.end()));
            assert_eq!(puzzle.question(), Some(Question::Unique));
            assert_eq!(
                question(sudoku::TASK, wanted, 7).unwrap(),
                Some(puzzle.clone()),
                "the same seed"
            );
            assert_ne!(question(sudoku::TASK, wanted, 8).unwrap(), Some(puzzle), "another seed");
        }
        assert_eq!(
            (super::range(maze::TASK), question(maze::TASK, 30, 7).unwrap()),
            (None, None)
        );
    }

    /// The page's range is that of the questions that it brings along.
    #[test]
    fn the_range_is_that_of_the_page() {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../examples/web/page/src/tasks/sudoku/examples.ts"
        );
        let examples = std::fs::read_to_string(file).unwrap();
        let fewest = |level: &str| {
            let list = examples
                .split(&format!("{level}: ["))
                .nth(1)
                .unwrap()
                .split(']')
                .next()
                .unwrap();
            let grids = list.split('\'').filter(|text| text.len() == 81);
            grids.map(|grid| grid.replace('.', "").len()).min().unwrap()
        };
        assert_eq!(range(sudoku::TASK), Some(fewest("Hard")..=fewest("Easy")));
    }
}
