//! The editor of a board: the puzzle that is being edited, a cursor, undo and redo.

use std::sync::Arc;

use hrm::error::{Error, Result};
use hrm::tasks::{Board, Fault, Look, Puzzle, Symbol, Task};

/// The most edits that can be undone.
const MOST_EDITS: usize = 1000;

/// The side of a new board whose task leaves the choice, and of one that may be any rectangle.
const SIDE: usize = 15;
const FREE_SIDE: usize = 10;

/// The board of any task. It may break every rule while it is being edited.
#[derive(Debug, Clone, PartialEq)]
pub struct Editor {
    task: Task,
    board: Board,
    /// The puzzle that was put on the board, for its name and examples, which edits of the board leave.
    origin: Option<Arc<Puzzle>>,
    /// The cell that keys act on.
    pub cursor: usize,
    past: Vec<Edit>,
    future: Vec<Edit>,
}

/// What an edit is undone to.
#[derive(Debug, Clone, PartialEq)]
struct Edit {
    board: Board,
    origin: Option<Arc<Puzzle>>,
    cursor: usize,
}

impl Editor {
    /// Returns an empty board of a task, with `side` rows or the nearest number that the task allows.
    pub fn new(task: Task, side: Option<usize>) -> Editor {
        let sides = task.sides();
        let side = match is_free(task) {
            true => FREE_SIDE,
            false => side.unwrap_or(SIDE).clamp(*sides.start(), *sides.end()),
        };
        Editor {
            task,
            board: task.empty(side, side),
            origin: None,
            cursor: 0,
            past: Vec::new(),
            future: Vec::new(),
        }
    }

    /// Returns a board with the given cells; None if the task has no such board. `columns` counts where boards may be any
    /// rectangle.
    pub fn restored(task: Task, tokens: Vec<u32>, columns: usize) -> Option<Editor> {
        let board = match is_free(task) {
            true => Some(Board {
                rows: tokens.len().checked_div(columns)?,
                columns,
                tokens,
            })
            .filter(|board| can_hold(task, board))?,
            false => Puzzle::new(task, tokens).ok()?.board,
        };
        Some(Editor {
            board,
            ..Editor::new(task, None)
        })
    }

    /// Returns the editor with the puzzle whose name and examples the board has.
    pub fn with_origin(self, origin: Option<Puzzle>) -> Editor {
        Editor {
            origin: origin.map(Arc::new),
            ..self
        }
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
        if let Some((_, reason)) = self.task.refuse_question(&self.board) {
            return Err(Error::Puzzle {
                task: Some(self.task),
                at: None,
                reason,
            });
        }
        let mut puzzle = Puzzle::on(self.task, self.board.clone())?;
        if let Some(origin) = self.origin.as_deref() {
            puzzle.demonstrations.clone_from(&origin.demonstrations);
            puzzle.name.clone_from(&origin.name);
            (puzzle.identifier, puzzle.part) = (origin.identifier, origin.part);
        }
        Ok(puzzle)
    }

    /// Returns the puzzle that was put on the board, for its name and examples.
    pub fn origin(&self) -> Option<&Puzzle> {
        self.origin.as_deref()
    }

    /// Returns whether the board shows this puzzle, with its name and examples.
    pub fn shows(&self, puzzle: &Puzzle) -> bool {
        let told = |puzzle: &Puzzle| (puzzle.name.clone(), puzzle.part, puzzle.demonstrations.clone());
        let own = self.origin().map_or((None, 0, Vec::new()), told);
        self.board == puzzle.board && own == told(puzzle)
    }

    /// Returns the rules that the board already breaks.
    pub fn clashes(&self) -> Vec<Fault> {
        self.task.clashes(&self.board)
    }

    /// Returns whether the board is empty. One that came with examples is a question even so.
    pub fn is_empty(&self) -> bool {
        let has_examples = self.origin().is_some_and(|origin| !origin.demonstrations.is_empty());
        self.is_blank() && !has_examples
    }

