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
use crate::ordered;
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
    /// Tries that wait for slots.
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
    /// Number of tries that were allowed to begin: the first, or all.
    tries: usize,
    /// The tries that have ended.
    ended: Vec<Ended>,
}

/// A try that has ended: its last segment, and the rules' verdict on it.
#[derive(Debug)]
struct Ended {
    segment: Segment,
    stopped: Stop,
    verdict: Option<Verdict>,
    /// Whether its last segment has been returned.
    shown: bool,
}

impl Ended {
    /// What makes one valid answer better than another: fewer segments, then an earlier try.
    fn rank(&self) -> (usize, usize) {
        (self.segment.number, self.segment.attempt)
    }

    fn is_valid(&self) -> bool {
        self.verdict.as_ref().is_some_and(|verdict| verdict.valid)
    }
}

impl Open {
    /// Forgets logits and states of a try that has ended, or of another with the same answer: of equal answers the first
    /// may win, so that many tries need no more memory than their distinct answers.
    fn lighten(&mut self, config: &Config, new: usize) {
        let outputs = |i: usize| &self.ended[i].segment.outputs;
        let is_heavy = |i: usize| outputs(i).logits.is_some() || outputs(i).z_h.is_some();
        // Where the stillest try wins, any may.
        if !is_heavy(new) || definition(config.family).settles() {
            return;
        }
        let answer = |i: usize| (&*outputs(i).preds, 0.0);
        let is_same = |other: usize| rank_for(config.task, &[answer(new), answer(other)]).len() == 1;
        let other = (0..self.ended.len())
            .find(|&i| i != new && is_heavy(i) && self.ended[i].shown == self.ended[new].shown && is_same(i));
        let Some(other) = other else { return };
        let later = if self.ended[other].rank() < self.ended[new].rank() {
            new
        } else {
            other
        };
        let outputs = &mut self.ended[later].segment.outputs;
        (outputs.logits, outputs.z_h, outputs.z_l) = (None, None, None);
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
        while batch.free().next().is_some() {
            if self.waiting.is_empty() {
                let Some(query) = queries.next() else { return };
                self.admit(query);
            }
            // What cannot be asked has become an error.
            let Some((id, tries)) = self.waiting.pop_front() else {
                continue;
            };
            let rest = tries.start + 1..tries.end;
            if let Err(error) = self.begin(batch, id, tries.start) {
                self.close(batch, id);
                self.ready.push_back((id, Err(error)));
            } else if !rest.is_empty() {
                self.waiting.push_front((id, rest));
            }
        }
    }

    fn admit(&mut self, mut query: Query) {
        if let Some(puzzle) = &query.puzzle {
            query.tokens = puzzle.task.fitted(query.tokens, self.config.seq_len);
        }
        let id = self.queries;
        self.queries += 1;
        let ways = match self.known.ways_of(&query) {
            Ok(ways) => ways,
            Err(error) => return self.ready.push_back((id, Err(error))),
        };
        let count = ways.tries(self.tries);
        let rules = |puzzle: &Puzzle| has_rules(Some(puzzle.task), puzzle.board.tokens.len());
        let judged = query.puzzle.as_deref().is_some_and(rules);
        let tries = if judged { 1 } else { count };
        self.waiting.push_back((id, 0..tries));
        let open = Open {
            query,
            ways,
            count,
            judged,
            since: Instant::now(),
            tries,
            ended: Vec::new(),
        };
        self.open.insert(id, open);
    }

