//! `hrm merge`.

use std::path::PathBuf;

use super::output::{self, is_stdio};
use super::place::{Place, Taken};
use hrm::error::{Error, Result};
use hrm::eval::merge as merge_records;

/// Arguments of `hrm merge`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Files of records that `hrm eval --shard I/N --out` wrote
    #[arg(required = true, value_name = "PART.jsonl")]
    parts: Vec<PathBuf>,
    /// The file to write: the one that the undivided evaluation would have written
    #[arg(long, value_name = "ALL.jsonl")]
    out: PathBuf,
    /// Replace that file if it exists
    #[arg(long)]
    force: bool,
    /// No remarks
    #[arg(long, short)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  hrm eval test.csv --shard 1/2 --out part1.jsonl
  hrm eval test.csv --shard 2/2 --out part2.jsonl
  hrm merge part1.jsonl part2.jsonl --out all.jsonl
  hrm eval test.csv --out all.jsonl                    computes what was missing, and prints the figures of all

Exit code: 1 if records are missing; the file then has all the others.";

pub(super) fn merge(args: Args) -> Result<u8> {
    if args.parts.iter().any(|path| is_stdio(path)) {
        let reason = "parts have their conditions in files beside them: expected files, found `-`";
        return Err(Error::Usage(reason.to_owned()));
    }
    let place = Place {
        path: &args.out,
        taken: Taken::File,
        force: args.force,
        reads: &args.parts,
    };
    place.check()?;
    // A part is not replaced by the whole, whatever --force says.
    if place.is_read() {
        let out = args.out.display();
        return Err(Error::Usage(format!("{out} is one of the parts: name another file")));
    }
    let (records, samples) = merge_records(&args.parts, &args.out)?;
    output::print(&format!("{records} of {samples} samples: {}\n", args.out.display()))?;
    if records < samples && !args.quiet {
        let rest = samples - records;
        output::note(&format!(
            "{rest} are missing: `hrm eval … --out {}` goes on with them",
            args.out.display()
        ));
    }
    Ok(u8::from(records < samples))
}
