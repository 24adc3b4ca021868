//! Sudoku: ids (PAD 0, empty 1, digit `k` is `k + 1`; specification, section 7) and rules.

mod generate;

pub use generate::{Difficulty, generate};

use super::verdict::{Fault, Unit};
use crate::kernels::{RuleKernel, Shader};

/// Rows, columns, boxes, digits.
pub const SIDE: usize = 9;
/// Tokens of a puzzle.
pub const CELLS: usize = SIDE * SIDE;
/// Ids of the encoding.
pub const VOCAB_SIZE: u32 = 11;
/// The id of an empty cell.
pub const BLANK: u32 = 1;

/// The rules as a kernel.
pub static RULES: RuleKernel = RuleKernel {
    shader: Shader::new("sudoku_rules", include_str!("sudoku/rules.wgsl")),
    constants: |cells| (cells == CELLS).then(Vec::new),
    twin: is_valid,
};

/// What a character of a drawn or written Sudoku is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Character {
    /// A cell with this id.
    Cell(u32),
    /// White space, or a line of the drawing.
    Ignored,
    /// Nothing that a Sudoku has.
    Foreign,
}

/// Reads one character: a digit, `.` or `0` for an empty cell, white space, `|`, `+`, `-` and box-drawing characters.
pub fn character(c: char) -> Character {
    match c {
        '.' | '0' => Character::Cell(BLANK),
        '1'..='9' => Character::Cell(c as u32 - '0' as u32 + 1),
        '|' | '+' | '-' | '\u{2500}'..='\u{257f}' => Character::Ignored,
        _ if c.is_whitespace() => Character::Ignored,
        _ => Character::Foreign,
    }
}

/// The digit that an id stands for, 1 to 9; None for PAD, empty and ids outside the vocabulary.
pub fn digit(id: u32) -> Option<u32> {
    (2..VOCAB_SIZE).contains(&id).then(|| id - 1)
}

/// The character of an id: its digit, or `.`.
pub fn glyph(id: u32) -> char {
    digit(id).and_then(|d| char::from_digit(d, 10)).unwrap_or('.')
}

/// The number of the box that a cell lies in, row by row from 0.
pub(crate) fn box_of(cell: usize) -> usize {
    cell / SIDE / 3 * 3 + cell % SIDE / 3
}

/// The other cells of a cell's row, column and box.
fn peers(cell: usize) -> impl Iterator<Item = usize> {
    let same = move |other: &usize| {
        let (row, column) = (cell / SIDE == other / SIDE, cell % SIDE == other % SIDE);
        *other != cell && (row || column || box_of(cell) == box_of(*other))
    };
    (0..CELLS).filter(same)
}

/// The rows, columns and boxes, each with its cells in ascending order.
fn units() -> impl Iterator<Item = (Unit, [usize; SIDE])> {
    let rows = (0..SIDE).map(|r| (Unit::Row(r), std::array::from_fn(|i| r * SIDE + i)));
    let columns = (0..SIDE).map(|c| (Unit::Column(c), std::array::from_fn(|i| i * SIDE + c)));
    let boxes = (0..SIDE).map(|b| {
        (
            Unit::Box(b),
            std::array::from_fn(|i| (b / 3 * 3 + i / 3) * SIDE + b % 3 * 3 + i % 3),
        )
    });
    rows.chain(columns).chain(boxes)
}

/// Digits that stand more than once in a unit, the rows' first. Empty cells are no fault here.
pub fn repeated(grid: &[u32; CELLS]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (unit, cells) in units() {
        for digit in 1..VOCAB_SIZE - 1 {
            let cells: Vec<usize> = cells.into_iter().filter(|&cell| grid[cell] == digit + 1).collect();
            if cells.len() > 1 {
                faults.push(Fault::Repeated { unit, digit, cells });
            }
        }
    }
    faults
}

/// Everything that `answer` breaks, both `[81]`: givens first, then empty cells, then repeated digits.
pub fn faults(question: &[u32], answer: &[u32]) -> Vec<Fault> {
    let (question, answer) = match grids(question, answer) {
        Ok(grids) => grids,
        Err(fault) => return vec![fault],
    };
    let given = |cell: usize| digit(question[cell]).filter(|_| answer[cell] != question[cell]);
    let mut faults: Vec<Fault> = (0..CELLS)
        .filter_map(|cell| {
            given(cell).map(|digit| Fault::Given {
                cell,
                digit,
                found: answer[cell],
            })
        })
        .collect();
    faults.extend(
        (0..CELLS)
            .filter(|&cell| digit(answer[cell]).is_none())
            .map(|cell| Fault::Empty { cell }),
    );
    faults.extend(repeated(answer));
    faults
}

