//! Segments as plain data: the grid of each, what changed, q, how confident the model is of every cell, and how far its
//! carry moved.

use std::borrow::Cow;

use serde::Serialize;

use crate::executor::Outputs;
use crate::model::{Config, Loss};
use crate::tasks::Puzzle;

/// Returns the probabilities of all ids of a cell, `[V]`, from its logits `[V]`.
fn probabilities(loss: Loss, logits: &[f32]) -> Vec<f32> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weight = |&logit: &f32| match loss {
        Loss::Stablemax if logit < 0.0 => 1.0 / (1.0 - f64::from(logit) + 1e-30),
        Loss::Stablemax => f64::from(logit) + 1.0,
        Loss::Softmax => f64::from(logit - most).exp(),
    };
    let weights: Vec<f64> = logits.iter().map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| (weight / sum) as f32).collect()
}

/// Returns the probabilities of all ids of all cells, `[S, V]`, from the logits `[S, V]` of a segment, by the function
/// that the model was trained with (specification, section 6.3).
pub fn confidences(loss: Loss, logits: &[f32], vocab: usize) -> Vec<f32> {
    let cells = logits.chunks_exact(vocab.max(1));
    cells.flat_map(|cell| probabilities(loss, cell)).collect()
}

/// One segment of a trace. Outputs that the device was not asked for are None; see [`Want`](crate::executor::Want).
#[derive(Debug, Clone, PartialEq)]
pub struct Thought {
    /// The segment's number, from 1.
    pub number: usize,
    /// Predicted ids `[S]`.
    pub grid: Vec<u32>,
    /// Cells whose prediction differs from the previous segment, ascending; all cells in the first segment.
    pub changed: Vec<usize>,
    /// Logit for stopping.
    pub q_halt: f32,
    /// Logit for going on.
    pub q_continue: f32,
    /// Probability of each cell's predicted id, `[S]`; computed from the logits.
    pub confidence: Option<Vec<f32>>,
    /// Probabilities of all ids of each cell, `[S, V]`; computed from the logits.
    pub probabilities: Option<Vec<f32>>,
    /// The H network's carry, cell by cell.
    pub z_h: Option<Motion>,
    /// The L network's carry, cell by cell; None with a single state.
    pub z_l: Option<Motion>,
}

impl Thought {
    /// Returns the mean of [`Thought::confidence`].
    pub fn mean_confidence(&self) -> Option<f32> {
        let all = self.confidence.as_ref().filter(|all| !all.is_empty())?;
        Some(all.iter().sum::<f32>() / all.len() as f32)
    }

    /// Returns the cells that the segment changed, ascending: as [`Thought::changed`], but in the first segment those that
    /// differ from the question.
    pub fn changes(&self, puzzle: &Puzzle) -> Cow<'_, [usize]> {
        if self.number > 1 {
            return Cow::Borrowed(&self.changed);
        }
        let asked = puzzle.task.fitted(puzzle.sample().tokens, self.grid.len());
        let differs = |cell: &usize| asked.get(*cell) != self.grid.get(*cell);
        self.changed.iter().copied().filter(differs).collect()
    }
}

/// Returns a share as "98 %". What is not quite certain never reads as 100 %.
pub fn percent(part: f32) -> String {
    let percent = (f64::from(part) * 100.0).clamp(0.0, 100.0);
    if percent > 99.0 && percent < 100.0 {
        format!("{:.2} %", (percent * 100.0).floor() / 100.0)
    } else {
        format!("{percent:.0} %")
    }
}

/// Norm and change of a carry, cell by cell, without the prefix.
///
/// A block ends with a norm, so these norms hardly differ from `√D`; the change shows where the model is still working.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Motion {
    /// Euclidean norm of each cell's vector, or of its vectors for all symbols together, `[S]`.
    pub norm: Vec<f32>,
    /// Norm of its difference from the previous segment, `[S]`; None in the first segment.
    pub change: Option<Vec<f32>>,
}

/// The segments of a sample so far.
#[derive(Debug, Clone)]
pub struct Trace {
    loss: Loss,
    vocab: usize,
    /// Vectors of a carry at a position, positions before the cells, and width of a vector.
    planes: usize,
    prefix: usize,
    width: usize,
    /// `z_H` and `z_L` of the previous segment.
    carry: [Option<Vec<f32>>; 2],
    /// The segments, in order.
    pub thoughts: Vec<Thought>,
}

impl Trace {
    /// Creates an empty trace for a model with this configuration.
    pub fn new(config: &Config) -> Trace {
        Trace {
            loss: config.loss,
            vocab: config.task_vocab(),
            planes: config.planes(),
            prefix: config.prefix_len(),
            width: config.hidden_size,
            carry: [None, None],
            thoughts: Vec::new(),
        }
    }

    /// Adds the outputs of a segment, and returns what was derived from them.
    pub fn add(&mut self, number: usize, outputs: &Outputs) -> &Thought {
        let grid = outputs.preds.clone();
        let before = self.thoughts.last().map(|thought| &thought.grid);
        let differs = |&cell: &usize| before.is_none_or(|before| before.get(cell) != grid.get(cell));
        let changed = (0..grid.len()).filter(differs).collect();
        let logits = outputs.logits.as_ref();
        let probabilities = logits.map(|logits| confidences(self.loss, logits, self.vocab));
        let confidence = probabilities.as_ref().map(|all| {
            let cells = all.chunks_exact(self.vocab.max(1)).zip(&grid);
            let of_predicted = cells.map(|(cell, &id)| cell.get(id as usize).copied().unwrap_or_default());
            of_predicted.collect()
        });
        let z_h = self.motion(0, outputs.z_h.as_ref(), grid.len());
        let z_l = self.motion(1, outputs.z_l.as_ref(), grid.len());
        self.thoughts.push(Thought {
            number,
            grid,
            changed,
            q_halt: outputs.q_halt,
            q_continue: outputs.q_continue,
            confidence,
            probabilities,
            z_h,
            z_l,
        });
        &self.thoughts[self.thoughts.len() - 1]
    }

    fn motion(&mut self, which: usize, z: Option<&Vec<f32>>, cells: usize) -> Option<Motion> {
        let (planes, prefix, width) = (self.planes.max(1), self.prefix, self.width.max(1));
        // The vectors of a cell, side by side.
        let cells = |z: &[f32]| -> Vec<f32> {
            let positions = z.len() / (planes * width);
            let vector = |cell: usize, plane: usize| z.get((plane * positions + prefix + cell) * width..)?.get(..width);
            let vectors = (0..cells).flat_map(|cell| (0..planes).filter_map(move |plane| vector(cell, plane)));
            vectors.flatten().copied().collect()
        };
        let width = planes * width;
        let norms = |z: &[f32]| -> Vec<f32> {
            let square = |v: &f32| f64::from(*v) * f64::from(*v);
            let vectors = z.chunks_exact(width);
            vectors
                .map(|z| z.iter().map(square).sum::<f64>().sqrt() as f32)
                .collect()
        };
        let z = cells(z?);
        let before = self.carry[which].replace(z.clone());
        let difference = before.map(|before| z.iter().zip(&before).map(|(a, b)| a - b).collect::<Vec<_>>());
        Some(Motion {
            norm: norms(&z),
            change: difference.map(|difference| norms(&difference)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn certainty_is_not_rounded_up() {
        assert_eq!(
            [1.0, 0.999_999_9, 0.99995, 0.9951, 0.5, f32::NAN.max(0.0)].map(percent),
            ["100 %", "99.99 %", "99.99 %", "99.51 %", "50 %", "0 %"]
        );
    }
}
