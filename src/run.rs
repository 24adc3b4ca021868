//! A stream of segments: queries in, tries scheduled, answers decided.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use web_time::Instant;

use crate::error::{Error, Result};
use crate::executor::{Executor, Want};
use crate::model::Config;
use crate::tasks;

use crate::session::{Query, Segment, Session};
use crate::tries::{Decision, Tries, rank_for, undo};

/// A stream of segments; see [`Solver::run`](crate::Solver::run).
#[derive(Debug)]
pub struct Run<Q> {
    session: Session,
    queries: Q,
    config: Config,
    tries: Tries,
    want: Want,
    next_id: usize,
    /// Queries that have no answer yet.
    open: BTreeMap<usize, Open>,
    /// Tries that wait for slots. Those of one query begin together, so that which wins is no matter of chance.
    waiting: VecDeque<(usize, Range<usize>)>,
    /// Segments and errors that nobody has taken yet, with the query that they are of.
    ready: VecDeque<(usize, Result<Segment>)>,
    /// The query whose turn it is, where they come in order.
    turn: Option<usize>,
    cancel: Cancel,
}

/// A query without an answer.
#[derive(Debug)]
struct Open {
    query: Query,
    /// Whether the rules can tell which answer is right.
    judged: bool,
    since: Instant,
    /// Tries that began.
    tries: usize,
    /// The last segments of those that have ended.
    ended: Vec<Segment>,
    /// How many of them have been looked at, and handed out where all segments are.
    shown: usize,
}

impl<Q: Iterator<Item = Query>> Run<Q> {
    pub(crate) fn new(session: Session, queries: Q, config: Config, tries: Tries, want: Want) -> Self {
        Run {
            session,
            queries,
            config,
            tries,
            want,
            next_id: 0,
            open: BTreeMap::new(),
            waiting: VecDeque::new(),
            ready: VecDeque::new(),
            turn: None,
            cancel: Cancel::default(),
        }
    }

