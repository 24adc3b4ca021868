//! The window's state and what can be done with it, independent of drawing.

use std::path::PathBuf;

use crate::editor::Editor;
use crate::list::List;
use crate::messages::{Effort, Event, Opened, Setup, Wake};
use crate::settings::{MOST_SEGMENTS, MOST_TRIES, Settings, View};
use crate::solve::Solve;
use crate::worker::{self, Worker};
use hrm::executor::DeviceChoice;
use hrm::model::Task;
use hrm::puzzle::{Puzzle, maze, paste, sudoku};

/// A message to the user.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The text, one or more sentences.
    pub text: String,
    /// Whether it reports a failure.
    pub is_error: bool,
}

/// The window's state.
pub struct State {
    /// The settings, remembered from one start to the next.
    pub settings: Settings,
    /// The Sudoku board's question.
    pub sudoku: Editor,
    /// The maze board's question.
    pub maze: Editor,
    /// The solve of the puzzle on one of the boards, if there is one.
    pub solve: Option<Solve>,
    /// The list of many puzzles, if one was loaded.
    pub list: Option<List>,
    /// The solver that is open.
    pub opened: Option<Opened>,
    /// The setup that could not be opened, if that was the last one.
    pub missing: Option<Setup>,
    /// The devices to choose from: each as `DeviceChoice` is written, and its name for display.
    pub devices: Vec<(String, String)>,
    /// The latest message.
    pub message: Option<Message>,
    /// The cell under the pointer.
    pub pointed: Option<usize>,
    /// What the mouse draws into a maze, and what the stroke that it is drawing leaves.
    pub brush: u32,
    pub(crate) stroke: u32,
    /// Whether a file dialog is open, and a puzzle is being made.
    pub busy: (bool, bool),
    pub(crate) worker: Worker,
    /// The seed of the latest generated puzzle; every puzzle has another.
    seed: u64,
}

impl State {
    /// Restores the window as it was left. `message` is an error to show; `wake` makes the window look at its events.
    pub fn new(settings: Settings, message: Option<String>, wake: Wake) -> State {
        let board = |task, tokens: &Vec<u32>, side| {
            Editor::restored(task, tokens.clone()).unwrap_or_else(|| Editor::new(task, side))
        };
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let mut state = State {
            sudoku: board(Task::Sudoku, &settings.sudoku, sudoku::SIDE),
            maze: board(Task::Maze, &settings.maze, settings.maze_side),
            settings,
            solve: None,
            list: None,
            opened: None,
            missing: None,
            devices: vec![("auto".into(), "automatic".into()), ("cpu".into(), "CPU".into())],
            message: None,
            pointed: None,
            brush: maze::WALL,
            stroke: maze::WALL,
            busy: (false, false),
            worker: Worker::start(wake),
            seed: now.map_or(0, |time| time.as_nanos() as u64),
        };
        message.into_iter().for_each(|text| state.complain(text));
        state.open();
        state
    }

    /// Shows an error.
    pub fn complain(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.message = Some(Message { text, is_error: true });
    }

    /// Shows a message that is not an error.
    pub fn say(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.message = Some(Message { text, is_error: false });
    }

    /// The task of the view.
    pub fn task(&self) -> Task {
        match self.settings.view {
            View::Sudoku => Task::Sudoku,
            View::Maze => Task::Maze,
            View::List => self.list.as_ref().map_or(Task::Sudoku, List::task),
        }
    }

    /// The board of a task.
    pub fn editor(&self, task: Task) -> &Editor {
        match task {
            Task::Maze => &self.maze,
            Task::Sudoku | Task::Arc => &self.sudoku,
        }
    }

    fn editor_mut(&mut self, task: Task) -> &mut Editor {
        match task {
            Task::Maze => &mut self.maze,
            Task::Sudoku | Task::Arc => &mut self.sudoku,
        }
    }

    /// The solve of the puzzle on a task's board.
    pub fn solve_of(&self, task: Task) -> Option<&Solve> {
        self.solve.as_ref().filter(|solve| solve.puzzle.task == task)
    }

    /// The solve of the puzzle on the board that is shown.
    pub fn playing(&mut self) -> Option<&mut Solve> {
        let task = self.task();
        let on_board = self.settings.view != View::List;
        self.solve
            .as_mut()
            .filter(|solve| on_board && solve.puzzle.task == task)
    }

