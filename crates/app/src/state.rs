//! The window's state and what can be done with it, independent of drawing.

mod daily;
mod inside;
mod making;
mod orders;
mod play;
mod racing;
mod telling;

use std::path::PathBuf;

use hrm::Options;
use hrm::executor::DeviceChoice;
use hrm::tasks::{Puzzle, Task};

use crate::editor::{Editor, symbols};
use crate::hint::Hint;
use crate::input::{self, Loaded};
use crate::list::List;
use crate::messages::{Opened, PathField, Setup, Wake};
use crate::mind::Inside;
use crate::notice::Message;
use crate::race::Race;
use crate::settings::{MOST_SIDE, Settings, TaskSettings, View};
use crate::solve::Solve;
use crate::told::Told;
use crate::worker::{self, Worker};

/// What is on the board of somebody who comes for the first time: hard for people.
const WELCOME: &str = ".........4.....85..7...1.......2.9.3..9..57...38.6.2.......23...954.......678....";

/// The window's state.
pub struct State {
    /// The settings, remembered from one start to the next.
    pub settings: Settings,
    /// The board that is shown, or was before the list.
    pub editor: Editor,
    /// The boards of other tasks that have been shown.
    parked: Vec<Editor>,
    /// The latest solve of a puzzle on one of the boards.
    pub solve: Option<Solve>,
    /// Earlier solves of puzzles on the boards of other tasks.
    earlier: Vec<Solve>,
    /// The list of many puzzles, if one was loaded.
    pub list: Option<List>,
    /// The solver that is open.
    pub opened: Option<Opened>,
    /// The setup that could not be opened, if that was the last one.
    pub missing: Option<Setup>,
    /// What arrives from a hub, in words, while a model is being fetched.
    pub fetching: Option<String>,
    /// The devices to choose from: each as `DeviceChoice` is written, and its name for display.
    pub devices: Vec<(String, String)>,
    /// The latest message.
    pub message: Option<Message>,
    /// The id that the pointer draws, where boards are drawn.
    pub brush: u32,
    /// The id that the current stroke leaves: the brush's, or the blank one.
    pub(crate) stroke: u32,
    /// Whether a file dialog is open.
    pub asking: bool,
    /// The path that is being typed, where the system has no file dialog.
    pub path: Option<PathField>,
    /// Whether the window is dark.
    pub dark: bool,
    /// The view of the states.
    pub inside: Inside,
    /// Whether the window of named puzzles is open.
    pub gallery: bool,
    /// The puzzles of the day, one a task.
    daily: Vec<daily::Daily>,
    /// The latest race, until its board changes.
    pub race: Option<Race>,
    /// The latest hint, until its board changes.
    pub hint: Option<Hint>,
    /// The ticket of the order for a hint.
    pub advising: Option<u64>,
    /// Whether a puzzle is being generated.
    pub generating: bool,
    pub(crate) worker: Worker,
    /// The seed of the latest generated puzzle; every puzzle has another.
    seed: u64,
}

impl State {
    /// Restores the window as it was left. `message` is an error to show; `wake` makes the window look at its events.
    pub fn new(settings: Settings, message: Option<String>, wake: Wake) -> State {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let task = settings.view.task();
        let editor = restored(task, &settings);
        let brush = first_symbol(task);
        let mut state = State {
            editor,
            parked: Vec::new(),
            settings,
            solve: None,
            earlier: Vec::new(),
            list: None,
            opened: None,
            missing: None,
            fetching: None,
            devices: vec![("auto".into(), "automatic".into()), ("cpu".into(), "CPU".into())],
            message: None,
            brush,
            stroke: brush,
            asking: false,
            path: None,
            dark: false,
            inside: Inside::default(),
            gallery: false,
            daily: Vec::new(),
            race: None,
            hint: None,
            advising: None,
            generating: false,
            worker: Worker::start(wake),
            seed: now.map_or(0, |time| time.as_nanos() as u64),
        };
        message.into_iter().for_each(|text| state.complain(text));
        state.open();
        state
    }