    fn begin(&mut self, batch: &mut Batch, id: usize, number: usize) -> Result<()> {
        let Some(open) = self.open.get_mut(&id) else {
            return Ok(());
        };
        let slot = batch.free().next();
        let slot = slot.ok_or_else(|| Error::Usage("batch: expected a free slot, found none".into()))?;
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
        let mut moved = BTreeSet::new();
        for progress in progress {
            let (slot, stopped) = (progress.slot, progress.stopped.is_some());
            if let Some(attempt) = self.attempts.get_mut(&slot) {
                attempt.segments = progress.segments;
                moved.insert(attempt.query);
                segments.extend(attempt.segment(progress, &self.config));
            }
            if stopped {
                self.attempts.remove(&slot);
            }
        }
        // Which slot a try has is not seen: the shorter is returned first, then the earlier query and try.
        segments.sort_by_key(|segment| (segment.number, segment.id, segment.attempt));
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
                shown: false,
            });
            if !self.every_segment {
                open.lighten(&self.config, open.ended.len() - 1);
            }
        }
        moved.into_iter().for_each(|id| self.settle(batch, id));
    }

    /// Decides a query if the tries that have ended suffice; otherwise queues the remaining tries after the first.
    ///
    /// Of valid answers that of the fewest segments wins, then that of the earliest try. Which tries run side by side is a
    /// matter of slots, so that every other try first ends or runs as many segments as the best one.
    fn settle(&mut self, batch: &mut Batch, id: usize) {
        let Some(open) = self.open.get_mut(&id) else { return };
        let valid = |ended: &Ended| open.judged && ended.is_valid();
        let best = open.ended.iter().filter(|ended| valid(ended)).map(Ended::rank).min();
        let (mut winner, mut ranked) = (None, Vec::new());
        if let Some((most, _)) = best {
            let own = |(_, attempt): &(&usize, &Attempt)| attempt.query == id;
            let running: Vec<(usize, usize)> = self
                .attempts
                .iter()
                .filter(own)
                .map(|(slot, attempt)| (*slot, attempt.segments))
                .collect();
            let mut behind = self.waiting.iter().any(|(waiting, _)| *waiting == id);
            for (slot, segments) in running {
                if segments < most {
                    behind = true;
                } else {
                    self.attempts.remove(&slot);
                    batch.release(slot);
                }
            }
            if !behind {
                winner = best.and_then(|best| open.ended.iter().position(|ended| ended.rank() == best));
            }
        } else if open.ended.len() == open.count {
            ordered::sort_by_key(&mut open.ended, Ended::rank);
            let outputs = open.ended.iter().map(|ended| &ended.segment.outputs);
            if definition(self.config.family).settles() {
                winner = stillest(outputs);
            } else {
                let answers: Vec<_> = outputs.map(|o| (&*o.preds, o.q_halt)).collect();
                ranked = rank_for(self.config.task, &answers);
                winner = ranked.first().and_then(|tries| tries.first()).copied();
            }
        } else if open.judged && open.tries == 1 && open.ended.len() == 1 {
            open.tries = open.count;
            self.waiting.push_back((id, 1..open.count));
        }
        if self.every_segment {
            // A valid answer may yet decide.
            let waits = |ended: &Ended| best.is_some() && winner.is_none() && ended.is_valid();
            let mut now = Vec::new();
            for (i, ended) in open.ended.iter_mut().enumerate() {
                if !ended.shown && !waits(ended) && Some(i) != winner {
                    ended.shown = true;
                    self.ready.push_back((id, Ok(ended.segment.clone())));
                    now.push(i);
                }
            }
            if winner.is_none() {
                now.into_iter().for_each(|shown| open.lighten(&self.config, shown));
            }
        }
        if let Some(winner) = winner {
            self.decide(batch, id, winner, &ranked);
        }
    }

    /// Decides a query in favour of an ended try, and ends the others. `ranked` has the tries of each distinct answer, the
    /// best one first, if a vote chose it.
    fn decide(&mut self, batch: &mut Batch, id: usize, winner: usize, ranked: &[Vec<usize>]) {
        let Some(open) = self.close(batch, id) else {
            return;
        };
        let mut ended = open.ended;
        // Where a vote decides, all count wholly, as the first always does; otherwise each up to the moment at which the
        // winner was there.
        let most = match ended.get(winner) {
            Some(winner) if ranked.is_empty() && winner.is_valid() && open.judged => winner.segment.number,
            _ => usize::MAX,
        };
        let ran = ended.iter().map(|ended| match ended.segment.attempt {
            0 => ended.segment.number,
            _ => ended.segment.number.min(most),
        });
        let cut = open.tries.saturating_sub(ended.len());
        let segments = ran.sum::<usize>().saturating_add(cut.saturating_mul(most));
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
            ..
        } = ended.swap_remove(winner);
        let same =
            |other: &&Ended| other.segment.number <= most && other.segment.outputs.preds == segment.outputs.preds;
        let decision = Decision {
            tries: open.tries,
            segments,
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

    /// Ends all tries at a query, and returns it.
    fn close(&mut self, batch: &mut Batch, id: usize) -> Option<Open> {
        let open = self.open.remove(&id)?;
        self.waiting.retain(|(waiting, _)| *waiting != id);
        let own = self.attempts.extract_if(.., |_, attempt| attempt.query == id);
        for (slot, _) in own {
            batch.release(slot);
        }
        Some(open)
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