    /// The chosen model and device for a task.
    pub fn setup(&self, task: Task) -> Setup {
        let device = self.settings.device.parse().unwrap_or(DeviceChoice::Auto);
        Setup {
            model: self.model(task).clone(),
            task,
            device,
        }
    }

    /// The chosen model for a task, None for the bundled one.
    pub fn model(&self, task: Task) -> &Option<String> {
        match task {
            Task::Maze => &self.settings.maze_model,
            Task::Sudoku | Task::Arc => &self.settings.sudoku_model,
        }
    }

    /// Chooses a model for a task, None for the bundled one, and opens it.
    pub fn choose_model(&mut self, task: Task, model: Option<String>) {
        match task {
            Task::Maze => self.settings.maze_model = model,
            Task::Sudoku | Task::Arc => self.settings.sudoku_model = model,
        }
        self.open();
    }

    /// Chooses a device and opens it.
    pub fn choose_device(&mut self, device: String) {
        self.settings.device = device;
        self.open();
    }

    /// Opens the solver for the view's task unless it is open already; an order in progress is stopped.
    pub fn open(&mut self) {
        let setup = self.setup(self.task());
        if self.opened.as_ref().is_none_or(|opened| opened.setup != setup) {
            self.stop();
            self.worker.open(setup);
        }
    }

    /// Switches to another view.
    pub fn show(&mut self, view: View) {
        if self.settings.view != view {
            self.settings.view = view;
            let running = self.is_running();
            if !running {
                self.open();
            }
        }
    }

    /// Whether an order is in progress.
    pub fn is_running(&self) -> bool {
        let board = self.solve.as_ref().is_some_and(Solve::is_running);
        board || self.list.as_ref().is_some_and(|list| list.ticket.is_some())
    }

    /// The chosen effort.
    pub fn effort(&self) -> Effort {
        Effort {
            halt: self.settings.halt,
            segments: self.settings.segments,
            tries: self.settings.tries,
        }
    }

    /// Solves the puzzle on the board, or all waiting puzzles of the list.
    pub fn solve(&mut self) {
        match self.settings.view {
            View::List => self.solve_list(),
            View::Sudoku | View::Maze => self.solve_with(self.effort()),
        }
    }

    fn solve_with(&mut self, effort: Effort) {
        let task = self.task();
        if self.editor(task).is_empty() {
            return self.complain("the board is empty: type or paste a puzzle, open a file, or make a new one");
        }
        let puzzle = match self.editor(task).puzzle() {
            Ok(puzzle) => puzzle,
            Err(error) => return self.complain(error.to_string()),
        };
        self.message = None;
        self.list_stopped();
        let setup = self.setup(task);
        let ticket = self.worker.solve(setup.clone(), effort, puzzle.clone());
        self.solve = Some(Solve::new(ticket, setup, puzzle));
    }

    /// Continues the solve with about four times as many segments; the segments so far stay.
    pub fn more_segments(&mut self) {
        self.extend(|effort, before| {
            let segments = effort.segments.unwrap_or(0).max(before.segments());
            effort.segments = Some((4 * segments).clamp(1, MOST_SEGMENTS));
        });
    }

    /// Continues the solve with about four times as many tries; the segments so far stay.
    pub fn more_tries(&mut self) {
        self.extend(|effort, before| {
            let segments = effort.segments.unwrap_or(0).max(before.segments());
            effort.segments = Some(segments.clamp(1, MOST_SEGMENTS));
            effort.tries = (4 * before.tracks.len().max(2)).min(MOST_TRIES);
        });
    }

    fn extend(&mut self, extend: impl FnOnce(&mut Effort, &Solve)) {
        let Some(before) = self.playing().cloned() else { return };
        let mut effort = self.effort();
        extend(&mut effort, &before);
        self.solve_with(effort);
        let same = |now: &&mut Solve| now.ticket != before.ticket && now.setup == before.setup;
        if let Some(solve) = self.playing().filter(same) {
            solve.resume(before);
        }
    }

    /// Stops the order in progress within a segment.
    pub fn stop(&mut self) {
        self.worker.stop();
    }

