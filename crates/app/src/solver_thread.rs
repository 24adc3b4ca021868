//! The thread that owns the solver and carries out the window's orders.

mod race;

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use hrm::Options;
use hrm::error::{Error, Result};
use hrm::executor::DeviceChoice;
use hrm::halt::Halt;
use hrm::solve::{Cancel, Query, Solver};
use hrm::tasks::Puzzle;
use hrm::trace::Trace;

use crate::fetch::Fetch;
use crate::hint::Hint;
use crate::messages::{Event, Opened, Order, Outbox, Setup, Work};
use crate::mind::{Mind, Recording};

/// The state of the thread: the solver that is open, and where its events go.
pub(crate) struct SolverThread {
    outbox: Outbox,
    open: Option<(Setup, Solver)>,
}

impl SolverThread {
    pub(crate) fn new(outbox: Outbox) -> SolverThread {
        SolverThread { outbox, open: None }
    }

    /// Carries out orders until the handle is dropped.
    pub(crate) fn run(mut self, orders: &Receiver<Order>) {
        self.outbox.spawn(|| Event::Devices(devices()));
        while let Ok(order) = orders.recv() {
            match order {
                Order::Open(setup) => drop(self.solver(&setup)),
                Order::Work {
                    ticket,
                    setup,
                    options,
                    work,
                    cancel,
                } => self.work(ticket, &setup, options, work, cancel),
            }
        }
    }

    fn work(&mut self, ticket: u64, setup: &Setup, mut options: Options, work: Work, cancel: Cancel) {
        match work {
            Work::Solve(puzzle) => {
                let done = self.solve(ticket, setup, &options, &puzzle, cancel);
                self.finish(ticket, done);
            }
            Work::SolveList(puzzles) => {
                let done = self.solve_list(ticket, setup, &options, &puzzles, cancel);
                self.finish(ticket, done);
            }
            Work::Hint(puzzle) => {
                let hint = self.hint(setup, options, &puzzle, cancel);
                self.look_at(&hint);
                self.outbox.send(Event::Hint(ticket, hint));
            }
            Work::Race(puzzle) => {
                let done = self.race(ticket, setup, options, &puzzle, &cancel);
                self.outbox.send(Event::Finished(ticket, done));
            }
            Work::Trace(puzzle, segments) => {
                options.segments = Some(segments);
                let mind = self.trace(setup, options, puzzle, cancel);
                self.look_at(&mind);
                self.outbox.send(Event::Mind(ticket, mind.map(Arc::new)));
            }
        }
    }

    fn finish(&mut self, ticket: u64, done: Result<()>) {
        self.look_at(&done);
        self.outbox.send(Event::Finished(ticket, done));
    }

    /// Drops a solver whose device is gone.
    fn look_at<T>(&mut self, done: &Result<T>) {
        if matches!(
            done,
            Err(Error::DeviceLost { .. } | Error::OutOfMemory { .. } | Error::Gpu { .. })
        ) {
            // The session has already rebuilt the device once: the next order opens a new one.
            self.open = None;
        }
    }

