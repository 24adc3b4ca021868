//! The kernels that the network is made of: one file each, with formula and shapes.
//!
//! A kernel here is data: which tensors it reads and writes and how large it is for one sample. Executors carry it out
//! for the *live* samples of a batch: the CPU by the twin of the same name in `src/cpu/`, a GPU by the shader of the
//! same name in `shaders/`. Every sample is computed independently of what else is in the batch.

mod argmax;
mod attention;
mod compact;
mod dispatch;
mod embed;
mod halting;
mod images;
mod inject;
mod judge;
mod linear;
mod reset;
mod rms_norm;
mod rope;
mod transpose;
mod trial;

pub use argmax::Argmax;
pub use attention::Attention;
pub use compact::Compact;
pub use dispatch::{Binding, Dispatch, Grid, MOST_WORKGROUPS, Order, Real, Shader, Target, Variant};
pub use embed::{Embed, POSITION_SCALE};
pub use halting::{Halting, State};
pub use images::{Imaged, Packed, Turn};
pub use inject::Inject;
pub use judge::{Constants, Judge, RuleKernel};
pub use linear::{Join, Linear, Norm, Tile};
pub use reset::Reset;
pub use rms_norm::RmsNorm;
pub use rope::rope_angles;
pub use transpose::Transpose;
pub use trial::Trial;

use std::sync::Arc;

/// Index of a tensor in [`Plan::tensors`].
pub type TensorId = usize;

/// Where a tensor of a plan comes from.
#[derive(Debug, Clone)]
pub enum Role {
    /// A model's tensor of that name, shared by all samples.
    Weight,
    /// A table that the host computes, shared by all samples.
    Constant(Arc<[f32]>),
    /// f32 values that each sample of the batch has for itself.
    Activation,
    /// Token ids (u32) that each sample of the batch has for itself.
    Ids,
}

/// A tensor of a plan.
#[derive(Debug, Clone)]
pub struct TensorSpec {
    /// The official name of a weight, or what an activation is called in the specification.
    pub name: String,
    /// The shape: of one sample where each has its own.
    pub shape: Vec<usize>,
    /// Where it comes from.
    pub role: Role,
}

impl TensorSpec {
    /// Number of elements (of one sample, where each has its own).
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One kernel with the tensors that it works on.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub enum Step {
    Embed(Embed),
    Reset(Reset),
    Inject(Inject),
    Linear(Linear),
    Attention(Attention),
    RmsNorm(RmsNorm),
    Transpose(Transpose),
    Argmax(Argmax),
    Judge(Judge),
    Halting(Halting),
    Compact(Compact),
}

/// What an executor carries out: the tensors, the steps that take a puzzle in, those of one segment, and those that
/// decide who goes on.
#[derive(Debug, Clone)]
pub struct Plan {
    /// All tensors; steps refer to them by index.
    pub tensors: Vec<TensorSpec>,
    /// Takes a puzzle in: input embedding and reset of the carry. Run once for a sample.
    pub load: Vec<Step>,
    /// One segment.
    pub segment: Vec<Step>,
    /// After a segment: judges, counts and stops samples. The last step lists those that go on.
    pub halting: Vec<Step>,
    /// Where inputs go and outputs come from.
    pub io: PlanIo,
}

/// The tensors through which a plan meets the world.
#[derive(Debug, Clone, Copy)]
pub struct PlanIo {
    /// Puzzle tokens, ids `[S]`.
    pub tokens: TensorId,
    /// The sample's row of the puzzle embedding `[E]`, where the model has one.
    pub puzzle: Option<TensorId>,
    /// Carry of the H network `[T, D]`.
    pub z_h: TensorId,
    /// Carry of the L network `[T, D]`.
    pub z_l: TensorId,
    /// Logits `[S, V]`.
    pub logits: TensorId,
    /// `q_halt` and `q_continue`, `[2]`.
    pub q: TensorId,
    /// Predictions, ids `[S]`.
    pub preds: TensorId,
    /// The samples' [`State`], ids `[3]`.
    pub state: TensorId,
}
