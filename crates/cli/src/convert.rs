//! `hrm convert`.

use std::path::PathBuf;

use clap::ValueEnum;

use super::place::{Place, Taken};
use super::{hub, options, output};
use hrm::error::Result;
use hrm::model::{Dtype, Model};
use hrm::tasks::Task;

/// Arguments of `hrm convert`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Model folder, official checkpoint (file or folder), a bundled model's name, or hub:OWNER/NAME
    source: PathBuf,
    /// The model folder to write: config.json and model.safetensors
    destination: PathBuf,
    /// Precision to store [default: what the source stores]
    #[arg(long)]
    dtype: Option<Stored>,
    /// The task, where the files do not say it
    #[arg(long, short, value_parser = options::task())]
    task: Option<Task>,
    /// Write into a folder that holds something, and replace what is in the way
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Stored {
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
    let (source, task) = hub::model(&args.source, args.task, false)?;
    let model = Model::find(source, task)?;
    model.warnings.iter().for_each(|warning| output::note(warning));
    let dtype = args.dtype.map(|dtype| match dtype {
        Stored::F32 => Dtype::F32,
        Stored::F16 => Dtype::F16,
        Stored::Bf16 => Dtype::BF16,
    });
    model.save(&args.destination, dtype)?;
    output::print(&format!(
        "{} parameters written to {}\n",
        model.config.parameters(),
        args.destination.display()
    ))?;
    Ok(0)
}
