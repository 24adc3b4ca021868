//! What a puzzle was answered, and the segments on the way.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use hrm::error::Error;
use hrm::halt::Stop;
use hrm::model::Config;
use hrm::picture::Picture;
use hrm::solve::{self, Segment};
use hrm::tasks::Drawing;
use hrm::trace::{Motion, Thought};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use crate::arrays::{Tensor, list, signed, tensor};
use crate::errors::{raise, usage};
use crate::puzzle::Puzzle;
use crate::run::state_shape;
use crate::wait::aside;
use crate::{board, given, options, pickle};

/// The model's answer to a puzzle: its raw prediction, judged but never altered.
#[pyclass(module = "hrm", frozen, eq, hash, weakref)]
pub(crate) struct Answer {
    pub(crate) answer: solve::Answer,
    pub(crate) device: String,
    pub(crate) model: String,
    pub(crate) thoughts: Arc<Vec<Thought>>,
}

/// What two answers that are equal have in common: all but where, when and for how long they were computed.
impl PartialEq for Answer {
    fn eq(&self, other: &Answer) -> bool {
        let found = |Answer { answer, .. }: &Answer| {
            let counts = (answer.segments, answer.tries, answer.votes);
            (answer.valid(), answer.stopped, counts, answer.variant)
        };
        let (mine, others) = (&self.answer, &other.answer);
        found(self) == found(other) && mine.prediction == others.prediction && mine.puzzle == others.puzzle
    }
}

impl Hash for Answer {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Answer { answer, .. } = self;
        (answer.puzzle.task.name(), answer.puzzle.text(), &answer.prediction).hash(hasher);
        (answer.segments, answer.tries, answer.votes).hash(hasher);
    }
}

impl Answer {
    fn drawing(&self) -> Drawing {
        let faults = self.answer.verdict.iter().flat_map(|verdict| &verdict.faults);
        let cells: BTreeSet<usize> = faults.flat_map(|fault| fault.cells.iter().copied()).collect();
        Drawing::new(&self.answer.puzzle, &self.answer.prediction).with_faults(&cells)
    }

    /// Draws the segments, with `draw`, as a class of `hrm/_picture.py`.
    fn drawn<'py>(
        &self,
        py: Python<'py>,
        class: &str,
        theme: Option<&Bound<'py, PyAny>>,
        draw: fn(&Picture<'_>) -> hrm::error::Result<Vec<u8>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let theme = options::theme(theme)?;
        if self.thoughts.is_empty() {
            return Err(usage(
                "trace",
                "expected trace=True where pictures are wanted, found trace=False",
            ));
        }
        let (puzzle, thoughts) = (self.answer.puzzle.clone(), self.thoughts.clone());
        let drawn = aside(py, move || {
            draw(&Picture {
                puzzle: &puzzle,
                thoughts: &thoughts,
                theme,
                safe_colours: false,
                digits: false,
            })
        });
        let bytes = PyBytes::new(py, &drawn?.map_err(raise)?);
        py.import("hrm._picture")?.getattr(class)?.call1((bytes,))
    }
}

#[pymethods]
impl Answer {
    /// The question.
    #[getter]
    fn puzzle(&self) -> Puzzle {
        Puzzle::shared(self.answer.puzzle.clone())
    }

    /// The answer as text, in the alphabet of its task.
    #[getter]
    fn text(&self) -> String {
        self.answer.text()
    }

