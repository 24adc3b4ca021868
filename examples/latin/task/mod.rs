//! The 4×4 Latin square: every row and column holds the digits 1 to 4 once. A whole task in one folder.

mod rules;

use hrm::tasks::{Augmentation, Board, Definition, Fault, Look, Rules, Ruling, Sample, Symbol, Transform};

/// Rows, columns and digits.
pub const SIDE: usize = 4;
/// The id of an empty cell; digit `k` is `k + 1`, and 0 is padding.
pub const BLANK: u32 = 1;

/// The task, to be registered.
#[derive(Debug)]
pub struct Latin;

static ALPHABET: [Symbol; 5] = {
    const fn symbol(id: u32, glyph: char, name: &'static str, look: Look, keys: &'static str) -> Symbol {
        Symbol {
            id,
            glyph,
            name,
            look,
            keys,
            single: false,
        }
    }
    [
        symbol(2, '1', "1", Look::Text, "1"),
        symbol(3, '2', "2", Look::Text, "2"),
        symbol(4, '3', "3", Look::Text, "3"),
        symbol(5, '4', "4", Look::Text, "4"),
        symbol(BLANK, '.', "empty", Look::Open, "0. "),
    ]
};

impl Definition for Latin {
    fn name(&self) -> &'static str {
        "latin"
    }

    fn title(&self) -> &'static str {
        "Latin square"
    }

    fn sizes(&self) -> (usize, usize) {
        (SIDE * SIDE, 6)
    }

    fn alphabet(&self) -> &'static [Symbol] {
        &ALPHABET
    }

    fn shape(&self, cells: usize) -> Result<(usize, usize), String> {
        let expected = SIDE * SIDE;
        let shape = (cells == expected).then_some((SIDE, SIDE));
        shape.ok_or_else(|| format!("expected {expected} cells, found {cells}"))
    }

    fn ruling(&self) -> Ruling {
        Ruling::Grid { rows: 0, columns: 0 }
    }

    fn augmentations(&self) -> usize {
        Transform::DIHEDRAL
    }

    fn augmentation(&self, asked: &Sample, number: u64) -> Option<Box<dyn Augmentation>> {
        let turned = Transform::dihedral(number as usize % Transform::DIHEDRAL, SIDE, SIDE);
        (asked.tokens.len() == SIDE * SIDE).then(|| Box::new(turned) as Box<dyn Augmentation>)
    }

    fn rules(&self) -> Option<&dyn Rules> {
        Some(&rules::LatinRules)
    }

    fn refuse_question(&self, board: &Board) -> Option<(Option<usize>, String)> {
        let fault = self.clashes(board).into_iter().next()?;
        Some((fault.cells.first().copied(), format!("two equal givens: {fault}")))
    }

    fn clashes(&self, board: &Board) -> Vec<Fault> {
        rules::repeated(&board.tokens)
    }
}
