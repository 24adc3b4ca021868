//! `hrm inspect`.

use std::path::PathBuf;

use super::{hub, options, output};
use hrm::error::Result;
use hrm::model;
use hrm::tasks::Task;

/// Arguments of `hrm inspect`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Model folder, official checkpoint (file or folder), a bundled model's name, or hub:OWNER/NAME
    model: PathBuf,
    /// The task, where the files do not say it
    #[arg(long, short, value_parser = options::task())]
    task: Option<Task>,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) fn inspect(args: Args) -> Result<u8> {
    let (path, task) = hub::model(&args.model, args.task, false)?;
    let inspection = model::inspect(path, task)?;
    if args.json {
        output::print_json(&inspection)?;
    } else {
        output::print(&format!("{inspection}"))?;
    }
    Ok(
        if inspection.problem.is_none() && inspection.fit.problems().is_empty() {
            0
        } else {
            3
        },
    )
}
