//! The editor of a board: the puzzle that is being edited, a cursor, undo and redo.

use hrm::error::{Error, Result};
use hrm::tasks::{Board, Fault, Puzzle, Symbol, Task};

/// The most edits that can be undone.
const MOST_EDITS: usize = 1000;

/// The side of a new board whose task leaves the choice.
const SIDE: usize = 15;

/// The board of any task. It may break every rule while it is being edited.
#[derive(Debug, Clone, PartialEq)]
pub struct Editor {
    task: Task,
    board: Board,
    /// The cell that keys act on.
    pub cursor: usize,
    past: Vec<(usize, Board)>,
    future: Vec<(usize, Board)>,
}

impl Editor {
    /// Returns an empty board of a task, with `side` rows or the nearest number that the task allows.
    pub fn new(task: Task, side: Option<usize>) -> Editor {
        let sides = task.sides();
        let side = side.unwrap_or(SIDE).clamp(*sides.start(), *sides.end());
        Editor {
            task,
            board: task.empty(side, side),
            cursor: 0,
            past: Vec::new(),
            future: Vec::new(),
        }
    }

    /// Returns a board with the given cells; None if the task has no such board.
    pub fn restored(task: Task, tokens: Vec<u32>) -> Option<Editor> {
        let board = Puzzle::new(task, tokens).ok()?.board;
        Some(Editor {
            board,
            ..Editor::new(task, None)
        })
    }

    /// Returns the task of the board.
    pub fn task(&self) -> Task {
        self.task
    }

    /// Returns the board as it stands.
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// Returns the puzzle that the board holds.
    ///
    /// # Errors
    /// [`Error::Puzzle`] where the task refuses the board as a question.
    pub fn puzzle(&self) -> Result<Puzzle> {
        match self.task.refuse_question(&self.board) {
            Some((_, reason)) => Err(Error::Puzzle { at: None, reason }),
            None => Puzzle::on(self.task, self.board.clone()),
        }
    }

    /// Returns the rules that the board already breaks.
    pub fn clashes(&self) -> Vec<Fault> {
        self.task.clashes(&self.board)
    }

    /// Returns whether the board is empty.
    pub fn is_empty(&self) -> bool {
        self.board == self.task.empty(self.board.rows, self.board.columns)
    }

    /// Puts an id into a cell; returns whether that changed anything. With `stroke`, it is undone together with the edit
    /// before.
    pub fn set(&mut self, cell: usize, id: u32, stroke: bool) -> bool {
        if self.board.tokens.get(cell).is_none_or(|old| *old == id) {
            return false;
        }
        if !stroke {
            self.remember();
        }
        if self.task.symbol(id).single {
            let blank = self.task.blank();
            let old = self.board.tokens.iter_mut().filter(|old| **old == id);
            old.for_each(|old| *old = blank);
        }
        self.board.tokens[cell] = id;
        true
    }

    /// Replaces the board by another of the same task, of any size.
    pub fn replace(&mut self, board: Board) {
        self.remember();
        self.show(board);
    }

    /// Empties the board.
    pub fn clear(&mut self) {
        if !self.is_empty() {
            self.remember();
            self.board = self.task.empty(self.board.rows, self.board.columns);
        }
    }

    fn show(&mut self, board: Board) {
        self.board = board;
        self.cursor = self.cursor.min(self.board.tokens.len().saturating_sub(1));
    }

    fn remember(&mut self) {
        if self.past.len() == MOST_EDITS {
            self.past.remove(0);
        }
        self.past.push((self.cursor, self.board.clone()));
        self.future.clear();
    }

    /// Undoes the last edit; returns whether there was one.
    pub fn undo(&mut self) -> bool {
        let edit = self.past.pop();
        self.travel(edit, |editor| &mut editor.future)
    }

    /// Redoes the edit that was undone last; returns whether there was one.
    pub fn redo(&mut self) -> bool {
        let edit = self.future.pop();
        self.travel(edit, |editor| &mut editor.past)
    }

    fn travel(&mut self, to: Option<(usize, Board)>, other: impl Fn(&mut Editor) -> &mut Vec<(usize, Board)>) -> bool {
        let Some((cursor, board)) = to else { return false };
        let now = (self.cursor, self.board.clone());
        other(self).push(now);
        self.show(board);
        self.cursor = cursor;
        true
    }

    /// Returns whether there is an edit to undo.
    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    /// Returns whether there is an edit to redo.
    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }

    /// Moves the cursor by rows and columns; it stays on the board.
    pub fn step(&mut self, rows: isize, columns: isize) {
        let width = self.board.columns.max(1);
        let within = |at: usize, by: isize, count: usize| at.saturating_add_signed(by).min(count.saturating_sub(1));
        let row = within(self.cursor / width, rows, self.board.rows);
        self.cursor = row * width + within(self.cursor % width, columns, width);
    }

    /// Moves the cursor along the rows, from the end of one to the next.
    pub fn advance(&mut self, cells: isize) {
        let last = self.board.tokens.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(cells).min(last);
    }
}

/// Returns the symbols that a user can put on a board of a task, in the order in which the task offers them.
pub fn symbols(task: Task) -> impl Iterator<Item = Symbol> {
    task.alphabet().iter().copied().filter(|symbol| !symbol.keys.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hrm::tasks::{maze, sudoku};

    #[test]
    fn edits_are_undone_and_redone() {
        let mut editor = Editor::new(sudoku::TASK, None);
        assert!(editor.set(0, 5, false) && editor.set(1, 6, false));
        assert!(!editor.set(1, 6, false), "nothing changed");
        assert!(editor.undo());
        assert_eq!(&editor.board().tokens[..2], [5, 1]);
        assert!(editor.redo() && !editor.redo());
        assert_eq!(&editor.board().tokens[..2], [5, 6]);
        assert!(editor.undo() && editor.undo() && !editor.undo());
        assert!(editor.is_empty());
        editor.set(3, 4, false);
        assert!(!editor.redo(), "a new edit ends the old future");
    }

    /// Ids of a maze.
    const WALL: u32 = 1;
    const FREE: u32 = 2;
    const START: u32 = 3;

    #[test]
    fn a_stroke_is_one_edit() {
        let mut editor = Editor::new(maze::TASK, Some(5));
        editor.set(6, WALL, false);
        editor.set(7, WALL, true);
        editor.undo();
        assert!(editor.is_empty());
    }

    #[test]
    fn a_single_symbol_moves_and_other_sizes_are_taken() {
        let mut editor = Editor::new(maze::TASK, Some(5));
        editor.set(6, START, false);
        editor.set(8, START, false);
        let starts = editor.board().tokens.iter().filter(|&&id| id == START).count();
        assert_eq!(starts, 1);
        editor.cursor = 24;
        editor.replace(Puzzle::new(maze::TASK, vec![FREE; 9]).unwrap().board);
        assert_eq!((editor.board().rows, editor.cursor), (3, 8));
        editor.undo();
        assert_eq!((editor.board().rows, editor.cursor), (5, 24));
    }

    #[test]
    fn clashes_are_seen_while_typing_and_are_no_puzzle() {
        let mut editor = Editor::new(sudoku::TASK, None);
        editor.set(0, 5, false);
        editor.set(8, 5, false);
        assert_eq!(editor.clashes()[0].cells, [0, 8]);
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
        let mut editor = Editor::new(sudoku::TASK, None);
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
