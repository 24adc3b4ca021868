//! `hrm models`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Subcommand;
use hrm_hub::catalogue::{self, Entry};
use hrm_hub::{Address, Kind, Rows};
use serde_json::json;

use super::options::{self, ModelOptions, Precision, ReadingOptions};
use super::{eval, fetch, output};
use hrm::error::{Error, Result};
use hrm::eval::Summary;
use hrm::executor::DeviceChoice;

/// Arguments of `hrm models`.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP, args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Print one JSON object for each model, with everything known about it
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fetch a model, evaluate it on a sample, and compare the result with its published score
    Check(Check),
}

/// Arguments of `hrm models check`.
#[derive(Debug, clap::Args)]
struct Check {
    /// A name that `hrm models` lists
    name: String,
    /// Puzzles to evaluate, from all over the test set
    #[arg(long, value_name = "N", value_parser = options::count, default_value = "200")]
    samples: NonZeroUsize,
    /// Maximum number of segments for a puzzle
    #[arg(long, value_name = "N", value_parser = options::count, default_value = "16")]
    segments: NonZeroUsize,
    #[command(flatten)]
    reading: ReadingOptions,
    /// auto, cpu, gpu, or an adapter by number or part of its name
    #[arg(long, short, value_name = "DEVICE", default_value = "auto")]
    device: DeviceChoice,
    /// Worker threads of the CPU executor [default: one for each core]
    #[arg(long, value_name = "N", value_parser = options::count)]
    threads: Option<NonZeroUsize>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
}

const HELP: &str = "\
Examples:
  hrm models
  hrm models check alphaXiv/trm-model-sudoku
  hrm solve puzzles.txt --model hub:alphaXiv/trm-model-sudoku

Scores are as published; `--json` says by whom. Settings that a model's files do not state are added when it is opened by
one of these names. `check` ends with exit code 1 if a measured score lies outside the interval.
A sample comes from 50 places in the test set, so neighbouring puzzles are measured together.";

/// 99 of 100 intervals hold the true share.
const Z: f64 = 2.576;

pub(super) fn models(args: Args) -> Result<u8> {
    match args.command {
        Some(Command::Check(check)) => self::check(check),
        None => list(args.json).map(|()| 0),
    }
}

fn list(json: bool) -> Result<()> {
    let all = catalogue::all()?;
    if json {
        return all.iter().try_for_each(|entry| {
            let mut object = serde_json::to_value(entry).unwrap_or_default();
            object["name"] = entry.name().into();
            output::print_json(&object)
        });
    }
    let width = all.iter().map(|entry| entry.name().len()).max().unwrap_or(0);
    let mut text = format!("{:width$}  family  task    parameters  licence     published\n", "name");
    for entry in all {
        let parameters = entry
            .parameters
            .map_or("-".to_owned(), |count| format!("{:.2} M", count as f64 / 1e6));
        let (task, license) = (entry.task().map_or("", |task| task.name()), entry.license.as_deref());
        let line = format!(
            "{:width$}  {:<6}  {task:<6}  {parameters:>10}  {:<10}  {}",
            entry.name(),
            entry.family,
            license.unwrap_or("see card"),
            entry.published
        );
        text += line.trim_end();
        text.push('\n');
    }
    let here = all.iter().filter(|entry| entry.run_here).count();
    text += &format!(
        "\n{here} of these {} have been run by this project: `hrm models check NAME` runs one.\n",
        all.len()
    );
    output::print(&text)
}

/// A figure of ours beside one of others.
struct Point {
    segment: usize,
    what: &'static str,
    found: f64,
    interval: [f64; 2],
    published: Option<f64>,
}

fn check(args: Check) -> Result<u8> {
    let address = Address::parse(&args.name, Kind::Model)?;
    let entry = catalogue::find(&address)
        .ok_or_else(|| Error::Usage(format!("{address} is not in the catalogue: `hrm models` lists what is")))?;
    let data = entry.data.as_ref().ok_or_else(|| {
        let (name, published) = (entry.name(), &entry.published);
        Error::Usage(format!(
            "{name} has no test set here to hold it to: what is published is {published}"
        ))
    })?;
    let rows = Rows::Spread(args.samples.get() as u64);
    let model = ModelOptions {
        model: Some(PathBuf::from(address.to_string())),
        reading: args.reading,
        device: args.device.clone(),
        threads: args.threads,
        dtype: Precision::Auto,
        batch: None,
        identifiers: None,
        blank_identifier: false,
        quiet: args.quiet,
        verbose: false,
    };
    let sample = rows.of(&Address::parse(data, Kind::Data)?, &*fetch::watch(args.quiet))?;
    let (summary, interrupted) = eval::measure(model, sample, args.segments)?;
    let points = points(entry, &summary, args.segments.get());
    let verdict = match interrupted {
        true => Verdict::Interrupted,
        false => Verdict::of(&points),
    };
    if args.json {
        let points = points.iter().map(|point| {
            json!({
                "segment": point.segment, "what": point.what, "percent": point.found,
                "interval": point.interval, "measured": point.published,
            })
        });
        let points: Vec<_> = points.collect();
        output::print_json(&json!({
            "name": entry.name(), "data": data, "samples": summary.samples, "points": points,
            "agrees": verdict.agrees(),
        }))?;
    } else {
        output::print(&table(entry, data, &summary, &points, &verdict))?;
    }
    Ok(match verdict {
        Verdict::Interrupted => output::INTERRUPTED,
        verdict => u8::from(verdict.agrees() == Some(false)),
    })
}

