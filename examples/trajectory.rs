//! Measures a model on each puzzle of a data set, segment by segment, with the runtime: the figures of a model card.
//!
//! ```text
//! cargo run --release --example trajectory -- MODEL DATA OUT.csv [SEGMENTS] [f32|f16]
//! ```
//!
//! One line per puzzle: `source`, then for each segment one bit (the first segment is the highest) in hexadecimal:
//! `exact`: the answer is right; `sure`: q_halt > q_continue; `same`: the prediction is that of the segment before.

use std::fmt::Write;
use std::time::Instant;

use hrm::eval::{Dataset, Sample};
use hrm::executor::DeviceChoice;
use hrm::halt::Halt;
use hrm::model::Dtype;
use hrm::solve::Query;
use hrm::{Error, Options, Solver};

#[derive(Clone, Default)]
struct Bits {
    exact: u64,
    sure: u64,
    same: u64,
    prediction: Vec<u32>,
}

fn main() -> hrm::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, data, out, more @ ..] = &arguments[..] else {
        let usage = "trajectory MODEL DATA OUT.csv [SEGMENTS] [f32|f16]";
        return Err(Error::Usage(usage.into()));
    };
    let segments = more.first().map_or(Ok(64), |text| text.parse());
    let segments = segments.ok().filter(|s| (1..=64).contains(s));
    let segments = segments.ok_or_else(|| Error::Usage("1 to 64 segments".into()))?;
    let mut options = Options::default();
    options.model = Some(model.into());
    options.device = DeviceChoice::Cpu;
    options.halt = Some(Halt::Fixed);
    options.segments = Some(segments);
    options.dtype = match more.get(1).map(String::as_str) {
        Some("f32") => Some(Dtype::F32),
        Some("f16") => Some(Dtype::F16),
        _ => None,
    };
    let (solver, data) = (Solver::open_blocking(&options)?, Dataset::open(data, None)?);
    let samples: Vec<_> = data.samples().collect();
    // Where a model knows puzzles by name, the tokens alone are no question.
    let query = |sample: &Sample| match &sample.puzzle {
        Some(puzzle) if puzzle.task.is_named() => Query::from(puzzle.clone()),
        _ => Query::new(sample.tokens.clone()),
    };
    let queries: Vec<_> = samples.iter().map(query).collect();
    let task = solver.model().config.task.unwrap_or_default();
    let mut bits = vec![Bits::default(); samples.len()];
    let mut run = solver.run(queries)?;
    let (start, mut done) = (Instant::now(), 0);
    while let Some(segment) = run.next_blocking() {
        let segment = segment?;
        let (to, seen) = (&mut bits[segment.id], segment.outputs);
        let labels = samples[segment.id].labels.as_deref();
        let exact = labels.is_some_and(|labels| task.decode(labels) == task.decode(&seen.preds));
        to.exact = to.exact << 1 | u64::from(exact);
        to.sure = to.sure << 1 | u64::from(seen.q_halt > seen.q_continue);
        to.same = to.same << 1 | u64::from(to.prediction == seen.preds);
        to.prediction = seen.preds;
        if segment.stopped.is_some() {
            done += 1;
            if done % 200 == 0 {
                eprintln!("{done} of {}, {:.0} s", samples.len(), start.elapsed().as_secs_f64());
            }
        }
    }
    let mut text = String::from("source,segments,exact,sure,same\n");
    let digits = segments.div_ceil(4);
    for (sample, b) in samples.iter().zip(&bits) {
        let source = sample.source.as_deref().or(sample.name.as_deref()).unwrap_or("all");
        let _ = writeln!(
            text,
            "{source},{segments},{:0digits$x},{:0digits$x},{:0digits$x}",
            b.exact, b.sure, b.same
        );
    }
    std::fs::write(out, text).map_err(Error::io("write", out))
}
