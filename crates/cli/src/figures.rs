//! The figures of `hrm eval` as a table.

use std::collections::BTreeMap;

use super::output;
use hrm::eval::{Source, Summary};
use hrm::tasks::Optimum;

fn share(shares: &[(&str, f64)], key: &str) -> Option<f64> {
    shares.iter().find(|(name, _)| *name == key).map(|(_, share)| *share)
}

/// Returns the figures of all samples in the form of those of a source.
fn all(summary: &Summary) -> Source {
    Source {
        samples: summary.samples,
        exact_accuracy: summary.exact_accuracy,
        shares: summary.shares.clone(),
        mean_segments: summary.mean_segments,
    }
}

/// Returns the figures of an evaluation as a table.
pub(super) fn table(summary: &Summary, optimum: Option<&Optimum>) -> String {
    let percent = |v: Option<f64>| v.map_or("-".to_owned(), |v| format!("{:.2} %", 100.0 * v));
    let number = |v: Option<f64>| v.map_or("-".to_owned(), |v| format!("{v:.2}"));
    let mut text = String::new();
    let mut line = |name: &str, samples: &str, shares: &[String], segments: &str| {
        let shares: String = shares.iter().map(|share| format!("{share:>10} ")).collect();
        text += &format!("{name:<20} {samples:>8} {shares}{segments:>9}\n");
    };
    // Tasks with an optimum get two more columns, if it was judged.
    let optimum = optimum.filter(|optimum| share(&summary.shares, optimum.shares[1]).is_some());
    let shares = optimum.map_or([""; 2], |optimum| optimum.shares);
    let columns = if optimum.is_some() { 3 } else { 1 };
    let headings = ["exact", "valid", optimum.map_or("", |optimum| optimum.key)].map(str::to_owned);
    line("source", "samples", &headings[..columns], "segments");
    let mut figures = |name: &str, s: &Source| {
        let [valid, best] = shares.map(|key| share(&s.shares, key));
        let shares = [s.exact_accuracy, valid, best].map(percent);
        line(
            name,
            &s.samples.to_string(),
            &shares[..columns],
            &number(s.mean_segments),
        );
    };
    let by = summary.by.iter();
    by.for_each(|(name, source)| figures(&output::one_line(name), source));
    figures("all", &all(summary));
    if !summary.curve.is_empty() {
        let mut line = |segment: &str, shares: &[String]| {
            let shares: String = shares.iter().map(|share| format!("{share:>10} ")).collect();
            text += &format!("{segment:>8} {}\n", shares.trim_end());
        };
        let with_cells = |shares: &[String], cells: String| [shares, &[cells]].concat();
        line("segment", &with_cells(&headings[..columns], "cells".to_owned()));
        for after in &summary.curve {
            let [valid, best] = shares.map(|key| share(&after.shares, key));
            let figures = [after.exact_accuracy, valid, best].map(percent);
            let figures = with_cells(&figures[..columns], percent(after.accuracy));
            line(&after.segment.to_string(), &figures);
        }
    }
    text += &votes(summary);
    if summary.histogram.len() > 1 {
        text += &histogram(&summary.histogram);
    }
    text += &format!(
        "cells {}, q_halt right {}, {} samples/s\n",
        percent(summary.accuracy),
        percent(summary.q_halt_accuracy),
        number(summary.samples_per_s)
    );
    text
}

/// Returns the figures of the vote, if there was one.
fn votes(summary: &Summary) -> String {
    let mut text = String::new();
    for (evaluation, shares) in &summary.pass {
        let shares = shares
            .iter()
            .map(|(k, share)| format!("pass@{k} {:.2} %", 100.0 * share));
        let name = evaluation.to_uppercase();
        text += &format!("{name}: {}\n", shares.collect::<Vec<_>>().join(", "));
    }
    if summary.unanswered > 0 {
        text += &format!("{} without an answer\n", output::count_of(summary.unanswered, "test"));
    }
    text
}

/// Returns a bar chart of how many samples ran how many segments.
fn histogram(samples: &BTreeMap<usize, usize>) -> String {
    let most = samples.values().copied().max().unwrap_or(1);
    let lines = samples.iter().map(|(segments, count)| {
        let bar = "#".repeat((40 * count).div_ceil(most));
        format!("{segments:>8} {count:>8}  {bar}\n")
    });
    format!("segments  samples\n{}", lines.collect::<String>())
}
