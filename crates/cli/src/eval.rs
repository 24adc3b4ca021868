//! `hrm eval`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::figures;
use super::hub;
use super::options::{self, ModelOptions, ThinkingOptions};
use super::output::{self, Errors, Interrupt, is_stdio};
use super::place::{Place, Taken};
use super::progress::Progress;
use hrm::error::{Error, Result};
use hrm::eval::{Conditions, Dataset, Metrics, Point, Record, Results, Sample, Shard, Summary};
use hrm::executor::Want;
use hrm::files::write_whole;
use hrm::halt::Halt;
use hrm::solve::Solver;

/// Arguments of `hrm eval`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// An official data folder, a CSV file (source,question,answer,rating), a file of one puzzle a line, `-` for standard
    /// input, or hub:OWNER/NAME for a data set of a hub
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
    /// Write the two best answers to each test of ARC as the contest takes them
    #[arg(long, value_name = "FILE.json")]
    submission: Option<PathBuf>,
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
  hrm eval arc-data/ --model arc-run/step_155718 --submission submission.json
  hrm eval tasks/ --model arc-run/ --tries 1000  ARC tasks, in all forms that the model knows

Halting is `fixed` unless told otherwise: every sample runs all segments, as in the official evaluation.
Of mazes two figures are told: `exact` is equal to the label, `shortest` any shortest path.";

