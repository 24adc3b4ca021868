//! The kernels that make up the network: one file each, with formula and shapes.
//!
//! A kernel here is data: which tensors it reads and writes, and how large it is for one sample. Executors run it for
//! the *live* samples of a batch: the CPU with the twin of the same name in `src/cpu/`, a GPU with the shader of the
//! same name in `shaders/`. Every sample is computed independently of the rest of the batch.
//!
//! To add a kernel, add a line to `steps!` below; the compiler then names what is missing: `Kernel` in its file here,
//! its twin in `cpu/microbatch.rs`, and in `cpu/strips.rs` whether threads may divide its rows.
#![cfg_attr(
    not(feature = "gpu"),
    allow(dead_code, unused_imports, reason = "shaders are described for the GPU executor")
)]

mod argmax;
mod attention;
mod blend;
mod change;
mod compact;
mod confidence;
mod convolve;
mod dispatch;
mod embed;
#[cfg(feature = "gpu")]
pub(crate) mod fixture;
mod gemm;
mod halting;
mod inject;
mod judge;
mod layer_norm;
mod layout;
mod linear;
mod reset;
mod rms_norm;
mod rope;
mod shader;
mod shift;
mod softmax;
mod symbol_append;
mod symbol_attention;
mod symbol_embed;
mod symbol_head;
mod transpose;
mod uniforms;
mod wgsl;

pub(crate) use argmax::Argmax;
pub(crate) use attention::Attention;
pub(crate) use blend::Blend;
pub(crate) use change::Change;
pub(crate) use compact::Compact;
pub(crate) use confidence::Confidence;
pub(crate) use convolve::Convolve;
pub use dispatch::ShaderSet;
pub(crate) use dispatch::{Binding, Dispatch, Grid, MOST_WORKGROUPS, Order, Rounded, Target};
pub(crate) use embed::{Embed, OneHot, POSITION_SCALE};
pub(crate) use gemm::{Gemm, Tile};
pub(crate) use halting::{Halting, State, Threshold};
pub(crate) use inject::Inject;
pub use judge::RuleKernel;
pub(crate) use judge::{Constants, Judge};
pub(crate) use layer_norm::LayerNorm;
pub(crate) use layout::{ImageIndex, Layout, PackedShape};
pub(crate) use linear::{Epilogue, Linear, Norm};
pub(crate) use reset::Reset;
pub(crate) use rms_norm::RmsNorm;
pub(crate) use rope::{Rotary, frequencies};
pub(crate) use shader::Scalar;
pub use shader::Shader;
pub(crate) use shift::Shift;
pub(crate) use softmax::Softmax;
pub(crate) use symbol_append::SymbolAppend;
pub(crate) use symbol_attention::SymbolAttention;
pub(crate) use symbol_embed::SymbolEmbed;
pub(crate) use symbol_head::SymbolHead;
pub(crate) use transpose::Transpose;
#[cfg(target_arch = "wasm32")]
pub(crate) use wgsl::bare;
pub(crate) use wgsl::wgsl;

use std::sync::Arc;

/// Index of a tensor in [`Plan::tensors`].
pub(crate) type TensorId = usize;

/// Where a tensor of a plan gets its values from.
#[derive(Debug, Clone)]
pub(crate) enum Role {
    /// A model weight, found by name and shared by all samples.
    Weight,
    /// A table computed by the host and shared by all samples.
    Constant(Arc<[f32]>),
    /// f32 values that each sample of the batch has for itself.
    Activation,
    /// Token ids (u32) that each sample of the batch has for itself.
    Ids,
}

/// A tensor of a plan.
#[derive(Debug, Clone)]
pub(crate) struct TensorSpec {
    /// The official name of a weight, or the specification's name of an activation.
    pub name: String,
    /// The shape; for activations and ids, that of one sample.
    pub shape: Vec<usize>,
    /// Where its values come from.
    pub role: Role,
}

impl TensorSpec {
    /// Returns the number of elements; for activations and ids, that of one sample.
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }
}

/// What every kernel provides besides its sizes.
pub(crate) trait Kernel {
    /// Returns the dispatch that runs the kernel on buffers.
    fn dispatch(&self, target: &Target) -> Dispatch;

