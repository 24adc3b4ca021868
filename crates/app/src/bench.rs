//! The worker's side of the thread that owns the solver.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::worker::{Effort, Event, Opened, Outbox, Setup, Work};
use hrm::error::{Error, Result};
use hrm::executor::{DeviceChoice, Want};
use hrm::puzzle::Puzzle;
use hrm::session::{Query, Schedule};
use hrm::solve::{Cancel, Solver};
use hrm::trace::Trace;
use hrm::tries::Tries;

/// The thread: it opens solvers and runs them.
pub(super) struct Bench {
    outbox: Outbox,
    open: Option<(Setup, Solver)>,
}

impl Bench {
    pub(super) fn new(outbox: Outbox) -> Bench {
        Bench { outbox, open: None }
    }

    /// Works until nobody gives orders.
    pub(super) fn run(mut self, orders: &Receiver<Work>) {
        self.outbox.spawn(|| Event::Devices(devices()));
        while let Ok(work) = orders.recv() {
            match work {
                Work::Open(setup) => drop(self.solver(&setup)),
                Work::Think {
                    ticket,
                    setup,
                    effort,
                    puzzle,
                    cancel,
                } => {
                    let done = self.think(ticket, &setup, effort, &puzzle, cancel);
                    self.over(ticket, done);
                }
                Work::Answer {
                    ticket,
                    setup,
                    effort,
                    puzzles,
                    cancel,
                } => {
                    let done = self.answer(ticket, &setup, effort, &puzzles, cancel);
                    self.over(ticket, done);
                }
            }
        }
    }

    fn over(&mut self, ticket: u64, done: Result<()>) {
        if matches!(
            done,
            Err(Error::DeviceLost { .. } | Error::OutOfMemory { .. } | Error::Gpu { .. })
        ) {
            // The session has rebuilt it once already: the next order opens it anew.
            self.open = None;
        }
        self.outbox.send(Event::Over(ticket, done));
    }

    /// The solver of a setup, opened if it is not.
    fn solver(&mut self, setup: &Setup) -> Result<Solver> {
        if let Some((_, solver)) = self.open.as_ref().filter(|(open, _)| open == setup) {
            return Ok(solver.clone());
        }
        match open(setup) {
            Ok((solver, remarks)) => {
                self.open = Some((setup.clone(), solver.clone()));
                self.outbox.send(Event::Opened(Opened {
                    setup: setup.clone(),
                    model: solver.model().name.clone(),
                    device: solver.executor().device_name(),
                    schedule: solver.schedule(),
                    remarks,
                }));
                Ok(solver)
            }
            Err(error) => {
                self.outbox.send(Event::NotOpened(setup.clone(), sentence(&error)));
                Err(error)
            }
        }
    }

    fn think(&mut self, ticket: u64, setup: &Setup, effort: Effort, puzzle: &Puzzle, cancel: Cancel) -> Result<()> {
        let solver = self.solver(setup)?;
        solver.check(puzzle)?;
        self.outbox.send(Event::Question(ticket, puzzle.question()));
        let want = Want {
            logits: true,
            ..Want::default()
        };
        let solver = Arc::new(with(&solver, effort, want)?);
        let mut run = solver.run([Query::from(puzzle.clone())])?.with_cancel(cancel);
        let mut traces: Vec<Trace> = Vec::new();
        while let Some(segment) = run.next_blocking() {
            let segment = segment?;
            let attempt = segment.attempt;
            if traces.len() <= attempt {
                traces.resize_with(attempt + 1, || Trace::new(&solver.model().config));
            }
            let thought = traces[attempt].add(segment.number, &segment.outputs).clone();
            self.outbox.send(Event::Segment {
                ticket,
                attempt,
                variant: solver.tries().variant(solver.model().config.task, attempt),
                thought: Box::new(thought),
                stopped: segment.stopped,
                answer: solver
                    .answer(puzzle, &segment)
                    .map(|answer| (solver.clone(), Box::new(answer))),
                elapsed: segment.elapsed,
            });
        }
        Ok(())
    }

    fn answer(
        &mut self,
        ticket: u64,
        setup: &Setup,
        effort: Effort,
        puzzles: &[(usize, Puzzle)],
        cancel: Cancel,
    ) -> Result<()> {
        let solver = Arc::new(with(&self.solver(setup)?, effort, Want::default())?);
        puzzles.iter().try_for_each(|(_, puzzle)| solver.check(puzzle))?;
        let queries = puzzles.iter().map(|(_, puzzle)| Query::from(puzzle.clone()));
        let mut run = solver.answers(queries)?.with_cancel(cancel);
        while let Some(segment) = run.next_blocking() {
            let segment = segment?;
            let (number, puzzle) = &puzzles[segment.id];
            if let Some(answer) = solver.answer(puzzle, &segment) {
                self.outbox
                    .send(Event::Answer(ticket, *number, solver.clone(), Box::new(answer)));
            }
        }
        Ok(())
    }
}

/// Finds the model and opens the device; where the device of choice cannot be had, the CPU goes on.
fn open(setup: &Setup) -> Result<(Solver, Vec<String>)> {
    let build = |device: DeviceChoice| {
        let builder = Solver::builder().task(setup.task).device(device);
        match &setup.model {
            Some(model) => builder.model(model),
            None => builder,
        }
        .build_blocking()
    };
    let (solver, remark) = match build(setup.device.clone()) {
        Err(
            error @ (Error::Device { .. } | Error::DeviceLost { .. } | Error::OutOfMemory { .. } | Error::Gpu { .. }),
        ) if setup.device != DeviceChoice::Cpu => {
            let remark = format!("{error}; it goes on with the CPU");
            (build(DeviceChoice::Cpu)?, Some(remark))
        }
        built => (built?, None),
    };
    solver.executor().share_screen();
    let remarks = solver.model().warnings.iter().cloned().chain(remark).collect();
    Ok((solver, remarks))
}

/// The solver with another effort.
fn with(solver: &Solver, effort: Effort, want: Want) -> Result<Solver> {
    let schedule = Schedule {
        halt: effort.halt.unwrap_or(solver.schedule().halt),
        segments: effort.segments.unwrap_or(solver.schedule().segments),
    };
    let tries = Tries {
        count: effort.tries,
        ..Tries::default()
    };
    solver.rescheduled(schedule, tries, want)
}

/// Automatic, the CPU, and every adapter that there is.
fn devices() -> Vec<(String, String)> {
    let mut choices = vec![
        ("auto".to_owned(), "automatic".to_owned()),
        ("cpu".to_owned(), "CPU".to_owned()),
    ];
    let adapters = pollster::block_on(hrm::gpu::adapters()).unwrap_or_default();
    let name = |a: &hrm::gpu::AdapterReport| (a.index.to_string(), format!("{} ({}, {})", a.name, a.kind, a.backend));
    choices.extend(adapters.iter().map(name));
    choices
}

/// The error and what to do about it, for people who have a window and no command line.
pub fn sentence(error: &Error) -> String {
    match error {
        Error::OutOfMemory { .. } | Error::Gpu { .. } | Error::DeviceLost { .. } | Error::Device { .. } => {
            format!("{error}. The CPU can be chosen as the device.")
        }
        error => error.to_string(),
    }
}
