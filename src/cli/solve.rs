//! `hrm solve`.

use std::io::{IsTerminal, Read};
use std::path::Path;

use serde::Serialize;

use super::board;
use super::options::{ModelOptions, ThinkingOptions};
use super::output::{self, Interrupt, note};
use crate::error::{Error, Result};
use crate::model::Task;
use crate::puzzle::{Fault, Puzzle, Question, Verdict, answer_text, maze, text};
use crate::session::{Query, Segment};
use crate::solve::{Answer, Solver};

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
}

const EXAMPLES: &str = "\
Examples:
  hrm solve .........4.....85..7...1.......2.9.3..9..57...38.6.2.......23...954.......678....
  hrm solve puzzle.txt --trace        nine lines, a drawn box, or many puzzles, one a line
  hrm solve puzzles.csv --json        the column `question`
  echo 53..7.... … | hrm solve -
  hrm solve --task maze mazes.txt     rows of a maze, an empty line between mazes, or one a line

The model answers; rules only judge. An answer that breaks a rule is shown as it is, and the exit code is 1.";

/// A puzzle and where it came from.
struct Asked {
    puzzle: Puzzle,
    place: String,
}

pub(super) fn solve(args: Args) -> Result<u8> {
    let (mut asked, mut errors) = read_all(&args)?;
    let mut code = 0;
    if !asked.is_empty() {
        let solver = args.model.solver(&args.thinking, Some(asked[0].puzzle.task), None)?;
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
    // The good ones have been answered: now the others.
    let worst = errors.iter().map(output::report).max().unwrap_or(0);
    Ok(code.max(worst))
}

/// All puzzles of all inputs, and what was no puzzle.
fn read_all(args: &Args) -> Result<(Vec<Asked>, Vec<Error>)> {
    let mut inputs = args.inputs.clone();
    if inputs.is_empty() {
        if std::io::stdin().is_terminal() {
            return Err(Error::Usage(
                "a puzzle is needed: 81 characters, a file, or `-` for standard input".into(),
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
        for entry in text::read(&bytes, &name, args.model.task.map(Into::into)) {
            match entry {
                Ok(entry) => asked.push(Asked {
                    place: format!("{name}, line {}", entry.line),
                    puzzle: entry.puzzle,
                }),
                Err(error) => errors.push(error),
            }
        }
    }
    Ok((asked, errors))
}

/// The text of an input, and what to call it in messages.
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
            reason: "a puzzle or a file is needed, found a directory".into(),
        });
    }
    // What is long and no path is meant to be a puzzle, even if a character is wrong.
    let is_long = input.chars().count() >= 40 && !input.contains(['/', '\\']);
    let is_puzzle =
        is_long || input.contains('\n') || (input.len() > 8 && input.chars().all(|c| maze::id(c).is_some()));
    if path.exists() || !is_puzzle {
        return std::fs::read(path)
            .map(|bytes| (bytes, input.to_owned()))
            .map_err(Error::io("read", path));
    }
    Ok((input.as_bytes().to_vec(), "puzzle".to_owned()))
}

/// Names questions that have no solution, or several. The model runs all the same.
fn remark_questions(asked: &[Asked]) {
    for Asked { puzzle, place } in asked {
        match puzzle.question() {
            Some(Question::None) if puzzle.task == Task::Maze => {
                note(&format!("{place}: no way leads from S to G in this maze"));
            }
            Some(Question::None) => note(&format!("{place}: this puzzle has no solution")),
            // Any way through a maze is an answer.
            Some(Question::Several) if puzzle.task == Task::Maze => {}
            Some(Question::Several) => note(&format!("{place}: this puzzle has more than one solution")),
            // Repeated givens were refused when the puzzle was read.
            Some(Question::Unique | Question::Undecided | Question::Clash(_)) | None => {}
        }
    }
}

/// Runs the model; answers are printed in the order of the questions. Gives 1 if one of them is not valid.
fn answer_all(args: &Args, solver: &Solver, asked: &[Asked]) -> Result<u8> {
    let interrupt = Interrupt::listen();
    let queries = asked.iter().map(|a| Query::from(a.puzzle.clone()));
    let queries = queries.collect::<Vec<_>>();
    let run = if args.trace {
        solver.run(queries)
    } else {
        solver.answers(queries)
    };
    let mut run = run?.with_cancel(interrupt.0);
    let bar = (asked.len() > 1).then(|| args.model.progress(asked.len(), "solving"));
    let show = |answer: &Answer, trace: &[Segment], place: &str| {
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
    let mut traces: Vec<Vec<Segment>> = asked.iter().map(|_| Vec::new()).collect();
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
        answers[id] = Answer::new(&asked[id].puzzle, &segment);
        bar.iter().filter(|_| answers[id].is_some()).for_each(|bar| bar.inc(1));
        if args.trace {
            traces[id].push(segment);
        }
        while let Some(Some(answer)) = answers.get(printed) {
            show(answer, &std::mem::take(&mut traces[printed]), &asked[printed].place)?;
            valid += usize::from(answer.valid() != Some(false));
            printed += 1;
        }
    }
    // Of an interrupted run, what was earned behind a puzzle that is still open.
    for ((answer, trace), asked) in answers.iter().zip(&traces).zip(asked).skip(printed) {
        answer.iter().try_for_each(|answer| show(answer, trace, &asked.place))?;
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

/// An answer to be shown.
struct Show<'a> {
    args: &'a Args,
    solver: &'a Solver,
    answer: &'a Answer,
    trace: &'a [Segment],
    /// Where the question stands, if there are several.
    place: Option<&'a str>,
}

/// The object of `--json`.
#[derive(Serialize)]
struct Json<'a> {
    task: Task,
    puzzle: String,
    answer: String,
    valid: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shortest: Option<bool>,
    segments: usize,
    stopped: &'static str,
    q_halt: f32,
    tries: usize,
    ms: f64,
    device: String,
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Vec<JsonSegment>>,
}

