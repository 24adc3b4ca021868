//! What an executor is asked for, and what it hands out. Devices stand on this, the executor stands on them.

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
    /// The best adapter, be it a software one.
    Gpu,
    /// The adapter with that number in the list of `hrm devices`.
    Index(usize),
    /// The first adapter whose name contains this, whatever the case.
    Name(String),
}

impl std::str::FromStr for DeviceChoice {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        Ok(match text.to_lowercase().as_str() {
            "auto" => DeviceChoice::Auto,
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

/// Which outputs of a segment to hand out besides predictions and q.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Want {
    /// The logits.
    pub logits: bool,
    /// The carry, `z_H` and `z_L`.
    pub carry: bool,
    /// The outputs of every segment, not of a sample's last alone. Costs a round trip to the device for each.
    pub every_segment: bool,
}

impl Want {
    /// Everything there is.
    pub const ALL: Want = Want {
        logits: true,
        carry: true,
        every_segment: true,
    };

    /// Sets [`Want::logits`].
    pub fn logits(mut self, wanted: bool) -> Want {
        self.logits = wanted;
        self
    }

    /// Sets [`Want::carry`].
    pub fn carry(mut self, wanted: bool) -> Want {
        self.carry = wanted;
        self
    }

    /// Sets [`Want::every_segment`].
    pub fn every_segment(mut self, wanted: bool) -> Want {
        self.every_segment = wanted;
        self
    }
}

/// A sample after a [`Batch::advance`](super::Batch::advance).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Its slot; free again where it stopped.
    pub slot: usize,
    /// Segments that it has run.
    pub segments: usize,
    /// What stopped it, if it stopped.
    pub stopped: Option<Stop>,
    /// Outputs of its last segment: where it stopped, or where [`Want::every_segment`] asks for them.
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

/// A sample's outputs of one segment.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Outputs {
    /// Predicted ids `[S]`.
    pub preds: Vec<u32>,
    /// Logit for stopping.
    pub q_halt: f32,
    /// Logit for going on.
    pub q_continue: f32,
    /// Logits `[S, V]`, where wanted.
    pub logits: Option<Vec<f32>>,
    /// Carry of the H network `[T, D]`, where wanted.
    pub z_h: Option<Vec<f32>>,
    /// Carry of the L network `[T, D]`, where wanted.
    pub z_l: Option<Vec<f32>>,
}

impl Outputs {
    /// Predicted ids `[S]`, and the logits for stopping and for going on; nothing else was wanted.
    pub fn new(preds: Vec<u32>, [q_halt, q_continue]: [f32; 2]) -> Outputs {
        Outputs {
            preds,
            q_halt,
            q_continue,
            logits: None,
            z_h: None,
            z_l: None,
        }
    }
}
