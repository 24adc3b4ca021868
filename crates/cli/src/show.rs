//! How an answer is shown.

use super::board;
use super::output::{self, count_of, note};
use super::paint::Paint;
use super::solve::{Args, Look, Palette};
use hrm::error::{Error, Result};
use hrm::halt::Stop;
use hrm::picture::{Picture, Theme};
use hrm::report::Report;
use hrm::solve::{Answer, Solver};
use hrm::tasks::{Drawing, Fault, Puzzle, Question, Verdict};
use hrm::trace::Thought;

/// A line of `--json`: where the puzzle stands in the input, and its answer or what was wrong.
#[derive(serde::Serialize)]
struct Line<'a> {
    /// Number in the input, from 0; what is no puzzle counts, too.
    index: usize,
    /// The line that it begins in, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(flatten)]
    report: Option<Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

fn object(index: usize, line: usize, report: Option<Report>, error: Option<&str>) -> Result<()> {
    output::print_json(&Line {
        index,
        line: Some(line).filter(|&line| line > 0),
        report,
        error,
    })
}

/// Prints the object of what is no puzzle.
pub(super) fn error(index: usize, line: usize, error: &Error) -> Result<()> {
    object(index, line, None, Some(&error.to_string()))
}

/// Prints the line of a puzzle that has no answer.
pub(super) fn wrong(reason: &str) -> Result<()> {
    output::print(&format!("# {}\n", output::one_line(reason)))
}

/// Where a puzzle stands among those of the input, and how answers are shown.
pub(super) struct Show<'a> {
    pub args: &'a Args,
    pub solver: &'a Solver,
    pub index: usize,
    pub line: usize,
    pub place: &'a str,
    /// Whether it is the only one.
    pub alone: bool,
}

