//! Which steps of a segment can be divided into strips, and where their rows meet.

use crate::kernels::*;

/// A step, or half of one, that can be divided into strips.
#[derive(Clone, Copy)]
pub(super) enum Divided<'a> {
    Inject(&'a Inject),
    Blend(&'a Blend),
    RmsNorm(&'a RmsNorm),
    LayerNorm(&'a LayerNorm),
    Softmax(&'a Softmax),
    Linear(&'a Linear),
    /// The first half of an attention: lays out keys and values.
    Lay(&'a Attention),
    /// The second half, which reads what all strips have laid out.
    Attend(&'a Attention),
    /// Reads rows before its own.
    Convolve(&'a Convolve),
    /// Reads rows of all symbols.
    SymbolAttention(&'a SymbolAttention),
}

impl<'a> Divided<'a> {
    /// Returns the step, in one or two parts, if it works on all rows of a sample alike.
    pub(super) fn of(step: &'a Step) -> Option<Vec<Divided<'a>>> {
        match step {
            Step::Inject(k) => Some(vec![Divided::Inject(k)]),
            Step::Blend(k) => Some(vec![Divided::Blend(k)]),
            Step::RmsNorm(k) => Some(vec![Divided::RmsNorm(k)]),
            Step::LayerNorm(k) => Some(vec![Divided::LayerNorm(k)]),
            Step::Softmax(k) => Some(vec![Divided::Softmax(k)]),
            Step::Attention(k) => Some(vec![Divided::Lay(k), Divided::Attend(k)]),
            Step::Linear(k) => (k.rows == k.x_rows).then_some(vec![Divided::Linear(k)]),
            Step::Convolve(k) => Some(vec![Divided::Convolve(k)]),
            Step::SymbolAttention(k) => Some(vec![Divided::SymbolAttention(k)]),
            // These load a puzzle, or follow the last block.
            Step::Embed(_)
            | Step::SymbolEmbed(_)
            | Step::SymbolAppend(_)
            | Step::Reset(_)
            | Step::SymbolHead(_)
            | Step::Confidence(_)
            | Step::Argmax(_)
            | Step::Shift(_)
            | Step::Judge(_)
            | Step::Change(_)
            | Step::Halting(_)
            | Step::Compact(_) => None,
            // Rows become columns here.
            Step::Transpose(_) => None,
        }
    }

    /// Returns the rows per sample.
    pub(super) fn rows(self) -> usize {
        match self {
            Divided::Inject(k) => k.rows,
            Divided::Blend(k) => k.rows,
            Divided::RmsNorm(k) => k.rows,
            Divided::LayerNorm(k) => k.rows,
            Divided::Softmax(k) => k.rows,
            Divided::Linear(k) => k.rows,
            Divided::Lay(k) | Divided::Attend(k) => k.groups * k.rows,
            Divided::Convolve(k) => k.rows,
            Divided::SymbolAttention(k) => k.rows(),
        }
    }

    /// Returns whether rows meet here: all strips must have got this far before any goes on.
    pub(super) fn meets(self) -> bool {
        matches!(
            self,
            Divided::Attend(_) | Divided::Convolve(_) | Divided::SymbolAttention(_)
        )
    }
}
