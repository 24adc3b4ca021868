//! Several tries at one puzzle: variants of it run side by side, and one of their answers is taken.
//!
//! A puzzle first runs as it is. If the rules find that answer valid, no more tries run, and nothing extra is spent.
//! Otherwise its variants follow; the valid answer of the fewest segments wins, then that of the earliest try, however many
//! run side by side: whoever has run as long without an answer leaves its slot. Where no
//! answer is valid, or there are no rules, the vote decides (see
//! [`Definition::rank`](crate::tasks::Definition::rank)), or for EqR how little an answer still changed. Rules choose
//! among answers, and never alter one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::executor::Outputs;
use crate::model::Config;
pub use crate::noise::Noise;
use crate::tasks::{Augmentation, Sample, Task, Transform};
use crate::vote::rank;

/// The number of tries at a puzzle, and how they differ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tries {
    /// Maximum tries at a puzzle, the first of which takes it as it is.
    pub count: usize,
    /// How the other tries differ from the first.
    pub variants: Variants,
    /// Strength of the noise: its standard deviation, where the initial carry has 1.
    pub noise: f32,
}

/// How the tries at a puzzle differ. The default solved the most puzzles for the least work: see `examples/experiments`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Variants {
    /// Tries differ by a symmetry, where the task has any, and by noise.
    #[default]
    Both,
    /// Tries differ by symmetries of the task's rules. Where these are used up (a square has eight), or a task has
    /// none, they also differ by noise of strength 1.
    Symmetry,
    /// Tries differ by noise on the initial carry.
    Noise,
}

impl Default for Tries {
    /// Returns a single try.
    fn default() -> Self {
        Tries {
            count: 1,
            variants: Variants::default(),
            noise: Tries::STRENGTH,
        }
    }
}

impl Tries {
    /// The largest number of tries that is accepted; more are taken for a mistake.
    pub(crate) const MOST: usize = 1 << 16;

    /// The default strength of the noise.
    pub(crate) const STRENGTH: f32 = 1.0;

    /// Checks that these tries are possible, and returns them.
    ///
    /// # Errors
    /// [`Error::Usage`] for no tries or too many, or for noise that is negative or not finite.
    pub(crate) fn check(self) -> Result<Self> {
        if !(1..=Tries::MOST).contains(&self.count) {
            return Err(Error::Usage(format!(
                "tries: expected 1 to {}, found {}",
                Tries::MOST,
                self.count
            )));
        }
        if !(self.noise.is_finite() && self.noise >= 0.0) {
            return Err(Error::Usage(format!(
                "noise: expected a finite strength, 0 or more, found {}",
                self.noise
            )));
        }
        Ok(self)
    }

    /// Returns how try `number`, counted from 0, asks a puzzle of `task`.
    pub(crate) fn variant(self, task: Option<Task>, number: usize) -> Variant {
        let seed = number as u64;
        let noise = |strength| Some(Noise { seed, strength });
        let symmetries = task.map_or(1, |task| task.augmentations());
        let symmetry = (symmetries > 1).then_some(seed).filter(|_| number > 0);
        match self.variants {
            _ if number == 0 => Variant::default(),
            Variants::Symmetry => Variant {
                symmetry,
                noise: noise(Tries::STRENGTH).filter(|_| number >= symmetries),
            },
            Variants::Noise => Variant {
                symmetry: None,
                noise: noise(self.noise),
            },
            Variants::Both => Variant {
                symmetry,
                noise: noise(self.noise),
            },
        }
    }
}

/// One way to ask a puzzle; the default asks it as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct Variant {
    /// The number of an augmentation of the task; see
    /// [`Definition::augmentation`](crate::tasks::Definition::augmentation).
    pub symmetry: Option<u64>,
    /// Noise on the initial carry.
    pub noise: Option<Noise>,
}

impl Variant {
    /// Returns the augmentation of a sample; None where this variant has none.
    pub(crate) fn augmentation(self, task: Option<Task>, asked: &Sample) -> Option<Box<dyn Augmentation>> {
        task?.augmentation(asked, self.symmetry?)
    }
}

impl fmt::Display for Variant {
    /// Writes "given", "symmetry 3", "noise 3 of strength 0.5", or both.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.symmetry, self.noise) {
            (None, None) => write!(f, "given"),
            (Some(symmetry), None) => write!(f, "symmetry {symmetry}"),
            (symmetry, Some(Noise { seed, strength })) => {
                symmetry.iter().try_for_each(|s| write!(f, "symmetry {s}, "))?;
                write!(f, "noise {seed} of strength {strength}")
            }
        }
    }
}

/// Maps outputs for an augmented puzzle back to the puzzle itself: predictions, logits and the carry's cells.
pub(crate) fn undo(transform: &Transform, config: &Config, outputs: Outputs) -> Outputs {
    let (width, planes, cells) = (config.hidden_size, config.planes(), outputs.preds.len());
    let carry = |z: Vec<f32>| {
        let plane = |number: usize| {
            // A plane is a symbol's.
            let number = if planes > 1 { transform.name(number) } else { number };
            let len = z.len() / planes.max(1);
            let z = z.get(number * len..(number + 1) * len).unwrap_or_default();
            let (prefix, rest) = z.split_at(len.min(config.prefix_len() * width));
            let (cells, added) = rest.split_at(rest.len().min(cells * width));
            [prefix, &transform.undo_cells(cells, width), added].concat()
        };
        (0..planes).flat_map(plane).collect()
    };
    Outputs {
        preds: transform.undo(&outputs.preds),
        logits: outputs
            .logits
            .map(|logits| transform.undo_ids(&logits, config.task_vocab())),
        z_h: outputs.z_h.map(carry),
        z_l: outputs.z_l.map(carry),
        ..outputs
    }
}

