//! What more thought buys: accuracy against segments, tries and time; fixed against halting; how far halting rules can
//! be trusted. Writes a table (CSV) and a plot (SVG) for each question. See README.md beside this file.
//!
//! ```text
//! cargo run --release --example experiments -- tests/data/sudoku-check.csv --class deep --class few
//! ```

mod measure;
mod plot;

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use hrm::eval::Dataset;
use hrm::executor::DeviceChoice;
use hrm::halt::Halt;
use hrm::tasks::Task;
use hrm::tries::{Tries, Variants};
use hrm::{Error, Options};
use measure::{Bench, Class, Moment, Outcome, Setting};
use plot::{Line, Plot};

/// What more thought buys: accuracy against segments, tries and time.
#[derive(Parser)]
struct Args {
    /// A data set as `hrm eval` takes it
    data: PathBuf,
    /// Model folder, official checkpoint, or a bundled model's name
    #[arg(long, default_value = "sudoku")]
    model: String,
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    #[arg(long)]
    batch: Option<usize>,
    /// Classes (CSV's column `source`) to run; all by default
    #[arg(long)]
    class: Vec<String>,
    /// Most puzzles of a class
    #[arg(long, default_value_t = usize::MAX)]
    samples: usize,
    /// Most segments of a long run
    #[arg(long, default_value_t = 256)]
    segments: usize,
    /// Most tries
    #[arg(long, default_value_t = 16)]
    tries: usize,
    /// The questions to answer; all by default
    #[arg(long, value_enum)]
    only: Vec<Question>,
    /// Where tables and plots go
    #[arg(long, default_value = "examples/experiments/results")]
    out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Question {
    /// Accuracy against segments, fixed and halting; precision of the halting rules
    Segments,
    /// Which variants: symmetries, noise of several strengths, both
    Variants,
    /// More tries against more segments, by cost and time
    Tries,
    /// The vote of tries that no rules judge
    Vote,
}

fn main() -> hrm::Result<()> {
    let args = Args::parse();
    let data = Dataset::open(&args.data, None)?;
    let mut classes: Vec<Class> = Vec::new();
    for sample in data.samples() {
        let name = sample.source.clone().unwrap_or_else(|| "all".into());
        if !args.class.is_empty() && !args.class.contains(&name) {
            continue;
        }
        match classes.iter_mut().find(|class| class.name == name) {
            Some(class) if class.samples.len() < args.samples => class.samples.push(sample),
            Some(_) => {}
            None => classes.push(Class {
                name,
                samples: vec![sample],
            }),
        }
    }
    let mut options = Options::default();
    options.model = Some(args.model.clone().into());
    options.task = data.task.or(Some(Task::default()));
    let bench = Bench {
        model: options.open_model()?,
        device: args.device.clone(),
        batch: args.batch,
        classes,
    };
    let asked = |question| args.only.is_empty() || args.only.contains(&question);
    if asked(Question::Segments) {
        segments(&args, &bench)?;
    }
    if asked(Question::Variants) {
        variants(&args, &bench)?;
    }
    if asked(Question::Tries) {
        tries(&args, &bench)?;
    }
    if asked(Question::Vote) {
        vote(&args, &bench)?;
    }
    Ok(())
}

/// Returns 1, 2, 4, … up to `most`.
fn doubling(most: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(1), |n| Some(2 * n)).take_while(move |n| *n <= most)
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

/// Returns where a rule stops within `limit` segments, counted from 0, and whether it fired.
fn stop(moments: &[Moment], limit: usize, rule: Halt) -> (usize, bool) {
    let fires = |moment: &Moment| match rule {
        Halt::Learned => moment.learned,
        Halt::Stable => moment.learned && moment.stays,
        Halt::Valid => moment.valid,
        _ => false,
    };
    let fired = moments.iter().take(limit).position(fires);
    (fired.unwrap_or(limit - 1), fired.is_some())
}

fn segments(args: &Args, bench: &Bench) -> hrm::Result<()> {
    let most = args.segments.min(64);
    let mut table = "class,rule,segments,puzzles,solved,fired,fired_right,mean_segments\n".to_owned();
    let (mut accuracy, mut precision) = (Vec::new(), Vec::new());
    for (colour, class) in bench.classes.iter().enumerate() {
        let (name, moments) = (&class.name, bench.moments(class, most)?);
        let count = moments.len();
        for rule in [Halt::Fixed, Halt::Learned, Halt::Stable, Halt::Valid] {
            let rule_name = format!("{rule:?}").to_lowercase();
            let (mut solves, mut is_right) = (Vec::new(), Vec::new());
            for limit in 1..=most {
                let stops: Vec<(usize, bool, bool)> = moments
                    .iter()
                    .map(|puzzle| {
                        let (at, fired) = stop(puzzle, limit, rule);
                        (at + 1, fired, puzzle[at].right)
                    })
                    .collect();
                let solved = stops.iter().filter(|stop| stop.2).count();
                let fired = stops.iter().filter(|stop| stop.1).count();
                let fired_right = stops.iter().filter(|stop| stop.1 && stop.2).count();
                let mean = stops.iter().map(|stop| stop.0).sum::<usize>() as f64 / count as f64;
                table += &format!("{name},{rule_name},{limit},{count},{solved},{fired},{fired_right},{mean:.2}\n");
                solves.push((limit as f64, percent(solved, count)));
                is_right.extend((fired > 0).then(|| (limit as f64, percent(fired_right, fired))));
            }
            let (lines, points, dashed) = match rule {
                Halt::Fixed => (&mut accuracy, solves, true),
                Halt::Valid => (&mut accuracy, solves, false),
                Halt::Learned => (&mut precision, is_right, true),
                Halt::Stable => (&mut precision, is_right, false),
                // Not among the rules above.
                _ => continue,
            };
            lines.push(Line {
                name: format!("{name}, {rule_name}"),
                points,
                dashed,
                colour,
            });
        }
    }
    write(args, "segments.csv", &table)?;
    let plot = Plot {
        title: "Puzzles solved within so many segments",
        x: "most segments",
        y: "solved, %",
        least: 0.0,
        logarithmic: true,
        lines: accuracy,
    };
    write(args, "segments.svg", &plot.svg())?;
    let plot = Plot {
        title: "Right answers among those that the model itself stopped",
        y: "right, %",
        least: 80.0,
        lines: precision,
        ..plot
    };
    write(args, "precision.svg", &plot.svg())
}

/// Sixteen segments, or what the model was trained for.
fn trained(bench: &Bench) -> usize {
    bench.model.config.halt_max_steps
}

fn setting(count: usize, segments: usize) -> Setting {
    Setting {
        tries: Tries {
            count,
            ..Tries::default()
        },
        segments,
        halt: Halt::Valid,
        rules: true,
    }
}

/// Returns one line for each class.
fn lines_of(bench: &Bench, points: Vec<Vec<(f64, f64)>>, what: &str, dashed: bool) -> Vec<Line> {
    let classes = bench.classes.iter().zip(points).enumerate();
    let line = |(colour, (class, points)): (usize, (&Class, _))| Line {
        name: format!("{}, {what}", class.name),
        points,
        dashed,
        colour,
    };
    classes.map(line).collect()
}

fn variants(args: &Args, bench: &Bench) -> hrm::Result<()> {
    let mut table = "variants,tries,class,puzzles,solved,segments\n".to_owned();
    let mut add = |name: &str, count: usize, outcomes: Vec<Outcome>| {
        for (class, o) in bench.classes.iter().zip(outcomes) {
            let line = format!(
                "{name},{count},{},{},{},{}\n",
                class.name, o.puzzles, o.solved, o.segments
            );
            eprint!("{line}");
            table += &line;
        }
    };
    add("one", 1, bench.answers(&setting(1, trained(bench)))?);
    for (name, variants, noise) in [
        ("symmetry", Variants::Symmetry, 1.0),
        ("noise 0.3", Variants::Noise, 0.3),
        ("noise 1", Variants::Noise, 1.0),
        ("noise 2", Variants::Noise, 2.0),
        ("noise 4", Variants::Noise, 4.0),
        ("symmetry and noise 1", Variants::Both, 1.0),
        ("symmetry and noise 2", Variants::Both, 2.0),
    ] {
        let tries = Tries {
            count: args.tries,
            variants,
            noise,
        };
        let outcomes = bench.answers(&Setting {
            tries,
            ..setting(args.tries, trained(bench))
        })?;
        add(name, args.tries, outcomes);
    }
    write(args, "variants.csv", &table)
}

fn tries(args: &Args, bench: &Bench) -> hrm::Result<()> {
    let mut table = "tries,segments,class,puzzles,solved,all_segments,ms_a_puzzle\n".to_owned();
    let mut lines: [Vec<Line>; 2] = Default::default();
    let trained = trained(bench);
    let more_tries = doubling(args.tries).map(|count| (count, trained)).collect::<Vec<_>>();
    let more_segments = doubling(args.segments / trained)
        .map(|n| (1, n * trained))
        .collect::<Vec<_>>();
    for (settings, what, dashed) in [
        (more_tries, "more tries", false),
        (more_segments, "more segments", true),
    ] {
        let mut points: [Vec<Vec<(f64, f64)>>; 2] = std::array::from_fn(|_| vec![Vec::new(); bench.classes.len()]);
        for (count, segments) in settings {
            let outcomes = bench.answers(&setting(count, segments))?;
            for (i, (class, o)) in bench.classes.iter().zip(outcomes).enumerate() {
                let (n, solved) = (o.puzzles as f64, percent(o.solved, o.puzzles));
                let ms = 1e3 * o.seconds / n;
                let line = format!(
                    "{count},{segments},{},{},{},{},{ms:.1}\n",
                    class.name, o.puzzles, o.solved, o.segments
                );
                eprint!("{line}");
                table += &line;
                points[0][i].push((o.segments as f64 / n, solved));
                points[1][i].push((ms, solved));
            }
        }
        for (lines, points) in lines.iter_mut().zip(points) {
            lines.extend(lines_of(bench, points, what, dashed));
        }
    }
    write(args, "tries.csv", &table)?;
    let [by_cost, by_time] = lines;
    let plot = Plot {
        title: "More tries or more segments",
        x: "segments a puzzle, all tries together",
        y: "solved, %",
        least: 0.0,
        logarithmic: true,
        lines: by_cost,
    };
    write(args, "tries.svg", &plot.svg())?;
    let plot = Plot {
        x: "milliseconds a puzzle, many side by side",
        lines: by_time,
        ..plot
    };
    write(args, "time.svg", &plot.svg())
}

fn vote(args: &Args, bench: &Bench) -> hrm::Result<()> {
    let mut table = "tries,judge,class,puzzles,solved\n".to_owned();
    let mut lines: Vec<Line> = Vec::new();
    for (rules, judge) in [(false, "vote"), (true, "rules")] {
        let mut points = vec![Vec::new(); bench.classes.len()];
        for count in doubling(args.tries) {
            let setting = Setting {
                halt: Halt::Stable,
                rules,
                ..setting(count, trained(bench))
            };
            for (i, (class, o)) in bench.classes.iter().zip(bench.answers(&setting)?).enumerate() {
                let line = format!("{count},{judge},{},{},{}\n", class.name, o.puzzles, o.solved);
                eprint!("{line}");
                table += &line;
                points[i].push((count as f64, percent(o.solved, o.puzzles)));
            }
        }
        lines.extend(lines_of(bench, points, judge, !rules));
    }
    write(args, "vote.csv", &table)?;
    let plot = Plot {
        title: "Who chooses among tries: rules, or a vote",
        x: "tries",
        y: "solved, %",
        least: 0.0,
        logarithmic: true,
        lines,
    };
    write(args, "vote.svg", &plot.svg())
}

fn write(args: &Args, name: &str, text: &str) -> hrm::Result<()> {
    let path = args.out.join(name);
    std::fs::create_dir_all(&args.out).map_err(Error::io("write", &args.out))?;
    std::fs::write(&path, text).map_err(Error::io("write", &path))?;
    println!("{}", path.display());
    Ok(())
}
