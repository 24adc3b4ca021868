//! `hrm solve`.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Read};
use std::path::Path;
use std::sync::Arc;

use clap::ValueEnum;

use super::board;
use super::image::Image;
use super::options::{ModelOptions, ThinkingOptions};
use super::output::{self, Interrupt, note};
use hrm::error::{Error, Result};
use hrm::executor::Want;
use hrm::picture::{self, Picture};
use hrm::solve::{Answer, Query, Solver};
use hrm::tasks::{self, Drawing, Fault, Likelihood, Puzzle, Verdict};
use hrm::trace::{Report, Thought, Trace};

/// Arguments of `hrm solve`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Puzzles: 81 characters (`.` or `0` for an empty cell), mazes (`#`, space, `S`, `G`), files, or `-` for standard
    /// input
    #[arg(value_name = "PUZZLE|FILE|-")]
    inputs: Vec<String>,
    #[command(flatten)]
    model: ModelOptions,
    #[command(flatten)]
    thinking: ThinkingOptions,
    /// One JSON object a puzzle on standard output
    #[arg(long)]
    json: bool,
    /// Show the grid after every segment
    #[arg(long)]
    trace: bool,
    /// Draw one puzzle to this file: .png the answer, .gif the thinking
    #[arg(long, value_name = "OUT.gif|OUT.png")]
    image: Option<Image>,
    /// The colours of the image
    #[arg(long, value_enum, default_value = "light", requires = "image")]
    look: Look,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Look {
    Light,
    Dark,
}

const EXAMPLES: &str = "\
Examples:
  hrm solve .........4.....85..7...1.......2.9.3..9..57...38.6.2.......23...954.......678....
  hrm solve puzzle.txt --trace        nine lines, a drawn box, or many puzzles, one a line
  hrm solve puzzles.csv --json        the column `question`
  echo 53..7.... … | hrm solve -
  hrm solve --task maze mazes.txt     rows of a maze, an empty line between mazes, or one a line
  hrm solve hard.txt --tries 16       where it fails, fifteen variants of the puzzle, too
  hrm solve puzzle.txt --image thinking.gif

The model answers; rules only judge. An answer that breaks a rule is shown as it is, and the exit code is 1.";

/// A puzzle and where it came from.
struct Asked {
    puzzle: Arc<Puzzle>,
    place: String,
}

pub(super) fn solve(args: Args) -> Result<u8> {
    let (mut asked, mut errors) = read_all(&args)?;
    let mut code = 0;
    if !asked.is_empty() {
        if args.image.is_some() && asked.len() > 1 {
            return Err(Error::Usage(format!("--image draws one puzzle, found {}", asked.len())));
        }
        let want = Want {
            logits: args.trace || args.image.is_some(),
            carry: args.trace && args.json,
            ..Want::default()
        };
        let task = asked[0].puzzle.task;
        let solver = args.model.solver(&args.thinking, Some(task), None, want)?;
        let alone = asked.len() == 1;
        asked.retain(|Asked { puzzle, place }| {
            let unfit = solver.check(puzzle).err();
            let placed = |error: Error| {
                if alone {
                    error
                } else {
                    Error::Usage(format!("{place}: {error}"))
                }
            };
            let fits = unfit.is_none();
            errors.extend(unfit.map(placed));
            fits
        });
        if !args.model.quiet {
            remark_questions(&asked);
        }
        if !asked.is_empty() {
            code = answer_all(&args, &solver, &asked)?;
        }
    }
    // The good puzzles have been answered; now the errors of the others.
    let worst = errors.iter().map(output::report).max().unwrap_or(0);
    Ok(code.max(worst))
}