    /// The next segment of any sample, its `id` counting the queries from 0; None when all have been answered.
    ///
    /// # Errors
    /// [`Error::Cancelled`] after [`Cancel::cancel`]; an error of one query (after which the others go on), or of the
    /// device.
    pub async fn next(&mut self) -> Option<Result<Segment>> {
        loop {
            if self.cancel.is_cancelled() {
                return Some(Err(Error::Cancelled));
            }
            if let Some(segment) = self.take() {
                return Some(segment);
            }
            self.fill();
            if self.session.is_idle() {
                // What is left are errors, of queries that never ran.
                return self.take();
            }
            match self.session.step().await {
                Ok(mut segments) => {
                    // Of two tries that end in one step the shorter wins, then the earlier.
                    segments.sort_by_key(|segment| (segment.number, segment.id));
                    let ended = segments.iter().filter(|segment| segment.stopped.is_some());
                    let ended: BTreeSet<usize> = ended.map(|segment| segment.id / self.tries.count).collect();
                    segments.into_iter().for_each(|segment| self.receive(segment));
                    ended.into_iter().for_each(|id| self.settle(id));
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// A segment that is there already, without waiting for one.
    pub fn ready(&mut self) -> Option<Result<Segment>> {
        self.take()
    }

    /// What it runs on: another executor than it began with where a device was lost.
    pub fn executor(&self) -> &Executor {
        self.session.executor()
    }

    /// Lets tries that wait, and then further queries, into the slots that are free.
    fn fill(&mut self) {
        while self.session.has_room() {
            if self.waiting.is_empty() {
                let Some(query) = self.queries.next() else { return };
                let rules = |p: &tasks::Puzzle| tasks::has_rules(Some(p.task), p.board.tokens.len());
                let judged = query.puzzle.as_ref().is_some_and(rules);
                let first = if judged { 1 } else { self.tries.count };
                self.waiting.push_back((self.next_id, 0..first));
                let open = Open {
                    query,
                    judged,
                    since: Instant::now(),
                    tries: 0,
                    ended: Vec::new(),
                    shown: 0,
                };
                self.open.insert(self.next_id, open);
                self.next_id += 1;
            }
            let Some((id, tries)) = self.waiting.pop_front() else {
                return;
            };
            let together = tries.len().min(self.session.slots());
            if together > self.session.free() {
                self.waiting.push_front((id, tries));
                return;
            }
            let rest = tries.start + together..tries.end;
            if let Err(error) = (tries.start..rest.start).try_for_each(|attempt| self.begin(id, attempt)) {
                self.close(id);
                self.ready.push_back((id, Err(error)));
            } else if !rest.is_empty() {
                self.waiting.push_front((id, rest));
            }
        }
    }

    fn begin(&mut self, id: usize, attempt: usize) -> Result<()> {
        let Some(open) = self.open.get_mut(&id) else {
            return Ok(());
        };
        let variant = self.tries.variant(self.config.task, attempt);
        let mut query = open.query.clone();
        let asked = query.sample();
        if let Some(augmentation) = variant.augmentation(self.config.task, &asked) {
            let sample = augmentation.sample(&asked);
            query.tokens = sample.tokens;
            query.puzzle_identifier = sample.identifier as usize;
        }
        query.noise = variant.noise.or(query.noise);
        open.tries += 1;
        self.session.add(id * self.tries.count + attempt, query)
    }

    /// Takes in what the session has to say of a try.
    fn receive(&mut self, mut segment: Segment) {
        let (id, attempt) = (segment.id / self.tries.count, segment.id % self.tries.count);
        let Some(open) = self.open.get_mut(&id) else { return };
        let task = self.config.task;
        let variant = self.tries.variant(task, attempt);
        if let Some(augmentation) = variant.augmentation(task, &open.query.sample()) {
            let transform = augmentation.transform(&segment.outputs.preds);
            segment.outputs = undo(&transform, &self.config, segment.outputs);
        }
        (segment.id, segment.attempt, segment.decision) = (id, attempt, None);
        segment.elapsed = open.since.elapsed();
        match segment.stopped {
            None => self.ready.push_back((id, Ok(segment))),
            Some(_) => open.ended.push(segment),
        }
    }

    /// Answers a query if it can be answered by the tries that have ended, and else lets its variants follow the first.
    fn settle(&mut self, id: usize) {
        let count = self.tries.count;
        let Some(open) = self.open.get_mut(&id) else { return };
        let judge = open.query.puzzle.as_ref().filter(|_| open.judged);
        let valid = |segment: &Segment| judge.and_then(|p| p.is_valid(&segment.outputs.preds)) == Some(true);
        let new = open.ended.iter().enumerate().skip(open.shown);
        let mut winner = new.clone().find(|(_, segment)| valid(segment)).map(|(i, _)| i);
        if open.ended.len() == count {
            let answers: Vec<_> = open
                .ended
                .iter()
                .map(|s| (&*s.outputs.preds, s.outputs.q_halt))
                .collect();
            winner = winner.or_else(|| rank_for(self.config.task, &answers).first().copied());
        }
        if self.want.every_segment {
            let others = new.filter(|(i, _)| Some(*i) != winner);
            self.ready.extend(others.map(|(_, segment)| (id, Ok(segment.clone()))));
        }
        open.shown = open.ended.len();
        match winner {
            Some(winner) => self.decide(id, winner),
            None if open.tries == 1 && open.judged => self.waiting.push_back((id, 1..count)),
            None => {}
        }
    }

    /// Answers a query with one of the tries that have ended; the others are over.
    fn decide(&mut self, id: usize, winner: usize) {
        let Some((open, stopped)) = self.close(id) else { return };
        let mut ended = open.ended;
        let mut segment = ended.swap_remove(winner);
        let same = ended
            .iter()
            .filter(|s| s.outputs.preds == segment.outputs.preds)
            .count();
        segment.decision = Some(Decision {
            tries: open.tries,
            segments: segment.number + stopped + ended.iter().map(|s| s.number).sum::<usize>(),
            votes: 1 + same,
        });
        segment.elapsed = open.since.elapsed();
        self.ready.push_back((id, Ok(segment)));
    }

    /// Ends all tries at a query, and counts the segments that those that were running have run.
    fn close(&mut self, id: usize) -> Option<(Open, usize)> {
        let open = self.open.remove(&id)?;
        self.waiting.retain(|(waiting, _)| *waiting != id);
        let running: Vec<usize> = self
            .session
            .ids()
            .filter(|seat| seat / self.tries.count == id)
            .collect();
        let stopped = running.into_iter().filter_map(|seat| self.session.remove(seat)).sum();
        Some((open, stopped))
    }

    /// What comes next of that which is there.
    fn take(&mut self) -> Option<Result<Segment>> {
        let Some(turn) = self.turn else {
            return self.ready.pop_front().map(|(_, segment)| segment);
        };
        let next = self.ready.iter().position(|(id, _)| *id == turn)?;
        let (_, segment) = self.ready.remove(next)?;
        if segment.as_ref().map_or(true, |segment| segment.decision.is_some()) {
            self.turn = Some(turn + 1);
        }
        Some(segment)
    }

    /// Lets the segments come in order of the queries instead of completion: those of a later query wait until all of
    /// an earlier one are out.
    pub fn in_order(mut self) -> Self {
        self.turn = Some(0);
        self
    }

    /// [`Run::next`], blocking.
    ///
    /// # Errors
    /// As [`Run::next`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn next_blocking(&mut self) -> Option<Result<Segment>> {
        pollster::block_on(self.next())
    }

    /// A token that stops this run from another thread, within a segment.
    pub fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// Lets `cancel` stop this run.
    pub fn with_cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }
}

/// Stops a [`Run`] from elsewhere. Clones are one token.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Stops the run before its next segment.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
