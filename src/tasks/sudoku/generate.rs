//! Generates Sudokus: a random full grid, from which givens are removed as long as one solution remains.

use std::ops::RangeInclusive;

use fastrand::Rng;

use super::rules::{grid, peers, repeated};
use super::{BLANK, CELLS, SIDE, TASK, VOCAB_SIZE, search};
use crate::error::{Error, Result};
use crate::tasks::augmentation::shuffle;
use crate::tasks::{Board, Puzzle, Question};

/// How hard a new puzzle is: by its givens, and by the guesses (branch nodes) of a search that fills in singles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Difficulty {
    /// 38 givens, no guess.
    Easy,
    /// 31 givens, no guess.
    #[default]
    Medium,
    /// No given can be removed; at least one guess.
    Hard,
    /// No given can be removed; at least eight guesses.
    Extreme,
}

impl Difficulty {
    /// All difficulties, from easy to extreme.
    pub(crate) const ALL: [Difficulty; 4] = [
        Difficulty::Easy,
        Difficulty::Medium,
        Difficulty::Hard,
        Difficulty::Extreme,
    ];

    /// Returns the name of the difficulty.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Difficulty::Easy => "easy",
            Difficulty::Medium => "medium",
            Difficulty::Hard => "hard",
            Difficulty::Extreme => "extreme",
        }
    }

    /// Returns the fewest givens to leave, and the accepted range of guesses.
    fn wanted(self) -> (usize, RangeInclusive<u32>) {
        match self {
            Difficulty::Easy => (38, 0..=0),
            Difficulty::Medium => (31, 0..=0),
            Difficulty::Hard => (0, 1..=7),
            Difficulty::Extreme => (0, 8..=u32::MAX),
        }
    }
}

impl std::str::FromStr for Difficulty {
    type Err = Error;

    /// Returns the difficulty of that name; [`Error::Usage`] lists them.
    fn from_str(name: &str) -> Result<Difficulty> {
        let known = Difficulty::ALL.into_iter().find(|difficulty| difficulty.name() == name);
        known.ok_or_else(|| {
            let names = Difficulty::ALL.map(Difficulty::name).join(", ");
            Error::Usage(format!("expected a level of {names}, found `{name}`"))
        })
    }
}

/// Number of grids after which the hardest so far is taken: about a second.
const MOST_GRIDS: usize = 200;

/// Generates a puzzle with one solution; the same seed gives the same puzzle.
pub(crate) fn generate(difficulty: Difficulty, seed: u64) -> Puzzle {
    let mut rng = Rng::with_seed(seed);
    let (givens, guesses) = difficulty.wanted();
    let mut best: Option<(u32, Vec<u32>)> = None;
    for _ in 0..MOST_GRIDS {
        let tokens = thinned(full(&mut rng), givens, &mut rng);
        let found = search::guesses(&tokens);
        let right = guesses.contains(&found);
        if right
            || best
                .as_ref()
                .is_none_or(|(most, _)| (*most < found) == (*guesses.start() > 0))
        {
            best = Some((found, tokens));
        }
        if right {
            break;
        }
    }
    puzzle(best.map(|(_, tokens)| tokens).unwrap_or_default())
}

/// How many givens can be asked for: about every sixth grid spares enough for the fewest.
pub(super) const GIVENS: RangeInclusive<usize> = 23..=60;

/// Generates a puzzle with so many givens, of [`GIVENS`], and one solution; the same seed gives the same puzzle. None if no
/// grid spares enough, of which there is no fear.
pub(super) fn with_givens(wanted: usize, seed: u64) -> Option<Puzzle> {
    let mut rng = Rng::with_seed(seed);
    let mut tried = (0..MOST_GRIDS).map(|_| thinned(full(&mut rng), wanted, &mut rng));
    let has_as_many = |tokens: &Vec<u32>| tokens.iter().filter(|&&id| id != BLANK).count() == wanted;
    tried.find(has_as_many).map(puzzle)
}

