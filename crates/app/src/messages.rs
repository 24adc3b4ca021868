//! Messages between the window and its threads: orders go in, events come back.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use hrm::Options;
use hrm::error::Result;
use hrm::executor::DeviceChoice;
use hrm::halt::{Schedule, Stop};
use hrm::solve::{Answer, Cancel, Solver};
use hrm::tasks::{Puzzle, Question, Task};
use hrm::trace::Thought;
use hrm::tries::Variant;

use crate::hint::Hint;
use crate::input::Loaded;
use crate::mind::Mind;
use crate::race::News;

/// A model and the device that it runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// A path, a bundled model's name, or a name on a hub; None for the bundled model of the task.
    pub model: Option<String>,
    /// The task of the puzzles.
    pub task: Task,
    /// The device that runs the network.
    pub device: DeviceChoice,
}

/// A solver that has been opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The setup that was asked for.
    pub setup: Setup,
    /// The model's name.
    pub model: String,
    /// The device's name, for display.
    pub device: String,
    /// The halting rule and the number of segments that apply unless the user chooses others.
    pub schedule: Schedule,
    /// Warnings about the model's files, and why the device is not the one asked for.
    pub remarks: Vec<String>,
}

/// An order for the solver thread.
#[allow(clippy::large_enum_variant, reason = "orders are few, and moved once")]
pub(crate) enum Order {
    /// Opens a model on a device.
    Open(Setup),
    /// Works on puzzles, and reports with the ticket.
    Work {
        ticket: u64,
        setup: Setup,
        options: Options,
        work: Work,
        cancel: Cancel,
    },
}

/// What a solver is wanted for.
pub(crate) enum Work {
    /// Solves one puzzle and reports every segment.
    Solve(Puzzle),
    /// Solves many puzzles, each with its number, and reports only the answers.
    SolveList(Vec<(usize, Puzzle)>),
    /// Solves a puzzle and reports what it thinks of one cell.
    Hint(Puzzle),
    /// Solves a puzzle on the CPU, and then on the GPU.
    Race(Puzzle),
    /// Runs so many segments of a puzzle once more and records the states.
    Trace(Puzzle, usize),
}

/// An event that a thread reports to the window.
#[derive(Debug)]
pub enum Event {
    /// Something arrives from a hub before the solver can be opened; in words.
    Fetching(String),
    /// The solver is ready.
    Opened(Opened),
    /// The solver could not be opened, and why; the one that was open before stays.
    NotOpened(Setup, String),
    /// The devices to choose from: each as a [`DeviceChoice`] is written, and its name for display.
    Devices(Vec<(String, String)>),
    /// Whether the puzzle of an order has exactly one solution.
    Question(u64, Option<Question>),
    /// One segment of one try.
    Segment {
        /// The order's ticket.
        ticket: u64,
        /// The try, from 0.
        attempt: usize,
        /// How the try varies the puzzle.
        variant: Variant,
        /// The segment's results.
        thought: Box<Thought>,
        /// The reason for halting, if this was the try's last segment.
        stopped: Option<Stop>,
        /// The answer to the puzzle and the solver that gave it, if this segment settles it.
        answer: Option<(Arc<Solver>, Box<Answer>)>,
        /// Time since submission.
        elapsed: Duration,
    },
    /// The answer to one puzzle of a list, by its number.
    Answer(u64, usize, Arc<Solver>, Box<Answer>),
    /// What has happened in a lane, from 0, of the race with this ticket.
    Race(u64, usize, News),
    /// A hint for the order with this ticket; None if the model would write nothing.
    Hint(u64, Result<Option<Hint>>),
    /// The states of a solve, for the order with this ticket.
    Mind(u64, Result<Arc<Mind>>),
    /// The order is finished; [`Error::Cancelled`](hrm::Error::Cancelled) if the user stopped it.
    Finished(u64, Result<()>),
    /// A file was read.
    Loaded(PathBuf, Result<Loaded>),
    /// A puzzle was generated; None from a generator that has no more.
    Generated(Result<Option<Puzzle>>),
    /// The puzzle of a day was made, or could not be.
    Daily(Task, u64, Option<Puzzle>),
    /// A file was written, or could not be.
    Saved(Result<PathBuf>),
    /// A file dialog was closed, with a choice or without.
    Dialog(Option<Chosen>),
    /// The system has no file dialogs; this is what one was wanted for.
    NoDialog(Purpose),
}

