//! `hrm bench`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::options::{self, ModelOptions, Precision, ReadingOptions};
use super::output::{self, Interrupt};
use hrm::bench::{Bench, Figure};
use hrm::error::{Error, Result};
use hrm::executor::DeviceChoice;

/// Arguments of `hrm bench`.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Args {
    /// Model folder, official checkpoint (file or folder), a bundled model's name, or hub:OWNER/NAME
    #[arg(long, short, value_name = "PATH|NAME")]
    model: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingOptions,
    /// auto, cpu, gpu, or an adapter by number or part of its name; several, separated by commas, run one after the other
    #[arg(long, short, value_name = "DEVICE", value_delimiter = ',', default_value = "auto")]
    device: Vec<DeviceChoice>,
    /// Worker threads of the CPU executor [default: one for each core]
    #[arg(long, value_name = "N", value_parser = options::count)]
    threads: Option<NonZeroUsize>,
    /// Precision of the weights: auto keeps what the model stores (bf16 widens to f32); f16 also lets a GPU multiply in it
    #[arg(long, default_value = "auto")]
    dtype: Precision,
    /// Sizes of batches, for the throughput [default: 1,8,32; with --quick: 1,8]
    #[arg(long, value_name = "N", value_delimiter = ',', value_parser = options::count)]
    batch: Vec<NonZeroUsize>,
    /// Segments of a puzzle, for the latency [default: the model's halt_max_steps]
    #[arg(long, value_name = "N", value_parser = options::count)]
    segments: Option<NonZeroUsize>,
    /// Measure for a fifth of the time
    #[arg(long)]
    quick: bool,
    /// Print one JSON object for each figure
    #[arg(long)]
    json: bool,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
}

const HELP: &str = "\
Figures:
  copy           bytes a second that the device copies, read and written both counted
  gemm           FLOP a second of large matrix products
  load           from nothing to a model on the device
  pipelines      extra time of the first segment over a later one: shaders are compiled, buffers made
  autotune       additional time to try which tiles suit a GPU; 0 if that is remembered
  first_segment  the first segment of one puzzle
  latency        one puzzle, all its segments
  throughput     segments a second, summed over all puzzles of the batch
  kernel …       time that the dispatches of one shader on one shape take in a segment (GPU)
Beside each figure is what the hardware could do at the rates of copy and gemm, and the share of that which was reached.
A segment has its FLOP to do and its weights to read, a kernel all that it binds; caches can make reading faster than a copy.

Examples:
  hrm bench
  hrm bench --device cpu,gpu --batch 1,8,64 --json > figures.jsonl
  hrm bench --model my-model/ --dtype f16 --quick";

pub(super) fn bench(args: Args) -> Result<u8> {
    let model = ModelOptions {
        model: args.model,
        reading: args.reading,
        device: DeviceChoice::Auto,
        threads: args.threads,
        dtype: args.dtype,
        batch: None,
        identifiers: None,
        blank_identifier: false,
        quiet: args.quiet,
        verbose: false,
    };
    let batches: &[usize] = if args.quick { &[1, 8] } else { &[1, 8, 32] };
    let batches = match &args.batch[..] {
        [] => batches.to_vec(),
        given => given.iter().map(|size| size.get()).collect(),
    };
    // A model is fetched first: until then Ctrl-C ends the program at once.
    let chosen = model.options(None)?;
    let interrupt = Interrupt::listen();
    let mut code = 0;
    for device in args.device {
        let mut options = chosen.clone();
        options.device = device;
        options.segments = args.segments.map(NonZeroUsize::get);
        let bench = Bench {
            options,
            batches: batches.clone(),
            time: Duration::from_millis(if args.quick { 200 } else { 1000 }),
            cancel: interrupt.0.clone(),
        };
        let bar = model.progress(bench.stages(), "");
        let mut figures = Vec::new();
        let stage = |stage: &str| {
            bar.set_message(stage.to_owned());
            bar.inc(1);
        };
        let run = bench.run(stage, |figure| {
            if args.json {
                return output::print_json(&figure);
            }
            figures.push(figure);
            Ok(())
        });
        let ran = pollster::block_on(run);
        bar.finish_and_clear();
        // Figures measured before a failure are still worth printing.
        output::print(&table(&figures))?;
        match ran {
            Ok(()) => {}
            Err(error @ (Error::Cancelled | Error::Io { .. })) => return Err(error),
            Err(error) => code = code.max(output::report(&error)),
        }
    }
    Ok(code)
}

/// Formats the figures of one device as a table.
fn table(figures: &[Figure]) -> String {
    let Some(first) = figures.first() else {
        return String::new();
    };
    let model = figures
        .iter()
        .find_map(|figure| figure.model.as_deref())
        .unwrap_or_default();
    let width = figures.iter().map(|figure| figure.name.len()).max().unwrap_or(0).max(6);
    let mut text = format!("{}, model {model}\n", first.device);
    text += &format!(
        "{:width$}  batch        value  unit           could be  reached\n",
        "figure"
    );
    for figure in figures {
        let batch = figure.batch.map_or(String::new(), |batch| batch.to_string());
        let limit = figure.limit.map_or(String::new(), number);
        let reached = figure.fraction.map_or(String::new(), |f| match 100.0 * f {
            little if little < 0.5 => "<1 %".to_owned(),
            percent => format!("{percent:.0} %"),
        });
        let line = format!(
            "{:width$}  {batch:>5}  {:>11}  {:<10}  {limit:>11}  {reached:>7}",
            figure.name,
            number(figure.value),
            figure.unit
        );
        text += line.trim_end();
        text.push('\n');
    }
    text + "\n"
}

/// Formats a number with three digits, or all that precede the point.
fn number(value: f64) -> String {
    let digits = if value == 0.0 {
        0.0
    } else {
        2.0 - value.abs().log10().floor()
    };
    format!("{value:.*}", digits.clamp(0.0, 6.0) as usize)
}
