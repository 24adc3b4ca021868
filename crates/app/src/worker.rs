//! The thread that owns the solver. The window sends it work and never waits; what it finds comes back as events.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::bench::Bench;
use super::export::Export;
use super::input::{self, Loaded};
use hrm::error::Result;
use hrm::executor::DeviceChoice;
use hrm::halt::{Halt, Stop};
use hrm::model::Task;
use hrm::puzzle::{Puzzle, Question};
use hrm::session::Schedule;
use hrm::solve::{Answer, Cancel, Solver};
use hrm::trace::Thought;
use hrm::tries::Variant;

/// Which model on which device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// A path or a bundled model's name; None for the bundled model of the task.
    pub model: Option<String>,
    /// What the puzzles are.
    pub task: Task,
    /// Where it runs.
    pub device: DeviceChoice,
}

/// How long to think.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort {
    /// The rule that stops early; None for the task's default.
    pub halt: Option<Halt>,
    /// Most segments; None for the model's.
    pub segments: Option<usize>,
    /// Most tries.
    pub tries: usize,
}

/// What the worker has opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// For whom.
    pub setup: Setup,
    /// The model's name.
    pub model: String,
    /// The device, as people call it.
    pub device: String,
    /// The rule and the most segments where nobody says otherwise.
    pub schedule: Schedule,
    /// What is odd about the model's files, or why it is another device than asked for.
    pub remarks: Vec<String>,
}

/// Work for the thread.
pub(super) enum Work {
    Open(Setup),
    Think {
        ticket: u64,
        setup: Setup,
        effort: Effort,
        puzzle: Puzzle,
        cancel: Cancel,
    },
    Answer {
        ticket: u64,
        setup: Setup,
        effort: Effort,
        puzzles: Vec<(usize, Puzzle)>,
        cancel: Cancel,
    },
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// The solver is ready.
    Opened(Opened),
    /// It could not be had; what was there before stays.
    NotOpened(Setup, String),
    /// The devices to choose from: for `--device`, and for people.
    Devices(Vec<(String, String)>),
    /// Whether the question has one solution.
    Question(u64, Option<Question>),
    /// A segment of a try.
    Segment {
        /// The work order.
        ticket: u64,
        /// The try.
        attempt: usize,
        /// What it makes of the puzzle.
        variant: Variant,
        /// The segment.
        thought: Box<Thought>,
        /// What stopped it, if this was its last.
        stopped: Option<Stop>,
        /// The answer to the puzzle, where this is it, and who gave it.
        answer: Option<(Arc<Solver>, Box<Answer>)>,
        /// Since submission.
        elapsed: Duration,
    },
    /// The answer to a puzzle of many, by its number.
    Answer(u64, usize, Arc<Solver>, Box<Answer>),
    /// The work order is over; [`Error::Cancelled`](hrm::Error::Cancelled) where the user ended it.
    Over(u64, Result<()>),
    /// A file was read.
    Loaded(PathBuf, Result<Loaded>),
    /// A puzzle was made.
    Made(Puzzle),
    /// Something was written, or could not be.
    Saved(Result<PathBuf>),
    /// A file dialog was closed.
    Dialog(Option<Chosen>),
}

/// What was chosen in a file dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// A file of puzzles to open.
    Puzzles(PathBuf),
    /// A model for a task.
    Model(Task, PathBuf),
    /// Where to save something.
    Save(Export, PathBuf),
}

/// Lets the window look at its events.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Where events go.
#[derive(Clone)]
pub struct Outbox {
    events: Sender<Event>,
    wake: Wake,
}

impl Outbox {
    /// Hands an event to the window. One that has closed needs none.
    pub fn send(&self, event: Event) {
        let _ = self.events.send(event);
        (self.wake)();
    }

    /// What it calls.
    pub fn wake(&self) -> Wake {
        self.wake.clone()
    }

    /// Runs something that may take long apart from the window.
    pub fn spawn(&self, work: impl FnOnce() -> Event + Send + 'static) {
        let outbox = self.clone();
        // Without a thread the event does not come, and the window goes on as it is.
        let _ = std::thread::Builder::new()
            .name("hrm-window-job".into())
            .spawn(move || outbox.send(work()));
    }
}

/// The window's side.
pub struct Worker {
    work: Option<Sender<Work>>,
    events: Receiver<Event>,
    outbox: Outbox,
    thread: Option<JoinHandle<()>>,
    cancel: Cancel,
    ticket: u64,
}

impl Worker {
    /// Starts the thread. `wake` is called from it whenever there is an event.
    pub fn start(wake: Wake) -> Worker {
        let (work, orders) = channel();
        let (events_in, events) = channel();
        let outbox = Outbox {
            events: events_in,
            wake,
        };
        let bench = Bench::new(outbox.clone());
        let thread = std::thread::Builder::new()
            .name("hrm-solver".into())
            .spawn(move || bench.run(&orders));
        Worker {
            work: Some(work),
            events,
            outbox,
            thread: thread.ok(),
            cancel: Cancel::default(),
            ticket: 0,
        }
    }

    /// What has happened since; None where nothing has.
    pub fn event(&self) -> Option<Event> {
        self.events.try_recv().ok()
    }

    /// Where other threads put their events.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Whether the thread has ended though nobody asked it to.
    pub fn is_gone(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Opens a model on a device, so that the first puzzle finds it ready.
    pub fn open(&mut self, setup: Setup) {
        self.order(Work::Open(setup));
    }

    /// Thinks about a puzzle; what was being done is stopped. Gives the number that its events carry.
    pub fn think(&mut self, setup: Setup, effort: Effort, puzzle: Puzzle) -> u64 {
        let (ticket, cancel) = self.next();
        self.order(Work::Think {
            ticket,
            setup,
            effort,
            puzzle,
            cancel,
        });
        ticket
    }

    /// Answers many puzzles, each with its number; as [`Worker::think`].
    pub fn answer(&mut self, setup: Setup, effort: Effort, puzzles: Vec<(usize, Puzzle)>) -> u64 {
        let (ticket, cancel) = self.next();
        self.order(Work::Answer {
            ticket,
            setup,
            effort,
            puzzles,
            cancel,
        });
        ticket
    }

    /// Stops what is being done, within a segment.
    pub fn stop(&self) {
        self.cancel.cancel();
    }

    fn next(&mut self) -> (u64, Cancel) {
        self.stop();
        self.cancel = Cancel::default();
        self.ticket += 1;
        (self.ticket, self.cancel.clone())
    }

    fn order(&self, work: Work) {
        if let Some(orders) = &self.work {
            let _ = orders.send(work);
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
        self.work = None;
        // A device should not be in use while the process goes down; but nobody waits long for a window to close.
        let until = Instant::now() + Duration::from_secs(3);
        while !self.is_gone() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Reads a file of puzzles apart from the window.
pub fn load(outbox: &Outbox, path: PathBuf, task: Option<Task>) {
    outbox.spawn(move || {
        let loaded = input::load(&path, task);
        Event::Loaded(path, loaded)
    });
}
