//! `hrm eval`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::options::{ModelOptions, ThinkingOptions};
use super::output::{self, Errors, Interrupt, is_stdio};
use super::place::{Place, Taken};
use super::progress::Progress;
use hrm::error::{Error, Result};
use hrm::eval::{Conditions, Dataset, Metrics, Point, Record, Results, Sample, Score, Shard, Source, Summary};
use hrm::executor::Want;
use hrm::halt::Halt;
use hrm::solve::{Query, Solver};
use hrm::tasks::{Optimum, Puzzle, Task};

/// Arguments of `hrm eval`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// An official data folder, a CSV file (source,question,answer,rating), a file of one puzzle a line, or `-` for
    /// standard input
    data: PathBuf,
    #[command(flatten)]
    model: ModelOptions,
    #[command(flatten)]
    thinking: ThinkingOptions,
    /// One JSON object a sample, then a summary
    #[arg(long)]
    json: bool,
    /// Write a record a sample to this file; what is there already is not computed again
    #[arg(long, value_name = "FILE.jsonl")]
    out: Option<PathBuf>,
    /// Begin the file of `--out` anew, whatever it holds
    #[arg(long, requires = "out", help_heading = "Output")]
    force: bool,
    /// Also keep this in the records
    #[arg(long, value_enum, value_name = "WHAT")]
    save: Option<Save>,
    /// Also say how many are right after each segment
    #[arg(long)]
    curve: bool,
    /// Evaluate part I of N (every N-th sample), for N runs side by side
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
}

/// What records can hold beside the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Save {
    /// The predicted ids of each sample, as in the labels of a data set
    Predictions,
}

const EXAMPLES: &str = "\
Examples:
  hrm eval test.csv
  hrm eval data/sudoku-extreme-1k-aug-1000 --model checkpoints/sudoku/step_26040
  hrm eval test.csv --halt stable --segments 64 --json
  hrm eval test.csv --out results.jsonl          goes on where it was interrupted
  hrm eval test.csv --halt valid --tries 16      hard puzzles in sixteen variants
  hrm eval test.csv --shard 2/4 --out part2.jsonl    and then: hrm merge part?.jsonl --out all.jsonl
  hrm eval test.csv --curve                      right after 1, 2, 3 … segments, in one run
  hrm eval test.csv --save predictions --out results.jsonl

Halting is `fixed` unless told otherwise: every sample runs all segments, as in the official evaluation.
Of mazes two figures are told: `exact` is equal to the label, `shortest` any shortest path.";

pub(super) fn eval(args: Args) -> Result<u8> {
    let task = args.model.reading.task;
    check(&args)?;
    let data = match is_stdio(&args.data) {
        true => Dataset::parse(&output::read_stdin()?, Path::new(output::STDIN), task),
        false => Dataset::open(&args.data, task),
    }?;
    // Unreadable samples are reported first; the others are evaluated.
    let mut errors = Errors::default();
    data.problems.iter().for_each(|problem| errors.report(problem));
    let code = errors.finish();
    if data.len == 0 && code > 0 {
        return Ok(code);
    }
    if data.len == 0 {
        let reason = "expected at least one sample, found none".to_owned();
        return Err(Error::Input {
            what: args.data.display().to_string(),
            reason,
        });
    }
    let solver = args
        .model
        .solver(&args.thinking, data.task, Some(Halt::Fixed), Want::default())?;
    let (summary, interrupted) = evaluate(&args, &solver, &data)?;
    if args.json {
        output::print_json(&summary)?;
    } else {
        let task = solver.model().config.task;
        output::print(&table(&summary, task.and_then(|task| task.rules()?.optimum())))?;
    }
    Ok(if interrupted { output::INTERRUPTED } else { code })
}

/// Refuses, before any work, options that contradict each other and results that cannot be written.
fn check(args: &Args) -> Result<()> {
    if args.curve && args.thinking.tries.get() > 1 {
        let reason = "a curve is of the segments of one try: expected --curve or --tries, found both";
        return Err(Error::Usage(reason.to_owned()));
    }
    let Some(out) = &args.out else { return Ok(()) };
    if is_stdio(out) {
        let reason = "--out keeps records in a file, and `-` is standard output: --json prints records there";
        return Err(Error::Usage(reason.to_owned()));
    }
    let mut reads = args.model.reads();
    reads.push(args.data.clone());
    let place = Place {
        path: out,
        taken: Taken::Records,
        force: args.force,
        reads: &reads,
    };
    place.check()
}

