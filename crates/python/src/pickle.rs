//! Puzzles, answers, steps and segments as parts that Python pickles, and that copies are made of: numbers, texts, arrays.

use std::sync::Arc;
use std::time::Duration;

use hrm::solve;
use hrm::tasks::Board;
use hrm::trace::{Motion, Thought};
use hrm::tries::Noise;
use numpy::{PyArray1, PyArrayDyn, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::answer::{Answer, Step};
use crate::arrays::{Tensor, list};
use crate::asked;
use crate::errors::raise;
use crate::options::word;
use crate::puzzle::Puzzle;
use crate::run::Segment;

/// Rows, columns and ids.
type BoardParts = (usize, usize, Vec<u32>);

/// Task, board, examples, identifier, name and part.
type PuzzleParts<'py> = (
    Bound<'py, PyString>,
    BoardParts,
    Vec<(BoardParts, BoardParts)>,
    Option<u32>,
    Option<String>,
    usize,
);

/// Norms and changes.
type MotionParts<'py> = Option<(Bound<'py, PyArray1<f32>>, Option<Bound<'py, PyArray1<f32>>>)>;

/// Number, ids, changed cells, `q_halt`, `q_continue`, confidence, and the motions of both states.
type ThoughtParts<'py> = (
    usize,
    Vec<u32>,
    Vec<usize>,
    f32,
    f32,
    Option<Bound<'py, PyArray1<f32>>>,
    MotionParts<'py>,
    MotionParts<'py>,
);

/// Symmetry, and seed and strength of noise.
type VariantParts = (Option<u64>, Option<(u64, f32)>);

/// Puzzle, prediction, segments, what stopped it, `q_halt`, tries, votes, variant, nanoseconds, device, model and thoughts.
type AnswerParts<'py> = (
    Bound<'py, Puzzle>,
    Vec<u32>,
    usize,
    Bound<'py, PyString>,
    f32,
    usize,
    usize,
    VariantParts,
    u64,
    String,
    String,
    Vec<ThoughtParts<'py>>,
);

/// Puzzle, thought, attempt, what stopped it, answer, logits, `z_H` and `z_L`.
type StepParts<'py> = (
    Bound<'py, Puzzle>,
    ThoughtParts<'py>,
    usize,
    Option<Bound<'py, PyString>>,
    Option<Bound<'py, Answer>>,
    Tensor,
    Tensor,
    Tensor,
);

/// Number, predicted ids, `q_halt`, `q_continue`, logits, `z_H` and `z_L`.
type SegmentParts = (
    usize,
    Py<PyArrayDyn<i32>>,
    Py<PyArray1<f32>>,
    Py<PyArray1<f32>>,
    Tensor,
    Tensor,
    Tensor,
);

/// What pickle takes: a function below, by its name in Python, and the parts that it makes something of.
fn made_by<'py>(py: Python<'py>, function: &str, parts: impl IntoPyObject<'py>) -> PyResult<Bound<'py, PyTuple>> {
    let function = py.import("hrm._hrm")?.getattr(function)?;
    (function, (parts,)).into_pyobject(py)
}

pub(crate) fn puzzle_parts<'py>(py: Python<'py>, puzzle: &hrm::Puzzle) -> PyResult<Bound<'py, PyTuple>> {
    let board = |board: &Board| -> BoardParts { (board.rows, board.columns, board.tokens.clone()) };
    let examples = puzzle.demonstrations.iter();
    let parts: PuzzleParts<'py> = (
        PyString::new(py, puzzle.task.name()),
        board(&puzzle.board),
        examples.map(|(input, output)| (board(input), board(output))).collect(),
        puzzle.identifier,
        puzzle.name.clone(),
        puzzle.part,
    );
    made_by(py, "_puzzle", parts)
}

/// Makes a puzzle again.
#[pyfunction(name = "_puzzle")]
pub(crate) fn puzzle(parts: PuzzleParts<'_>) -> PyResult<Puzzle> {
    let (task, board, examples, identifier, name, part) = parts;
    let task = asked::task(Some(&task))?.unwrap_or_default();
    let on = |(rows, columns, tokens)| hrm::Puzzle::on(task, Board { rows, columns, tokens }).map_err(raise);
    let mut puzzle = on(board)?;
    let example = |(input, output)| Ok((on(input)?.board, on(output)?.board));
    puzzle.demonstrations = examples.into_iter().map(example).collect::<PyResult<_>>()?;
    (puzzle.identifier, puzzle.name, puzzle.part) = (identifier, name, part);
    Ok(Puzzle::new(puzzle))
}

fn thought_parts<'py>(py: Python<'py>, thought: &Thought) -> ThoughtParts<'py> {
    let motion = |motion: &Option<Motion>| {
        let Motion { norm, change } = motion.clone()?;
        Some((list(py, norm), change.map(|change| list(py, change))))
    };
    (
        thought.number,
        thought.grid.clone(),
        thought.changed.clone(),
        thought.q_halt,
        thought.q_continue,
        thought.confidence.clone().map(|values| list(py, values)),
        motion(&thought.z_h),
        motion(&thought.z_l),
    )
}

