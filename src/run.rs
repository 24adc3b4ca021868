//! A run: queries in, tries scheduled side by side in the slots of one batch, segments and answers out.

mod answer;
mod attempt;
mod known;
mod query;
mod scheduler;

pub use answer::Answer;
pub(crate) use known::Known;
pub use query::{Query, Segment};

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::boxed::Boxed;
use crate::error::{Error, Result};
use crate::executor::{Batch, Executor, Progress, Want};
use crate::tries::Tries;
use scheduler::Scheduler;

/// A pending advance of the batch: resolves to the batch and the progress of its samples.
type Step = Boxed<'static, (Batch, Result<Vec<Progress>>)>;

/// A stream of segments, in which the last segment of each query carries its answer; see
/// [`Solver::run`](crate::Solver::run) and [`Solver::answers`](crate::Solver::answers).
///
/// Queries are drawn from the iterator as slots become free. The stream ends when all of them have been answered, after
/// [`Error::Cancelled`], and after a device error.
pub struct Run<Q> {
    scheduler: Scheduler,
    queries: Q,
    want: Want,
    executor: Executor,
    /// The batch while it is idle.
    batch: Option<Batch>,
    /// The batch while it advances: this outlives the future of [`Run::next`], so that dropping one loses nothing.
    step: Option<Step>,
    /// The query whose segments come next, when they come in order.
    turn: Option<usize>,
    cancel: Cancel,
    /// Whether the run was cancelled, or its device failed.
    over: bool,
}

impl<Q: Iterator<Item = Query>> Run<Q> {
    pub(crate) fn new(batch: Batch, queries: Q, tries: Tries, known: Known, want: Want) -> Self {
        let executor = batch.executor().clone();
        Run {
            scheduler: Scheduler::new(executor.model().config.clone(), tries, known, want.every_segment),
            queries,
            want,
            executor,
            batch: Some(batch),
            step: None,
            turn: None,
            cancel: Cancel::default(),
            over: false,
        }
    }

    /// Returns the next segment of any query; None when the run is over.
    ///
    /// The future may be dropped, by a timeout for instance: the next call resumes where it stopped.
    ///
    /// # Errors
    /// [`Error::Cancelled`] after [`Cancel::cancel`], or a device error, either of which ends the run; or an error of
    /// one query, after which the others continue.
    pub async fn next(&mut self) -> Option<Result<Segment>> {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context) -> Poll<Option<Result<Segment>>> {
        loop {
            if self.over {
                return Poll::Ready(None);
            }
            if self.cancel.is_cancelled() {
                return self.end(Error::Cancelled);
            }
            if let Some(segment) = self.ready() {
                return Poll::Ready(Some(segment));
            }
            let Some(mut step) = self.step.take().or_else(|| self.begin()) else {
                // Errors of queries that never ran may remain.
                return Poll::Ready(self.ready());
            };
            let Poll::Ready((mut batch, progress)) = step.as_mut().poll(context) else {
                self.step = Some(step);
                return Poll::Pending;
            };
            self.executor = batch.executor().clone();
            match progress {
                Ok(progress) => self.scheduler.receive(&mut batch, progress),
                Err(error) => return self.end(error),
            }
            self.batch = Some(batch);
        }
    }

    fn end(&mut self, error: Error) -> Poll<Option<Result<Segment>>> {
        self.over = true;
        (self.step, self.batch) = (None, None);
        Poll::Ready(Some(Err(error)))
    }

    /// Begins the next step of the batch; None when nothing is left to run.
    fn begin(&mut self) -> Option<Step> {
        let mut batch = self.batch.take()?;
        self.scheduler.fill(&mut batch, &mut self.queries);
        if batch.is_idle() {
            self.batch = Some(batch);
            return None;
        }
        let want = self.want;
        Some(Box::pin(async move {
            let progress = batch.advance(usize::MAX, want).await;
            (batch, progress)
        }))
    }

    /// Returns a segment that is ready, without running one.
    pub fn ready(&mut self) -> Option<Result<Segment>> {
        let segment = self.scheduler.take(self.turn)?;
        let last = segment.as_ref().map_or(true, |segment| segment.decision.is_some());
        if let Some(turn) = self.turn.as_mut().filter(|_| last) {
            *turn += 1;
        }
        Some(segment)
    }

    /// Returns the iterator that queries are drawn from.
    #[cfg(feature = "eval")]
    pub(crate) fn queries(&mut self) -> &mut Q {
        &mut self.queries
    }

    /// Returns the executor of this run: a new one after a device was lost.
    pub fn executor(&self) -> &Executor {
        &self.executor
    }

    /// Makes the segments come in the order of the queries instead of completion: those of a later query wait until an
    /// earlier one is complete.
    pub fn in_order(mut self) -> Self {
        self.turn = Some(0);
        self
    }

    /// Calls [`Run::next`] and blocks until it completes.
    ///
    /// # Errors
    /// As [`Run::next`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn next_blocking(&mut self) -> Option<Result<Segment>> {
        pollster::block_on(self.next())
    }

    /// Makes `cancel` the token that stops this run from another thread, within a segment.
    pub fn with_cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }
}

// The iterator is never pinned.
impl<Q> Unpin for Run<Q> {}

impl<Q: Iterator<Item = Query>> Stream for Run<Q> {
    type Item = Result<Segment>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context) -> Poll<Option<Result<Segment>>> {
        self.get_mut().poll(context)
    }
}

impl<Q> fmt::Debug for Run<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("executor", &self.executor)
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}

/// Stops a [`Run`] from elsewhere. All clones are the same token.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Stops the run before its next segment.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether [`Cancel::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
