//! A hint for those who play themselves: the model's opinion of the cell that it is surest of. Nothing searches, nobody
//! checks.

use hrm::error::Result;
use hrm::solve::{Cancel, Query, Solver};
use hrm::tasks::{Puzzle, Symbol};
use hrm::trace::Trace;

/// What the model thinks of a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Hint {
    /// The puzzle that it is about.
    pub puzzle: Puzzle,
    /// The cell.
    pub cell: usize,
    /// What the model would write there.
    pub symbol: Symbol,
    /// How sure it is, from 0 to 1.
    pub confidence: f32,
    /// Whether its answer as a whole keeps the rules; None if there are none.
    pub valid: Option<bool>,
    /// Whether the user wants to know what it would write.
    pub is_told: bool,
}

impl Hint {
    /// Lets the model think about a puzzle; returns None if it would write nothing into the empty cells. The solver has
    /// to return logits.
    ///
    /// # Errors
    /// As [`Solver::check`] and [`Solver::answers`].
    pub fn about(solver: &Solver, puzzle: &Puzzle, cancel: Cancel) -> Result<Option<Hint>> {
        solver.check(puzzle)?;
        let mut run = solver.answers([Query::from(puzzle.clone())])?.with_cancel(cancel);
        while let Some(segment) = run.next_blocking() {
            let segment = segment?;
            if segment.answer.is_some() {
                let mut trace = Trace::new(&solver.model().config);
                let thought = trace.add(segment.number, &segment.outputs);
                let sure = thought.confidence.as_deref().unwrap_or_default();
                return Ok(Hint::surest(puzzle, &thought.grid, sure));
            }
        }
        Ok(None)
    }

    /// Returns what a prediction with its confidences would write into the empty cell that it is surest of.
    fn surest(puzzle: &Puzzle, prediction: &[u32], sure: &[f32]) -> Option<Hint> {
        let (task, board) = (puzzle.task, &puzzle.board);
        let answer = puzzle.answer(prediction);
        let blank = task.blank();
        let sure = |cell: usize| {
            sure.get(task.token(cell, board.columns, prediction.len()))
                .copied()
                .unwrap_or_default()
        };
        let cells = board.tokens.iter().zip(&answer.tokens).enumerate();
        let (cell, (_, &id)) = cells
            .filter(|(_, (asked, written))| **asked == blank && **written != blank)
            .max_by(|(a, _), (b, _)| sure(*a).total_cmp(&sure(*b)).then(b.cmp(a)))?;
        Some(Hint {
            puzzle: puzzle.clone(),
            cell,
            symbol: task.symbol(id),
            confidence: sure(cell),
            valid: puzzle.judge(prediction).map(|verdict| verdict.valid),
            is_told: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hrm::tasks::sudoku;

    #[test]
    fn it_is_the_surest_of_the_empty_cells() {
        let mut tokens = vec![1; 81];
        tokens[0] = 5;
        let puzzle = Puzzle::new(sudoku::TASK, tokens).unwrap();
        let mut prediction = vec![3; 81];
        prediction[2] = 1;
        let mut sure = vec![0.1; 81];
        (sure[0], sure[1], sure[2], sure[7]) = (0.99, 0.5, 0.9, 0.8);
        let hint = Hint::surest(&puzzle, &prediction, &sure).unwrap();
        // Neither the given nor the cell that stays empty.
        assert_eq!((hint.cell, hint.symbol.glyph, hint.valid), (7, '2', Some(false)));
        assert_eq!((hint.confidence, hint.is_told), (0.8, false));
        assert_eq!(Hint::surest(&puzzle, &[1; 81], &sure), None);
    }
}
