//! Symbols that give way to others while a solve plays: for a moment both are seen.

use std::time::Duration;

use hrm::tasks::{Drawing, Symbol};

/// The time between two frames of what moves: smooth enough, and most of the time is left to the solver.
pub const FRAME: Duration = Duration::from_millis(33);

/// The longest time of a change, in seconds.
const LONGEST: f64 = 0.3;

/// What the cells of a board showed before.
#[derive(Debug, Clone, Default)]
pub struct Fade {
    shown: Vec<Symbol>,
    /// For each cell the symbol before and when it went.
    before: Vec<Option<(Symbol, f64)>>,
    /// The time of a change, in seconds.
    lasts: f64,
    now: f64,
}

impl Fade {
    /// Takes in what a board shows `now`, in seconds, at so many segments a second; with None, what changes does so at
    /// once. Returns whether something still changes.
    pub fn take(&mut self, drawing: &Drawing, now: f64, speed: Option<f64>) -> bool {
        let shown = drawing.cells.iter().map(|cell| cell.shown);
        let is_same = self.shown.len() == drawing.cells.len();
        (self.now, self.lasts) = (now, LONGEST.min(0.5 / speed.unwrap_or(1.0).max(f64::MIN_POSITIVE)));
        if !is_same || speed.is_none() {
            self.before = vec![None; drawing.cells.len()];
        } else {
            for ((cell, before), was) in shown.clone().zip(&mut self.before).zip(&self.shown) {
                if cell != *was {
                    *before = Some((*was, now));
                }
                *before = before.filter(|(_, since)| now - since < self.lasts);
            }
        }
        self.shown = shown.collect();
        self.before.iter().any(Option::is_some)
    }

    /// Returns the symbol that a cell showed before, and how far the new one has come, from 0 to 1; None once it has.
    pub fn of(&self, cell: usize) -> Option<(Symbol, f32)> {
        let (before, since) = self.before.get(cell).copied()??;
        Some((before, ((self.now - since) / self.lasts) as f32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hrm::tasks::{Puzzle, sudoku};

    fn drawing(id: u32) -> Drawing {
        Drawing::new(&Puzzle::new(sudoku::TASK, vec![1; 81]).unwrap(), &[id; 81])
    }

    #[test]
    fn a_change_is_seen_for_a_moment_and_only_while_it_plays() {
        let mut fade = Fade::default();
        assert!(!fade.take(&drawing(2), 0.0, Some(2.0)), "there was nothing before");
        assert!(fade.take(&drawing(3), 1.0, Some(2.0)));
        assert_eq!(fade.of(5), Some((sudoku::TASK.symbol(2), 0.0)));
        // As long as nothing else changes, it goes on.
        assert!(fade.take(&drawing(3), 1.125, Some(2.0)));
        assert!(fade.of(5).is_some_and(|(_, part)| (0.4..0.6).contains(&part)));
        assert!(!fade.take(&drawing(3), 1.5, Some(2.0)) && fade.of(5).is_none());
        // The faster the segments come, the shorter.
        assert!(fade.take(&drawing(4), 2.0, Some(20.0)) && !fade.take(&drawing(4), 2.05, Some(20.0)));
        assert!(!fade.take(&drawing(5), 3.0, None) && fade.of(0).is_none());
    }
}
