//! What has been asked, and what became of it: printed in the order of the input.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::input::{Feed, Item, Next};
use super::output::{Errors, count_of, note};
use super::progress::Progress;
use super::show::Show;
use super::solve::Args;
use hrm::error::{Error, Result};
use hrm::solve::{Answer, Query, Segment, Solver};
use hrm::tasks::Puzzle;
use hrm::trace::{Thought, Trace};

/// The puzzles that have come, as queries: it may go on after it gave none.
pub(super) struct Queries<'a, 'b> {
    pub session: &'a RefCell<Session<'b>>,
    /// How many items there are, if that is known.
    pub counted: Option<usize>,
}

impl Iterator for Queries<'_, '_> {
    type Item = Query;

    fn next(&mut self) -> Option<Query> {
        self.session.borrow_mut().draw().map(Query::from)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.counted)
    }
}

/// What has been asked and not been printed yet.
pub(super) struct Session<'a> {
    pub args: &'a Args,
    pub solver: &'a Solver,
    /// Whether there is one puzzle, for which a board is drawn.
    pub alone: bool,
    pub feed: Feed,
    pub asked: VecDeque<Asked>,
    /// How many of the items have been printed.
    pub printed: usize,
    /// The item of each query.
    pub queries: Vec<usize>,
    pub progress: Progress,
    pub errors: Errors,
    /// Valid answers, and all.
    pub answered: [usize; 2],
}

/// An item of the input, and what became of it.
pub(super) struct Asked {
    place: String,
    line: usize,
    puzzle: Result<Arc<Puzzle>>,
    answer: Option<Answer>,
    /// While it is open, the grid that breaks the fewest rules.
    best: Option<Answer>,
    /// By try; once there is an answer, only that of the try that gave it.
    traces: BTreeMap<usize, Trace>,
    /// How many segments of the first try have been printed.
    shown: usize,
}