/// Reads all inputs; returns their puzzles, and errors for whatever is not a puzzle.
fn read_all(args: &Args) -> Result<(Vec<Asked>, Vec<Error>)> {
    let mut inputs = args.inputs.clone();
    if inputs.is_empty() {
        if std::io::stdin().is_terminal() {
            return Err(Error::Usage(
                "expected a puzzle: its text, a file, or `-` for standard input".into(),
            ));
        }
        inputs.push("-".into());
    }
    let (mut asked, mut errors) = (Vec::new(), Vec::new());
    for input in &inputs {
        let (bytes, name) = match read(input) {
            Ok(read) => read,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        for entry in tasks::read(&bytes, &name, args.model.task) {
            match entry {
                Ok(entry) => asked.push(Asked {
                    place: format!("{name}, line {}", entry.line),
                    puzzle: Arc::new(entry.puzzle),
                }),
                Err(error) => errors.push(error),
            }
        }
    }
    Ok((asked, errors))
}

/// Reads an input; returns its bytes, and its name for messages.
fn read(input: &str) -> Result<(Vec<u8>, String)> {
    if input == "-" {
        let (mut bytes, name) = (Vec::new(), "standard input".to_owned());
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(Error::io("read", &name))?;
        return Ok((bytes, name));
    }
    let path = Path::new(input);
    if path.is_dir() {
        return Err(Error::Input {
            what: input.into(),
            reason: "expected a puzzle or a file, found a folder".into(),
        });
    }
    // A long text that is not a path is meant to be a puzzle, even if a character is wrong.
    let is_long = input.chars().count() >= 40 && !input.contains(['/', '\\']);
    let is_certain = || tasks::all().iter().any(|task| task.sniff(input) == Likelihood::Certain);
    let is_puzzle = is_long || input.contains('\n') || (input.len() > 8 && is_certain());
    if path.exists() || !is_puzzle {
        return std::fs::read(path)
            .map(|bytes| (bytes, input.to_owned()))
            .map_err(Error::io("read", path));
    }
    Ok((input.as_bytes().to_vec(), "puzzle".to_owned()))
}

/// Prints the task's remarks on the questions. The model runs all the same.
fn remark_questions(asked: &[Asked]) {
    for Asked { puzzle, place } in asked {
        let remark = puzzle.question().and_then(|question| puzzle.task.remark(&question));
        if let Some(remark) = remark {
            note(&format!("{place}: {remark}"));
        }
    }
}

/// Runs the model, printing answers in the order of the questions. Returns 1 if one of them is not valid.
fn answer_all(args: &Args, solver: &Solver, asked: &[Asked]) -> Result<u8> {
    let interrupt = Interrupt::listen();
    let queries = asked.iter().map(|a| Query::from(a.puzzle.clone()));
    let queries = queries.collect::<Vec<_>>();
    let every = args.trace || args.image.is_some();
    let run = if every {
        solver.run(queries)
    } else {
        solver.answers(queries)
    };
    let mut run = run?.with_cancel(interrupt.0);
    let bar = (asked.len() > 1).then(|| args.model.progress(asked.len(), "solving"));
    let show = |answer: &Answer, trace: &[Thought], place: &str| {
        let show = || {
            Show {
                args,
                solver,
                answer,
                trace,
                place: (asked.len() > 1).then_some(place),
            }
            .print()
        };
        bar.as_ref().map_or_else(show, |bar| bar.suspend(show))
    };
    // By puzzle and try; once a puzzle has its answer, only the trace of the try that gave it.
    let mut traces: Vec<BTreeMap<usize, Trace>> = vec![BTreeMap::new(); asked.len()];
    let mut answers: Vec<Option<Answer>> = asked.iter().map(|_| None).collect();
    let (mut printed, mut valid, mut interrupted) = (0, 0, false);
    while let Some(segment) = run.next_blocking() {
        let segment = match segment {
            Err(Error::Cancelled) => {
                interrupted = true;
                break;
            }
            segment => segment?,
        };
        let id = segment.id;
        if every {
            let trace = traces[id].entry(segment.attempt);
            let trace = trace.or_insert_with(|| Trace::new(&solver.model().config));
            // The last segment of a try chosen by a vote arrives twice.
            if trace.thoughts.len() < segment.number {
                trace.add(segment.number, &segment.outputs);
            }
            if segment.answer.is_some() {
                traces[id].retain(|attempt, _| *attempt == segment.attempt);
            }
        }
        bar.iter()
            .filter(|_| segment.answer.is_some())
            .for_each(|bar| bar.inc(1));
        answers[id] = segment.answer;
        while let Some(Some(answer)) = answers.get(printed) {
            show(
                answer,
                only(&std::mem::take(&mut traces[printed])),
                &asked[printed].place,
            )?;
            valid += usize::from(answer.valid() != Some(false));
            printed += 1;
        }
    }
    // After an interruption, also prints the answers behind a puzzle that is still open.
    for ((answer, trace), asked) in answers.iter().zip(&traces).zip(asked).skip(printed) {
        answer
            .iter()
            .try_for_each(|answer| show(answer, only(trace), &asked.place))?;
    }
    bar.iter().for_each(|bar| bar.finish_and_clear());
    if asked.len() > 1 && !interrupted && !args.json && !args.model.quiet {
        note(&format!("{valid} of {} answers are valid", asked.len()));
    }
    Ok(if interrupted {
        output::INTERRUPTED
    } else {
        u8::from(valid < asked.len())
    })
}

/// Returns the segments of the only try left.
fn only(traces: &BTreeMap<usize, Trace>) -> &[Thought] {
    traces.values().next().map_or(&[], |trace| &trace.thoughts)
}

/// An answer to be shown.
struct Show<'a> {
    args: &'a Args,
    solver: &'a Solver,
    answer: &'a Answer,
    trace: &'a [Thought],
    /// Place of the question, if there are several.
    place: Option<&'a str>,
}

