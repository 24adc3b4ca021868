//! Votes beside a second implementation of the official rules.

#[path = "../../tests/common/arc.rs"]
mod official;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::metrics::Metrics;
use super::votes::Tests;
use super::{Record, Sample};
use crate::tasks::arc;
use official::{Form, Grid, Test, encode};

/// The text of a grid.
fn text(grid: &Grid) -> String {
    let rows = grid.iter().map(|row| row.iter().map(u8::to_string).collect::<String>());
    rows.collect::<Vec<_>>().join("\n")
}

/// A form of a puzzle; 0 is the puzzle as it is.
fn form(number: usize) -> Form {
    let colours = (0..10)
        .map(|c| if c == 0 || number == 0 { c } else { (c + 2) % 9 + 1 })
        .collect();
    Form { t: number % 8, colours }
}

fn record(index: usize, answers: Vec<(String, Vec<f32>)>) -> Record {
    Record {
        index,
        source: None,
        exact: None,
        valid: None,
        optimal: Default::default(),
        cells_correct: None,
        segments: 1,
        stopped: "limit".to_owned(),
        q_halt: 0.0,
        tries: 1,
        answers,
        prediction: None,
        curve: Vec::new(),
    }
}

proptest! {
    /// Synthetic predictions, many of them equal and as sure as others: whatever the order in which samples are answered,
    /// votes, both pass@K and the submission are those of a second implementation of the official rules.
    #[test]
    fn votes_are_the_official_ones(
        // For each puzzle and test: the right answer, and for each form an answer and how sure it is.
        puzzles in prop::collection::vec(
            prop::collection::vec((0u8..6, prop::collection::vec((0u8..6, 0usize..6), 1..12)), 1..4),
            1..5,
        ),
        turn in 0usize..50,
    ) {
        const SURE: [f32; 6] = [-90.0, -1.0, 0.25, 0.5, 18.0, 40.0];
        // The first is the empty board, and others have several shapes.
        let grid = |number: u8| -> Grid { (0..number).map(|row| vec![row; 7 - usize::from(number)]).collect() };
        let (mut samples, mut tests, mut officially) = (Vec::new(), Tests::new(), BTreeMap::new());
        for (number, parts) in puzzles.iter().enumerate() {
            let name = format!("puzzle{number}");
            let mut known: Vec<(String, Option<String>)> = Vec::new();
            for (test, (right, votes)) in parts.iter().enumerate() {
                let input: Grid = vec![vec![test as u8, number as u8]];
                known.push((text(&input), Some(text(&grid(*right)))));
                for (at, (answer, sure)) in votes.iter().enumerate() {
                    let form = form(at);
                    let colours: String = form.colours.iter().map(|c| char::from(b'0' + c)).collect();
                    let own = if at == 0 { name.clone() } else { format!("{name}|||t{}|||{colours}", form.t) };
                    samples.push((own, encode(&form.apply(&input)), text(&grid(*answer)), SURE[*sure]));
                }
            }
            let votes_of = |votes: &[(u8, usize)]| votes.iter().map(|(answer, sure)| (grid(*answer), SURE[*sure])).collect();
            let all: Vec<Test> = parts.iter().map(|(right, votes)| (votes_of(votes), grid(*right))).collect();
            officially.insert(name.clone(), all);
            tests.insert(name, known);
        }
        let mut metrics = Metrics::new(Some(arc::TASK), &tests);
        let count = samples.len();
        for at in 0..count {
            // In another order than that of the data.
            let index = (at * 7 + turn) % count;
            let index = if count.is_multiple_of(7) { at } else { index };
            let (name, tokens, answer, q_halt) = samples[index].clone();
            let sample = Sample {
                index,
                source: None,
                tokens,
                labels: None,
                puzzle_identifier: 1,
                name: Some(name),
                puzzle: None,
            };
            metrics.add(&sample, &record(index, vec![(answer, vec![q_halt])]));
        }
        let summary = metrics.summary(None);
        prop_assert_eq!(summary.unanswered, 0);
        for (key, pass) in [("hrm", official::hrm as fn(&BTreeMap<_, _>, usize) -> f64), ("trm", official::trm)] {
            for (k, share) in &summary.pass[key] {
                prop_assert!((share - pass(&officially, *k)).abs() < 1e-12, "{} pass@{}", key, k);
            }
        }
        let submission: serde_json::Value = serde_json::from_str(&summary.submission.unwrap()).unwrap();
        prop_assert_eq!(submission, official::submission(&officially));
    }
}
