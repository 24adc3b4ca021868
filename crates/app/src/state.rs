//! What the window shows and what people can do with it, apart from how it is drawn.

use std::path::PathBuf;

use super::batch::Batch;
use super::editor::Editor;
use super::settings::{MOST_SEGMENTS, MOST_TRIES, Settings, View};
use super::thinking::Thinking;
use super::worker::{self, Effort, Event, Opened, Setup, Wake, Worker};
use hrm::executor::DeviceChoice;
use hrm::model::Task;
use hrm::puzzle::{Puzzle, maze, paste, sudoku};

/// A sentence for the user.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// What it says.
    pub text: String,
    /// Whether something did not work.
    pub is_error: bool,
}

/// Everything that the window shows.
pub struct State {
    /// What outlives the window.
    pub settings: Settings,
    /// The Sudoku board's question.
    pub sudoku: Editor,
    /// The maze board's question.
    pub maze: Editor,
    /// The thinking about the question of one of the boards.
    pub thinking: Option<Thinking>,
    /// The list of many puzzles.
    pub list: Option<Batch>,
    /// The solver that is ready.
    pub opened: Option<Opened>,
    /// The setup that could not be had, if that was the last one.
    pub missing: Option<Setup>,
    /// Devices to choose from: for `--device`, and for people.
    pub devices: Vec<(String, String)>,
    /// The newest sentence for the user.
    pub message: Option<Message>,
    /// The cell under the pointer.
    pub pointed: Option<usize>,
    /// What the mouse draws into a maze, and what the stroke that it is drawing leaves.
    pub brush: u32,
    pub(super) stroke: u32,
    /// Whether a file dialog is open, and a puzzle is being made.
    pub busy: (bool, bool),
    pub(super) worker: Worker,
    /// Counts the puzzles that were made, so that each is another.
    seed: u64,
}

