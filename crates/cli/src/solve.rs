//! `hrm solve`.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::{PathBufValueParser, TypedValueParser};

use super::image::Image;
use super::input::{Feed, Item, Next};
use super::options::{ModelOptions, ThinkingOptions};
use super::output::{self, Errors, Interrupt, note};
use super::place::{Place, Taken};
use super::progress::Progress;
use super::session::{Queries, Session};
use super::show;
use hrm::error::{Error, Result};
use hrm::executor::Want;
use hrm::tasks::Task;

/// Arguments of `hrm solve`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Puzzles: 81 characters (`.` or `0` for an empty cell), mazes (`#`, space, `S`, `G`), files, folders of ARC tasks, or
    /// `-` for standard input
    #[arg(value_name = "PUZZLE|FILE|-")]
    inputs: Vec<OsString>,
    #[command(flatten)]
    pub(super) model: ModelOptions,
    #[command(flatten)]
    thinking: ThinkingOptions,
    /// Print one JSON object for each puzzle to standard output
    #[arg(long)]
    pub(super) json: bool,
    /// Show the grid after every segment, as it is computed
    #[arg(long)]
    pub(super) trace: bool,
    /// Draw one puzzle to this file: the answer as .png, or all segments as .gif
    #[arg(long, value_name = "OUT.gif|OUT.png", value_parser = PathBufValueParser::new().try_map(Image::new))]
    pub(super) image: Option<Image>,
    /// Replace the image if it exists
    #[arg(long, requires = "image", help_heading = "Output")]
    force: bool,
    /// The colours of the image
    #[arg(long, value_enum, default_value = "light", requires = "image")]
    pub(super) look: Look,
    /// The ten colours of ARC boards: the usual ones, or ones that people with colour blindness can tell apart
    #[arg(long, value_enum, default_value = "usual")]
    pub(super) palette: Palette,
    /// Write digits on ARC's colours
    #[arg(long)]
    pub(super) digits: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Palette {
    Usual,
    Safe,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Look {
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
  hrm solve hard.txt --tries 16       if the first try fails, fifteen variants of the puzzle, too
  hrm solve puzzle.txt --image thinking.gif
  hrm solve 007bbfb7.json --model arc-run/ --tries 100    an ARC task, in a hundred forms that the model knows

The model answers; rules only judge. An answer that breaks a rule is shown as it is, and the exit code is 1.
Each of several puzzles gets one line, in order: its answer, followed by `#` and what it breaks, if anything; or `#` and why
there is no answer. Ctrl-C prints the best grid so far (on a GPU, only of a single puzzle) and ends with exit code 130.";

pub(super) fn solve(args: Args) -> Result<u8> {
    if let Some(image) = &args.image {
        let mut reads = args.model.reads();
        reads.extend(args.inputs.iter().map(PathBuf::from));
        let place = Place {
            path: image.path(),
            taken: Taken::File,
            force: args.force,
            reads: &reads,
        };
        place.check()?;
    }
    let mut feed = Feed::open(&args.inputs, args.model.reading.task)?;
    let Some(first) = feed.first() else {
        return nothing(&args, feed);
    };
    let alone = feed.count() == Some(1);
    if args.image.is_some() && !alone {
        return Err(Error::Usage(format!(
            "--image draws one puzzle, found {} or more",
            feed.seen()
        )));
    }
    let want = Want {
        logits: args.trace || args.image.is_some(),
        carry: args.trace && args.json,
        ..Want::default()
    };
    let solver = args.model.solver(&args.thinking, Some(first.task), None, want)?;
    let bar = match alone {
        true => indicatif::ProgressBar::hidden(),
        false => args.model.progress(0, ""),
    };
    let session = RefCell::new(Session {
        progress: Progress::new(bar, "solving", solver.schedule().segments),
        args: &args,
        solver: &solver,
        alone,
        feed,
        asked: VecDeque::new(),
        printed: 0,
        queries: Vec::new(),
        errors: Errors::default(),
        answered: [0, 0],
    });
    run(&session, first.task)
}

/// Reports what is wrong with inputs that hold no puzzle; returns the exit code.
fn nothing(args: &Args, mut feed: Feed) -> Result<u8> {
    let mut errors = Errors::default();
    let mut index = 0;
    let several = feed.seen() > 1;
    while let Next::Item(Item { asked, line, .. }) = feed.next() {
        if let Err(error) = asked {
            errors.report(&error);
            if args.json {
                show::error(index, line, &error)?;
            } else if several {
                show::wrong(&error.to_string())?;
            }
        }
        index += 1;
    }
    Ok(errors.finish())
}

/// Runs the model on what comes; returns the exit code.
fn run(session: &RefCell<Session>, task: Task) -> Result<u8> {
    let (args, solver) = (session.borrow().args, session.borrow().solver);
    let (alone, counted) = (session.borrow().alone, session.borrow().feed.count());
    let every = alone || args.trace || args.image.is_some() || solver.executor().device_name() == "cpu";
    let queries = Queries { session, counted };
    let run = if every {
        solver.run(queries)
    } else {
        solver.answers(queries)
    };
    let interrupt = Interrupt::listen().0;
    let mut run = run?.with_cancel(interrupt.clone());
    let interrupted = loop {
        match run.next_blocking() {
            Some(Err(Error::Cancelled)) => break true,
            Some(segment) => session.borrow_mut().take(segment?, every),
            None if interrupt.is_cancelled() => break true,
            None if session.borrow_mut().feed.wait() => {}
            None => break false,
        }
        session.borrow_mut().print()?;
    };
    let mut session = session.borrow_mut();
    session.print()?;
    if interrupted {
        session.print_open()?;
    }
    session.progress.bar.finish_and_clear();
    let [valid, answered] = session.answered;
    let is_judged = task.rules().is_some();
    if is_judged && !alone && !interrupted && !args.json && !args.model.quiet {
        let are = if answered == 1 { "answer is" } else { "answers are" };
        note(&format!("{valid} of {answered} {are} valid"));
    }
    let worst = session.errors.finish();
    Ok(match interrupted {
        true => output::INTERRUPTED,
        false => worst.max(u8::from(valid < answered)),
    })
}
