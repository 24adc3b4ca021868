//! The question on a board, as people edit it: a grid, a cursor, and the way back.

use hrm::error::{Error, Result};
use hrm::model::Task;
use hrm::puzzle::{Fault, Puzzle, maze, sudoku};

/// Steps that can be taken back.
const MOST_STEPS: usize = 1000;

/// A grid of any task, which may break every rule while it is being drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Editor {
    task: Task,
    side: usize,
    tokens: Vec<u32>,
    /// The cell that keys go to.
    pub cursor: usize,
    past: Vec<(usize, Vec<u32>)>,
    future: Vec<(usize, Vec<u32>)>,
}

impl Editor {
    /// An empty Sudoku, or a maze of `side` rows without walls inside.
    pub fn new(task: Task, side: usize) -> Editor {
        let cells = side * side;
        let tokens = match task {
            Task::Maze => (0..cells).map(|cell| border(cell, side)).collect(),
            Task::Sudoku | Task::Arc => vec![sudoku::BLANK; cells],
        };
        Editor {
            task,
            side,
            tokens,
            cursor: 0,
            past: Vec::new(),
            future: Vec::new(),
        }
    }

    /// A grid that was there before; None where the tokens are no square.
    pub fn restored(task: Task, tokens: Vec<u32>) -> Option<Editor> {
        let puzzle = Puzzle::new(task, tokens).ok()?;
        let mut editor = Editor::new(task, puzzle.side);
        editor.tokens = puzzle.tokens;
        Some(editor)
    }

    /// What kind of grid it is.
    pub fn task(&self) -> Task {
        self.task
    }

    /// Rows, and columns.
    pub fn side(&self) -> usize {
        self.side
    }

    /// One id a cell, row-major.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// The question that the grid asks.
    ///
    /// # Errors
    /// [`Error::Puzzle`] where givens clash, or a maze lacks its start or goal.
    pub fn puzzle(&self) -> Result<Puzzle> {
        let puzzle = Puzzle::new(self.task, self.tokens.clone())?;
        if let Some(fault) = self.clashes().into_iter().next() {
            let reason = format!("two equal givens: {fault}");
            return Err(Error::Puzzle { at: None, reason });
        }
        Puzzle::parse(&puzzle.text(), Some(self.task))
    }

    /// Givens that stand twice in a row, column or box.
    pub fn clashes(&self) -> Vec<Fault> {
        match (self.task, sudoku::grid(&self.tokens)) {
            (Task::Sudoku, Ok(grid)) => sudoku::repeated(grid),
            _ => Vec::new(),
        }
    }

    /// Whether nothing has been put in.
    pub fn is_empty(&self) -> bool {
        self.tokens == Editor::new(self.task, self.side).tokens
    }

    /// Puts an id into a cell; whether that changed anything. With `stroke`, it is undone together with what came
    /// before it.
    pub fn set(&mut self, cell: usize, id: u32, stroke: bool) -> bool {
        if self.tokens.get(cell).is_none_or(|old| *old == id) {
            return false;
        }
        if !stroke {
            self.remember();
        }
        // A maze has one start and one goal: the old one becomes free.
        if self.task == Task::Maze && [maze::START, maze::GOAL].contains(&id) {
            let old = self.tokens.iter_mut().filter(|old| **old == id);
            old.for_each(|old| *old = maze::FREE);
        }
        self.tokens[cell] = id;
        true
    }

    /// Another question of the same task, of any size.
    pub fn replace(&mut self, puzzle: Puzzle) {
        self.remember();
        self.show(puzzle.tokens);
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        if !self.is_empty() {
            self.remember();
            self.tokens = Editor::new(self.task, self.side).tokens;
        }
    }

    fn show(&mut self, tokens: Vec<u32>) {
        self.side = tokens.len().isqrt();
        self.tokens = tokens;
        self.cursor = self.cursor.min(self.tokens.len().saturating_sub(1));
    }

    fn remember(&mut self) {
        if self.past.len() == MOST_STEPS {
            self.past.remove(0);
        }
        self.past.push((self.cursor, self.tokens.clone()));
        self.future.clear();
    }

    /// Takes the last step back; whether there was one.
    pub fn undo(&mut self) -> bool {
        let step = self.past.pop();
        self.travel(step, |editor| &mut editor.future)
    }

