//! The rules of Sudoku.

use super::{CELLS, SIDE, VOCAB_SIZE, digit};
use crate::tasks::{Fault, FaultKind, place};

/// Returns the number of a cell's box, row by row from 0.
pub(super) fn box_of(cell: usize) -> usize {
    cell / SIDE / 3 * 3 + cell % SIDE / 3
}

/// Returns the other cells of a cell's row, column and box.
pub(super) fn peers(cell: usize) -> impl Iterator<Item = usize> {
    let same = move |other: &usize| {
        let (row, column) = (cell / SIDE == other / SIDE, cell % SIDE == other % SIDE);
        *other != cell && (row || column || box_of(cell) == box_of(*other))
    };
    (0..CELLS).filter(same)
}

/// Names of the kinds of units.
const UNITS: [&str; 3] = ["row", "column", "box"];

/// Returns the cells of row, column or box `number`, ascending.
fn unit(kind: usize, number: usize) -> [usize; SIDE] {
    std::array::from_fn(|i| match kind {
        0 => number * SIDE + i,
        1 => i * SIDE + number,
        _ => (number / 3 * 3 + i / 3) * SIDE + number % 3 * 3 + i % 3,
    })
}

/// Returns a fault for each digit that a unit repeats, rows first. Empty cells are not a fault here.
pub(crate) fn repeated(grid: &[u32; CELLS]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for kind in 0..UNITS.len() {
        for number in 0..SIDE {
            for digit in 1..VOCAB_SIZE - 1 {
                let cells = unit(kind, number).into_iter();
                let cells: Vec<usize> = cells.filter(|&cell| grid[cell] == digit + 1).collect();
                if cells.len() > 1 {
                    faults.push(Fault::new(
                        FaultKind::Conflict,
                        twice(kind, number, digit, &cells),
                        cells,
                    ));
                }
            }
        }
    }
    faults
}

fn twice(kind: usize, number: usize, digit: u32, cells: &[usize]) -> String {
    let places = |of: &dyn Fn(usize) -> String| list(cells.iter().map(|&cell| of(cell)));
    let places = match kind {
        0 => format!("columns {}", places(&|cell| (cell % SIDE + 1).to_string())),
        1 => format!("rows {}", places(&|cell| (cell / SIDE + 1).to_string())),
        _ => places(&|cell| format!("({})", place(cell, SIDE))),
    };
    let unit = UNITS[kind];
    format!("{digit} stands more than once in {unit} {}: {places}", number + 1)
}

/// Joins items into a list: "1 and 4", "1, 4 and 7".
fn list(items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<String> = items.collect();
    match (items.pop(), items.is_empty()) {
        (Some(last), false) => format!("{} and {last}", items.join(", ")),
        (last, _) => last.unwrap_or_default(),
    }
}

/// Returns the faults of `answer`, both `[81]`: changed givens first, then empty cells, then repeated digits.
pub(crate) fn faults(question: &[u32], answer: &[u32]) -> Vec<Fault> {
    let (question, answer) = match grids(question, answer) {
        Ok(grids) => grids,
        Err(fault) => return vec![fault],
    };
    let changed = |cell: usize| {
        let given = digit(question[cell]).filter(|_| answer[cell] != question[cell])?;
        let fate = digit(answer[cell]).map_or("was dropped".to_owned(), |digit| format!("became {digit}"));
        let message = format!("the given {given} in {} {fate}", place(cell, SIDE));
        Some(Fault::new(FaultKind::Changed, message, [cell]))
    };
    let empty = |cell: usize| {
        let message = || format!("{} holds no digit", place(cell, SIDE));
        digit(answer[cell])
            .is_none()
            .then(|| Fault::new(FaultKind::Missing, message(), [cell]))
    };
    let mut faults: Vec<Fault> = (0..CELLS).filter_map(changed).collect();
    faults.extend((0..CELLS).filter_map(empty));
    faults.extend(repeated(answer));
    faults
}

/// Whether [`faults`] finds none; allocates nothing.
pub(crate) fn is_valid(question: &[u32], answer: &[u32]) -> bool {
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

/// Returns the tokens as a grid, or a fault if their number is wrong.
pub(super) fn grid(tokens: &[u32]) -> Result<&[u32; CELLS], Fault> {
    tokens.try_into().map_err(|_| Fault::length(CELLS, tokens.len()))
}

#[cfg(test)]
mod tests {
    use super::super::BLANK;
    use super::*;
    use proptest::prelude::*;

    const SOLVED: &str = "761354982253978146498612537847126359912435678635789421189547263526893714374261895";

    fn ids(text: &str) -> Vec<u32> {
        crate::tasks::sudoku::text::cells(text).unwrap()
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
            "expected 81 cells, found 80"
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
                .all(|f| f.kind == FaultKind::Conflict && f.to_string().contains("in box"))
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
