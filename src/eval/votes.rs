//! Votes over the augmentations of a puzzle, and the official figures of them (specification, section 7.4).

use std::collections::{BTreeMap, HashMap, HashSet};

use super::dataset::Sample;
use super::record::Record;
use crate::tasks::Task;
use crate::vote::confidence;

/// The questions of each puzzle by its name, and their right answers where they are known, as text.
pub(super) type Tests = BTreeMap<String, Vec<(String, Option<String>)>>;

/// Numbers of best answers among which the official evaluations look for the right one: those of HRM's, and of TRM's.
const HRM: [usize; 5] = [1, 2, 10, 100, 1000];
const TRM: [usize; 6] = [1, 2, 5, 10, 100, 1000];

/// The answers to the questions of a data set, with who gave them. Answers that are equal take the room of one.
#[derive(Debug, Clone, Default)]
pub(super) struct Votes {
    /// By puzzle and question.
    cast: HashMap<(String, String), Ballot>,
}

/// For each answer the sample and the place in its record, and `q_halt`.
type Ballot = HashMap<String, Vec<(usize, usize, f32)>>;

/// How sure a model was of an answer: HRM's evaluation tells this in f32, TRM's in f64.
type Sureness = fn(f32) -> f64;

fn in_f32(q_halt: f32) -> f64 {
    f64::from((1.0 / (1.0 + (-q_halt).exp())).max(0.0))
}

impl Votes {
    /// Counts the answers of one record.
    pub(super) fn add(&mut self, task: Task, sample: &Sample, record: &Record) {
        let Some(name) = sample.name.as_deref() else { return };
        let Some(question) = task.original(name, &sample.tokens) else {
            return;
        };
        let puzzle = task.named(name).0.to_owned();
        let ballot = self.cast.entry((puzzle, question)).or_default();
        for (place, (answer, q_halt)) in record.answers.iter().enumerate() {
            let votes = q_halt.iter().map(|&q_halt| (sample.index, place, q_halt));
            match ballot.get_mut(answer) {
                Some(known) => known.extend(votes),
                None => {
                    ballot.insert(answer.clone(), votes.collect());
                }
            }
        }
    }

    /// Returns the answers to a question, the best one first: by their votes, then by the mean of the sureness, then by
    /// their first appearance.
    fn ranked(&self, puzzle: &str, question: &str, sureness: Sureness) -> Vec<&str> {
        let Some(ballot) = self.cast.get(&(puzzle.to_owned(), question.to_owned())) else {
            return Vec::new();
        };
        let mut ranked: Vec<_> = ballot
            .iter()
            .map(|(answer, votes)| {
                // Records may come in any order; sums are those of the order of the samples.
                let mut votes = votes.clone();
                votes.sort_by_key(|&(sample, place, _)| (sample, place));
                let sum: f64 = votes.iter().map(|&(_, _, q_halt)| sureness(q_halt)).sum();
                let first = votes.first().map(|&(sample, place, _)| (sample, place));
                (votes.len(), sum / votes.len() as f64, first, answer.as_str())
            })
            .collect();
        ranked.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
        ranked.into_iter().map(|(.., answer)| answer).collect()
    }

    /// Returns how many questions nobody has answered.
    pub(super) fn unanswered(&self, tests: &Tests) -> usize {
        let each = tests
            .iter()
            .flat_map(|(puzzle, all)| all.iter().map(move |(question, _)| (puzzle, question)));
        each.filter(|(puzzle, question)| !self.cast.contains_key(&((*puzzle).clone(), (*question).clone())))
            .count()
    }

    /// Returns the shares of the puzzles whose right answer is among the first K: by HRM's evaluation, where all questions
    /// of a puzzle must be solved, and by TRM's, where each counts for its part. Puzzles whose right answers are not known
    /// are left out.
    pub(super) fn passes(&self, tests: &Tests) -> BTreeMap<&'static str, BTreeMap<usize, f64>> {
        let known: Vec<_> = tests
            .iter()
            .filter(|(_, all)| all.iter().all(|(_, right)| right.is_some()))
            .collect();
        if known.is_empty() {
            return BTreeMap::new();
        }
        // The place of the right answer, where it is one of the answers.
        let place = |puzzle: &str, (question, right): &(String, Option<String>), sureness: Sureness| {
            let ranked = self.ranked(puzzle, question, sureness);
            ranked.iter().position(|answer| Some(*answer) == right.as_deref())
        };
        let (mut hrm, mut trm) = (HRM.map(|k| (k, 0.0)), TRM.map(|k| (k, 0.0)));
        for (puzzle, all) in &known {
            // HRM's evaluation knows a question by its board: equal ones are one.
            let mut seen = HashSet::new();
            let distinct = all.iter().filter(|(question, _)| seen.insert(question));
            let places: Vec<_> = distinct.map(|test| place(puzzle, test, in_f32)).collect();
            for (k, sum) in &mut hrm {
                *sum += f64::from(u8::from(
                    places.iter().all(|place| place.is_some_and(|place| place < *k)),
                ));
            }
            let places: Vec<_> = all.iter().map(|test| place(puzzle, test, confidence)).collect();
            for (k, sum) in &mut trm {
                let solved = places
                    .iter()
                    .filter(|place| place.is_some_and(|place| place < *k))
                    .count();
                *sum += solved as f64 / all.len() as f64;
            }
        }
        let share = |(k, sum): (usize, f64)| (k, sum / known.len() as f64);
        BTreeMap::from([
            ("hrm", hrm.into_iter().map(share).collect()),
            ("trm", trm.into_iter().map(share).collect()),
        ])
    }

    /// Returns the two best answers to each question of each puzzle, as the contest takes them.
    pub(super) fn submission(&self, task: Task, tests: &Tests) -> Option<String> {
        let best = |(puzzle, all): (&String, &Vec<(String, Option<String>)>)| {
            let best = all.iter().map(|(question, _)| {
                let ranked = self.ranked(puzzle, question, confidence);
                ranked.into_iter().take(2).map(str::to_owned).collect()
            });
            (puzzle.clone(), best.collect())
        };
        task.submission(&tests.iter().map(best).collect())
    }
}