    /// Shows somebody who comes for the first time a hard puzzle, and how the model solves it.
    pub fn welcome(&mut self) {
        if let Ok(puzzle) = Puzzle::parse(WELCOME, None) {
            self.put_puzzle(puzzle);
            self.solve();
        }
    }

    /// Returns the task of the view: the board's, or that of the list's puzzles.
    pub fn task(&self) -> Task {
        let listed = match self.settings.view {
            View::Board(_) => None,
            View::List => self.list.as_ref().and_then(List::task),
        };
        listed.unwrap_or(self.editor.task())
    }

    /// Returns the solve of the puzzle on the current board.
    pub fn current_solve(&self) -> Option<&Solve> {
        let task = self.editor.task();
        self.solve
            .iter()
            .chain(&self.earlier)
            .find(|solve| solve.puzzle.task == task)
    }

    /// Returns the solve of the puzzle on the board that is shown, to be played.
    pub fn playing(&mut self) -> Option<&mut Solve> {
        let on_board = self.settings.view != View::List;
        let task = self.editor.task();
        self.solves().find(|solve| on_board && solve.puzzle.task == task)
    }

    /// All solves, one a task.
    pub(crate) fn solves(&mut self) -> impl Iterator<Item = &mut Solve> {
        self.solve.iter_mut().chain(&mut self.earlier)
    }

    /// Returns the chosen model and device for a task.
    pub fn setup(&self, task: Task) -> Setup {
        let device = self.settings.device.parse().unwrap_or(DeviceChoice::Auto);
        Setup {
            model: self.settings.of(task).model,
            task,
            device,
        }
    }

    /// Chooses a model for a task, None for the bundled one, and opens it.
    pub fn choose_model(&mut self, task: Task, model: Option<String>) {
        self.settings.of_mut(task).model = model;
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
        if self.settings.view == view {
            return;
        }
        self.settings.view = view;
        // What was to be saved is not shown any more.
        self.path = None;
        if let View::Board(task) = view {
            self.take_board(task);
        }
        if !self.is_running() {
            self.open();
        }
    }

    /// Makes the board of a task the current one.
    fn take_board(&mut self, task: Task) {
        if self.editor.task() == task {
            return;
        }
        let parked = self.parked.iter().position(|editor| editor.task() == task);
        let editor = match parked {
            Some(index) => self.parked.swap_remove(index),
            None => restored(task, &self.settings),
        };
        self.parked.push(std::mem::replace(&mut self.editor, editor));
        self.brush = first_symbol(task);
        self.stroke = self.brush;
    }

    /// Returns whether an order is in progress.
    pub fn is_running(&self) -> bool {
        let board = self.solve.as_ref().is_some_and(Solve::is_running);
        board || self.list.as_ref().is_some_and(|list| list.ticket.is_some())
    }

    /// Returns whether the solver has something to do that users wait for.
    pub fn is_busy(&self) -> bool {
        self.is_running() || self.advising.is_some() || self.is_racing()
    }

    /// Returns the chosen halting rule, segments and tries.
    pub fn options(&self) -> Options {
        let mut options = Options::default();
        options.halt = self.settings.halt;
        options.segments = self.settings.segments;
        options.tries = Some(self.settings.tries(self.task()));
        options.blank_identifier = self.settings.blank_identifier;
        options
    }

    /// Puts an id into a cell of the board. With `stroke`, it is undone together with the edit before.
    pub fn put(&mut self, cell: usize, id: u32, stroke: bool) {
        if self.editor.set(cell, id, stroke) {
            self.discard_solve();
        }
    }

    /// Empties the cell under the cursor; returns whether that changed anything.
    pub fn empty_cell(&mut self) -> bool {
        let blank = self.editor.task().blank();
        let changed = self.editor.set(self.editor.cursor, blank, false);
        if changed {
            self.discard_solve();
        }
        changed
    }

    /// Edits the board.
    pub fn edit(&mut self, edit: impl FnOnce(&mut Editor)) {
        let before = self.editor.board().clone();
        edit(&mut self.editor);
        if before != *self.editor.board() {
            self.discard_solve();
        }
    }