    /// Goes forward again; whether there was a step.
    pub fn redo(&mut self) -> bool {
        let step = self.future.pop();
        self.travel(step, |editor| &mut editor.past)
    }

    fn travel(
        &mut self,
        step: Option<(usize, Vec<u32>)>,
        other: impl Fn(&mut Editor) -> &mut Vec<(usize, Vec<u32>)>,
    ) -> bool {
        let Some((cursor, tokens)) = step else { return false };
        let now = (self.cursor, self.tokens.clone());
        other(self).push(now);
        self.show(tokens);
        self.cursor = cursor;
        true
    }

    /// Whether there is a step to take back, and one to go forward.
    pub fn steps(&self) -> (bool, bool) {
        (!self.past.is_empty(), !self.future.is_empty())
    }

    /// Moves the cursor by rows and columns; it stays on the board.
    pub fn step(&mut self, rows: isize, columns: isize) {
        let most = self.side.saturating_sub(1);
        let (row, column) = (self.cursor / self.side.max(1), self.cursor % self.side.max(1));
        let row = row.saturating_add_signed(rows).min(most);
        self.cursor = row * self.side + column.saturating_add_signed(columns).min(most);
    }

    /// Moves the cursor along the rows, from the end of one to the next.
    pub fn advance(&mut self, cells: isize) {
        let most = self.tokens.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(cells).min(most);
    }
}

fn border(cell: usize, side: usize) -> u32 {
    let at_edge = |i: usize| i == 0 || i + 1 == side;
    if at_edge(cell / side) || at_edge(cell % side) {
        maze::WALL
    } else {
        maze::FREE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_taken_back_and_forward() {
        let mut editor = Editor::new(Task::Sudoku, 9);
        assert!(editor.set(0, 5, false) && editor.set(1, 6, false));
        assert!(!editor.set(1, 6, false), "nothing changed");
        assert!(editor.undo());
        assert_eq!(&editor.tokens()[..2], [5, 1]);
        assert!(editor.redo() && !editor.redo());
        assert_eq!(&editor.tokens()[..2], [5, 6]);
        assert!(editor.undo() && editor.undo() && !editor.undo());
        assert!(editor.is_empty());
        editor.set(3, 4, false);
        assert!(!editor.redo(), "a new step ends the old future");
    }

    #[test]
    fn a_stroke_is_one_step() {
        let mut editor = Editor::new(Task::Maze, 5);
        editor.set(6, maze::WALL, false);
        editor.set(7, maze::WALL, true);
        editor.undo();
        assert!(editor.is_empty());
    }

    #[test]
    fn a_maze_keeps_one_start_and_takes_other_sizes() {
        let mut editor = Editor::new(Task::Maze, 5);
        editor.set(6, maze::START, false);
        editor.set(8, maze::START, false);
        assert_eq!(editor.tokens().iter().filter(|&&id| id == maze::START).count(), 1);
        editor.cursor = 24;
        let small = Puzzle::new(Task::Maze, vec![maze::FREE; 9]).unwrap();
        editor.replace(small);
        assert_eq!((editor.side(), editor.cursor), (3, 8));
        editor.undo();
        assert_eq!((editor.side(), editor.cursor), (5, 24));
    }

    #[test]
    fn clashes_are_seen_while_typing_and_are_no_question() {
        let mut editor = Editor::new(Task::Sudoku, 9);
        editor.set(0, 5, false);
        editor.set(8, 5, false);
        assert_eq!(editor.clashes()[0].cells(), [0, 8]);
        assert!(
            editor
                .puzzle()
                .is_err_and(|e| e.to_string().contains("two equal givens"))
        );
        editor.set(8, 6, false);
        assert!(editor.puzzle().is_ok());
    }

    #[test]
    fn the_cursor_stays_on_the_board() {
        let mut editor = Editor::new(Task::Sudoku, 9);
        editor.step(-1, -1);
        assert_eq!(editor.cursor, 0);
        editor.step(8, 3);
        editor.step(5, 9);
        assert_eq!(editor.cursor, 80);
        editor.advance(1);
        assert_eq!(editor.cursor, 80);
        editor.advance(-73);
        assert_eq!(editor.cursor, 7);
    }
}
