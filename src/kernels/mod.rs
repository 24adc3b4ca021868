//! The kernels that the network is made of: one file each, with formula and shapes.
//!
//! A kernel here is data: which tensors it reads and writes and how large it is for one sample. Executors carry it out
//! for the *live* samples of a batch: the CPU by the twin of the same name in `src/cpu/`, a GPU by the shader of the
//! same name in `shaders/`. Every sample is computed independently of what else is in the batch.
//!
//! A new kernel is a line of `steps!` below, and then the compiler names what it lacks: [`Kernel`] in its file here, its
//! twin in `cpu/microbatch.rs`, and in `cpu/strips.rs` whether threads may divide its rows.
#![cfg_attr(
    not(feature = "gpu"),
    allow(dead_code, unused_imports, reason = "shaders are described for the GPU executor")
)]

mod argmax;
mod attention;
mod compact;
mod dispatch;
mod embed;
#[cfg(feature = "gpu")]
pub(crate) mod fixture;
mod gemm;
mod halting;
mod inject;
mod judge;
mod layout;
mod linear;
mod reset;
mod rms_norm;
mod rope;
mod shader;
mod transpose;
mod uniforms;

pub(crate) use argmax::Argmax;
pub(crate) use attention::Attention;
pub(crate) use compact::Compact;
pub use dispatch::Variant;
pub(crate) use dispatch::{Binding, Dispatch, Grid, MOST_WORKGROUPS, Order, Target};
pub(crate) use embed::{Embed, POSITION_SCALE};
pub(crate) use gemm::Gemm;
#[cfg(test)]
pub(crate) use gemm::Tile;
pub(crate) use halting::{Halting, State, Threshold};
pub(crate) use inject::Inject;
pub(crate) use judge::Judge;
pub use judge::{Constants, RuleKernel};
pub(crate) use layout::{ImageIndex, Layout, PackedShape};
pub(crate) use linear::{Epilogue, Linear, Norm};
pub(crate) use reset::Reset;
pub(crate) use rms_norm::RmsNorm;
pub(crate) use rope::rope_angles;
pub use shader::{Scalar, Shader};
pub(crate) use transpose::Transpose;

use std::sync::Arc;

/// Index of a tensor in [`Plan::tensors`].
pub(crate) type TensorId = usize;

/// Where a tensor of a plan comes from.
#[derive(Debug, Clone)]
pub(crate) enum Role {
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
pub(crate) struct TensorSpec {
    /// The official name of a weight, or what an activation is called in the specification.
    pub name: String,
    /// The shape: of one sample where each has its own.
    pub shape: Vec<usize>,
    /// Where it comes from.
    pub role: Role,
}

impl TensorSpec {
    /// Number of elements (of one sample, where each has its own).
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }
}

/// What every kernel says of itself besides its sizes.
pub(crate) trait Kernel {
    /// The shader that carries it out on buffers.
    fn dispatch(&self, target: &Target) -> Dispatch;

    /// Adds the shaders that carry it out on software adapters, where activations are packed into images. A kernel that
    /// has none works on buffers there, too: [`Layout::on_buffers`].
    fn dispatch_packed(&self, layout: &mut Layout, target: &Target);
}

/// Defines [`Step`] by the list of kernels.
macro_rules! steps {
    ($($kernel:ident),* $(,)?) => {
        /// One kernel with the tensors that it works on.
        #[derive(Debug, Clone)]
        #[allow(missing_docs, reason = "each kernel has its own")]
        pub(crate) enum Step {
            $($kernel($kernel)),*
        }

        impl Step {
            /// The names of all kernels.
            #[cfg(test)]
            pub(crate) const NAMES: &[&str] = &[$(stringify!($kernel)),*];

            /// The name of the kernel.
            #[cfg(test)]
            pub(crate) fn name(&self) -> &'static str {
                match self {
                    $(Step::$kernel(_) => stringify!($kernel)),*
                }
            }

            /// The kernel, as what all of them are.
            pub(crate) fn kernel(&self) -> &dyn Kernel {
                match self {
                    $(Step::$kernel(kernel) => kernel),*
                }
            }
        }
    };
}

steps!(
    Embed, Reset, Inject, Linear, Attention, RmsNorm, Transpose, Argmax, Judge, Halting, Compact,
);

/// What an executor carries out: the tensors, the steps that take a puzzle in, those of one segment, and those that
/// decide who goes on.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
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
pub(crate) struct PlanIo {
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
