//! The puzzle of the day.

use hrm::tasks::{Puzzle, Recipe, Task};

use super::State;
use crate::messages::Event;

/// What is known of the puzzle of a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Daily {
    task: Task,
    day: u64,
    /// None while it is made, or where it could not be.
    puzzle: Option<Puzzle>,
}

impl State {
    /// Has the puzzle of a day made for the board's task, unless it is there or being made.
    pub fn ask_daily(&mut self, day: u64) {
        let task = self.editor.task();
        let Some(level) = task.daily_level() else { return };
        if self.daily.iter().any(|daily| (daily.task, daily.day) == (task, day)) {
            return;
        }
        self.daily.retain(|daily| daily.task != task);
        self.daily.push(Daily {
            task,
            day,
            puzzle: None,
        });
        self.worker.outbox().spawn(move || {
            let made = task.generate(&Recipe {
                seed: day,
                level: Some(level),
                ..Recipe::default()
            });
            let puzzle = made.ok().and_then(|mut made| made.next()).map(|made| made.puzzle);
            Event::Daily(task, day, puzzle)
        });
    }

    /// Returns the puzzle of a day, once it is made.
    pub fn daily_puzzle(&self, task: Task, day: u64) -> Option<&Puzzle> {
        let daily = self.daily.iter().find(|daily| (daily.task, daily.day) == (task, day));
        daily?.puzzle.as_ref()
    }

    /// Takes in the puzzle of a day.
    pub(crate) fn take_daily(&mut self, task: Task, day: u64, puzzle: Option<Puzzle>) {
        let mut daily = self.daily.iter_mut();
        if let Some(daily) = daily.find(|daily| (daily.task, daily.day) == (task, day)) {
            daily.puzzle = puzzle;
        }
    }
}