impl Show<'_> {
    fn print(&self) -> Result<()> {
        let (args, answer) = (self.args, self.answer);
        if let Some(image) = &args.image {
            let theme = match args.look {
                Look::Light => picture::Theme::Light,
                Look::Dark => picture::Theme::Dark,
            };
            image.write(&Picture {
                puzzle: &answer.puzzle,
                thoughts: self.trace,
                theme,
            })?;
        }
        if args.json {
            let trace = args.trace.then_some(self.trace);
            return output::print_json(&Report::new(self.solver, answer, trace));
        }
        let drawn = self.place.is_none() && !args.model.quiet;
        let board = |drawing: Drawing, prediction: &[u32], faults: &[Fault], changes: bool| {
            let cells = faults.iter().flat_map(|fault| fault.cells.iter().copied()).collect();
            match drawn {
                true => board::board(&drawing.with_faults(&cells), changes),
                false => answer.puzzle.task.text(&answer.puzzle.answer(prediction)) + "\n",
            }
        };
        let mut text = String::new();
        for thought in self.trace.iter().filter(|_| args.trace) {
            let faults = answer.puzzle.judge(&thought.grid).map(|v| v.faults).unwrap_or_default();
            let drawing = Drawing::thought(&answer.puzzle, thought);
            text += &board(drawing, &thought.grid, &faults, true);
            text += &format!(
                "segment {}: {} changed, q_halt {:.2}, confidence {:.1} %\n\n",
                thought.number,
                thought.changed.len(),
                thought.q_halt,
                100.0 * thought.mean_confidence().unwrap_or(f32::NAN)
            );
        }
        if !drawn || !args.trace {
            let faults = answer.verdict.as_ref().map_or(&[][..], |v| &v.faults);
            let drawing = Drawing::new(&answer.puzzle, &answer.prediction);
            text += &board(drawing, &answer.prediction, faults, false);
        }
        // An empty line keeps multi-line boards apart, so that the output can be read again.
        if !drawn && answer.puzzle.text().contains('\n') && self.place.is_some() {
            text.push('\n');
        }
        output::print(&text)?;
        if !args.model.quiet {
            self.remark();
        }
        Ok(())
    }

    /// Prints one sentence about the answer on standard error.
    fn remark(&self) {
        let answer = self.answer;
        let optimal = answer.verdict.as_ref().and_then(|verdict| verdict.optimal);
        let optimum = answer.puzzle.task.rules().and_then(|rules| rules.optimum());
        let verdict = match (&answer.verdict, optimum.zip(optimal)) {
            (Some(_), Some((optimum, optimal))) => optimum.said[usize::from(!optimal)].to_owned(),
            (Some(verdict), None) if verdict.valid => "solved".to_owned(),
            (Some(verdict), None) => format!("not solved: {}", faults(verdict)),
            (None, _) => "answered".to_owned(),
        };
        let Some(place) = self.place else {
            let (segments, ms) = (answer.segments, answer.elapsed.as_secs_f64() * 1e3);
            let device = self.solver.executor().device_name();
            let tries = match (answer.tries, answer.valid()) {
                (1, _) => String::new(),
                (tries, Some(true)) => format!(" of {} in {tries} tries ({})", answer.all_segments, answer.variant),
                (tries, _) => format!(
                    " of {} in {tries} tries, {} for this answer",
                    answer.all_segments, answer.votes
                ),
            };
            note(&format!(
                "{verdict}; {segments} segments{tries}, {ms:.0} ms on {device}"
            ));
            if answer.valid() == Some(false) {
                let (tries, segments) = (self.solver.tries().count, self.solver.schedule().segments);
                note(&format!(
                    "more thought may help: --tries {}, or --segments {}",
                    (4 * tries).max(16),
                    4 * segments
                ));
            }
            return;
        };
        if answer.valid() == Some(false) {
            let text = answer.puzzle.text();
            match text.contains('\n') {
                true => note(&format!("{place}: {verdict}")),
                false => note(&format!("{text}: {verdict}")),
            }
        }
    }
}

/// Returns the first broken rule, and how many more there are.
fn faults(verdict: &Verdict) -> String {
    let first = verdict.faults.first().map(ToString::to_string).unwrap_or_default();
    match verdict.faults.len() {
        0 | 1 => first,
        n => format!("{first}, and {} more faults", n - 1),
    }
}
