//! `hrm eval`.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;

use super::fetch;
use super::figures;
use super::options::{self, ModelOptions, ThinkingOptions};
use super::output::{self, Errors, Interrupt, is_stdio};
use super::place::{Place, Taken, is_same};
use super::progress::Progress;
use hrm::error::{Error, Result};
use hrm::eval::{Dataset, Evaluation, Event, Shard, Summary, conditions_file};
use hrm::executor::Want;
use hrm::files::write_whole;
use hrm::halt::Halt;
use hrm::solve::Solver;

/// Arguments of `hrm eval`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// An official data folder, a CSV file (source,question,answer,rating), a file of one puzzle a line, `-` for standard
    /// input, or hub:OWNER/NAME for a data set on a hub
    data: PathBuf,
    #[command(flatten)]
    model: ModelOptions,
    #[command(flatten)]
    thinking: ThinkingOptions,
    /// Print one JSON object for each sample, then a summary
    #[arg(long)]
    json: bool,
    /// Write a record for each sample to this file; samples that it already has are not computed again
    #[arg(long, value_name = "FILE.jsonl")]
    out: Option<PathBuf>,
    /// Start the file of `--out` from scratch, whatever it holds
    #[arg(long, requires = "out", help_heading = "Output")]
    force: bool,
    /// Also keep this in the records
    #[arg(long, value_enum, value_name = "WHAT")]
    save: Option<Save>,
    /// Also report how many answers are right after each segment
    #[arg(long)]
    curve: bool,
    /// Evaluate part I of N (every N-th sample), for N runs side by side
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Write the two best answers to each ARC test, in the format of the contest
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
  hrm eval test.csv --out results.jsonl          resumes where it was interrupted
  hrm eval test.csv --halt valid --tries 16      hard puzzles in sixteen variants
  hrm eval test.csv --shard 2/4 --out part2.jsonl    and then: hrm merge part?.jsonl --out all.jsonl
  hrm eval test.csv --curve                      right after 1, 2, 3 … segments, in one run
  hrm eval test.csv --save predictions --out results.jsonl
  hrm eval arc-data/ --model arc-run/step_155718 --submission submission.json
  hrm eval tasks/ --model arc-run/ --tries 1000  ARC tasks, in all forms that the model knows

Halting is `fixed` unless told otherwise: every sample runs all segments, as in the official evaluation.
For mazes there are two figures: `exact` counts answers equal to the label, `shortest` any shortest path.";

pub(super) fn eval(args: Args) -> Result<u8> {
    let task = args.model.reading.task;
    check(&args)?;
    let data = match is_stdio(&args.data) {
        true => Dataset::parse(&output::read_stdin()?, Path::new(output::STDIN), task),
        false => Dataset::open(hrm_hub::data(&args.data, &*fetch::watch(args.model.quiet))?, task),
    }?;
    // Unreadable samples are reported first; the others are evaluated.
    let mut errors = Errors::default();
    data.problems.iter().for_each(|problem| errors.report(problem));
    if data.len == 0 && !data.problems.is_empty() {
        return Ok(errors.finish());
    }
    data.check_any(&args.data)?;
    let solver = args
        .model
        .solver(&args.thinking, data.task, Some(Halt::Fixed), Want::default())?;
    let (summary, interrupted) = evaluate(&args, &solver, &data, &mut errors)?;
    // Of an interrupted evaluation it would be zeros, mostly, and in the way of what goes on.
    if let Some(path) = args.submission.as_ref().filter(|_| !interrupted) {
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
        if args.shard.is_some() {
            let reason = "a submission holds the answers of all shards: expected --submission or --shard, found both; merge the records of all shards, then give them as --out with --submission";
            return Err(Error::Usage(reason.to_owned()));
        }
        let replaces = |out: &PathBuf| is_same(out, path) || is_same(&conditions_file(out), path);
        if args.out.as_ref().is_some_and(replaces) {
            let reason = format!(
                "expected two files for --out and --submission, and one for the conditions of the records, found {} for two of these",
                path.display()
            );
            return Err(Error::Usage(reason));
        }
        if let Some(out) = args.out.as_ref().filter(|_| !args.force && path.is_file()) {
            let (path, out) = (path.display(), out.display());
            let instead = format!("name another file, or remove it: --force would begin {out} anew, too");
            return Err(Error::Usage(format!("{path} exists, and is not written to: {instead}")));
        }
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
    let mut evaluation = Evaluation::default();
    evaluation.data = match is_stdio(&args.data) {
        true => output::STDIN.into(),
        false => args.data.clone(),
    };
    evaluation.shard = args.shard;
    evaluation.curve = args.curve;
    evaluation.predictions = args.save.is_some();
    evaluation.records.clone_from(&args.out);
    evaluation.anew = args.force;
    super::VERSION.clone_into(&mut evaluation.program);
    evaluation.dtype = args.model.dtype_name();
    let mut progress = Progress::new(ProgressBar::hidden(), "evaluating", solver.schedule().segments);
    let mut not_finite = 0;
    let evaluated = pollster::block_on(evaluation.run(solver, data, |event| {
        match event {
            Event::Unknown(error) => errors.report(error),
            Event::Asked(count) => {
                Interrupt::cancels(&evaluation.cancel);
                progress.bar = args.model.progress(0, "");
                progress.expect(count);
            }
            Event::Segments(count) => progress.segments(count),
            Event::Answered(record) => {
                not_finite += usize::from(!record.q_halt.is_finite());
                if args.json {
                    progress.bar.suspend(|| output::print_json(record))?;
                }
                progress.sample();
            }
            _ => {}
        }
        Ok(())
    }));
    progress.bar.finish_and_clear();
    let (summary, left) = evaluated?;
    if not_finite > 0 {
        let answers = output::count_of(not_finite, "sample");
        output::note(&format!("{answers}: {}", output::NOT_FINITE));
    }
    if left > 0 && !args.model.quiet {
        let whole = data.len;
        output::note(&format!("interrupted: {left} of {whole} samples are not evaluated"));
    }
    Ok((summary, left > 0))
}
