use crate::kernels::{Change, State};

/// The inputs by which a sample's change is told.
pub(super) struct Sample<'a> {
    pub logits: &'a [f32],
    pub preds: &'a [u32],
    pub before: &'a [u32],
    pub state: &'a [u32],
}

/// Runs the kernel `change` on the CPU, for one sample; returns whether it stands still.
pub(super) fn change(k: &Change, sample: &Sample<'_>, previous: &mut [f32], change: &mut [f32]) -> bool {
    let first = State::read(sample.state).is_none_or(|state| state.segments == 0);
    let (mut moved, mut size) = (0.0, 0.0);
    for (row, old) in sample
        .logits
        .chunks_exact(k.width)
        .zip(previous.chunks_exact_mut(k.width))
    {
        let squares = row.iter().zip(&*old).map(|(l, old)| (l - old) * (l - old));
        moved += squares.sum::<f32>().sqrt();
        size += row.iter().map(|l| l * l).sum::<f32>().sqrt();
        old.copy_from_slice(row);
    }
    let &mut [latest, second, _, still] = change else {
        return false;
    };
    let unchanged = !first && sample.preds == sample.before && moved <= Change::LEAST * size;
    let still = if unchanged { still + 1.0 } else { 0.0 };
    let new = match first {
        // There is nothing that the outputs could have changed from.
        true => [0.0; Change::LEN],
        false => [moved / k.rows as f32, latest, second, still],
    };
    change.copy_from_slice(&new);
    still >= k.patience as f32
}