/// Whether [`faults`] would find none; it allocates nothing.
pub fn is_valid(question: &[u32], answer: &[u32]) -> bool {
    let Ok((question, answer)) = grids(question, answer) else {
        return false;
    };
    let mut seen = [[0u32; SIDE]; 3];
    for (cell, (&given, &id)) in question.iter().zip(answer).enumerate() {
        if digit(id).is_none() || (digit(given).is_some() && given != id) {
            return false;
        }
        let bit = 1 << id;
        for (kind, unit) in [cell / SIDE, cell % SIDE, box_of(cell)].into_iter().enumerate() {
            if seen[kind][unit] & bit != 0 {
                return false;
            }
            seen[kind][unit] |= bit;
        }
    }
    true
}

type Grids<'a> = (&'a [u32; CELLS], &'a [u32; CELLS]);

fn grids<'a>(question: &'a [u32], answer: &'a [u32]) -> Result<Grids<'a>, Fault> {
    Ok((grid(question)?, grid(answer)?))
}

/// The tokens as a grid, or the fault that they are none.
pub fn grid(tokens: &[u32]) -> Result<&[u32; CELLS], Fault> {
    tokens.try_into().map_err(|_| Fault::Length {
        needed: CELLS,
        found: tokens.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SOLVED: &str = "761354982253978146498612537847126359912435678635789421189547263526893714374261895";

    fn ids(text: &str) -> Vec<u32> {
        let cell = |c| match character(c) {
            Character::Cell(id) => Some(id),
            _ => None,
        };
        text.chars().filter_map(cell).collect()
    }

    #[test]
    fn ids_are_those_of_the_specification() {
        assert_eq!(ids(".0129"), [1, 1, 2, 3, 10]);
        assert_eq!(ids("| 1+2-3\t│ ┼"), [2, 3, 4]);
        assert_eq!(character('x'), Character::Foreign);
        assert_eq!(character('#'), Character::Foreign);
    }

    #[test]
    fn a_solution_is_valid_and_each_fault_is_named() {
        let answer = ids(SOLVED);
        let mut question = vec![BLANK; CELLS];
        question[0] = answer[0];
        assert!(is_valid(&question, &answer));
        assert!(faults(&question, &answer).is_empty());

        let mut wrong = answer.clone();
        wrong[0] = 7; // 7 becomes 6, which row 1 has in column 2 already
        let said: Vec<String> = faults(&question, &wrong).iter().map(Fault::to_string).collect();
        assert_eq!(
            said,
            [
                "the given 7 in row 1, column 1 became 6",
                "6 stands more than once in row 1: columns 1 and 2",
                "6 stands more than once in column 1: rows 1 and 6",
                "6 stands more than once in box 1: (row 1, column 1) and (row 1, column 2)",
            ]
        );
        wrong[0] = 0;
        let said: Vec<String> = faults(&question, &wrong).iter().map(Fault::to_string).collect();
        assert_eq!(
            said,
            [
                "the given 7 in row 1, column 1 was dropped",
                "row 1, column 1 holds no digit"
            ]
        );
        assert_eq!(
            faults(&question, &answer[1..])[0].to_string(),
            "81 cells needed, 80 found"
        );
    }

    #[test]
    fn a_latin_square_without_boxes_is_not_valid() {
        let answer: Vec<u32> = (0..81).map(|cell| (cell / 9 + cell % 9) % 9 + 2).collect();
        let faults = faults(&[BLANK; 81], &answer);
        assert!(!is_valid(&[BLANK; 81], &answer));
        assert!(
            faults
                .iter()
                .all(|f| matches!(f, Fault::Repeated { unit: Unit::Box(_), .. }))
        );
    }

    proptest! {
        #[test]
        fn the_cheap_verdict_agrees_with_the_faults(
            changes in prop::collection::vec((0usize..81, 0u32..13), 0..3),
            givens in prop::collection::vec(0usize..81, 0..30),
        ) {
            let solution = ids(SOLVED);
            let mut question = vec![BLANK; CELLS];
            givens.into_iter().for_each(|cell| question[cell] = solution[cell]);
            let mut answer = solution;
            changes.into_iter().for_each(|(cell, id)| answer[cell] = id);
            prop_assert_eq!(is_valid(&question, &answer), faults(&question, &answer).is_empty());
        }

        #[test]
        fn any_tokens_are_judged_without_a_panic(
            question in prop::collection::vec(any::<u32>(), 79..83),
            answer in prop::collection::vec(any::<u32>(), 79..83),
        ) {
            prop_assert!(!is_valid(&question, &answer) || faults(&question, &answer).is_empty());
        }
    }
}