fn thought(parts: ThoughtParts<'_>) -> PyResult<Thought> {
    let (number, grid, changed, q_halt, q_continue, confidence, z_h, z_l) = parts;
    let values = |array: Bound<'_, PyArray1<f32>>| Ok::<_, PyErr>(array.to_vec()?);
    let motion = |parts: MotionParts<'_>| {
        let motion = parts.map(|(norm, change)| {
            Ok::<_, PyErr>(Motion {
                norm: values(norm)?,
                change: change.map(values).transpose()?,
            })
        });
        motion.transpose()
    };
    Ok(Thought {
        number,
        grid,
        changed,
        q_halt,
        q_continue,
        confidence: confidence.map(values).transpose()?,
        // Python does not see them.
        probabilities: None,
        z_h: motion(z_h)?,
        z_l: motion(z_l)?,
    })
}

pub(crate) fn answer_parts<'py>(py: Python<'py>, answer: &Answer) -> PyResult<Bound<'py, PyTuple>> {
    let found = &answer.answer;
    let noise = found.variant.noise.map(|Noise { seed, strength }| (seed, strength));
    let thoughts = answer.thoughts.iter();
    let parts: AnswerParts<'py> = (
        Bound::new(py, Puzzle::shared(found.puzzle.clone()))?,
        found.prediction.clone(),
        found.segments,
        PyString::new(py, &found.stopped.to_string()),
        found.q_halt,
        found.tries,
        found.votes,
        (found.variant.symmetry, noise),
        u64::try_from(found.elapsed.as_nanos()).unwrap_or(u64::MAX),
        answer.device.clone(),
        answer.model.clone(),
        thoughts.map(|thought| thought_parts(py, thought)).collect(),
    );
    made_by(py, "_answer", parts)
}

/// Makes an answer again.
#[pyfunction(name = "_answer")]
pub(crate) fn answer(parts: AnswerParts<'_>) -> PyResult<Answer> {
    let (puzzle, prediction, segments, stopped, q_halt, tries, votes, variant, elapsed, device, model, thoughts) =
        parts;
    let mut answer = solve::Answer::new(puzzle.get().inner().clone(), prediction);
    (answer.segments, answer.stopped, answer.q_halt) = (segments, word("stopped", &stopped)?, q_halt);
    (answer.tries, answer.votes) = (tries, votes);
    let (symmetry, noise) = variant;
    answer.variant.symmetry = symmetry;
    answer.variant.noise = noise.map(|(seed, strength)| Noise { seed, strength });
    answer.elapsed = Duration::from_nanos(elapsed);
    let thoughts = thoughts.into_iter().map(thought).collect::<PyResult<_>>()?;
    Ok(Answer {
        answer,
        device,
        model,
        thoughts: Arc::new(thoughts),
    })
}

fn shared(py: Python<'_>, tensor: &Tensor) -> Tensor {
    Some(tensor.as_ref()?.clone_ref(py))
}

pub(crate) fn step_parts<'py>(py: Python<'py>, step: &Step) -> PyResult<Bound<'py, PyTuple>> {
    let parts: StepParts<'py> = (
        Bound::new(py, Puzzle::shared(step.puzzle.clone()))?,
        thought_parts(py, &step.thought),
        step.attempt,
        step.stopped.map(|stopped| PyString::new(py, &stopped.to_string())),
        step.answer.as_ref().map(|answer| answer.bind(py).clone()),
        shared(py, &step.logits),
        shared(py, &step.z_h),
        shared(py, &step.z_l),
    );
    made_by(py, "_step", parts)
}

/// Makes a step again.
#[pyfunction(name = "_step")]
pub(crate) fn step(parts: StepParts<'_>) -> PyResult<Step> {
    let (puzzle, parts, attempt, stopped, answer, logits, z_h, z_l) = parts;
    Ok(Step {
        puzzle: puzzle.get().inner().clone(),
        thought: thought(parts)?,
        attempt,
        stopped: stopped.map(|stopped| word("stopped", &stopped)).transpose()?,
        answer: answer.map(Bound::unbind),
        logits,
        z_h,
        z_l,
    })
}

pub(crate) fn segment_parts<'py>(py: Python<'py>, segment: &Segment) -> PyResult<Bound<'py, PyTuple>> {
    let parts: SegmentParts = (
        segment.number,
        segment.preds.clone_ref(py),
        segment.q_halt.clone_ref(py),
        segment.q_continue.clone_ref(py),
        shared(py, &segment.logits),
        shared(py, &segment.z_h),
        shared(py, &segment.z_l),
    );
    made_by(py, "_segment", parts)
}

/// Makes a segment again.
#[pyfunction(name = "_segment")]
pub(crate) fn segment(parts: SegmentParts) -> Segment {
    let (number, preds, q_halt, q_continue, logits, z_h, z_l) = parts;
    Segment {
        number,
        preds,
        q_halt,
        q_continue,
        logits,
        z_h,
        z_l,
    }
}
