//! The race of CPU and GPU, each with a solver of its own.

use hrm::Options;
use hrm::error::{Error, Result};
use hrm::executor::DeviceChoice;
use hrm::gpu::ShaderSet;
use hrm::solve::{Cancel, Query, Solver};
use hrm::tasks::Puzzle;

use super::{SolverThread, build, sentence};
use crate::fetch::Fetch;
use crate::messages::{Event, Setup};
use crate::race::News;

impl SolverThread {
    /// Runs a puzzle on the CPU, and then on the GPU.
    pub(super) fn race(
        &self,
        ticket: u64,
        setup: &Setup,
        mut options: Options,
        puzzle: &Puzzle,
        cancel: &Cancel,
    ) -> Result<()> {
        options.tries = Some(1);
        for (lane, device) in [DeviceChoice::Cpu, DeviceChoice::Gpu].into_iter().enumerate() {
            match self.run_lane((ticket, lane), setup, device, &options, puzzle, cancel) {
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(error) => self
                    .outbox
                    .send(Event::Race(ticket, lane, News::Failed(sentence(&error)))),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    fn run_lane(
        &self,
        (ticket, lane): (u64, usize),
        setup: &Setup,
        device: DeviceChoice,
        options: &Options,
        puzzle: &Puzzle,
        cancel: &Cancel,
    ) -> Result<()> {
        let tell = |news: News| self.outbox.send(Event::Race(ticket, lane, news));
        tell(News::Opening);
        let opened = build(setup, device, &Fetch::new(self.outbox.clone()))?;
        let executor = opened.executor();
        executor.share_screen();
        tell(News::Opened {
            name: executor.device_name(),
            is_software: executor
                .gpu()
                .is_some_and(|gpu| gpu.shader_set() == ShaderSet::Register),
        });
        let solver = Solver::on(executor.clone(), options)?;
        solver.check(puzzle)?;
        // What is done only once, compiling shaders among it, is no part of a segment.
        pollster::block_on(solver.warm_up())?;
        let mut run = solver.run([Query::from(puzzle.clone())])?.with_cancel(cancel.clone());
        while let Some(segment) = run.next_blocking() {
            let segment = segment?;
            tell(News::Segment {
                number: segment.number,
                prediction: segment.outputs.preds,
                seconds: segment.elapsed.as_secs_f64(),
                answered: segment.answer.map(|answer| answer.verdict.map(|verdict| verdict.valid)),
            });
        }
        Ok(())
    }
}
