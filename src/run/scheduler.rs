//! Schedules which tries run in which slots, and decides queries from them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

use web_time::Instant;

use super::attempt::Attempt;
use super::known::{Known, Ways};
use super::{Answer, Query, Segment};
use crate::error::{Error, Result};
use crate::executor::{Batch, Progress};
use crate::halt::Stop;
use crate::model::Config;
use crate::network::families::definition;
use crate::tasks::{Puzzle, Verdict, has_rules};
use crate::tries::{Decision, Tries, rank_for, stillest};

/// Schedules queries over one batch, which each call is handed, because it is away while a segment runs.
#[derive(Debug)]
pub(super) struct Scheduler {
    config: Config,
    tries: Tries,
    known: Known,
    /// Whether the last segment of a try is returned even where it decides nothing.
    every_segment: bool,
    /// Number of queries admitted so far.
    queries: usize,
    /// Undecided queries, by number.
    open: BTreeMap<usize, Open>,
    /// Tries that wait for slots. Those of one query begin together, so that the winner does not depend on chance.
    waiting: VecDeque<(usize, Range<usize>)>,
    /// Running tries, by slot of the batch.
    attempts: BTreeMap<usize, Attempt>,
    /// Segments and errors that have not been taken yet, with the number of their query.
    ready: VecDeque<(usize, Result<Segment>)>,
}

/// A query that has not been decided.
#[derive(Debug)]
struct Open {
    query: Query,
    ways: Ways,
    /// Most tries.
    count: usize,
    /// Whether the rules can tell which answer is right.
    judged: bool,
    since: Instant,
    /// Number of tries that began.
    tries: usize,
    /// The tries that have ended.
    ended: Vec<Ended>,
    /// How many ended tries have been examined (and returned, if every segment is).
    shown: usize,
}

/// A try that has ended: its last segment, and the rules' verdict on it.
#[derive(Debug)]
struct Ended {
    segment: Segment,
    stopped: Stop,
    verdict: Option<Verdict>,
}

impl Ended {
    fn is_valid(&self) -> bool {
        self.verdict.as_ref().is_some_and(|verdict| verdict.valid)
    }
}

impl Scheduler {
    pub(super) fn new(config: Config, tries: Tries, known: Known, every_segment: bool) -> Scheduler {
        Scheduler {
            config,
            tries,
            known,
            every_segment,
            queries: 0,
            open: BTreeMap::new(),
            waiting: VecDeque::new(),
            attempts: BTreeMap::new(),
            ready: VecDeque::new(),
        }
    }

    /// Fills free slots with waiting tries, then with further queries.
    pub(super) fn fill(&mut self, batch: &mut Batch, queries: &mut impl Iterator<Item = Query>) {
        loop {
            let free = batch.free().count();
            if free == 0 {
                return;
            }
            if self.waiting.is_empty() {
                let Some(query) = queries.next() else { return };
                self.admit(query);
            }
            // What cannot be asked has become an error.
            let Some((id, tries)) = self.waiting.pop_front() else {
                continue;
            };
            let together = tries.len().min(batch.slots());
            if together > free {
                self.waiting.push_front((id, tries));
                return;
            }
            let rest = tries.start + together..tries.end;
            if let Err(error) = (tries.start..rest.start).try_for_each(|number| self.begin(batch, id, number)) {
                self.close(batch, id);
                self.ready.push_back((id, Err(error)));
            } else if !rest.is_empty() {
                self.waiting.push_front((id, rest));
            }
        }
    }

    fn admit(&mut self, query: Query) {
        let id = self.queries;
        self.queries += 1;
        let ways = match self.known.ways_of(&query) {
            Ok(ways) => ways,
            Err(error) => return self.ready.push_back((id, Err(error))),
        };
        let count = ways.tries(self.tries);
        let rules = |puzzle: &Puzzle| has_rules(Some(puzzle.task), puzzle.board.tokens.len());
        let judged = query.puzzle.as_deref().is_some_and(rules);
        self.waiting.push_back((id, 0..if judged { 1 } else { count }));
        let open = Open {
            query,
            ways,
            count,
            judged,
            since: Instant::now(),
            tries: 0,
            ended: Vec::new(),
            shown: 0,
        };
        self.open.insert(id, open);
    }

    fn begin(&mut self, batch: &mut Batch, id: usize, number: usize) -> Result<()> {
        let Some(open) = self.open.get_mut(&id) else {
            return Ok(());
        };
        let slot = batch.free().next();
        let slot = slot.ok_or_else(|| Error::Usage("batch: expected a free slot, found none".into()))?;
        open.tries += 1;
        let attempt = Attempt::begin(
            [id, number],
            &open.query,
            (&self.known, &open.ways),
            self.tries,
            &self.config,
            batch,
            slot,
        )?;
        self.attempts.insert(slot, attempt);
        Ok(())
    }

