//! When a sample stops.

use serde::{Deserialize, Serialize};

use crate::executor::Outputs;
use crate::model::Family;
use crate::puzzle::Puzzle;

/// Rule by which a sample stops before its last segment. Where it does not fire, the limit of segments ends the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Halt {
    /// Every sample runs all segments, as the official evaluation does.
    Fixed,
    /// The model says so: `q_halt > q_continue` (HRM), `q_halt > 0` (TRM, whose second output is untrained).
    Learned,
    /// [`Halt::Learned`], and the prediction equals that of the segment before.
    Stable,
    /// The prediction keeps the rules of its task and the givens.
    Valid,
}

/// What stopped a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stop {
    /// The rules are kept.
    Valid,
    /// The model said so.
    Learned,
    /// The model said so and the prediction stayed.
    Stable,
    /// The last segment was reached.
    Limit,
}

impl Stop {
    /// The name that `--json` shows.
    pub fn name(self) -> &'static str {
        match self {
            Stop::Valid => "valid",
            Stop::Learned => "learned",
            Stop::Stable => "stable",
            Stop::Limit => "limit",
        }
    }
}

impl Halt {
    /// Whether a segment's outputs fire the rule. `previous` is the prediction of the segment before, if there was one.
    pub fn fires(
        self,
        family: Family,
        outputs: &Outputs,
        previous: Option<&[u32]>,
        puzzle: Option<&Puzzle>,
    ) -> Option<Stop> {
        let learned = match family {
            Family::Hrm => outputs.q_halt > outputs.q_continue,
            Family::Trm => outputs.q_halt > 0.0,
        };
        match self {
            Halt::Fixed => None,
            Halt::Learned => learned.then_some(Stop::Learned),
            Halt::Stable => (learned && previous == Some(&outputs.preds)).then_some(Stop::Stable),
            Halt::Valid => puzzle
                .and_then(|p| p.is_valid(&outputs.preds))
                .unwrap_or(false)
                .then_some(Stop::Valid),
        }
    }
}