    fn is_blank(&self) -> bool {
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

    /// Replaces the board by that of a puzzle of the same task, of any size.
    pub fn replace(&mut self, puzzle: Puzzle) {
        self.remember();
        self.show(puzzle.board.clone());
        let is_told = puzzle.name.is_some() || puzzle.identifier.is_some() || !puzzle.demonstrations.is_empty();
        self.origin = is_told.then(|| Arc::new(puzzle));
    }

    /// Gives a board that may be any rectangle other rows and columns; the cells that remain stay.
    pub fn resize(&mut self, rows: usize, columns: usize) {
        let mut board = self.task.empty(rows, columns);
        for (number, cell) in board.tokens.iter_mut().enumerate() {
            let (row, column) = (number / columns.max(1), number % columns.max(1));
            let is_old = row < self.board.rows && column < self.board.columns;
            let old = self.board.tokens.get(row * self.board.columns + column);
            *cell = old.filter(|_| is_old).copied().unwrap_or(*cell);
        }
        if board != self.board && can_hold(self.task, &board) {
            self.remember();
            self.show(board);
        }
    }

    /// Empties the board.
    pub fn clear(&mut self) {
        if !self.is_blank() {
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
        self.past.push(self.now());
        self.future.clear();
    }

    fn now(&self) -> Edit {
        Edit {
            board: self.board.clone(),
            origin: self.origin.clone(),
            cursor: self.cursor,
        }
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

    fn travel(&mut self, to: Option<Edit>, other: impl Fn(&mut Editor) -> &mut Vec<Edit>) -> bool {
        let Some(edit) = to else { return false };
        let now = self.now();
        other(self).push(now);
        self.show(edit.board);
        (self.origin, self.cursor) = (edit.origin, edit.cursor);
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

/// Returns whether boards of a task may be any rectangle, up to a size.
pub fn is_free(task: Task) -> bool {
    let board = task.empty(1, 2);
    (board.rows, board.columns) == (1, 2) && can_hold(task, &board)
}

/// Returns whether a task's encoding can hold a board.
pub(crate) fn can_hold(task: Task, board: &Board) -> bool {
    let sample = Puzzle::on(task, board.clone()).map(|puzzle| puzzle.sample());
    sample.is_ok_and(|sample| task.decode(&sample.tokens).as_ref() == Some(board))
}

/// Returns whether boards of a task are drawn with brushes, because they hold shapes; others are typed.
pub fn is_drawn(task: Task) -> bool {
    symbols(task).any(|symbol| !matches!(symbol.look, Look::Open | Look::Text))
}

/// Returns the symbols that a user can put on a board of a task, in the order in which the task offers them.
pub fn symbols(task: Task) -> impl Iterator<Item = Symbol> {
    task.alphabet().iter().copied().filter(|symbol| !symbol.keys.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hrm::tasks::{arc, maze, sudoku};

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
        editor.replace(Puzzle::new(maze::TASK, vec![FREE; 9]).unwrap());
        assert_eq!((editor.board().rows, editor.cursor), (3, 8));
        editor.undo();
        assert_eq!((editor.board().rows, editor.cursor), (5, 24));
    }

    /// The name and the examples of a task stay with its board, and go with it.
    #[test]
    fn a_board_of_any_shape_is_drawn_restored_and_keeps_what_it_came_with() {
        let mut editor = Editor::new(arc::TASK, None);
        assert_eq!((editor.board().rows, editor.board().columns), (10, 10));
        let json = r#"{"train": [{"input": [[0]], "output": [[1]]}], "test": [{"input": [[0, 0, 0]]}]}"#;
        let puzzle = hrm::tasks::read(json.as_bytes(), "a1.json", None)
            .remove(0)
            .unwrap()
            .puzzle;
        editor.replace(puzzle.clone());
        assert!(editor.shows(&puzzle) && !editor.is_empty());
        editor.set(2, 7, false);
        editor.resize(2, 3);
        editor.resize(31, 3);
        let drawn = editor.puzzle().unwrap();
        assert_eq!((drawn.name.as_deref(), drawn.demonstrations.len()), (Some("a1"), 1));
        assert_eq!(drawn.text(), "005\n000");
        let restored = Editor::restored(arc::TASK, drawn.board.tokens.clone(), 3).unwrap();
        assert_eq!(restored.board(), &drawn.board);
        for columns in [0, 4, 7, usize::MAX] {
            assert!(Editor::restored(arc::TASK, drawn.board.tokens.clone(), columns).is_none());
        }
        while editor.undo() {}
        assert!(editor.origin().is_none() && editor.is_empty());
        assert!(!is_free(maze::TASK) && !is_free(sudoku::TASK));
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