    /// Records the progress of tries, and decides the queries that can be decided.
    pub(super) fn receive(&mut self, batch: &mut Batch, progress: Vec<Progress>) {
        let mut segments: Vec<Segment> = Vec::new();
        for progress in progress {
            let (slot, stopped) = (progress.slot, progress.stopped.is_some());
            let attempt = self.attempts.get(&slot);
            segments.extend(attempt.and_then(|attempt| attempt.segment(progress, &self.config)));
            if stopped {
                self.attempts.remove(&slot);
            }
        }
        // Of two tries that end in one step, the shorter wins, then the earlier.
        segments.sort_by_key(|segment| (segment.number, segment.id, segment.attempt));
        let mut ended = BTreeSet::new();
        for mut segment in segments {
            let id = segment.id;
            let Some(open) = self.open.get_mut(&id) else { continue };
            segment.elapsed = open.since.elapsed();
            let Some(stopped) = segment.stopped else {
                self.ready.push_back((id, Ok(segment)));
                continue;
            };
            let puzzle = open.query.puzzle.as_ref();
            open.ended.push(Ended {
                verdict: puzzle.and_then(|puzzle| puzzle.judge(&segment.outputs.preds)),
                stopped,
                segment,
            });
            ended.insert(id);
        }
        ended.into_iter().for_each(|id| self.settle(batch, id));
    }

    /// Decides a query if the tries that have ended suffice; otherwise queues the remaining tries after the first.
    fn settle(&mut self, batch: &mut Batch, id: usize) {
        let Some(open) = self.open.get_mut(&id) else { return };
        let count = open.count;
        let new = open.ended.iter().enumerate().skip(open.shown);
        let valid = |(_, ended): &(usize, &Ended)| open.judged && ended.is_valid();
        let mut winner = new.clone().find(valid).map(|(i, _)| i);
        let mut ranked = Vec::new();
        if winner.is_none() && open.ended.len() == count {
            let outputs = open.ended.iter().map(|ended| &ended.segment.outputs);
            if definition(self.config.family).settles() {
                winner = stillest(outputs);
            } else {
                let answers: Vec<_> = outputs.map(|o| (&*o.preds, o.q_halt)).collect();
                ranked = rank_for(self.config.task, &answers);
                winner = ranked.first().and_then(|tries| tries.first()).copied();
            }
        }
        if self.every_segment {
            let others = new.filter(|(i, _)| Some(*i) != winner);
            self.ready
                .extend(others.map(|(_, ended)| (id, Ok(ended.segment.clone()))));
        }
        open.shown = open.ended.len();
        match winner {
            Some(winner) => self.decide(batch, id, winner, &ranked),
            None if open.tries == 1 && open.judged => self.waiting.push_back((id, 1..count)),
            None => {}
        }
    }

    /// Decides a query in favour of an ended try, and ends the others. `ranked` has the tries of each distinct answer, the
    /// best one first, if a vote chose it.
    fn decide(&mut self, batch: &mut Batch, id: usize, winner: usize, ranked: &[Vec<usize>]) {
        let Some((open, stopped)) = self.close(batch, id) else {
            return;
        };
        let segments = open.ended.iter().map(|ended| ended.segment.number).sum::<usize>();
        let mut ended = open.ended;
        let outputs = |i: &usize| ended.get(*i).map(|ended| &ended.segment.outputs);
        let answer = |tries: &Vec<usize>| {
            let first = tries.first().and_then(outputs)?;
            let q_halt = tries.iter().filter_map(outputs).map(|outputs| outputs.q_halt);
            Some((first.preds.clone(), q_halt.collect()))
        };
        let answers: Vec<(Vec<u32>, Vec<f32>)> = ranked.iter().filter_map(answer).collect();
        let Ended {
            mut segment,
            stopped: stop,
            verdict,
        } = ended.swap_remove(winner);
        let same = |other: &&Ended| other.segment.outputs.preds == segment.outputs.preds;
        let decision = Decision {
            tries: open.tries,
            segments: segments + stopped,
            votes: match ranked.first() {
                Some(tries) => tries.len(),
                None => 1 + ended.iter().filter(same).count(),
            },
        };
        segment.elapsed = open.since.elapsed();
        segment.decision = Some(decision);
        let puzzle = open.query.puzzle;
        segment.answer = puzzle.map(|puzzle| Answer {
            ranked: answers,
            ..Answer::of(puzzle, &segment, stop, verdict, decision)
        });
        self.ready.push_back((id, Ok(segment)));
    }

    /// Ends all tries at a query, and returns it with the number of segments that its unfinished tries had run.
    fn close(&mut self, batch: &mut Batch, id: usize) -> Option<(Open, usize)> {
        let open = self.open.remove(&id)?;
        self.waiting.retain(|(waiting, _)| *waiting != id);
        let own = self.attempts.extract_if(.., |_, attempt| attempt.query == id);
        let stopped = own.filter_map(|(slot, _)| batch.release(slot)).sum();
        Some((open, stopped))
    }

    /// Takes the next ready segment or error: of query `turn` only, if given.
    pub(super) fn take(&mut self, turn: Option<usize>) -> Option<Result<Segment>> {
        let next = match turn {
            None => 0,
            Some(turn) => self.ready.iter().position(|(id, _)| *id == turn)?,
        };
        self.ready.remove(next).map(|(_, segment)| segment)
    }
}