    /// The answer's board as people write it: an array of digits or of characters.
    #[getter]
    fn array<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let puzzle = &self.answer.puzzle;
        board::array(py, puzzle.task, &puzzle.answer(&self.answer.prediction))
    }

    /// The predicted ids `[S]`.
    #[getter]
    fn tokens<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i32>> {
        list(py, signed(self.answer.prediction.clone()))
    }

    /// Whether the answer keeps the rules and the givens; None where the task has no rules.
    #[getter]
    fn valid(&self) -> Option<bool> {
        self.answer.valid()
    }

    /// What the answer breaks, a sentence each.
    #[getter]
    fn faults(&self) -> Vec<String> {
        let faults = self.answer.verdict.iter().flat_map(|verdict| &verdict.faults);
        faults.map(ToString::to_string).collect()
    }

    /// Segments of the try that gave this answer.
    #[getter]
    fn segments(&self) -> usize {
        self.answer.segments
    }

    /// What stopped that try: "valid", "learned", "stable", "still" or "limit".
    #[getter]
    fn stopped(&self) -> String {
        self.answer.stopped.to_string()
    }

    /// The raw logit for stopping.
    #[getter]
    fn q_halt(&self) -> f32 {
        self.answer.q_halt
    }

    /// Number of tries that began.
    #[getter]
    fn tries(&self) -> usize {
        self.answer.tries
    }

    /// Number of tries that ended with this same answer.
    #[getter]
    fn votes(&self) -> usize {
        self.answer.votes
    }

    /// How the try that gave this answer asked the puzzle: "given", "symmetry 3", …
    #[getter]
    fn variant(&self) -> String {
        self.answer.variant.to_string()
    }

    /// Seconds from submission to result.
    #[getter]
    fn seconds(&self) -> f64 {
        self.answer.elapsed.as_secs_f64()
    }

    /// The name of the device.
    #[getter]
    fn device(&self) -> &str {
        &self.device
    }

    /// The name of the model.
    #[getter]
    fn model(&self) -> &str {
        &self.model
    }

    /// Draws the answer as a PNG file.
    #[pyo3(signature = (theme=None), text_signature = "($self, theme=\"light\")")]
    fn png<'py>(&self, py: Python<'py>, theme: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        self.drawn(py, "Png", theme, |picture| picture.png())
    }

    /// Draws the thinking as a GIF file.
    #[pyo3(signature = (theme=None), text_signature = "($self, theme=\"light\")")]
    fn gif<'py>(&self, py: Python<'py>, theme: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        self.drawn(py, "Gif", theme, |picture| picture.gif())
    }

    fn __str__(&self) -> String {
        self.answer.text()
    }

    fn __repr__(&self) -> String {
        let judged = match self.answer.valid() {
            Some(true) => "valid",
            Some(false) => "not valid",
            None => "not judged",
        };
        let (segments, tries) = (self.answer.segments, self.answer.tries);
        format!("<hrm.Answer: {judged}, {segments} segments, {tries} tries>")
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        pickle::answer_parts(py, self)
    }

    fn _repr_html_(&self) -> String {
        board::html(&self.drawing(), self.answer.puzzle.task)
    }
}

/// One segment of one try at a puzzle.
#[pyclass(module = "hrm", frozen, weakref)]
pub(crate) struct Step {
    pub(crate) puzzle: Arc<hrm::Puzzle>,
    pub(crate) thought: Thought,
    pub(crate) attempt: usize,
    pub(crate) stopped: Option<Stop>,
    pub(crate) answer: Option<Py<Answer>>,
    pub(crate) logits: Tensor,
    pub(crate) z_h: Tensor,
    pub(crate) z_l: Tensor,
}

impl Step {
    /// Takes over a segment, whose tensors become arrays without a copy.
    pub(crate) fn new(
        py: Python<'_>,
        mut segment: Segment,
        puzzle: Arc<hrm::Puzzle>,
        config: &Config,
        thought: Thought,
        answer: Option<Py<Answer>>,
    ) -> PyResult<Step> {
        let cells = segment.outputs.preds.len();
        let state = state_shape(config, cells);
        let outputs = &mut segment.outputs;
        let width = outputs.logits.as_ref().map_or(0, |logits| logits.len() / cells.max(1));
        let logits = tensor(py, outputs.logits.take(), &[cells, width])?;
        let z_h = tensor(py, outputs.z_h.take(), &state)?;
        let z_l = tensor(py, outputs.z_l.take(), &state)?;
        Ok(Step {
            puzzle,
            thought,
            attempt: segment.attempt,
            stopped: segment.stopped,
            answer,
            logits,
            z_h,
            z_l,
        })
    }
}

/// A value for each cell, if there is one.
type Cells<'py> = Option<Bound<'py, PyArray1<f32>>>;