    /// Discards the solve of the current board and what was said of it, because its puzzle has changed.
    pub(crate) fn discard_solve(&mut self) {
        self.message = None;
        let is_advising = self.advising.take().is_some();
        if is_advising || self.is_racing() || self.current_solve().is_some_and(Solve::is_running) {
            self.worker.stop();
        }
        let task = self.editor.task();
        self.hint = self.hint.take().filter(|hint| hint.puzzle.task != task);
        self.race = None;
        self.solve = self.solve.take().filter(|solve| solve.puzzle.task != task);
        self.earlier.retain(|solve| solve.puzzle.task != task);
    }

    /// Puts a puzzle on the board of its task and shows that board.
    pub fn put_puzzle(&mut self, puzzle: Puzzle) {
        let view = View::Board(puzzle.task);
        if !View::all().contains(&view) {
            let (title, plural) = (puzzle.task.title(), puzzle.task.plural());
            return self.complain(format!("there is no board for {title} {plural} yet"));
        }
        let (rows, columns) = (puzzle.board.rows, puzzle.board.columns);
        if rows.max(columns) > MOST_SIDE {
            return self.complain(format!(
                "the window shows boards of at most {MOST_SIDE}×{MOST_SIDE} cells, this one has {rows}×{columns}: `hrm solve` takes it"
            ));
        }
        self.take_board(puzzle.task);
        self.message = None;
        if !self.editor.shows(&puzzle) {
            self.discard_solve();
            self.editor.replace(puzzle);
        }
        self.show(view);
    }

    /// Pastes text from the clipboard: a puzzle of the current task, or else of any other.
    pub fn paste(&mut self, text: &str) {
        let puzzle = Puzzle::parse(text, Some(self.task()));
        let puzzle = puzzle.or_else(|error| Puzzle::parse(text, None).map_err(|_| error));
        if puzzle.is_err()
            && let Ok(Loaded::Many(rows)) = input::read(text.as_bytes(), "pasted text", None)
            && rows.iter().any(|(_, puzzle)| puzzle.is_ok())
        {
            return self.put_many("pasted text", rows);
        }
        match puzzle {
            Ok(puzzle) => {
                self.message = None;
                self.put_puzzle(puzzle);
            }
            Err(error) => self.complain(format!("the pasted text is not a puzzle: {error}")),
        }
    }

    /// Returns the board as text: the shown segment of its solve, or else its puzzle.
    pub fn copy(&self) -> String {
        let task = self.editor.task();
        match self.current_solve() {
            Some(solve) => task.text(&solve.puzzle.answer(&solve.grid(solve.track()))),
            None => task.text(self.editor.board()),
        }
    }

    /// Reads a file of puzzles in a thread of its own.
    pub fn load(&mut self, path: PathBuf) {
        worker::load(self.worker.outbox(), path, None);
    }

    /// Returns the settings with the current boards in them.
    pub fn updated_settings(&mut self) -> &Settings {
        for editor in self.parked.iter().chain([&self.editor]) {
            let (board, told) = (editor.board(), editor.origin().and_then(Told::of));
            let is_it =
                |task: &TaskSettings| task.board == board.tokens && task.columns == board.columns && task.told == told;
            if !self.settings.tasks.get(editor.task().name()).is_some_and(is_it) {
                let task = self.settings.of_mut(editor.task());
                task.board.clone_from(&board.tokens);
                (task.columns, task.told) = (board.columns, told);
            }
        }
        &self.settings
    }
}

/// Returns the remembered board of a task, or a new one.
fn restored(task: Task, settings: &Settings) -> Editor {
    let settings = settings.of(task);
    let Some(editor) = Editor::restored(task, settings.board, settings.columns) else {
        let mut editor = Editor::new(task, settings.side);
        // Where models know puzzles by name, an empty board is no beginning.
        if task.is_named() {
            making::fill(&mut editor, task, None);
        }
        return editor;
    };
    let board = editor.board().clone();
    editor.with_origin(settings.told.and_then(|told| told.puzzle(task, board)))
}

/// Returns the id of the first symbol that a user can put on a board of a task.
fn first_symbol(task: Task) -> u32 {
    symbols(task).next().map_or(task.blank(), |symbol| symbol.id)
}