    /// Returns the dispatch that must run before that, if one must.
    fn before(&self, _: &Target) -> Option<Dispatch> {
        None
    }

    /// Adds the dispatches that run the kernel on software adapters, where activations are packed into images. A kernel
    /// without such shaders runs on buffers there, too: [`Layout::on_buffers`].
    fn dispatch_packed(&self, layout: &mut Layout, target: &Target);
}

/// Defines [`Step`] from the list of kernels.
macro_rules! steps {
    ($($kernel:ident),* $(,)?) => {
        /// One kernel with the tensors that it works on.
        #[derive(Debug, Clone)]
        #[allow(missing_docs, reason = "each kernel has its own")]
        pub(crate) enum Step {
            $($kernel($kernel)),*
        }

        impl Step {
            /// Names of all kernels.
            #[cfg(test)]
            pub(crate) const NAMES: &[&str] = &[$(stringify!($kernel)),*];

            /// Returns the kernel's name.
            #[cfg(test)]
            pub(crate) fn name(&self) -> &'static str {
                match self {
                    $(Step::$kernel(_) => stringify!($kernel)),*
                }
            }

            /// Returns the kernel as a trait object.
            pub(crate) fn kernel(&self) -> &dyn Kernel {
                match self {
                    $(Step::$kernel(kernel) => kernel),*
                }
            }
        }
    };
}

steps!(
    Embed,
    SymbolEmbed,
    SymbolAppend,
    Reset,
    Inject,
    Blend,
    Linear,
    Convolve,
    Attention,
    SymbolAttention,
    RmsNorm,
    LayerNorm,
    Transpose,
    SymbolHead,
    Softmax,
    Confidence,
    Argmax,
    Shift,
    Judge,
    Change,
    Halting,
    Compact,
);

/// A network as executors run it: tensors, the steps that load a puzzle, those of one segment, and those that decide
/// which samples go on.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// All tensors; steps refer to them by index.
    pub tensors: Vec<TensorSpec>,
    /// Loads a puzzle: input embedding and reset of the carry. Run once per sample.
    pub load: Vec<Step>,
    /// Computes one segment.
    pub segment: Vec<Step>,
    /// Runs after a segment: judges, counts and stops samples. The last step lists those that go on.
    pub halting: Vec<Step>,
    /// The tensors for inputs and outputs.
    pub io: PlanIo,
}

impl Plan {
    /// Returns the linear layers of a segment, each with the name of its weight.
    pub(crate) fn layers(&self) -> impl Iterator<Item = (&str, &Linear)> {
        self.segment.iter().filter_map(|step| match step {
            Step::Linear(k) => Some((self.tensors[k.weight].name.as_str(), k)),
            _ => None,
        })
    }

    /// Returns whether a linear layer may multiply in a narrower format than f32. The heads may not, since their results are
    /// read directly and they cost next to nothing; nor layers so wide that a sum of int8 might overflow.
    pub(crate) fn is_narrow(&self, layer: &Linear) -> bool {
        let head = layer.y == self.io.logits || layer.y == self.io.q;
        !head && layer.inputs <= 1 << 16
    }
}

/// The tensors through which a plan takes inputs and gives outputs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlanIo {
    /// Puzzle tokens, ids `[S]`.
    pub tokens: TensorId,
    /// The sample's row of the puzzle embedding `[E]`, if the model has one.
    pub puzzle: Option<TensorId>,
    /// Carry of the H network `[T, D]`, or of the only one.
    pub z_h: TensorId,
    /// Carry of the L network `[T, D]`; None with a single state.
    pub z_l: Option<TensorId>,
    /// Logits `[S, V]`.
    pub logits: TensorId,
    /// `q_halt` and, if the network has it, `q_continue`: `[1]` or `[2]`.
    pub q: TensorId,
    /// Predictions, ids `[S]`.
    pub preds: TensorId,
    /// The samples' [`State`], ids `[3]`.
    pub state: TensorId,
    /// How much the outputs changed in the last segments, `[4]`, where tries are told apart by it: see [`Change`].
    pub change: Option<TensorId>,
}

impl PlanIo {
    /// Returns the tensors of the carry.
    pub(crate) fn carry(&self) -> impl Iterator<Item = TensorId> + use<> {
        [Some(self.z_h), self.z_l].into_iter().flatten()
    }
}
