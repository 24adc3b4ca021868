//! `hrm convert`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;

use super::options::ReadingOptions;
use super::output;
use super::place::{Place, Taken};
use hrm::Options;
use hrm::error::{Error, Result};
use hrm::executor::{Executor, Outputs, Want};
use hrm::halt::Halt;
use hrm::model::{Dtype, Model};
use hrm::solve::{Query, Solver};
use hrm::tasks::Recipe;

/// Arguments of `hrm convert`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Model folder, official checkpoint (file or folder), a bundled model's name, or hub:OWNER/NAME
    source: PathBuf,
    /// The model folder to write: config.json and model.safetensors
    destination: PathBuf,
    /// Precision to store [default: what the source stores]
    #[arg(long)]
    dtype: Option<Precision>,
    #[command(flatten)]
    reading: ReadingOptions,
    /// Write into a folder that is not empty, and replace files that are in the way
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Precision {
    F32,
    F16,
    Bf16,
    /// Matrices of linear layers only, with a note on what that changes
    Int8,
}

pub(super) fn convert(args: Args) -> Result<u8> {
    let place = Place {
        path: &args.destination,
        taken: Taken::Folder,
        force: args.force,
        reads: &[],
    };
    place.check()?;
    let options = args.reading.options(Some(args.source.clone()), false)?;
    let mut model = options.open_model()?;
    model.warnings.iter().for_each(|warning| output::note(warning));
    let dtype = args.dtype.map(|dtype| match dtype {
        Precision::F32 => Dtype::F32,
        Precision::F16 => Dtype::F16,
        Precision::Bf16 => Dtype::BF16,
        Precision::Int8 => Dtype::I8,
    });
    if dtype == Some(Dtype::I8) {
        let exact = model.clone();
        model = model.rounded(Dtype::I8)?;
        let rounding = rounding(&exact, &model)?;
        output::note(&rounding);
        model.rounding = Some(rounding);
    }
    model.save(&args.destination, dtype)?;
    copy_names(options.model.as_deref().unwrap_or(&args.source), &args.destination)?;
    output::print(&format!(
        "{} parameters written to {}\n",
        model.config.parameters(),
        args.destination.display()
    ))?;
    Ok(0)
}

/// Puzzles by which a rounded model is compared with the one that it was made from.
const PUZZLES: usize = 4;

/// Says how far the outputs of a rounded model are from those of the model that it was made from, after a first segment of
/// some puzzles: new ones of its task, or made-up tokens where no puzzles are made for it.
fn rounding(exact: &Model, rounded: &Model) -> Result<String> {
    let length = exact.config.seq_len;
    let made = exact.config.task.and_then(|task| {
        let side = length.isqrt();
        let recipe = Recipe {
            side: (side != 9).then_some(side),
            ..Recipe::default()
        };
        let puzzles = task.generate(&recipe).ok()?.take(PUZZLES);
        let tokens: Vec<Vec<u32>> = puzzles.map(|made| made.puzzle.sample().tokens.to_vec()).collect();
        tokens.iter().all(|tokens| tokens.len() == length).then_some(tokens)
    });
    let what = if made.is_some() { "puzzles" } else { "made-up inputs" };
    let outputs = |model: &Model| {
        let executor = Executor::cpu(Arc::new(model.clone()), None)?;
        match &made {
            Some(puzzles) => of_puzzles(executor, puzzles),
            None => of_made_up(&executor),
        }
    };
    let (exact, rounded) = (outputs(exact)?, outputs(rounded)?);
    let (mut apart, mut norm, mut same, mut all) = (0.0, 0.0, 0usize, 0usize);
    for (exact, rounded) in exact.iter().zip(&rounded) {
        let logits = exact.logits.iter().flatten().zip(rounded.logits.iter().flatten());
        // An id of the task that the network never predicts has no finite logit.
        for (exact, rounded) in logits.filter(|(exact, _)| exact.is_finite()) {
            apart += f64::from(rounded - exact).powi(2);
            norm += f64::from(*exact).powi(2);
        }
        let preds = exact.preds.iter().zip(&rounded.preds);
        same += preds.filter(|(exact, rounded)| exact == rounded).count();
        all += exact.preds.len();
    }
    Ok(format!(
        "int8: after a first segment of {PUZZLES} {what} logits differ by {:.1} % from those before, and {same} of {all} \
         predictions are the same",
        100.0 * (apart / norm).sqrt()
    ))
}

/// Runs a segment of puzzles, in the ids of their task.
fn of_puzzles(executor: Executor, puzzles: &[Vec<u32>]) -> Result<Vec<Outputs>> {
    let mut options = Options::default();
    (options.segments, options.halt, options.want) = (Some(1), Some(Halt::Fixed), Want::ALL);
    let solver = Solver::on(executor, &options)?;
    let mut run = solver.run(puzzles.iter().cloned().map(Query::new))?;
    let mut found = Vec::new();
    while let Some(segment) = run.next_blocking() {
        let segment = segment?;
        found.push((segment.id, segment.outputs));
    }
    found.sort_by_key(|(id, _)| *id);
    Ok(found.into_iter().map(|(_, outputs)| outputs).collect())
}

/// Runs a segment of tokens that are no puzzles, in the network's ids.
fn of_made_up(executor: &Executor) -> Result<Vec<Outputs>> {
    let (length, ids) = (executor.model().config.seq_len, executor.model().config.vocab_size);
    let mut batch = executor.batch(PUZZLES, length, None)?;
    for slot in 0..PUZZLES {
        let token = |t: usize| u32::try_from((7 * t + 3 * slot) % ids).unwrap_or(0);
        batch.load(slot, &(0..length).map(token).collect::<Vec<u32>>(), 0, None)?;
    }
    let live: Vec<usize> = (0..PUZZLES).collect();
    pollster::block_on(batch.segment(&live, Want::ALL))
}

/// Copies the names of the puzzles that a model knows, if they lie beside its weights.
fn copy_names(source: &Path, destination: &Path) -> Result<()> {
    const NAMES: &str = "identifiers.json";
    let names = match source.is_dir() {
        true => source.join(NAMES),
        false => source.with_file_name(NAMES),
    };
    let copy = destination.join(NAMES);
    if names.is_file() && !copy.exists() {
        std::fs::copy(&names, &copy).map_err(Error::io("write", &copy))?;
    }
    Ok(())
}