/// Ranks the answers of several tries by the vote of a task; see [`rank`].
pub(crate) fn rank_for(task: Option<Task>, answers: &[(&[u32], f32)]) -> Vec<Vec<usize>> {
    task.map_or_else(|| rank(answers), |task| task.rank(answers))
}

/// Returns the try whose outputs changed least in its last segments; of equals, the first (specification, section 12).
pub(crate) fn stillest<'a>(outputs: impl Iterator<Item = &'a Outputs>) -> Option<usize> {
    // NaN counts as the largest change.
    let change = |outputs: &Outputs| {
        outputs
            .change
            .filter(|change| !change.is_nan())
            .unwrap_or(f32::INFINITY)
    };
    let changes = outputs.map(change).enumerate();
    changes.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(i, _)| i)
}

/// How a query was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decision {
    /// Number of tries that were needed: 1, or all that were allowed.
    pub tries: usize,
    /// Segments of all tries, each up to its end or to that of the winner.
    pub segments: usize,
    /// Number of tries that ended so early with the winning answer.
    pub votes: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(preds: Vec<u32>) -> Outputs {
        Outputs {
            preds,
            q_halt: 0.5,
            q_continue: 0.0,
            change: None,
            logits: None,
            z_h: None,
            z_l: None,
        }
    }

    #[test]
    fn the_stillest_try_wins_and_of_equals_the_first() {
        let of = |changes: &[f32]| {
            let outputs = changes.iter().map(|&change| Outputs {
                change: Some(change),
                ..outputs(vec![1])
            });
            stillest(outputs.collect::<Vec<_>>().iter())
        };
        assert_eq!([of(&[]), of(&[2.0, 0.5, 0.5, 1.0])], [None, Some(1)]);
        assert_eq!([of(&[f32::NAN, 7.0]), of(&[f32::NAN])], [Some(1), Some(0)]);
    }

    #[test]
    fn the_first_try_is_the_puzzle_itself_and_no_two_are_alike() {
        for variants in [Variants::Symmetry, Variants::Noise, Variants::Both] {
            for task in [
                Some(crate::tasks::sudoku::TASK),
                Some(crate::tasks::maze::TASK),
                Some(crate::tasks::arc::TASK),
                None,
            ] {
                let tries = Tries {
                    count: 20,
                    variants,
                    noise: 0.5,
                };
                let all: Vec<String> = (0..20).map(|i| tries.variant(task, i).to_string()).collect();
                assert_eq!(all[0], "given");
                let distinct: std::collections::BTreeSet<&String> = all.iter().collect();
                assert_eq!(distinct.len(), 20, "{all:?}");
            }
        }
    }

    /// Cells change places in every plane, planes as ids do, and added positions stay.
    #[test]
    fn the_planes_of_a_state_are_undone_as_ids_are() {
        let mut config = Config::published(crate::model::Family::SeRrm, 2, 3);
        config.hidden_size = 1;
        if let Some(symbols) = &mut config.symbols {
            symbols.add_tokens = 1;
        }
        let transform = Transform::permutation(vec![1, 0], vec![0, 2, 1]);
        let mut outputs = Outputs {
            preds: vec![2, 0],
            q_halt: 0.5,
            ..Outputs::default()
        };
        outputs.z_h = Some(vec![10.0, 11.0, 12.0, 20.0, 21.0, 22.0, 30.0, 31.0, 32.0]);
        outputs.logits = Some(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let undone = undo(&transform, &config, outputs);
        assert_eq!(undone.preds, [0, 1]);
        assert_eq!(undone.logits, Some(vec![3.0, 5.0, 4.0, 0.0, 2.0, 1.0]));
        let planes = [[11.0, 10.0, 12.0], [31.0, 30.0, 32.0], [21.0, 20.0, 22.0]];
        assert_eq!(undone.z_h, Some(planes.concat()));
    }

    #[test]
    fn variants_say_what_they_are() {
        let of = |variants, noise| {
            Tries {
                count: 9,
                variants,
                noise,
            }
            .variant(Some(crate::tasks::maze::TASK), 8)
            .to_string()
        };
        assert_eq!(of(Variants::Symmetry, 1.0), "symmetry 8, noise 8 of strength 1");
        assert_eq!(of(Variants::Noise, 0.25), "noise 8 of strength 0.25");
        assert_eq!(of(Variants::Both, 0.5), "symmetry 8, noise 8 of strength 0.5");
    }

    #[test]
    fn impossible_tries_are_refused() {
        let check = |count, noise| {
            let variants = Variants::Noise;
            Tries { count, variants, noise }.check().is_ok()
        };
        assert!(check(1, 1.0) && check(16, 0.0));
        assert!(!check(0, 1.0) && !check(usize::MAX, 1.0));
        assert!(!check(2, -1.0) && !check(2, f32::NAN));
    }
}
