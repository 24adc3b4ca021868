//! A run: puzzles while they are being solved.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};

use js_sys::{Array, Float32Array, Object, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

use super::Opened;
use super::error::JsError;
use super::options::Options;
use super::types::set;
use hrm::report::Report;
use hrm::solve::{self, Query, Segment, Solver};
use hrm::tasks::Puzzle;
use hrm::trace::{Motion, Trace};

/// Puzzles while they are being solved, segment by segment.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Run(Rc<Shared>);

/// State shared by a run and its promises.
#[derive(Debug)]
struct Shared {
    /// The work of the run; taken out while a promise is computing.
    work: RefCell<Option<Work>>,
    cancelled: Cell<bool>,
    /// Wakes whoever waits for the next segments.
    waiting: RefCell<Option<Waker>>,
}

#[derive(Debug)]
struct Work {
    core: Rc<Opened>,
    /// Needed for the text of steps.
    puzzles: Vec<Arc<Puzzle>>,
    options: Options,
    /// What was thought before, by puzzle and try.
    traces: BTreeMap<(usize, usize), Trace>,
    /// Created with the first segment.
    stream: Option<(Solver, solve::Run<std::vec::IntoIter<Query>>)>,
}

#[wasm_bindgen]
impl Run {
    /// Computes the next segments, at least one; undefined when all puzzles have been answered or the run was
    /// cancelled. Only one call at a time.
    #[wasm_bindgen(unchecked_return_type = "Promise<Step[] | undefined>")]
    pub fn next(&self) -> Promise {
        let shared = self.0.clone();
        future_to_promise(async move { shared.next().await })
    }

    /// Ends the run within a segment; a pending promise resolves to undefined at once.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Run {
    pub(super) fn new(core: Rc<Opened>, options: Options, puzzles: Vec<Puzzle>) -> Run {
        let work = Work {
            core,
            puzzles: puzzles.into_iter().map(Arc::new).collect(),
            options,
            traces: BTreeMap::new(),
            stream: None,
        };
        Run(Rc::new(Shared {
            work: RefCell::new(Some(work)),
            cancelled: Cell::new(false),
            waiting: RefCell::new(None),
        }))
    }
}

impl Shared {
    fn cancel(&self) {
        self.cancelled.set(true);
        self.work.take();
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }

    async fn next(&self) -> Result<JsValue, JsValue> {
        if self.cancelled.get() {
            return Ok(JsValue::UNDEFINED);
        }
        let work = self.work.take();
        let mut work = work.ok_or_else(|| JsError::options("next() was called while it was pending".into()))?;
        let outcome = {
            let mut segments = pin!(work.segments());
            poll_fn(|context| {
                if self.cancelled.get() {
                    return Poll::Ready(None);
                }
                self.waiting.replace(Some(context.waker().clone()));
                segments.as_mut().poll(context).map(Some)
            })
            .await
        };
        self.waiting.take();
        let Some(segments) = outcome else {
            return Ok(JsValue::UNDEFINED);
        };
        let steps = segments.map(|segments| {
            segments
                .iter()
                .filter_map(|segment| work.step(segment))
                .collect::<Array>()
        });
        // After an error, the run cannot continue.
        if steps.is_ok() {
            self.work.replace(Some(work));
        } else {
            self.cancelled.set(true);
        }
        match steps {
            Ok(steps) if steps.length() == 0 => Ok(JsValue::UNDEFINED),
            Ok(steps) => Ok(steps.into()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Work {
    /// Returns the next segments; none when all puzzles are done.
    async fn segments(&mut self) -> Result<Vec<Segment>, JsError> {
        let (_, stream) = match &mut self.stream {
            Some(stream) => stream,
            none => {
                let solver = self.options.solver(self.core.ready().await?)?;
                let queries: Vec<Query> = self.puzzles.iter().cloned().map(Query::from).collect();
                let stream = match self.options.steps() {
                    true => solver.run(queries)?,
                    false => solver.answers(queries)?,
                };
                none.insert((solver, stream))
            }
        };
        let first = stream.next().await;
        self.core.take_over(stream.executor());
        let mut segments: Vec<Segment> = first.transpose()?.into_iter().collect();
        while let Some(segment) = stream.ready() {
            segments.push(segment?);
        }
        Ok(segments)
    }

    /// Returns a segment as JavaScript sees it.
    fn step(&mut self, segment: &Segment) -> Option<JsValue> {
        let puzzle = self.puzzles.get(segment.id)?;
        let (solver, _) = self.stream.as_ref()?;
        let step = JsValue::from(Object::new());
        set(&step, "puzzle", segment.id as f64);
        set(&step, "try", segment.attempt as f64);
        set(&step, "segment", segment.number as f64);
        set(&step, "grid", puzzle.task.text(&puzzle.answer(&segment.outputs.preds)));
        if self.options.thoughts() {
            let trace = self.traces.entry((segment.id, segment.attempt));
            let trace = trace.or_insert_with(|| Trace::new(&solver.model().config));
            let thought = trace.add(segment.number, &segment.outputs);
            let numbers = |values: &[f32]| Float32Array::from(values);
            let told = [
                ("confidences", self.options.confidences(), &thought.confidence),
                ("candidates", self.options.candidates(), &thought.probabilities),
            ];
            for (name, _, values) in told.into_iter().filter(|(_, wanted, _)| *wanted) {
                values.iter().for_each(|values| set(&step, name, numbers(values)));
            }
            for (name, motion) in [("zH", &thought.z_h), ("zL", &thought.z_l)] {
                let Some(Motion { norm, change }) = motion else {
                    continue;
                };
                let moved = JsValue::from(Object::new());
                set(&moved, "norm", numbers(norm));
                change.iter().for_each(|change| set(&moved, "change", numbers(change)));
                set(&step, name, moved);
            }
            // The next segment is compared with the latest alone.
            let latest = trace.thoughts.len().saturating_sub(1);
            trace.thoughts.drain(..latest);
        }
        set(&step, "qHalt", segment.outputs.q_halt);
        set(&step, "qContinue", segment.outputs.q_continue);
        set(&step, "ms", segment.elapsed.as_secs_f64() * 1e3);
        if let Some(answer) = &segment.answer {
            set(&step, "answer", self.core.answer(&Report::new(solver, answer, None)));
            self.traces.retain(|(puzzle, _), _| *puzzle != segment.id);
        }
        Some(step)
    }
}
