//! Tells whether a Sudoku has one solution, by an ordinary search that sees only the question and never reveals what it
//! finds.

use super::{CELLS, SIDE, digit, rules};
use crate::tasks::Question;

/// Number of placements after which the search gives up: tens of milliseconds, far beyond what any known proper puzzle
/// needs.
const MOST_PLACEMENTS: u32 = 100_000;
/// One bit per digit, 1 to 9.
const ALL: u16 = 0x3fe;

/// Judges the question `[81]`.
pub(super) fn question(tokens: &[u32]) -> Question {
    let grid = match rules::grid(tokens) {
        Ok(grid) => grid,
        Err(fault) => return Question::Clash(vec![fault]),
    };
    let clashes = rules::repeated(grid);
    if !clashes.is_empty() {
        return Question::Clash(clashes);
    }
    let search = Search::of(grid);
    match search.solutions {
        _ if search.placements > MOST_PLACEMENTS && search.solutions < 2 => Question::Undecided,
        0 => Question::None,
        1 => Question::Unique,
        _ => Question::Several,
    }
}

/// Returns the number of branch nodes of the search through a question `[81]`, a measure of difficulty.
pub(super) fn guesses(tokens: &[u32]) -> u32 {
    rules::grid(tokens).map_or(0, |grid| Search::of(grid).guesses)
}

struct Search {
    filled: [bool; CELLS],
    /// Digits used in each row, column and box.
    used: [[u16; SIDE]; 3],
    solutions: u32,
    placements: u32,
    /// Number of nodes with more than one candidate.
    guesses: u32,
}

impl Search {
    /// Creates the search through a grid without clashes.
    fn of(grid: &[u32; CELLS]) -> Search {
        let mut search = Search {
            filled: [false; CELLS],
            used: [[0; SIDE]; 3],
            solutions: 0,
            placements: 0,
            guesses: 0,
        };
        for (cell, &id) in grid.iter().enumerate() {
            if let Some(digit) = digit(id) {
                search.toggle(cell, 1 << digit);
            }
        }
        search.run();
        search
    }

    fn units(cell: usize) -> [(usize, usize); 3] {
        [(0, cell / SIDE), (1, cell % SIDE), (2, rules::box_of(cell))]
    }

    /// Places a digit, or removes it.
    fn toggle(&mut self, cell: usize, digit: u16) {
        self.filled[cell] = !self.filled[cell];
        for (kind, unit) in Search::units(cell) {
            self.used[kind][unit] ^= digit;
        }
    }

    /// Counts solutions, up to two; at most 81 calls deep.
    fn run(&mut self) {
        let Some((cell, mut candidates)) = self.next() else {
            self.solutions += 1;
            return;
        };
        self.guesses += u32::from(candidates.count_ones() > 1);
        while candidates != 0 && self.solutions < 2 && self.placements <= MOST_PLACEMENTS {
            let digit = candidates & candidates.wrapping_neg();
            candidates ^= digit;
            self.placements += 1;
            self.toggle(cell, digit);
            self.run();
            self.toggle(cell, digit);
        }
    }

    /// Returns the cell to branch on and its candidates: a cell without any, a naked or hidden single, or else the one
    /// with the fewest. None when the grid is full.
    fn next(&self) -> Option<(usize, u16)> {
        let mut fewest: Option<(usize, u16)> = None;
        // Digits that fit at least one, and at least two, cells of a unit.
        let mut once = [[0u16; SIDE]; 3];
        let mut twice = [[0u16; SIDE]; 3];
        let mut free = [0u16; CELLS];
        for cell in (0..CELLS).filter(|&cell| !self.filled[cell]) {
            let units = Search::units(cell);
            let candidates = ALL & !units.iter().fold(0, |used, &(kind, unit)| used | self.used[kind][unit]);
            free[cell] = candidates;
            if fewest.is_none_or(|(_, least)| candidates.count_ones() < least.count_ones()) {
                fewest = Some((cell, candidates));
            }
            for (kind, unit) in units {
                twice[kind][unit] |= once[kind][unit] & candidates;
                once[kind][unit] |= candidates;
            }
        }
        let (cell, candidates) = fewest?;
        if candidates.count_ones() <= 1 {
            return Some((cell, candidates));
        }
        for (kind, (once, used)) in once.iter().zip(&self.used).enumerate() {
            if once.iter().zip(used).any(|(once, used)| once | used != ALL) {
                return Some((cell, 0)); // a digit has no place left in a unit
            }
            let hidden = |cell: usize| {
                let (_, unit) = Search::units(cell)[kind];
                free[cell] & once[unit] & !twice[kind][unit]
            };
            if let Some(cell) = (0..CELLS).find(|&cell| hidden(cell) != 0) {
                return Some((cell, hidden(cell) & hidden(cell).wrapping_neg()));
            }
        }
        Some((cell, candidates))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::Puzzle;

    fn ask(text: &str) -> Question {
        Puzzle::parse(text, None).unwrap().question().unwrap()
    }

    #[test]
    fn known_questions_are_told_apart() {
        let hard = "..............3.85..1.2.......5.7.....4...1...9.......5......73..2.1........4...9";
        assert_eq!(ask(hard), Question::Unique);
        assert_eq!(ask(&".".repeat(81)), Question::Several);
        // Row 1 lacks only a 9, which column 9 has already: no two givens clash.
        let dead = format!("12345678.{}........9{}", ".".repeat(27), ".".repeat(36));
        assert_eq!(ask(&dead), Question::None);
    }

    #[test]
    fn open_swaps_and_clashes_are_seen() {
        let solved = "761354982253978146498612537847126359912435678635789421189547263526893714374261895";
        assert_eq!(ask(solved), Question::Unique);
        let (top, _) = solved.split_at(27);
        assert_eq!(ask(&format!("{}{}", ".".repeat(9), &solved[9..])), Question::Unique);
        assert_eq!(ask(&format!("{top}{}", ".".repeat(54))), Question::Several);
        let mut tokens = vec![1; CELLS];
        tokens[0] = 5;
        tokens[8] = 5;
        let said = question(&tokens).to_string();
        assert_eq!(
            said,
            "the givens clash: 4 stands more than once in row 1: columns 1 and 9"
        );
        assert!(matches!(question(&tokens[1..]), Question::Clash(_)));
    }

    #[test]
    fn the_search_always_ends() {
        // Sixteen givens without a solution, on which plain backtracking runs for minutes.
        let start = std::time::Instant::now();
        let answer = ask(".....5.8....6.1.43..........1.5........1.6...3.......553.....61........4.........");
        assert!(matches!(answer, Question::None | Question::Undecided), "{answer}");
        assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    }
}