pub(super) fn eval(args: Args) -> Result<u8> {
    let task = args.model.reading.task;
    check(&args)?;
    let data = match is_stdio(&args.data) {
        true => Dataset::parse(&output::read_stdin()?, Path::new(output::STDIN), task),
        false => Dataset::open(hub::data(&args.data, args.model.quiet)?, task),
    }?;
    // Unreadable samples are reported first; the others are evaluated.
    let mut errors = Errors::default();
    data.problems.iter().for_each(|problem| errors.report(problem));
    if data.len == 0 && !data.problems.is_empty() {
        return Ok(errors.finish());
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
    let (summary, interrupted) = evaluate(&args, &solver, &data, &mut errors)?;
    if let Some(path) = &args.submission {
        let submission = summary.submission.as_deref().ok_or_else(|| {
            let reason = "--submission: expected data whose puzzles have names, as ARC tasks have, found none";
            Error::Usage(reason.to_owned())
        })?;
        write_whole(path, |out| {
            out.write_all(submission.as_bytes()).map_err(Error::io("write", path))
        })?;
    }
    if args.json {
        output::print_json(&summary)?;
    } else {
        let task = solver.model().config.task;
        output::print(&figures::table(&summary, task.and_then(|task| task.rules()?.optimum())))?;
    }
    let code = errors.finish();
    Ok(if interrupted { output::INTERRUPTED } else { code })
}

/// Evaluates a file with all segments of one try, and returns the figures after each; and whether Ctrl-C ended it early.
pub(super) fn measure(model: ModelOptions, data: PathBuf, segments: NonZeroUsize) -> Result<(Summary, bool)> {
    let thinking = ThinkingOptions {
        segments: Some(segments),
        halt: Some(options::Halt::Fixed),
        tries: NonZeroUsize::MIN,
        variants: Some(options::Variant::Both),
        noise: None,
    };
    let args = Args {
        data,
        model,
        thinking,
        json: false,
        out: None,
        force: false,
        save: None,
        curve: true,
        shard: None,
        submission: None,
    };
    let data = Dataset::open(&args.data, args.model.reading.task)?;
    let solver = args.model.solver(&args.thinking, data.task, None, Want::default())?;
    evaluate(&args, &solver, &data, &mut Errors::default())
}

/// Refuses, before any work, options that contradict each other and results that cannot be written.
fn check(args: &Args) -> Result<()> {
    if args.curve && args.thinking.tries.get() > 1 {
        let reason = "a curve is of the segments of one try: expected --curve or --tries, found both";
        return Err(Error::Usage(reason.to_owned()));
    }
    let mut reads = args.model.reads();
    reads.push(args.data.clone());
    if let Some(path) = &args.submission {
        let place = Place {
            path,
            taken: Taken::File,
            force: args.force,
            reads: &reads,
        };
        place.check()?;
    }
    let Some(out) = &args.out else { return Ok(()) };
    if is_stdio(out) {
        let reason = "--out keeps records in a file, and `-` is standard output: --json prints records there";
        return Err(Error::Usage(reason.to_owned()));
    }
    let place = Place {
        path: out,
        taken: Taken::Records,
        force: args.force,
        reads: &reads,
    };
    place.check()
}

/// Evaluates the samples; returns the summary, and whether Ctrl-C ended the evaluation early.
fn evaluate(args: &Args, solver: &Solver, data: &Dataset, errors: &mut Errors) -> Result<(Summary, bool)> {
    let task = solver.model().config.task;
    // Of samples that the model does not know the others are not in need.
    // What is done, by earlier runs or since it cannot be, is not asked. A sample is made when it is asked, and dropped when
    // it is answered.
    let mut is_done = Vec::new();
    for sample in data.samples() {
        is_done.resize(is_done.len().max(sample.index + 1), false);
        match sample.query(solver) {
            Ok(_) => {}
            Err(error @ Error::Input { .. }) if sample.name.is_some() => {
                errors.report(&error);
                is_done[sample.index] = true;
            }
            Err(error) => return Err(error),
        }
    }
    let (mut not_finite, mut cancelled) = (0, false);
    let (mut metrics, mut out) = (Metrics::new(task), None);
    metrics.tests.clone_from(&data.tests);
    if let Some(path) = &args.out {
        let path_of_data = if is_stdio(&args.data) {
            Path::new(output::STDIN)
        } else {
            &args.data
        };
        let mut conditions = Conditions::new(super::VERSION, solver, data, path_of_data)?;
        conditions.dtype = args.model.dtype_name();
        (conditions.predictions, conditions.curve) = (args.save.is_some(), args.curve);
        if args.force && path.exists() {
            std::fs::remove_file(path).map_err(Error::io("remove", path))?;
        }
        let (results, records) = Results::open(path, &conditions)?;
        count_again(path, &records, data, &mut metrics)?;
        records.iter().for_each(|record| is_done[record.index] = true);
        out = Some(results);
    }
    let is_asked = |sample: &Sample| !is_done[sample.index] && args.shard.is_none_or(|shard| shard.has(sample.index));
    let count = data.samples().filter(is_asked).count();
    if count > 0 {
        pollster::block_on(solver.warm_up())?;
    }
    let asked: RefCell<HashMap<usize, Sample>> = RefCell::default();
    let queries = data
        .samples()
        .filter(is_asked)
        .filter_map(|sample| sample.query(solver).ok().zip(Some(sample)));
    let queries = queries.enumerate().map(|(id, (query, sample))| {
        asked.borrow_mut().insert(id, sample);
        query
    });
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
    progress.expect(count);
    let mut curves: HashMap<usize, Vec<Point>> = HashMap::new();
    let start = Instant::now();
    while let Some(segment) = run.next_blocking() {
        let segment = match segment {
            Err(Error::Cancelled) => {
                cancelled = true;
                break;
            }
            segment => segment?,
        };
        progress.segments(if every { 1 } else { segment.number });
        if args.curve
            && let Some(sample) = asked.borrow().get(&segment.id)
        {
            let puzzle = sample.query(solver).ok().and_then(|query| query.puzzle);
            let point = Point::new(sample, puzzle.as_deref(), &segment.outputs.preds);
            curves.entry(segment.id).or_default().push(point);
        }
        if segment.decision.is_none() {
            continue;
        }
        let (begun, now) = (solver.executor().device_name(), run.executor().device_name());
        if out.is_some() && begun != now {
            return Err(Error::OutOfMemory {
                reason: format!("{begun} could not go on, and records of {now} do not stand beside its own"),
            });
        }
        let Some(sample) = asked.borrow_mut().remove(&segment.id) else {
            continue;
        };
        let mut curve = curves.remove(&segment.id).unwrap_or_default();
        if let Some(last) = curve.last().cloned() {
            curve.resize(solver.schedule().segments, last);
        }
        let Some(mut record) = Record::new(&sample, &segment, task) else {
            continue;
        };
        record.prediction = args.save.map(|Save::Predictions| segment.outputs.preds);
        record.curve = curve;
        not_finite += usize::from(!record.q_halt.is_finite());
        metrics.add(&sample, &record);
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
    // Whatever is not there any more was not asked.
    if done < count && !cancelled {
        return Err(changed(args));
    }
    if let Some(out) = out.filter(|_| done == count) {
        out.finish()?;
    }
    let seconds = start.elapsed().as_secs_f64();
    if not_finite > 0 {
        let answers = output::count_of(not_finite, "sample");
        output::note(&format!("{answers}: {}", output::NOT_FINITE));
    }
    if done < count && !args.model.quiet {
        let (left, whole) = (count - done, data.len);
        output::note(&format!("interrupted: {left} of {whole} samples are not evaluated"));
    }
    Ok((
        metrics.summary((seconds > 0.0 && done > 0).then(|| done as f64 / seconds)),
        done < count,
    ))
}

/// Counts the records that an earlier run has written.
fn count_again(path: &Path, records: &[Record], data: &Dataset, metrics: &mut Metrics) -> Result<()> {
    let mut open: HashMap<usize, &Record> = records.iter().map(|record| (record.index, record)).collect();
    for sample in data.samples() {
        let Some(record) = open.remove(&sample.index) else {
            continue;
        };
        let labelled = sample.labels.iter().flatten().filter(|&&label| label != 0).count();
        let points = record.curve.iter().map(|point| point.cells_correct);
        let most = points.chain([record.cells_correct]).flatten().max();
        if let Some(correct) = most.filter(|&correct| correct > labelled) {
            return Err(Error::Input {
                what: path.display().to_string(),
                reason: format!(
                    "sample {}: expected at most {labelled} right cells, found {correct}",
                    sample.index
                ),
            });
        }
        metrics.add(&sample, record);
    }
    match open.keys().min() {
        None => Ok(()),
        Some(index) => Err(Error::Input {
            what: path.display().to_string(),
            reason: format!("a record of sample {index}, which the data set does not have"),
        }),
    }
}

/// The error of samples that could be read at first, and then could not.
fn changed(args: &Args) -> Error {
    Error::Input {
        what: args.data.display().to_string(),
        reason: "expected data that stay as they are while they are used, found that they were written to".to_owned(),
    }
}