fn puzzle(tokens: Vec<u32>) -> Puzzle {
    Puzzle {
        task: TASK,
        board: Board {
            tokens,
            ..Board::filled(SIDE, SIDE, BLANK)
        },
        demonstrations: Vec::new(),
        identifier: None,
        name: None,
        part: 0,
    }
}

/// Removes givens in random order until `least` are left or each is needed.
fn thinned(mut tokens: Vec<u32>, least: usize, rng: &mut Rng) -> Vec<u32> {
    let mut order: Vec<usize> = (0..CELLS).collect();
    shuffle(rng, &mut order);
    let mut left = CELLS;
    for cell in order {
        if left <= least {
            break;
        }
        let given = std::mem::replace(&mut tokens[cell], BLANK);
        if search::question(&tokens) == Question::Unique {
            left -= 1;
        } else {
            tokens[cell] = given;
        }
    }
    tokens
}

/// Generates a random full grid: a search that tries digits in random order in the cell with the fewest candidates.
fn full(rng: &mut Rng) -> Vec<u32> {
    let mut tokens = vec![BLANK; CELLS];
    fill(&mut tokens, rng);
    debug_assert!(grid(&tokens).is_ok_and(|grid| repeated(grid).is_empty()));
    tokens
}

fn fill(tokens: &mut [u32], rng: &mut Rng) -> bool {
    let free = |cell: usize| -> Vec<u32> {
        (2..VOCAB_SIZE)
            .filter(|id| peers(cell).all(|peer| tokens[peer] != *id))
            .collect()
    };
    let empty = (0..CELLS).filter(|&cell| tokens[cell] == BLANK);
    let Some((cell, mut ids)) = empty.map(|cell| (cell, free(cell))).min_by_key(|(_, ids)| ids.len()) else {
        return true;
    };
    shuffle(rng, &mut ids);
    for id in ids {
        tokens[cell] = id;
        if fill(tokens, rng) {
            return true;
        }
    }
    tokens[cell] = BLANK;
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_puzzles_have_one_solution_and_the_difficulty_asked_for() {
        for difficulty in Difficulty::ALL {
            let (least, guesses) = difficulty.wanted();
            for seed in 0..3 {
                let puzzle = generate(difficulty, seed);
                assert_eq!(puzzle.question(), Some(Question::Unique), "{difficulty:?} {seed}");
                let found = search::guesses(&puzzle.board.tokens);
                assert!(guesses.contains(&found), "{difficulty:?} {seed}: {found}");
                let givens = puzzle.board.tokens.iter().filter(|&&id| id != BLANK).count();
                assert!(
                    if least > 0 { givens == least } else { givens < 31 },
                    "{difficulty:?}: {givens}"
                );
            }
        }
    }

    #[test]
    fn as_many_givens_as_are_wanted_and_one_solution() {
        for wanted in [*GIVENS.start(), 28, *GIVENS.end()] {
            for seed in 0..3 {
                let puzzle = with_givens(wanted, seed).unwrap();
                let givens = puzzle.board.tokens.iter().filter(|&&id| id != BLANK).count();
                assert_eq!((givens, puzzle.question()), (wanted, Some(Question::Unique)), "{seed}");
            }
        }
    }

    #[test]
    fn a_seed_is_a_puzzle() {
        assert_eq!(generate(Difficulty::Hard, 7), generate(Difficulty::Hard, 7));
        assert_ne!(generate(Difficulty::Hard, 7), generate(Difficulty::Hard, 8));
        assert_eq!(with_givens(30, 7), with_givens(30, 7));
        assert_ne!(with_givens(30, 7), with_givens(30, 8));
    }

    #[test]
    fn a_minimal_puzzle_needs_each_of_its_givens() {
        let puzzle = generate(Difficulty::Hard, 3);
        for cell in (0..CELLS).filter(|&cell| puzzle.board.tokens[cell] != BLANK) {
            let mut tokens = puzzle.board.tokens.clone();
            tokens[cell] = BLANK;
            assert_eq!(search::question(&tokens), Question::Several);
        }
    }
}