/// Evaluates the samples; returns the summary, and whether Ctrl-C ended the evaluation early.
fn evaluate(args: &Args, solver: &Solver, data: &Dataset) -> Result<(Summary, bool)> {
    let mut samples: Vec<Sample> = data.samples().collect();
    let task = solver.model().config.task;
    samples
        .iter()
        .try_for_each(|sample| query(solver, task, sample).map(drop))?;
    let (mut metrics, mut out) = (Metrics::new(task), None);
    let whole = samples.len();
    if let Some(path) = &args.out {
        let path_of_data = if is_stdio(&args.data) {
            Path::new(output::STDIN)
        } else {
            &args.data
        };
        let mut conditions = Conditions::new(super::VERSION, solver, data, path_of_data);
        conditions.dtype = args.model.dtype_name();
        (conditions.predictions, conditions.curve) = (args.save.is_some(), args.curve);
        if args.force && path.exists() {
            std::fs::remove_file(path).map_err(Error::io("remove", path))?;
        }
        let (results, records) = Results::open(path, &conditions)?;
        count_again(path, &records, &samples, &mut metrics)?;
        let done: HashSet<usize> = records.iter().map(|record| record.index).collect();
        samples.retain(|sample| !done.contains(&sample.index));
        out = Some(results);
    }
    samples.retain(|sample| args.shard.is_none_or(|shard| shard.has(sample.index)));
    if !samples.is_empty() {
        pollster::block_on(solver.warm_up())?;
    }
    let queries = samples.iter().filter_map(|sample| query(solver, task, sample).ok());
    // On the CPU the outputs of every segment cost nothing, so that progress is seen.
    let every = args.curve || solver.executor().device_name() == "cpu";
    let run = if every {
        solver.run(queries)
    } else {
        solver.answers(queries)
    };
    let mut run = run?.with_cancel(Interrupt::listen().0);
    let bar = args.model.progress(0, "");
    let mut progress = Progress::new(bar, "evaluating", solver.schedule().segments);
    progress.expect(samples.len());
    let mut curves: Vec<Vec<Point>> = vec![Vec::new(); if args.curve { samples.len() } else { 0 }];
    let start = Instant::now();
    while let Some(segment) = run.next_blocking() {
        let segment = match segment {
            Err(Error::Cancelled) => break,
            segment => segment?,
        };
        progress.segments(if every { 1 } else { segment.number });
        let sample = &samples[segment.id];
        let preds = &segment.outputs.preds;
        let curve = curves.get_mut(segment.id);
        if let Some(curve) = curve {
            curve.push(point(solver, task, sample, preds));
        }
        let (Some(stopped), Some(decision)) = (segment.stopped, segment.decision) else {
            continue;
        };
        let verdict = segment.answer.as_ref().and_then(|answer| answer.verdict.as_ref());
        let valid = verdict.map(|verdict| verdict.valid);
        let score = Score::new(sample, preds, valid);
        let mut curve = curves.get_mut(segment.id).map(std::mem::take).unwrap_or_default();
        if let Some(last) = curve.last().cloned() {
            curve.resize(solver.schedule().segments, last);
        }
        let record = Record {
            index: sample.index,
            source: sample.source.clone(),
            exact: score.exact,
            valid,
            optimal: optimal(segment.answer.as_ref().map(|answer| &*answer.puzzle), preds),
            cells_correct: score.cells.map(|c| c.correct),
            segments: segment.number,
            stopped: stopped.to_string(),
            q_halt: segment.outputs.q_halt,
            tries: decision.tries,
            prediction: args.save.map(|Save::Predictions| preds.clone()),
            curve,
        };
        metrics.add(sample, &record);
        if let Some(out) = &mut out {
            out.add(&record)?;
        }
        if args.json {
            progress.bar.suspend(|| output::print_json(&record))?;
        }
        progress.sample();
    }
    progress.bar.finish_and_clear();
    let done = progress.done;
    if let Some(out) = out.filter(|_| done == samples.len()) {
        out.finish()?;
    }
    let seconds = start.elapsed().as_secs_f64();
    if done < samples.len() && !args.model.quiet {
        let left = samples.len() - done;
        output::note(&format!("interrupted: {left} of {whole} samples are not evaluated"));
    }
    Ok((
        metrics.summary((seconds > 0.0 && done > 0).then(|| done as f64 / seconds)),
        done < samples.len(),
    ))
}

/// Returns what a prediction is worth.
fn point(solver: &Solver, task: Option<Task>, sample: &Sample, preds: &[u32]) -> Point {
    let puzzle = query(solver, task, sample).ok().and_then(|query| query.puzzle);
    let valid = puzzle.as_ref().and_then(|puzzle| puzzle.is_valid(preds));
    let score = Score::new(sample, preds, valid);
    Point {
        exact: score.exact,
        valid,
        optimal: optimal(puzzle.as_deref(), preds),
        cells_correct: score.cells.map(|cells| cells.correct),
    }
}

/// Returns whether no valid answer is better than this prediction, under the key of the puzzle's task.
fn optimal(puzzle: Option<&Puzzle>, prediction: &[u32]) -> BTreeMap<String, bool> {
    let optimal = puzzle.and_then(|puzzle| {
        let key = puzzle.task.rules()?.optimum()?.key.to_owned();
        Some((key, puzzle.judge(prediction)?.optimal.unwrap_or(false)))
    });
    optimal.into_iter().collect()
}