#[pymethods]
impl Step {
    /// Number of the segment within the try, from 1.
    #[getter]
    fn segment(&self) -> usize {
        self.thought.number
    }

    /// Number of the try at the puzzle, from 0.
    #[getter]
    fn attempt(&self) -> usize {
        self.attempt
    }

    /// The prediction as text.
    #[getter]
    fn text(&self) -> String {
        self.puzzle.task.text(&self.puzzle.answer(&self.thought.grid))
    }

    /// The prediction's board as people write it: an array of digits or of characters.
    #[getter]
    fn array<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        board::array(py, self.puzzle.task, &self.puzzle.answer(&self.thought.grid))
    }

    /// The predicted ids `[S]`.
    #[getter]
    fn tokens<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i32>> {
        list(py, signed(self.thought.grid.clone()))
    }

    /// Cells that differ from the segment before, or in the first segment from the question, ascending.
    #[getter]
    fn changed<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        let changed = self.thought.changes(&self.puzzle);
        list(py, changed.iter().map(|&cell| cell as i64).collect())
    }

    /// Whether the prediction keeps the rules and the givens; None where the task has no rules.
    #[getter]
    fn valid(&self) -> Option<bool> {
        self.puzzle.is_valid(&self.thought.grid)
    }

    /// The raw logit for stopping.
    #[getter]
    fn q_halt(&self) -> f32 {
        self.thought.q_halt
    }

    /// The raw logit for going on.
    #[getter]
    fn q_continue(&self) -> f32 {
        self.thought.q_continue
    }

    /// Probability of the predicted id of each cell, `[S]`.
    #[getter]
    fn confidence<'py>(&self, py: Python<'py>) -> Cells<'py> {
        Some(list(py, self.thought.confidence.clone()?))
    }

    /// Logits `[S, V]`.
    #[getter]
    fn logits(&self, py: Python<'_>) -> Tensor {
        Some(self.logits.as_ref()?.clone_ref(py))
    }

    /// The carry of the H network, `[T, D]`, or of the only network, if `states=True` asked for it.
    #[getter(z_H)]
    fn z_h(&self, py: Python<'_>) -> Tensor {
        Some(self.z_h.as_ref()?.clone_ref(py))
    }

    /// The carry of the L network, `[T, D]`, if there is one and `states=True` asked for it.
    #[getter(z_L)]
    fn z_l(&self, py: Python<'_>) -> Tensor {
        Some(self.z_l.as_ref()?.clone_ref(py))
    }

    /// How far the carry of each cell moved since the segment before, `[S]`: of the H network and of the L network. None
    /// in the first segment, and without `states=True`.
    #[getter]
    fn moved<'py>(&self, py: Python<'py>) -> (Cells<'py>, Cells<'py>) {
        let change = |motion: &Option<Motion>| Some(list(py, motion.as_ref()?.change.clone()?));
        (change(&self.thought.z_h), change(&self.thought.z_l))
    }

    /// What stopped the try, if this was its last segment.
    #[getter]
    fn stopped(&self) -> Option<String> {
        Some(self.stopped?.to_string())
    }

    /// The answer, if this segment decides the puzzle.
    #[getter]
    fn answer(&self, py: Python<'_>) -> Option<Py<Answer>> {
        Some(self.answer.as_ref()?.clone_ref(py))
    }

    fn __str__(&self) -> String {
        self.text()
    }

    fn __repr__(&self) -> String {
        format!("<hrm.Step: try {}, segment {}>", self.attempt, self.thought.number)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        pickle::step_parts(py, self)
    }

    fn _repr_html_(&self) -> String {
        board::html(&Drawing::thought(&self.puzzle, &self.thought), self.puzzle.task)
    }
}

/// Writes a picture to a file.
#[pyfunction(name = "_save")]
pub(crate) fn save(path: &Bound<'_, PyAny>, picture: &[u8]) -> PyResult<()> {
    let (py, picture) = (path.py(), picture.to_vec());
    let path = given::path("path", path)?;
    let written = aside(py, move || {
        std::fs::write(&path, picture).map_err(Error::io("write", path))
    });
    written?.map_err(raise)
}