/// What our figures say of those of others.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Agrees,
    Differs,
    /// The intervals hold what others measured, and much else.
    TooFew,
    /// Nobody measured after so many segments.
    NothingToCompare,
    Interrupted,
}

impl Verdict {
    fn of(points: &[Point]) -> Verdict {
        /// Widest interval, in percentage points, that says anything.
        const WIDEST: f64 = 25.0;
        let mut compared = points
            .iter()
            .filter_map(|point| Some((point.interval, point.published?)))
            .peekable();
        if compared.peek().is_none() {
            return Verdict::NothingToCompare;
        }
        let (mut verdict, outside) = (Verdict::Agrees, |[low, high]: [f64; 2], share| {
            !(low..=high).contains(&share)
        });
        for (interval, share) in compared {
            if outside(interval, share) {
                return Verdict::Differs;
            }
            if interval[1] - interval[0] > WIDEST {
                verdict = Verdict::TooFew;
            }
        }
        verdict
    }

    /// None where it cannot be told.
    fn agrees(&self) -> Option<bool> {
        match self {
            Verdict::Agrees => Some(true),
            Verdict::Differs => Some(false),
            _ => None,
        }
    }

    /// What comes before `measured by …`.
    fn words(&self) -> &'static str {
        match self {
            Verdict::Agrees => "agrees with what was",
            Verdict::Differs => "differs from what was",
            Verdict::TooFew => "too few puzzles to tell whether it agrees with what was",
            Verdict::NothingToCompare => "not compared, after other segments than what was",
            Verdict::Interrupted => "interrupted: this is not held to what was",
        }
    }
}

/// Returns our figures after the segments of the measured ones, and after the last.
fn points(entry: &Entry, summary: &Summary, most: usize) -> Vec<Point> {
    let measured = entry.measured.as_ref();
    let mut points = Vec::new();
    for after in &summary.curve {
        let shortest = after.shares.iter().find(|(key, _)| *key == "shortest_paths");
        let found = [
            ("exact", after.exact_accuracy, measured.map(|measured| &measured.exact)),
            (
                "shortest",
                shortest.map(|(_, share)| *share),
                measured.map(|measured| &measured.shortest),
            ),
        ];
        for (what, share, figures) in found {
            let published = figures.and_then(|figures| figures.get(&after.segment).copied());
            if let Some(share) = share.filter(|_| published.is_some() || after.segment == most) {
                points.push(Point {
                    segment: after.segment,
                    what,
                    found: 100.0 * share,
                    interval: interval(share, summary.samples),
                    published,
                });
            }
        }
    }
    points
}

/// Wilson's interval of a share of so many, in percent.
fn interval(share: f64, count: usize) -> [f64; 2] {
    let n = count.max(1) as f64;
    let middle = share + Z * Z / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    [middle - half, middle + half].map(|end| (100.0 * end / (1.0 + Z * Z / n)).clamp(0.0, 100.0))
}

fn table(entry: &Entry, data: &str, summary: &Summary, points: &[Point], verdict: &Verdict) -> String {
    let mut text = format!("{}: {} puzzles of {data}\n", entry.name(), summary.samples);
    text += "segments            here   99 % interval   measured\n";
    for point in points {
        let [low, high] = point.interval;
        let published = point
            .published
            .map_or("-".to_owned(), |published| format!("{published:.1} %"));
        text += &format!(
            "{:>8} {:<9} {:>5.1} %   {low:>5.1} to {high:>5.1}  {published:>9}\n",
            point.segment, point.what, point.found
        );
    }
    if let Some(measured) = &entry.measured {
        text += &format!("{} measured by {}\n", verdict.words(), measured.by);
        let is_left = |segment: &&usize| !points.iter().any(|point| point.segment == **segment);
        let left: Vec<String> = measured.exact.keys().filter(is_left).map(usize::to_string).collect();
        if !left.is_empty() {
            text += &format!("not compared: what was measured after {} segments\n", left.join(", "));
        }
    }
    let by = match entry.published_by.as_str() {
        "" => String::new(),
        by => format!(" ({by})"),
    };
    text + &format!("published: {}{by}\n", entry.published)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_no_better_than_their_figures() {
        let of = |share: f64, count: usize, published: Option<f64>| {
            Verdict::of(&[Point {
                segment: 1,
                what: "exact",
                found: 100.0 * share,
                interval: interval(share, count),
                published,
            }])
        };
        assert_eq!(of(0.5, 200, Some(55.0)), Verdict::Agrees);
        assert_eq!(of(0.5, 200, Some(65.0)), Verdict::Differs);
        assert_eq!(of(0.5, 4, Some(55.0)), Verdict::TooFew);
        assert_eq!(of(0.5, 4, Some(99.0)), Verdict::Differs);
        assert_eq!(of(0.5, 200, None), Verdict::NothingToCompare);
        assert_eq!(Verdict::of(&[]), Verdict::NothingToCompare);
    }

    #[test]
    fn intervals_are_wilsons() {
        let [low, high] = interval(0.5, 100);
        assert!((low - 37.5).abs() < 0.1 && (high - 62.5).abs() < 0.1, "{low} {high}");
        assert_eq!(interval(0.0, 50)[0], 0.0);
        assert!(interval(1.0, 50)[1] > 99.99);
    }
}
