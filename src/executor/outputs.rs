//! What executors are asked for, and what they return. Device code depends on this; the executor depends on device
//! code.

use serde::{Deserialize, Serialize};

use crate::halt::Stop;
use crate::kernels::State;

/// Which device to use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum DeviceChoice {
    /// A real GPU if there is one, otherwise the CPU executor.
    #[default]
    Auto,
    /// The CPU executor.
    Cpu,
    /// The best adapter, even if it is a software one.
    Gpu,
    /// The adapter with this number in the list of `hrm devices`.
    Index(usize),
    /// The first adapter whose name contains this text, ignoring case.
    Name(String),
}

impl std::str::FromStr for DeviceChoice {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        // An empty variable of a shell is a choice that was left open.
        let text = text.trim();
        Ok(match text.to_ascii_lowercase().as_str() {
            "" | "auto" => DeviceChoice::Auto,
            "cpu" => DeviceChoice::Cpu,
            "gpu" => DeviceChoice::Gpu,
            name => name
                .parse()
                .map_or_else(|_| DeviceChoice::Name(text.to_owned()), DeviceChoice::Index),
        })
    }
}

impl From<String> for DeviceChoice {
    fn from(text: String) -> Self {
        text.parse().unwrap_or_default()
    }
}

impl From<DeviceChoice> for String {
    fn from(choice: DeviceChoice) -> Self {
        choice.to_string()
    }
}

impl std::fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DeviceChoice::Auto => write!(f, "auto"),
            DeviceChoice::Cpu => write!(f, "cpu"),
            DeviceChoice::Gpu => write!(f, "gpu"),
            DeviceChoice::Index(index) => write!(f, "{index}"),
            DeviceChoice::Name(name) => write!(f, "{name}"),
        }
    }
}

/// Which outputs of a segment to return besides predictions and q.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Want {
    /// The logits.
    pub logits: bool,
    /// The carry, `z_H` and `z_L`; a network with one state has only `z_H`.
    pub carry: bool,
    /// The outputs of every segment, not only of a sample's last. Costs a round trip to the device for each.
    pub every_segment: bool,
}

impl Want {
    /// All outputs, of every segment.
    pub const ALL: Want = Want {
        logits: true,
        carry: true,
        every_segment: true,
    };
}

/// The state of a sample after a [`Batch::advance`](super::Batch::advance).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// The sample's slot; free again if the sample stopped.
    pub slot: usize,
    /// Number of segments that the sample has run.
    pub segments: usize,
    /// What stopped the sample, if it has stopped.
    pub stopped: Option<Stop>,
    /// Outputs of the sample's last segment: if it stopped, or if [`Want::every_segment`] asks for them.
    pub outputs: Option<Outputs>,
}

impl Progress {
    pub(crate) fn new(slot: usize, state: State, want: Want, outputs: impl FnOnce() -> Outputs) -> Self {
        let stopped = state.stopped();
        Progress {
            slot,
            segments: state.segments as usize,
            stopped,
            outputs: (stopped.is_some() || want.every_segment).then(outputs),
        }
    }
}

/// The outputs of one segment for one sample.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Outputs {
    /// Predicted ids `[S]`.
    pub preds: Vec<u32>,
    /// Logit for stopping; of SE-RRM and Sotaku the probability of the prediction in the least certain cell.
    pub q_halt: f32,
    /// Logit for going on; 0 where the network has none.
    pub q_continue: f32,
    /// Mean change of the logits over the last three segments, for a model whose tries are told apart by it (EqR).
    pub change: Option<f32>,
    /// Logits `[S, V]`, if requested.
    pub logits: Option<Vec<f32>>,
    /// Carry of the H network `[T, D]`, or of the only network, if requested; `[V, T, D]` with a symbol axis.
    pub z_h: Option<Vec<f32>>,
    /// Carry of the L network `[T, D]`, if there is one and it is requested.
    pub z_l: Option<Vec<f32>>,
}