/// What a path is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To open a file of puzzles.
    Open,
    /// To open a model for a task.
    Model(Task),
    /// To save an export.
    Save(Export),
}

impl Purpose {
    /// Returns the title of its dialog.
    pub fn title(self) -> &'static str {
        match self {
            Purpose::Open => "Open puzzles",
            Purpose::Model(_) => "Open a model: its folder, or that of a checkpoint",
            Purpose::Save(export) => export.title(),
        }
    }

    /// Returns the choice of a path.
    pub fn chosen(self, path: PathBuf) -> Chosen {
        match self {
            Purpose::Open => Chosen::Puzzles(path),
            Purpose::Model(task) => Chosen::Model(task, path),
            Purpose::Save(export) => Chosen::Save(export, path),
        }
    }
}

/// A choice made in a file dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// A file of puzzles to open.
    Puzzles(PathBuf),
    /// A model for a task.
    Model(Task, PathBuf),
    /// A path to save an export to.
    Save(Export, PathBuf),
}

/// A path that is being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathField {
    /// What the path is for.
    pub purpose: Purpose,
    /// The path so far.
    pub text: String,
    /// Whether a file of that name was found, which the same path given again replaces.
    pub exists: bool,
    /// Whether it has not been shown yet: then it takes the focus.
    pub is_new: bool,
}

/// Something that can be saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// The shown segment as a picture.
    Picture,
    /// All segments as an animation.
    Animation,
    /// The answer and every segment, as `hrm solve --json --trace` prints them.
    Json,
    /// The answers of the list, one JSON object per line.
    Results,
}

impl Export {
    /// Returns the label of its button.
    pub fn name(self) -> &'static str {
        match self {
            Export::Picture => "PNG",
            Export::Animation => "GIF",
            Export::Json => "JSON",
            Export::Results => "JSON lines",
        }
    }

    /// Returns the title of its dialog.
    pub fn title(self) -> &'static str {
        match self {
            Export::Picture => "Save the shown segment as a picture",
            Export::Animation => "Save all segments as an animation",
            Export::Json => "Save the answer and all segments as data",
            Export::Results => "Save the results",
        }
    }

    /// Returns the file name that its dialog proposes.
    pub fn file_name(self) -> &'static str {
        match self {
            Export::Picture => "solve.png",
            Export::Animation => "solve.gif",
            Export::Json => "solve.json",
            Export::Results => "results.jsonl",
        }
    }
}

/// A callback that makes the window look at its events.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// The sending end of the window's event queue.
#[derive(Clone)]
pub struct Outbox {
    events: Sender<Event>,
    wake: Wake,
}

impl Outbox {
    /// Returns an outbox that sends to `events` and then calls `wake`.
    pub(crate) fn new(events: Sender<Event>, wake: Wake) -> Outbox {
        Outbox { events, wake }
    }

    /// Sends an event to the window. After the window has closed, the event is dropped.
    pub fn send(&self, event: Event) {
        let _ = self.events.send(event);
        (self.wake)();
    }

    /// Returns the callback that follows every event.
    pub fn wake(&self) -> Wake {
        self.wake.clone()
    }

    /// Runs `work`, which may take long, in a thread of its own and sends the event that it returns.
    pub fn spawn(&self, work: impl FnOnce() -> Event + Send + 'static) {
        let outbox = self.clone();
        // If no thread can be started, the event never comes and the window goes on as it is.
        let _ = std::thread::Builder::new()
            .name("hrm-window-job".into())
            .spawn(move || outbox.send(work()));
    }
}
