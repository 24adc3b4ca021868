//! `hrm inspect`.

use std::path::PathBuf;

use super::options::ReadingOptions;
use super::output;
use hrm::error::Result;

/// Arguments of `hrm inspect`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Model folder, official checkpoint (file or folder), a bundled model's name, or hub:OWNER/NAME
    model: PathBuf,
    #[command(flatten)]
    reading: ReadingOptions,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) fn inspect(args: Args) -> Result<u8> {
    let inspection = args.reading.options(Some(args.model), false)?.inspect_model()?;
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