    /// Returns the solver of a setup and opens it if it is not open.
    fn solver(&mut self, setup: &Setup) -> Result<Solver> {
        if let Some((_, solver)) = self.open.as_ref().filter(|(open, _)| open == setup) {
            return Ok(solver.clone());
        }
        match open(setup, &Fetch::new(self.outbox.clone())) {
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

    fn solve(&mut self, ticket: u64, setup: &Setup, options: &Options, puzzle: &Puzzle, cancel: Cancel) -> Result<()> {
        let solver = self.solver(setup)?;
        let mut options = options.clone();
        options.want.logits = true;
        let solver = Arc::new(Solver::on(solver.executor().clone(), &options)?);
        solver.check(puzzle)?;
        self.outbox.send(Event::Question(ticket, puzzle.question()));
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
                variant: segment.variant,
                thought: Box::new(thought),
                stopped: segment.stopped,
                elapsed: segment.elapsed,
                answer: segment.answer.map(|answer| (solver.clone(), Box::new(answer))),
            });
        }
        Ok(())
    }

    /// Returns what the model thinks of the cell that it is surest of.
    fn hint(&mut self, setup: &Setup, mut options: Options, puzzle: &Puzzle, cancel: Cancel) -> Result<Option<Hint>> {
        options.tries = Some(1);
        options.want.logits = true;
        let solver = Solver::on(self.solver(setup)?.executor().clone(), &options)?;
        Hint::about(&solver, puzzle, cancel)
    }

    /// Runs a puzzle as it is, as long as the options say, and records the states.
    fn trace(&mut self, setup: &Setup, mut options: Options, puzzle: Puzzle, cancel: Cancel) -> Result<Mind> {
        (options.halt, options.tries) = (Some(Halt::Fixed), Some(1));
        options.want.carry = true;
        let solver = Solver::on(self.solver(setup)?.executor().clone(), &options)?;
        let mut recording = Recording::new(&solver.model().config);
        let mut run = solver.run([Query::from(puzzle)])?.with_cancel(cancel);
        while let Some(segment) = run.next_blocking() {
            let segment = segment?;
            recording.add(segment.number, &segment.outputs);
        }
        Ok(recording.finish())
    }

    fn solve_list(
        &mut self,
        ticket: u64,
        setup: &Setup,
        options: &Options,
        puzzles: &[(usize, Puzzle)],
        cancel: Cancel,
    ) -> Result<()> {
        let solver = Arc::new(Solver::on(self.solver(setup)?.executor().clone(), options)?);
        puzzles.iter().try_for_each(|(_, puzzle)| solver.check(puzzle))?;
        let queries = puzzles.iter().map(|(_, puzzle)| Query::from(puzzle.clone()));
        let mut run = solver.answers(queries)?.with_cancel(cancel);
        while let Some(segment) = run.next_blocking() {
            let segment = segment?;
            let (number, _) = &puzzles[segment.id];
            if let Some(answer) = segment.answer {
                self.outbox
                    .send(Event::Answer(ticket, *number, solver.clone(), Box::new(answer)));
            }
        }
        Ok(())
    }
}

/// Loads the model and opens a device.
fn build(setup: &Setup, device: DeviceChoice, fetch: &Fetch) -> Result<Solver> {
    let model = setup.model.as_ref().map(|model| hrm_hub::model(model.into(), fetch));
    let mut options = Options::default();
    options.task = Some(setup.task);
    options.device = device;
    options.model = model.transpose()?.map(|(model, _)| model);
    Solver::open_blocking(&options)
}

/// Loads the model and opens the device; if the chosen device cannot be opened, the CPU takes its place.
fn open(setup: &Setup, fetch: &Fetch) -> Result<(Solver, Vec<String>)> {
    let (solver, remark) = match build(setup, setup.device.clone(), fetch) {
        Err(
            error @ (Error::Device { .. } | Error::DeviceLost { .. } | Error::OutOfMemory { .. } | Error::Gpu { .. }),
        ) if setup.device != DeviceChoice::Cpu => {
            let remark = format!("{error}; the CPU is used instead");
            (build(setup, DeviceChoice::Cpu, fetch)?, Some(remark))
        }
        built => (built?, None),
    };
    solver.executor().share_screen();
    let remarks = solver.model().warnings.iter().cloned().chain(remark).collect();
    Ok((solver, remarks))
}

/// Returns the devices to choose from: automatic, the CPU, and every adapter of this machine.
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

/// Words an error for a user of the window, with what can be done about it there.
pub fn sentence(error: &Error) -> String {
    match error {
        Error::OutOfMemory { .. } | Error::Gpu { .. } | Error::DeviceLost { .. } | Error::Device { .. } => {
            format!("{error}. You can choose the CPU as the device.")
        }
        error => error.to_string(),
    }
}
