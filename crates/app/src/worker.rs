//! The window's handle to the solver thread: orders go in, events come back, and the window never waits.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hrm::Options;
use hrm::solve::Cancel;
use hrm::tasks::{Puzzle, Task};

use crate::input;
use crate::messages::{Event, Order, Outbox, Setup, Wake, Work};
use crate::solver_thread::SolverThread;

/// A handle to the solver thread.
pub struct Worker {
    orders: Option<Sender<Order>>,
    events: Receiver<Event>,
    outbox: Outbox,
    thread: Option<JoinHandle<()>>,
    cancel: Cancel,
    ticket: u64,
}

impl Worker {
    /// Starts the thread. `wake` is called from it whenever there is an event.
    pub fn start(wake: Wake) -> Worker {
        let (orders, received) = channel();
        let (sender, events) = channel();
        let outbox = Outbox::new(sender, wake);
        let solver = SolverThread::new(outbox.clone());
        let thread = std::thread::Builder::new()
            .name("hrm-solver".into())
            .spawn(move || solver.run(&received));
        Worker {
            orders: Some(orders),
            events,
            outbox,
            thread: thread.ok(),
            cancel: Cancel::default(),
            ticket: 0,
        }
    }

    /// Returns the next event, if there is one.
    pub fn event(&self) -> Option<Event> {
        self.events.try_recv().ok()
    }

    /// Returns the outbox through which other threads report to the same window.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Returns whether the thread has ended, which it should not while this handle exists.
    pub fn is_gone(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Opens a model on a device ahead of the first puzzle.
    pub fn open(&mut self, setup: Setup) {
        self.order(Order::Open(setup));
    }

    /// Solves a puzzle, and stops the order before it. Returns the ticket that its events carry.
    pub fn solve(&mut self, setup: Setup, options: Options, puzzle: Puzzle) -> u64 {
        self.work(setup, options, Work::Solve(puzzle))
    }

    /// Solves many puzzles, each with its number; otherwise as [`Worker::solve`].
    pub fn solve_list(&mut self, setup: Setup, options: Options, puzzles: Vec<(usize, Puzzle)>) -> u64 {
        self.work(setup, options, Work::SolveList(puzzles))
    }

    /// Solves a puzzle for a hint; otherwise as [`Worker::solve`].
    pub fn hint(&mut self, setup: Setup, options: Options, puzzle: Puzzle) -> u64 {
        self.work(setup, options, Work::Hint(puzzle))
    }

    /// Solves a puzzle on the CPU, and then on the GPU; otherwise as [`Worker::solve`].
    pub fn race(&mut self, setup: Setup, options: Options, puzzle: Puzzle) -> u64 {
        self.work(setup, options, Work::Race(puzzle))
    }

    /// Runs so many segments of a puzzle once more and records the states; otherwise as [`Worker::solve`].
    pub fn trace(&mut self, setup: Setup, options: Options, puzzle: Puzzle, segments: usize) -> u64 {
        self.work(setup, options, Work::Trace(puzzle, segments))
    }

    /// Stops the current order within a segment.
    pub fn stop(&self) {
        self.cancel.cancel();
    }

    fn work(&mut self, setup: Setup, options: Options, work: Work) -> u64 {
        self.stop();
        self.cancel = Cancel::default();
        self.ticket += 1;
        self.order(Order::Work {
            ticket: self.ticket,
            setup,
            options,
            work,
            cancel: self.cancel.clone(),
        });
        self.ticket
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            let _ = orders.send(order);
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
        self.orders = None;
        // The device should be idle before the process exits, but closing a window must not take long.
        let until = Instant::now() + Duration::from_secs(3);
        while !self.is_gone() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Reads a file of puzzles in a thread of its own.
pub fn load(outbox: &Outbox, path: PathBuf, task: Option<Task>) {
    outbox.spawn(move || {
        let loaded = input::load(&path, task);
        Event::Loaded(path, loaded)
    });
}