impl State {
    /// The window as it was left, with a sentence if there is one; `wake` lets it look at its events.
    pub fn new(settings: Settings, message: Option<String>, wake: Wake) -> State {
        let board = |task, tokens: &Vec<u32>, side| {
            Editor::restored(task, tokens.clone()).unwrap_or_else(|| Editor::new(task, side))
        };
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let mut state = State {
            sudoku: board(Task::Sudoku, &settings.sudoku, sudoku::SIDE),
            maze: board(Task::Maze, &settings.maze, settings.maze_side),
            settings,
            thinking: None,
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

    /// Says that something did not work.
    pub fn complain(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.message = Some(Message { text, is_error: true });
    }

    /// Says something.
    pub fn say(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.message = Some(Message { text, is_error: false });
    }

    /// The task of what is shown.
    pub fn task(&self) -> Task {
        match self.settings.view {
            View::Sudoku => Task::Sudoku,
            View::Maze => Task::Maze,
            View::List => self.list.as_ref().map_or(Task::Sudoku, Batch::task),
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

    /// The thinking about the board of a task.
    pub fn thinking_of(&self, task: Task) -> Option<&Thinking> {
        self.thinking.as_ref().filter(|thinking| thinking.puzzle.task == task)
    }

    /// The thinking about the board that is shown, to be moved.
    pub fn playing(&mut self) -> Option<&mut Thinking> {
        let task = self.task();
        let on_board = self.settings.view != View::List;
        self.thinking
            .as_mut()
            .filter(|thinking| on_board && thinking.puzzle.task == task)
    }

    /// Model and device of a task, as they are chosen.
    pub fn setup(&self, task: Task) -> Setup {
        let device = self.settings.device.parse().unwrap_or(DeviceChoice::Auto);
        Setup {
            model: self.model(task).clone(),
            task,
            device,
        }
    }

    /// The chosen model of a task.
    pub fn model(&self, task: Task) -> &Option<String> {
        match task {
            Task::Maze => &self.settings.maze_model,
            Task::Sudoku | Task::Arc => &self.settings.sudoku_model,
        }
    }

    /// Chooses a model, None for the bundled one, and opens it.
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

    /// Opens the model of what is shown, if it is not open; work in progress is stopped, and stays as it is.
    pub fn open(&mut self) {
        let setup = self.setup(self.task());
        if self.opened.as_ref().is_none_or(|opened| opened.setup != setup) {
            self.stop();
            self.worker.open(setup);
        }
    }

    /// Shows another view.
    pub fn show(&mut self, view: View) {
        if self.settings.view != view {
            self.settings.view = view;
            let running = self.is_running();
            if !running {
                self.open();
            }
        }
    }

    /// Whether the solver is at work.
    pub fn is_running(&self) -> bool {
        let board = self.thinking.as_ref().is_some_and(Thinking::is_running);
        board || self.list.as_ref().is_some_and(|list| list.ticket.is_some())
    }

    /// How long to think, as it is chosen.
    pub fn effort(&self) -> Effort {
        Effort {
            halt: self.settings.halt,
            segments: self.settings.segments,
            tries: self.settings.tries,
        }
    }

    /// Thinks about the question on the board; on the list, answers what waits.
    pub fn think(&mut self) {
        match self.settings.view {
            View::List => self.answer_list(),
            View::Sudoku | View::Maze => self.think_with(self.effort()),
        }
    }

    fn think_with(&mut self, effort: Effort) {
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
        let ticket = self.worker.think(setup.clone(), effort, puzzle.clone());
        self.thinking = Some(Thinking::new(ticket, setup, puzzle));
    }

    /// Thinks on where the thinking ended: about four times as many segments, or more tries. What was thought stays.
    pub fn think_on(&mut self, more_tries: bool) {
        let Some(before) = self.playing().cloned() else { return };
        let mut effort = self.effort();
        let segments = effort.segments.unwrap_or(0).max(before.segments());
        effort.segments = Some(segments.clamp(1, MOST_SEGMENTS));
        if more_tries {
            effort.tries = (4 * before.tracks.len().max(2)).min(MOST_TRIES);
        } else {
            effort.segments = Some((4 * segments).clamp(1, MOST_SEGMENTS));
        }
        self.think_with(effort);
        let same = |now: &&mut Thinking| now.ticket != before.ticket && now.setup == before.setup;
        if let Some(thinking) = self.playing().filter(same) {
            thinking.go_on(before);
        }
    }

    /// Stops what is being computed, within a segment.
    pub fn stop(&mut self) {
        self.worker.stop();
    }

    /// Answers the puzzles of the list that wait.
    pub fn answer_list(&mut self) {
        let Some(list) = &self.list else {
            return self.complain("there is no list yet: open a file of puzzles, or drop one here");
        };
        let (task, waiting) = (list.task(), list.waiting());
        if waiting.is_empty() {
            return self.say("all puzzles have been answered");
        }
        self.message = None;
        let ticket = self.worker.answer(self.setup(task), self.effort(), waiting);
        if let Some(list) = &mut self.list {
            list.ticket = Some(ticket);
        }
    }

    fn list_stopped(&mut self) {
        if let Some(list) = &mut self.list {
            list.ticket = None;
        }
    }

    /// Puts an id into a cell of the board that is shown; with `stroke` as a part of the step before.
    pub fn put(&mut self, cell: usize, id: u32, stroke: bool) {
        let task = self.task();
        if self.editor_mut(task).set(cell, id, stroke) {
            self.forget(task);
        }
    }

    /// Empties the cell under the cursor; whether something was there.
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

    /// Moves the cursor of the board that is shown, or changes its question.
    pub fn edit(&mut self, edit: impl FnOnce(&mut Editor)) {
        let task = self.task();
        let editor = self.editor_mut(task);
        let before = editor.tokens().to_vec();
        edit(editor);
        if before != self.editor(task).tokens() {
            self.forget(task);
        }
    }

    /// The thinking is about another question now.
    fn forget(&mut self, task: Task) {
        if self
            .thinking
            .as_ref()
            .is_some_and(|thinking| thinking.puzzle.task == task)
        {
            if self.thinking.as_ref().is_some_and(Thinking::is_running) {
                self.worker.stop();
            }
            self.thinking = None;
        }
    }

    /// Puts a puzzle on the board of its task and shows it.
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

    /// Takes text from the clipboard.
    pub fn paste(&mut self, text: &str) {
        let task = Some(self.task()).filter(|task| *task == Task::Maze);
        match paste(text, task) {
            Ok(puzzle) => {
                self.message = None;
                self.put_puzzle(puzzle);
            }
            Err(error) => self.complain(format!("what was pasted is no puzzle: {error}")),
        }
    }

    /// What is on the board, as text for the clipboard: the shown grid of the thinking, else the question.
    pub fn copy(&self) -> String {
        let task = self.task();
        let grid = self.thinking_of(task).map(|thinking| thinking.grid(thinking.track()));
        let tokens = grid.unwrap_or_else(|| self.editor(task).tokens().to_vec());
        hrm::puzzle::answer_text(task, &tokens)
    }

    /// Reads a file, apart from the window.
    pub fn load(&mut self, path: PathBuf) {
        worker::load(self.worker.outbox(), path, None);
    }

    /// Makes a new puzzle of the chosen difficulty, apart from the window.
    pub fn make(&mut self) {
        if std::mem::replace(&mut self.busy.1, true) {
            return;
        }
        self.seed = self.seed.wrapping_add(1);
        let (seed, task, settings) = (self.seed, self.task(), self.settings.clone());
        self.worker.outbox().spawn(move || {
            Event::Made(match task {
                Task::Maze => super::maze_board::make(settings.maze_side, seed),
                Task::Sudoku | Task::Arc => sudoku::generate(settings.difficulty, seed),
            })
        });
    }

    /// Brings the settings up to date with the boards.
    pub fn remembered(&mut self) -> &Settings {
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
