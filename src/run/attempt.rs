//! One try at a query.

use super::known::Ways;
use super::{Known, Query, Segment};
use crate::error::Result;
use crate::executor::{Batch, Outputs, Progress};
use crate::model::Config;
use crate::tasks::Augmentation;
use crate::tries::{Tries, Variant, undo};

/// A try at a query, from its first segment to its last; its variant is applied and undone here.
#[derive(Debug)]
pub(super) struct Attempt {
    /// Number of the query in the run, from 0.
    pub query: usize,
    /// Number of the try at that query, from 0.
    pub number: usize,
    /// Segments that it has run.
    pub segments: usize,
    variant: Variant,
    augmentation: Option<Box<dyn Augmentation>>,
}

impl Attempt {
    /// Begins try `number` at query `id` in a slot.
    ///
    /// # Errors
    /// As [`Batch::load`].
    pub(super) fn begin(
        [id, number]: [usize; 2],
        query: &Query,
        (known, ways): (&Known, &Ways),
        tries: Tries,
        config: &Config,
        batch: &mut Batch,
        slot: usize,
    ) -> Result<Attempt> {
        let variant = tries.variant(config.task, number);
        let (sample, augmentation) = known.ask(query, ways, variant, config.task);
        let noise = variant.noise.or(query.noise);
        let shift = i32::try_from(config.token_shift()).unwrap_or(0);
        let tokens = sample.tokens.iter().map(|id| id.saturating_add_signed(shift));
        let tokens: Vec<u32> = tokens.collect();
        batch.load(slot, &tokens, sample.identifier as usize, noise)?;
        Ok(Attempt {
            query: id,
            number,
            segments: 0,
            variant,
            augmentation,
        })
    }

    /// Returns the segment of a progress that has outputs, with the variant undone.
    pub(super) fn segment(&self, progress: Progress, config: &Config) -> Option<Segment> {
        Some(Segment {
            id: self.query,
            attempt: self.number,
            variant: self.variant,
            number: progress.segments,
            outputs: self.undo(progress.outputs?, config),
            stopped: progress.stopped,
            decision: None,
            answer: None,
            elapsed: std::time::Duration::ZERO,
        })
    }

    fn undo(&self, outputs: Outputs, config: &Config) -> Outputs {
        let outputs = of_task(outputs, config);
        match &self.augmentation {
            Some(augmentation) => undo(&augmentation.transform(&outputs.preds), config, outputs),
            None => outputs,
        }
    }
}

/// Returns outputs in the ids of the task, without the logits of what it has no ids for; ids without a logit are never
/// predicted.
fn of_task(outputs: Outputs, config: &Config) -> Outputs {
    let shift = i32::try_from(config.token_shift()).unwrap_or(0);
    if shift == 0 {
        return outputs;
    }
    let (predicted, ids) = (config.predicted(), config.task_vocab());
    // The last id of the task has the last logit.
    let logit = |row: &[f32], id: usize| match (id + predicted).checked_sub(ids) {
        Some(at) => row[at],
        None => f32::NEG_INFINITY,
    };
    let rows = |logits: Vec<f32>| {
        let rows = logits.chunks_exact(predicted);
        rows.flat_map(|row| (0..ids).map(|id| logit(row, id))).collect()
    };
    Outputs {
        preds: outputs
            .preds
            .iter()
            .map(|id| id.saturating_add_signed(-shift))
            .collect(),
        logits: outputs.logits.map(rows),
        ..outputs
    }
}