/// Counts the records that an earlier run has written.
fn count_again(path: &Path, records: &[Record], samples: &[Sample], metrics: &mut Metrics) -> Result<()> {
    let samples: HashMap<usize, &Sample> = samples.iter().map(|sample| (sample.index, sample)).collect();
    for record in records {
        let sample = samples.get(&record.index).ok_or_else(|| Error::Input {
            what: path.display().to_string(),
            reason: format!("a record of sample {}, which the data set does not have", record.index),
        })?;
        metrics.add(sample, record);
    }
    Ok(())
}

fn query(solver: &Solver, task: Option<Task>, sample: &Sample) -> Result<Query> {
    let config = &solver.model().config;
    if sample.tokens.len() != config.seq_len {
        return Err(Error::Usage(format!(
            "sample {} has {} tokens, model {} takes {}: give another model",
            sample.index,
            sample.tokens.len(),
            solver.model().name,
            config.seq_len
        )));
    }
    let puzzle = task.map(|task| Puzzle::new(task, sample.tokens.clone())).transpose()?;
    let mut query = puzzle.map_or_else(|| Query::new(sample.tokens.clone()), Query::from);
    query.puzzle_identifier = sample.puzzle_identifier as usize;
    Ok(query)
}

fn share(shares: &[(&str, f64)], key: &str) -> Option<f64> {
    shares.iter().find(|(name, _)| *name == key).map(|(_, share)| *share)
}

/// Returns the figures of all samples in the form of those of a source.
fn all(summary: &Summary) -> Source {
    Source {
        samples: summary.samples,
        exact_accuracy: summary.exact_accuracy,
        shares: summary.shares.clone(),
        mean_segments: summary.mean_segments,
    }
}

fn table(summary: &Summary, optimum: Option<&Optimum>) -> String {
    let percent = |v: Option<f64>| v.map_or("-".to_owned(), |v| format!("{:.2} %", 100.0 * v));
    let number = |v: Option<f64>| v.map_or("-".to_owned(), |v| format!("{v:.2}"));
    let mut text = String::new();
    let mut line = |name: &str, samples: &str, shares: &[String], segments: &str| {
        let shares: String = shares.iter().map(|share| format!("{share:>10} ")).collect();
        text += &format!("{name:<20} {samples:>8} {shares}{segments:>9}\n");
    };
    // Tasks with an optimum get two more columns, if it was judged.
    let optimum = optimum.filter(|optimum| share(&summary.shares, optimum.shares[1]).is_some());
    let shares = optimum.map_or([""; 2], |optimum| optimum.shares);
    let columns = if optimum.is_some() { 3 } else { 1 };
    let headings = ["exact", "valid", optimum.map_or("", |optimum| optimum.key)].map(str::to_owned);
    line("source", "samples", &headings[..columns], "segments");
    let mut figures = |name: &str, s: &Source| {
        let [valid, best] = shares.map(|key| share(&s.shares, key));
        let shares = [s.exact_accuracy, valid, best].map(percent);
        line(
            name,
            &s.samples.to_string(),
            &shares[..columns],
            &number(s.mean_segments),
        );
    };
    summary.by.iter().for_each(|(name, source)| figures(name, source));
    figures("all", &all(summary));
    if !summary.curve.is_empty() {
        let mut line = |segment: &str, shares: &[String]| {
            let shares: String = shares.iter().map(|share| format!("{share:>10} ")).collect();
            text += &format!("{segment:>8} {}\n", shares.trim_end());
        };
        let with_cells = |shares: &[String], cells: String| [shares, &[cells]].concat();
        line("segment", &with_cells(&headings[..columns], "cells".to_owned()));
        for after in &summary.curve {
            let [valid, best] = shares.map(|key| share(&after.shares, key));
            let figures = [after.exact_accuracy, valid, best].map(percent);
            let figures = with_cells(&figures[..columns], percent(after.accuracy));
            line(&after.segment.to_string(), &figures);
        }
    }
    if summary.histogram.len() > 1 {
        text += &histogram(&summary.histogram);
    }
    text += &format!(
        "cells {}, q_halt right {}, {} samples/s\n",
        percent(summary.accuracy),
        percent(summary.q_halt_accuracy),
        number(summary.samples_per_s)
    );
    text
}

/// Returns a bar chart of how many samples ran how many segments.
fn histogram(samples: &BTreeMap<usize, usize>) -> String {
    let most = samples.values().copied().max().unwrap_or(1);
    let lines = samples.iter().map(|(segments, count)| {
        let bar = "#".repeat((40 * count).div_ceil(most));
        format!("{segments:>8} {count:>8}  {bar}\n")
    });
    format!("segments  samples\n{}", lines.collect::<String>())
}
