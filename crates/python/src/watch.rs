//! The segments of a puzzle, gathered until one decides it.

use std::collections::HashMap;
use std::sync::Arc;

use hrm::solve::{self, Segment};
use hrm::trace::{Thought, Trace};
use pyo3::prelude::*;

use crate::answer::{Answer, Step};

/// The segments of all tries at a puzzle so far.
pub(crate) struct Watch {
    solver: hrm::Solver,
    puzzle: Arc<hrm::Puzzle>,
    traces: HashMap<usize, Trace>,
}

impl Watch {
    pub(crate) fn new(solver: hrm::Solver, puzzle: Arc<hrm::Puzzle>) -> Watch {
        Watch {
            solver,
            puzzle,
            traces: HashMap::new(),
        }
    }

    /// Adds a segment, and returns what was derived from it.
    fn add(&mut self, segment: &Segment) -> Thought {
        let config = &self.solver.model().config;
        let trace = self.traces.entry(segment.attempt).or_insert_with(|| Trace::new(config));
        match trace.thoughts.iter().find(|thought| thought.number == segment.number) {
            // A vote may choose a try that ended before others did: its last segment comes once more.
            Some(known) => known.clone(),
            None => trace.add(segment.number, &segment.outputs).clone(),
        }
    }

    /// Takes a segment; returns the answer if it decides the puzzle.
    pub(crate) fn take(&mut self, segment: &Segment) -> Option<Answer> {
        self.add(segment);
        self.answer(segment)
    }

    fn answer(&mut self, segment: &Segment) -> Option<Answer> {
        let answer = segment.answer.clone()?;
        let trace = self.traces.remove(&answer.attempt);
        Some(Answer {
            device: self.solver.executor().device_name(),
            model: self.solver.model().name.clone(),
            thoughts: Arc::new(trace.map(|trace| trace.thoughts).unwrap_or_default()),
            answer,
        })
    }

    /// Takes a segment and returns it as Python sees it.
    pub(crate) fn step(&mut self, py: Python<'_>, segment: Segment) -> PyResult<Step> {
        let thought = self.add(&segment);
        let answer = self.answer(&segment).map(|answer| Py::new(py, answer)).transpose()?;
        let config = &self.solver.model().config;
        Step::new(py, segment, self.puzzle.clone(), config, thought, answer)
    }
}

/// Returns an answer whose segments were not kept.
pub(crate) fn plain(solver: &hrm::Solver, answer: solve::Answer) -> Answer {
    Answer {
        device: solver.executor().device_name(),
        model: solver.model().name.clone(),
        thoughts: Arc::default(),
        answer,
    }
}
