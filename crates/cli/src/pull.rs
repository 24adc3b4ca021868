//! `hrm pull`.

use hrm_hub::{Address, Fetched, Found, Kind, Rows};
use serde_json::json;

use super::{fetch, output};
use hrm::Options;
use hrm::error::Result;

/// Arguments of `hrm pull`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// OWNER/NAME, or a file or folder in it: OWNER/NAME[@REVISION][/PATH]
    #[arg(value_name = "NAME")]
    name: String,
    /// Fetch a data set, not a model
    #[arg(long)]
    data: bool,
    /// Only these rows of a CSV file: A..B, counted from its beginning, or N rows from all over it
    #[arg(long, value_name = "A..B|N", requires = "data")]
    rows: Option<Rows>,
    /// Ask whether the hub has something newer
    #[arg(long, conflicts_with = "rows")]
    update: bool,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  hrm pull alphaXiv/trm-model-sudoku
  hrm solve puzzles.txt --model hub:alphaXiv/trm-model-sudoku
  hrm pull locuslab/EqR-model/maze-unique
  hrm pull --data sapientinc/sudoku-extreme --rows 1000
  hrm eval hub:sapientinc/sudoku-extreme --model hub:alphaXiv/trm-model-sudoku

Only the files that are needed are fetched, into the cache folder that other programs of the hub also use (HF_HOME,
HF_HUB_CACHE). Files that are there are not fetched again, and an interrupted download resumes where it was. The token
comes from HF_TOKEN or from the file of a login; HF_ENDPOINT names another hub, HF_HUB_OFFLINE forbids the network.
`hrm models` lists public models.";

pub(super) fn pull(args: Args) -> Result<u8> {
    let kind = if args.data { Kind::Data } else { Kind::Model };
    let address = Address::parse(&args.name, kind)?;
    let watch = fetch::watch(args.quiet);
    if let Some(rows) = &args.rows {
        let path = rows.of(&address, &*watch)?;
        return match args.json {
            true => output::print_json(&json!({ "path": path })),
            false => output::print(&format!("{}\n", path.display())),
        }
        .map(|()| 0);
    }
    let found = Found::of(&address, args.update, &*watch)?;
    let inspection = match kind {
        Kind::Data => None,
        Kind::Model => {
            let (folder, task) = found.opened(&address)?;
            let mut options = Options::default();
            (options.model, options.task) = (Some(folder), task);
            Some(options.inspect_model()?)
        }
    };
    if args.json {
        let (commit, files, path) = (&found.commit, &found.files, found.path());
        output::print_json(&json!({ "commit": commit, "path": path, "files": files, "model": inspection }))?;
    } else {
        output::print(&listed(&address, &found))?;
        if let Some(inspection) = &inspection {
            output::print(&format!("\n{inspection}"))?;
        }
    }
    let problem = inspection.and_then(|found| found.problem.or_else(|| found.fit.problems().into_iter().next()));
    Ok(if problem.is_some() { 3 } else { 0 })
}

fn listed(address: &Address, found: &Found) -> String {
    let mut text = format!("{address}, commit {}\n", found.commit);
    for Fetched { file, bytes, cached } in &found.files {
        let from = if *cached { "in the cache" } else { "fetched" };
        text += &format!("{:>12}  {file}, {from}\n", indicatif::HumanBytes(*bytes).to_string());
    }
    text + &format!("{}\n", found.path().display())
}
