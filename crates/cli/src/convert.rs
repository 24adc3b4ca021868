//! `hrm convert`.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::options::ReadingOptions;
use super::output;
use super::place::{Place, Taken};
use hrm::error::{Error, Result};
use hrm::model::{Dtype, Model};

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
    /// Write into a folder that holds something, and replace what is in the way
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Precision {
    F32,
    F16,
    Bf16,
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
    let model = Model::find(&options)?;
    model.warnings.iter().for_each(|warning| output::note(warning));
    let dtype = args.dtype.map(|dtype| match dtype {
        Precision::F32 => Dtype::F32,
        Precision::F16 => Dtype::F16,
        Precision::Bf16 => Dtype::BF16,
    });
    model.save(&args.destination, dtype)?;
    copy_names(options.model.as_deref().unwrap_or(&args.source), &args.destination)?;
    output::print(&format!(
        "{} parameters written to {}\n",
        model.config.parameters(),
        args.destination.display()
    ))?;
    Ok(0)
}

/// Copies the names of the puzzles that an ARC model knows, if they lie beside its weights.
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