    /// Solves the waiting puzzles of the list.
    pub fn solve_list(&mut self) {
        let Some(list) = &self.list else {
            return self.complain("there is no list yet: open a file of puzzles, or drop one here");
        };
        let (task, waiting) = (list.task(), list.waiting());
        if waiting.is_empty() {
            return self.say("all puzzles have been answered");
        }
        self.message = None;
        let ticket = self.worker.solve_list(self.setup(task), self.effort(), waiting);
        if let Some(list) = &mut self.list {
            list.ticket = Some(ticket);
        }
    }

    fn list_stopped(&mut self) {
        if let Some(list) = &mut self.list {
            list.ticket = None;
        }
    }

    /// Puts an id into a cell of the board that is shown. With `stroke`, it is undone together with the edit before.
    pub fn put(&mut self, cell: usize, id: u32, stroke: bool) {
        let task = self.task();
        if self.editor_mut(task).set(cell, id, stroke) {
            self.forget(task);
        }
    }

    /// Empties the cell under the cursor; returns whether that changed anything.
    pub fn empty_cell(&mut self) -> bool {
        let task = self.task();
        let editor = self.editor_mut(task);
        let blank = if task == Task::Maze { maze::FREE } else { sudoku::BLANK };
        let changed = editor.set(editor.cursor, blank, false);
        if changed {
            self.forget(task);
        }
        changed
    }

    /// Edits the board that is shown.
    pub fn edit(&mut self, edit: impl FnOnce(&mut Editor)) {
        let task = self.task();
        let editor = self.editor_mut(task);
        let before = editor.tokens().to_vec();
        edit(editor);
        if before != self.editor(task).tokens() {
            self.forget(task);
        }
    }

    /// Discards the solve of a task's board, because the puzzle has changed.
    fn forget(&mut self, task: Task) {
        if self.solve.as_ref().is_some_and(|solve| solve.puzzle.task == task) {
            if self.solve.as_ref().is_some_and(Solve::is_running) {
                self.worker.stop();
            }
            self.solve = None;
        }
    }

    /// Puts a puzzle on the board of its task and shows that board.
    pub fn put_puzzle(&mut self, puzzle: Puzzle) {
        let (task, view) = match puzzle.task {
            Task::Maze => (Task::Maze, View::Maze),
            Task::Sudoku => (Task::Sudoku, View::Sudoku),
            Task::Arc => return self.complain("there is no board for ARC puzzles yet"),
        };
        if self.editor(task).tokens() != puzzle.tokens {
            self.forget(task);
            self.editor_mut(task).replace(puzzle);
        }
        self.show(view);
    }

    /// Pastes text from the clipboard.
    pub fn paste(&mut self, text: &str) {
        let task = Some(self.task()).filter(|task| *task == Task::Maze);
        match paste(text, task) {
            Ok(puzzle) => {
                self.message = None;
                self.put_puzzle(puzzle);
            }
            Err(error) => self.complain(format!("the pasted text is not a puzzle: {error}")),
        }
    }

    /// The grid on the board as text: the shown segment of the solve, or else the puzzle.
    pub fn copy(&self) -> String {
        let task = self.task();
        let grid = self.solve_of(task).map(|solve| solve.grid(solve.track()));
        let tokens = grid.unwrap_or_else(|| self.editor(task).tokens().to_vec());
        hrm::puzzle::answer_text(task, &tokens)
    }

    /// Reads a file of puzzles in a thread of its own.
    pub fn load(&mut self, path: PathBuf) {
        worker::load(self.worker.outbox(), path, None);
    }

    /// Generates a new puzzle in a thread of its own.
    pub fn generate(&mut self) {
        if std::mem::replace(&mut self.busy.1, true) {
            return;
        }
        self.seed = self.seed.wrapping_add(1);
        let (seed, task, settings) = (self.seed, self.task(), self.settings.clone());
        self.worker.outbox().spawn(move || {
            Event::Generated(match task {
                Task::Maze => maze::puzzle(settings.maze_side, seed),
                Task::Sudoku | Task::Arc => sudoku::generate(settings.difficulty, seed),
            })
        });
    }

    /// The settings with the current boards in them.
    pub fn updated_settings(&mut self) -> &Settings {
        for (tokens, editor) in [
            (&mut self.settings.sudoku, &self.sudoku),
            (&mut self.settings.maze, &self.maze),
        ] {
            if tokens != editor.tokens() {
                *tokens = editor.tokens().to_vec();
            }
        }
        &self.settings
    }
}