impl Show<'_> {
    /// Says before its answer what is known of a question; returns that.
    pub(super) fn question(&self, puzzle: &Puzzle) -> Option<Question> {
        if self.args.model.quiet {
            return None;
        }
        let question = puzzle.question()?;
        if let Some(remark) = puzzle.task.remark(&question) {
            note(&format!("{}: {remark}", self.place));
        }
        Some(question)
    }

    /// Prints what stands in the place of an answer.
    pub(super) fn wrong(&self, reason: &str) -> Result<()> {
        match (self.args.json, self.alone) {
            (true, _) => self.object(None, Some(reason)),
            (false, true) => Ok(()),
            (false, false) => wrong(reason),
        }
    }

    fn object(&self, report: Option<Report>, error: Option<&str>) -> Result<()> {
        object(self.index, self.line, report, error)
    }

    /// Whether boards are drawn: where a person reads one.
    fn is_drawn(&self) -> bool {
        self.alone && !self.args.model.quiet
    }

    fn board(&self, puzzle: &Puzzle, drawing: Drawing, prediction: &[u32], faults: &[Fault], changes: bool) -> String {
        let cells = faults.iter().flat_map(|fault| fault.cells.iter().copied()).collect();
        match self.is_drawn() {
            true if Paint::is_for(&drawing) => self.paint().board(puzzle, &drawing, changes),
            true => board::board(&drawing.with_faults(&cells), changes),
            false => puzzle.task.text(&puzzle.answer(prediction)) + "\n",
        }
    }

    fn paint(&self) -> Paint {
        let depth = std::env::var("COLORTERM").unwrap_or_default();
        Paint {
            safe: self.args.palette == Palette::Safe,
            digits: self.args.digits,
            all: ["truecolor", "24bit"].contains(&depth.as_str()),
        }
    }

    /// Prints the pairs of boards that show the rule of a puzzle, where a person reads them.
    fn demonstrations(&self, puzzle: &Puzzle) -> Result<()> {
        match self.is_drawn() && !puzzle.demonstrations.is_empty() {
            true => output::print_coloured(&self.paint().demonstrations(puzzle)),
            false => Ok(()),
        }
    }

    /// Prints one segment of a trace.
    pub(super) fn thought(&self, puzzle: &Puzzle, thought: &Thought) -> Result<()> {
        if thought.number == 1 {
            self.demonstrations(puzzle)?;
        }
        let faults = puzzle.judge(&thought.grid).map(|v| v.faults).unwrap_or_default();
        let drawing = Drawing::thought(puzzle, thought);
        let changed = drawing.cells.iter().filter(|cell| cell.changed).count();
        let board = self.board(puzzle, drawing, &thought.grid, &faults, true);
        output::print_coloured(&format!(
            "{board}segment {}: {changed} changed, q_halt {:.2}, confidence {:.1} %\n\n",
            thought.number,
            thought.q_halt,
            100.0 * thought.mean_confidence().unwrap_or(f32::NAN)
        ))
    }

    /// Prints an answer. `traced` says whether its segments have been printed; `interrupted` what ended it, if Ctrl-C
    /// did.
    pub(super) fn answer(
        &self,
        answer: &Answer,
        trace: &[Thought],
        traced: bool,
        interrupted: Option<&str>,
    ) -> Result<()> {
        if self.args.json {
            let trace = self.args.trace.then_some(trace);
            let mut report = Report::new(self.solver, answer, trace);
            if interrupted.is_some() {
                report.stopped = Stop::Interrupted;
            }
            return self.object(Some(report), interrupted);
        }
        if self.args.trace && !traced {
            if answer.tries > 1 {
                let number = answer.attempt + 1;
                output::print(&format!("try {number} of {} ({}):\n\n", answer.tries, answer.variant))?;
            }
            trace
                .iter()
                .try_for_each(|thought| self.thought(&answer.puzzle, thought))?;
        }
        if self.is_drawn() && self.args.trace && interrupted.is_none() {
            return Ok(());
        }
        if !self.args.trace {
            self.demonstrations(&answer.puzzle)?;
        }
        let faults = answer.verdict.as_ref().map_or(&[][..], |v| &v.faults);
        let drawing = Drawing::new(&answer.puzzle, &answer.prediction);
        let mut text = self.board(&answer.puzzle, drawing, &answer.prediction, faults, false);
        if self.alone {
            return output::print_coloured(&(text + &self.second(answer)));
        }
        // A comment in the languages of both tasks, so that the output can be read again.
        let broken = answer.verdict.as_ref().filter(|verdict| !verdict.valid).map(broken);
        let remarks: Vec<String> = interrupted.map(str::to_owned).into_iter().chain(broken).collect();
        let is_flat = !text.trim_end().contains('\n');
        if !remarks.is_empty() {
            let remark = remarks.join("; ");
            text = match is_flat {
                true => format!("{} # {remark}\n", text.trim_end()),
                false => format!("{text}# not valid: {remark}\n"),
            };
        }
        if !is_flat {
            text.push('\n');
        }
        output::print(&text)
    }

    /// Returns the second best answer of a vote over the forms of a puzzle, which a contest takes, too.
    fn second(&self, answer: &Answer) -> String {
        let puzzle = &answer.puzzle;
        let Some((second, votes)) = answer
            .ranked
            .get(1)
            .filter(|_| puzzle.task.is_named() && self.is_drawn())
        else {
            return String::new();
        };
        let board = self.board(puzzle, Drawing::new(puzzle, second), second, &[], false);
        format!("\nsecond answer ({} of {} tries):\n{board}", votes.len(), answer.tries)
    }

    /// Draws the picture, if one is asked for.
    pub(super) fn draw(&self, answer: &Answer, trace: &[Thought]) -> Result<()> {
        let Some(image) = &self.args.image else { return Ok(()) };
        let theme = match self.args.look {
            Look::Light => Theme::Light,
            Look::Dark => Theme::Dark,
        };
        image.write(&Picture {
            puzzle: &answer.puzzle,
            thoughts: trace,
            theme,
            safe_colours: self.args.palette == Palette::Safe,
            digits: self.args.digits,
        })
    }

    /// Prints one sentence about the answer on standard error, and what may help.
    pub(super) fn remark(&self, answer: &Answer, question: Option<&Question>, interrupted: Option<&str>) {
        if self.args.model.quiet || self.args.json {
            return;
        }
        let optimal = answer.verdict.as_ref().and_then(|verdict| verdict.optimal);
        let optimum = answer.puzzle.task.rules().and_then(|rules| rules.optimum());
        let verdict = match (&answer.verdict, optimum.zip(optimal)) {
            (Some(_), Some((optimum, optimal))) => optimum.said[usize::from(!optimal)].to_owned(),
            (Some(verdict), None) if verdict.valid => "solved".to_owned(),
            (Some(verdict), None) => format!("not solved: {}", broken(verdict)),
            (None, _) => "answered".to_owned(),
        };
        if !self.alone {
            if answer.valid() == Some(false) {
                let text = answer.puzzle.text();
                let name = if text.contains('\n') { self.place } else { &text };
                note(&format!("{name}: {verdict}"));
            }
            return;
        }
        let segments = count_of(answer.segments, "segment");
        if let Some(interrupted) = interrupted {
            note(&format!("{interrupted}; this is the best grid so far: {verdict}"));
            return;
        }
        let (ms, device) = (answer.elapsed.as_secs_f64() * 1e3, self.solver.executor().device_name());
        let tries = match (answer.tries, answer.valid()) {
            (1, _) => String::new(),
            (tries, Some(true)) => format!(" of {} in {tries} tries ({})", answer.all_segments, answer.variant),
            (tries, _) => format!(
                " of {} in {tries} tries, {} for this answer",
                answer.all_segments, answer.votes
            ),
        };
        note(&format!("{verdict}; {segments}{tries}, {ms:.0} ms on {device}"));
        if !answer.q_halt.is_finite() {
            note(output::NOT_FINITE);
            return;
        }
        let may_help = answer.valid() == Some(false) && question != Some(&Question::None);
        if let Some(advice) = self.advice().filter(|_| may_help) {
            note(&format!("more thought may help: {advice}"));
        }
    }

    /// What more thought would be, as long as there is more that was found to help.
    fn advice(&self) -> Option<String> {
        let (tries, segments) = (self.solver.tries().count, self.solver.schedule().segments);
        let most = self.solver.model().segments_measured.unwrap_or(MOST_SEGMENTS);
        let more_tries =
            (tries < MOST_TRIES).then(|| format!("--tries {}", tries.saturating_mul(4).clamp(16, MOST_TRIES)));
        let more = segments.saturating_mul(4).min(most);
        let more_segments = (more > segments).then(|| format!("--segments {more}"));
        let advice: Vec<String> = [more_tries, more_segments].into_iter().flatten().collect();
        (!advice.is_empty()).then(|| advice.join(", or "))
    }
}

/// Most tries and segments that are advised: beyond, little was found to be gained.
const MOST_TRIES: usize = 64;
const MOST_SEGMENTS: usize = 64;

/// Returns the first broken rule, and how many more there are.
fn broken(verdict: &Verdict) -> String {
    let first = verdict.faults.first().map(ToString::to_string).unwrap_or_default();
    match verdict.faults.len() {
        0 | 1 => first,
        n => format!("{first}, and {} more fault{}", n - 1, if n == 2 { "" } else { "s" }),
    }
}