/// A segment in the `trace` of `--json`.
#[derive(Serialize)]
struct JsonSegment {
    segment: usize,
    grid: String,
    changed: usize,
    valid: Option<bool>,
    q_halt: f32,
    q_continue: f32,
}

impl Show<'_> {
    fn print(&self) -> Result<()> {
        if self.args.json {
            return output::print_json(&self.json());
        }
        let answer = self.answer;
        let drawn = self.place.is_none() && !self.args.model.quiet;
        let board = |prediction: &[u32], faults: &[Fault], changed: Option<&[bool]>| {
            let board = drawn.then(|| board::board(&answer.puzzle, prediction, faults, changed));
            board
                .flatten()
                .unwrap_or_else(|| answer_text(answer.puzzle.task, prediction) + "\n")
        };
        let mut text = String::new();
        for (i, segment) in self.trace.iter().enumerate() {
            let (changed, preds) = (changed(self.trace, i), &segment.outputs.preds);
            let faults = answer.puzzle.judge(preds).map(|v| v.faults).unwrap_or_default();
            text += &board(preds, &faults, Some(&changed));
            let count = changed.iter().filter(|c| **c).count();
            let q = segment.outputs.q_halt;
            text += &format!("segment {}: {count} changed, q_halt {q:.2}\n\n", segment.number);
        }
        if !drawn || self.trace.is_empty() {
            let faults = answer.verdict.as_ref().map_or(&[][..], |v| &v.faults);
            text += &board(&answer.prediction, faults, None);
        }
        // Rows of mazes stay apart, so that the output can be read again.
        if !drawn && answer.puzzle.task == Task::Maze && self.place.is_some() {
            text.push('\n');
        }
        output::print(&text)?;
        if !self.args.model.quiet {
            self.remark();
        }
        Ok(())
    }

    /// One sentence about the answer, on standard error.
    fn remark(&self) {
        let answer = self.answer;
        let verdict = match &answer.verdict {
            Some(Verdict {
                shortest: Some(true), ..
            }) => "solved by a shortest path".to_owned(),
            Some(Verdict {
                shortest: Some(false), ..
            }) => "solved, but a shorter path exists".to_owned(),
            Some(verdict) if verdict.valid => "solved".to_owned(),
            Some(verdict) => format!("not solved: {}", faults(verdict)),
            None => "answered".to_owned(),
        };
        let Some(place) = self.place else {
            let (segments, ms, device) = (
                answer.segments,
                milliseconds(answer),
                self.solver.executor().device_name(),
            );
            note(&format!("{verdict}; {segments} segments, {ms:.0} ms on {device}"));
            if answer.valid() == Some(false) {
                note(&format!(
                    "more thought may help: --segments {}",
                    4 * self.solver.schedule().segments
                ));
            }
            return;
        };
        if answer.valid() == Some(false) {
            match answer.puzzle.task {
                Task::Maze => note(&format!("{place}: {verdict}")),
                _ => note(&format!("{}: {verdict}", answer.puzzle.text())),
            }
        }
    }

    fn json(&self) -> Json<'_> {
        let answer = self.answer;
        let trace = self.trace.iter().enumerate().map(|(i, segment)| JsonSegment {
            segment: segment.number,
            grid: answer_text(answer.puzzle.task, &segment.outputs.preds),
            changed: changed(self.trace, i).iter().filter(|c| **c).count(),
            valid: answer.puzzle.is_valid(&segment.outputs.preds),
            q_halt: segment.outputs.q_halt,
            q_continue: segment.outputs.q_continue,
        });
        Json {
            task: answer.puzzle.task,
            puzzle: answer.puzzle.text(),
            answer: answer.text(),
            valid: answer.valid(),
            shortest: answer.verdict.as_ref().and_then(|v| v.shortest),
            segments: answer.segments,
            stopped: answer.stopped.name(),
            q_halt: answer.q_halt,
            tries: 1,
            ms: milliseconds(answer),
            device: self.solver.executor().device_name(),
            model: &self.solver.model().name,
            trace: self.args.trace.then(|| trace.collect()),
        }
    }
}

/// The first broken rule, and how many more there are.
fn faults(verdict: &Verdict) -> String {
    let first = verdict.faults.first().map(ToString::to_string).unwrap_or_default();
    match verdict.faults.len() {
        0 | 1 => first,
        n => format!("{first}, and {} more faults", n - 1),
    }
}

/// Milliseconds with three decimals.
fn milliseconds(answer: &Answer) -> f64 {
    (answer.elapsed.as_secs_f64() * 1e6).round() / 1e3
}

/// Which cells segment `i` of a trace changed; in the first one, all of them.
fn changed(trace: &[Segment], i: usize) -> Vec<bool> {
    let preds = &trace[i].outputs.preds;
    match i.checked_sub(1).map(|before| &trace[before].outputs.preds) {
        Some(before) => preds.iter().zip(before).map(|(a, b)| a != b).collect(),
        None => vec![true; preds.len()],
    }
}
