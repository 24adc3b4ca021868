//! Runs a model over classes of puzzles.

use std::sync::Arc;
use std::time::Instant;

use hrm::eval::Sample;
use hrm::executor::{DeviceChoice, Executor};
use hrm::halt::Halt;
use hrm::model::Model;
use hrm::solve::Query;
use hrm::tasks::Puzzle;
use hrm::tries::{Tries, Variants};
use hrm::{Options, Solver};

/// The puzzles of one `source`.
pub struct Class {
    pub name: String,
    pub samples: Vec<Sample>,
}

/// What is measured, and on what.
pub struct Bench {
    pub model: Model,
    pub device: DeviceChoice,
    pub batch: Option<usize>,
    pub classes: Vec<Class>,
}

/// How puzzles are run.
#[derive(Clone, Copy)]
pub struct Setting {
    pub tries: Tries,
    pub segments: usize,
    pub halt: Halt,
    /// Whether rules choose among tries; otherwise the vote does.
    pub rules: bool,
}

/// The result of one class.
pub struct Outcome {
    pub puzzles: usize,
    pub solved: usize,
    /// Segments of all tries at all puzzles.
    pub segments: usize,
    pub seconds: f64,
}

/// One segment of a puzzle that never halts.
#[derive(Clone, Copy)]
pub struct Moment {
    /// Whether the grid is the right one.
    pub right: bool,
    /// Whether the grid keeps the rules.
    pub valid: bool,
    /// Whether the model says "stop".
    pub learned: bool,
    /// Whether nothing changed in this segment.
    pub stays: bool,
}

impl Bench {
    fn solver(&self, setting: &Setting) -> hrm::Result<Solver> {
        let mut options = Options::default();
        options.halt = Some(setting.halt);
        options.segments = Some(setting.segments);
        options.tries = Some(setting.tries.count);
        options.variants = Some(setting.tries.variants);
        options.noise = Some(setting.tries.noise).filter(|_| setting.tries.variants != Variants::Symmetry);
        options.batch = self.batch;
        let model = Arc::new(self.model.clone());
        let executor = pollster::block_on(Executor::open(model, &self.device, None))?;
        let solver = Solver::on(executor, &options)?;
        pollster::block_on(solver.warm_up())?;
        Ok(solver)
    }

    fn queries(&self, class: &Class, rules: bool) -> hrm::Result<Vec<Query>> {
        let task = self.model.config.task.unwrap_or_default();
        let query = |sample: &Sample| {
            let mut query = Query::from(Puzzle::new(task, sample.tokens.clone())?);
            query.puzzle = query.puzzle.filter(|_| rules);
            Ok(query)
        };
        class.samples.iter().map(query).collect()
    }

    /// Answers every class; returns one outcome per class.
    pub fn answers(&self, setting: &Setting) -> hrm::Result<Vec<Outcome>> {
        let solver = self.solver(setting)?;
        let mut outcomes = Vec::new();
        for class in &self.classes {
            let start = Instant::now();
            let mut run = solver.answers(self.queries(class, setting.rules)?)?;
            let (mut solved, mut segments) = (0, 0);
            while let Some(segment) = run.next_blocking() {
                let segment = segment?;
                let sample = &class.samples[segment.id];
                solved += usize::from(is_right(&self.model, sample, &segment.outputs.preds));
                segments += segment.decision.map_or(0, |decision| decision.segments);
            }
            outcomes.push(Outcome {
                puzzles: class.samples.len(),
                solved,
                segments,
                seconds: start.elapsed().as_secs_f64(),
            });
        }
        Ok(outcomes)
    }

    /// Returns every segment of every puzzle of a class, without halting, from which the effect of any halting rule can
    /// be computed.
    pub fn moments(&self, class: &Class, segments: usize) -> hrm::Result<Vec<Vec<Moment>>> {
        let solver = self.solver(&Setting {
            tries: Tries::default(),
            segments,
            halt: Halt::Fixed,
            rules: true,
        })?;
        let queries = self.queries(class, true)?;
        let puzzles: Vec<_> = queries.iter().map(|query| query.puzzle.clone()).collect();
        let mut moments: Vec<Vec<Moment>> = vec![Vec::new(); queries.len()];
        let mut before: Vec<Vec<u32>> = vec![Vec::new(); queries.len()];
        let mut run = solver.run(queries)?;
        while let Some(segment) = run.next_blocking() {
            let segment = segment?;
            let (id, outputs) = (segment.id, segment.outputs);
            moments[id].push(Moment {
                right: is_right(&self.model, &class.samples[id], &outputs.preds),
                valid: puzzles[id].as_ref().and_then(|p| p.is_valid(&outputs.preds)) == Some(true),
                learned: match self.model.config.family {
                    hrm::model::Family::Hrm => outputs.q_halt > outputs.q_continue,
                    _ => outputs.q_halt > 0.0,
                },
                stays: before[id] == outputs.preds,
            });
            before[id] = outputs.preds;
        }
        Ok(moments)
    }
}

/// Returns whether a prediction is right: it equals the labels, or without labels keeps the rules.
fn is_right(model: &Model, sample: &Sample, prediction: &[u32]) -> bool {
    let Some(labels) = &sample.labels else {
        let puzzle = model.config.task.map(|task| Puzzle::new(task, sample.tokens.clone()));
        let puzzle = puzzle.and_then(Result::ok);
        return puzzle.and_then(|puzzle| puzzle.is_valid(prediction)) == Some(true);
    };
    let mut labelled = labels
        .iter()
        .zip(prediction)
        .filter(|(label, _)| **label != 0)
        .peekable();
    labelled.peek().is_some() && labelled.all(|(label, id)| label == id)
}