impl Session<'_> {
    /// Takes the next puzzle that the model can be asked.
    fn draw(&mut self) -> Option<Arc<Puzzle>> {
        loop {
            let Next::Item(Item { place, line, asked }) = self.feed.next() else {
                return None;
            };
            let asked = asked.and_then(|puzzle| match self.solver.check(&puzzle) {
                Ok(()) => Ok(puzzle),
                Err(error) if self.alone => Err(error),
                Err(error) => Err(Error::Usage(format!("{place}: {error}"))),
            });
            let puzzle = asked.as_ref().ok().cloned();
            self.asked.push_back(Asked {
                place,
                line,
                puzzle: asked,
                answer: None,
                best: None,
                traces: BTreeMap::new(),
                shown: 0,
            });
            if puzzle.is_some() {
                self.queries.push(self.printed + self.asked.len() - 1);
                self.progress.expect(1);
                return puzzle;
            }
        }
    }

    /// Takes a segment in.
    pub(super) fn take(&mut self, segment: Segment, every: bool) {
        let keep = self.args.trace || self.args.image.is_some();
        self.progress.segments(if every { 1 } else { segment.number });
        let number = self
            .queries
            .get(segment.id)
            .and_then(|number| number.checked_sub(self.printed));
        let Some(asked) = number.and_then(|number| self.asked.get_mut(number)) else {
            return;
        };
        if keep {
            let trace = asked.traces.entry(segment.attempt);
            let trace = trace.or_insert_with(|| Trace::new(&self.solver.model().config));
            // The last segment of a try chosen by a vote arrives twice.
            if trace.thoughts.len() < segment.number {
                trace.add(segment.number, &segment.outputs);
            }
            if segment.stopped.is_some() {
                // What the next segment would be compared with is not needed any more.
                let mut rested = Trace::new(&self.solver.model().config);
                rested.thoughts = std::mem::take(&mut trace.thoughts);
                rested
                    .thoughts
                    .iter_mut()
                    .for_each(|thought| thought.probabilities = None);
                *trace = rested;
            }
        }
        if segment.answer.is_some() {
            self.progress.sample();
            if !self.args.trace || segment.attempt != 0 {
                asked.traces.retain(|attempt, _| *attempt == segment.attempt);
            }
            asked.answer = segment.answer;
        } else if let Ok(puzzle) = &asked.puzzle {
            asked.best = Some(better(asked.best.take(), puzzle, &segment));
        }
    }

    /// Prints what can be printed in order.
    pub(super) fn print(&mut self) -> Result<()> {
        while let Some(asked) = self.asked.front_mut() {
            let show = Show {
                args: self.args,
                solver: self.solver,
                index: self.printed,
                line: asked.line,
                place: &asked.place,
                alone: self.alone,
            };
            match (&asked.puzzle, &asked.answer) {
                (Err(error), _) => {
                    let errors = &mut self.errors;
                    self.progress.bar.suspend(|| {
                        errors.report(error);
                        show.wrong(&error.to_string())
                    })?;
                }
                (Ok(_), Some(answer)) => {
                    let shown = &mut asked.shown;
                    let traces = &asked.traces;
                    self.progress
                        .bar
                        .suspend(|| finish(&show, answer, traces, shown, None))?;
                    self.answered[0] += usize::from(answer.valid() != Some(false));
                    self.answered[1] += 1;
                }
                (Ok(puzzle), None) => {
                    let (trace, shown) = (asked.traces.get(&0), &mut asked.shown);
                    return live(&show, puzzle, trace.map_or(&[], |trace| &trace.thoughts), shown);
                }
            }
            self.asked.pop_front();
            self.printed += 1;
        }
        Ok(())
    }

    /// Prints after an interruption what there is of the puzzles that are open, and the answers behind them.
    pub(super) fn print_open(&mut self) -> Result<()> {
        while let Some(mut asked) = self.asked.pop_front() {
            let show = Show {
                args: self.args,
                solver: self.solver,
                index: self.printed,
                line: asked.line,
                place: &asked.place,
                alone: self.alone,
            };
            self.printed += 1;
            let (shown, traces) = (&mut asked.shown, &asked.traces);
            match (&asked.puzzle, &asked.answer, &asked.best) {
                (Err(error), ..) => {
                    self.errors.report(error);
                    show.wrong(&error.to_string())?;
                }
                (Ok(_), Some(answer), _) => finish(&show, answer, traces, shown, None)?,
                (Ok(_), None, Some(answer)) => {
                    let after = count_of(answer.segments, "segment");
                    finish(
                        &show,
                        answer,
                        traces,
                        shown,
                        Some(&format!("interrupted after {after}")),
                    )?;
                }
                (Ok(_), None, None) => {
                    let reason = "interrupted before its first segment was done";
                    show.wrong(&format!("{}: {reason}", show.place))?;
                    if self.alone && !self.args.json && !self.args.model.quiet {
                        note(reason);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Prints the segments of the first try that have not been printed.
fn live(show: &Show, puzzle: &Puzzle, thoughts: &[Thought], shown: &mut usize) -> Result<()> {
    if show.args.trace && !show.args.json {
        for thought in thoughts.iter().skip(*shown) {
            show.thought(puzzle, thought)?;
            *shown += 1;
        }
    }
    Ok(())
}

/// Prints an answer with all that belongs to it; the picture last, so that its failure swallows nothing.
fn finish(
    show: &Show,
    answer: &Answer,
    traces: &BTreeMap<usize, Trace>,
    shown: &mut usize,
    interrupted: Option<&str>,
) -> Result<()> {
    let thoughts = |attempt: usize| traces.get(&attempt).map_or(&[][..], |trace| &trace.thoughts);
    let question = show.question(&answer.puzzle);
    live(show, &answer.puzzle, thoughts(0), shown)?;
    let trace = thoughts(answer.attempt);
    show.answer(answer, trace, answer.attempt == 0, interrupted)?;
    show.remark(answer, question.as_ref(), interrupted);
    show.draw(answer, trace)
}

/// Returns the better of the best grid so far and that of a segment: of equals the later.
fn better(best: Option<Answer>, puzzle: &Arc<Puzzle>, segment: &Segment) -> Answer {
    let faults = |answer: &Answer| answer.verdict.as_ref().map_or(0, |verdict| verdict.faults.len());
    let mut answer = Answer::new(puzzle.clone(), segment.outputs.preds.clone());
    if let Some(best) = best.filter(|best| faults(best) < faults(&answer)) {
        return best;
    }
    answer.segments = segment.number;
    answer.q_halt = segment.outputs.q_halt;
    answer.attempt = segment.attempt;
    answer.variant = segment.variant;
    answer.elapsed = segment.elapsed;
    answer
}
