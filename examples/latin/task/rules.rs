//! The rules of a Latin square.

use hrm::tasks::{Board, Fault, FaultKind, Question, Rules, place};
use hrm::tasks::{RuleKernel, Shader};

use super::{BLANK, SIDE};

const CELLS: usize = SIDE * SIDE;
const DIGITS: std::ops::RangeInclusive<u32> = 2..=5;

static KERNEL: RuleKernel = RuleKernel {
    shader: Shader::new("latin_rules", include_str!("rules.wgsl")),
    constants: |cells| (cells == CELLS).then(Vec::new),
    twin: is_valid,
};

/// The rules of a Latin square, as the library needs them.
pub struct LatinRules;

impl Rules for LatinRules {
    fn kernel(&self) -> &'static RuleKernel {
        &KERNEL
    }

    fn faults(&self, question: &Board, answer: &[u32]) -> Vec<Fault> {
        if answer.len() != CELLS {
            let message = format!("expected {CELLS} cells, found {}", answer.len());
            return vec![Fault::new(FaultKind::Board, message, [])];
        }
        let given = question.tokens.iter().zip(answer).enumerate();
        let mut faults: Vec<Fault> = given
            .filter(|(_, (asked, found))| **asked != BLANK && asked != found)
            .map(|(cell, _)| {
                Fault::new(
                    FaultKind::Changed,
                    format!("the given in {} changed", place(cell, SIDE)),
                    [cell],
                )
            })
            .collect();
        let empty = (0..CELLS).filter(|&cell| !DIGITS.contains(&answer[cell]));
        faults.extend(empty.map(|cell| {
            let message = format!("{} holds no digit", place(cell, SIDE));
            Fault::new(FaultKind::Missing, message, [cell])
        }));
        faults.extend(repeated(answer));
        faults
    }

    /// Counts solutions, two at most.
    fn question(&self, question: &Board) -> Question {
        let clashes = repeated(&question.tokens);
        if !clashes.is_empty() {
            return Question::Clash(clashes);
        }
        match solutions(&mut question.tokens.clone(), 2) {
            0 => Question::None,
            1 => Question::Unique,
            _ => Question::Several,
        }
    }
}

/// Returns the cells of line `line`: rows 0 to 3, then columns.
fn line(line: usize) -> [usize; SIDE] {
    std::array::from_fn(|i| {
        if line < SIDE {
            line * SIDE + i
        } else {
            i * SIDE + line - SIDE
        }
    })
}

/// Returns a fault for each digit that occurs more than once in a row or column.
pub fn repeated(tokens: &[u32]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (number, id) in (0..2 * SIDE).flat_map(|number| DIGITS.map(move |id| (number, id))) {
        let same = line(number).into_iter().filter(|&cell| tokens.get(cell) == Some(&id));
        let cells: Vec<usize> = same.collect();
        if cells.len() > 1 {
            let unit = if number < SIDE { "row" } else { "column" };
            let message = format!("{} stands more than once in {unit} {}", id - 1, number % SIDE + 1);
            faults.push(Fault::new(FaultKind::Conflict, message, cells));
        }
    }
    faults
}

fn is_valid(question: &[u32], answer: &[u32]) -> bool {
    let kept = |(asked, found): (&u32, &u32)| DIGITS.contains(found) && (*asked == BLANK || asked == found);
    question.len() == CELLS
        && answer.len() == CELLS
        && question.iter().zip(answer).all(kept)
        && repeated(answer).is_empty()
}

fn solutions(tokens: &mut [u32], most: usize) -> usize {
    let Some(cell) = tokens.iter().position(|&id| id == BLANK) else {
        return 1;
    };
    let mut found = 0;
    for id in DIGITS {
        tokens[cell] = id;
        if found < most && repeated(tokens).is_empty() {
            found += solutions(tokens, most - found);
        }
    }
    tokens[cell] = BLANK;
    found
}
