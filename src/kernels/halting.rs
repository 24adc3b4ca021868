use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::Layout;
use super::shader::shader;
use super::{Kernel, TensorId};
use crate::halt::{Halt, Stop};

/// Counts a segment, and stops the sample where the rule fires or the limit is reached.
///
/// `segments += 1`; the rule is one of [`Halt`]'s; then the prediction is remembered for the next segment.
#[derive(Debug, Clone)]
pub(crate) struct Halting {
    /// `q_halt`, `q_continue` `[2]`.
    pub q: TensorId,
    /// Predictions, ids `[S]`.
    pub preds: TensorId,
    /// Whether the rules are kept, ids `[1]`: 0 or 1. Read for [`Halt::Valid`] only.
    pub valid: Option<TensorId>,
    /// Input and output: predictions of the segment before, ids `[S]`.
    pub previous: TensorId,
    /// Input and output: the sample's [`State`], ids `[3]`.
    pub state: TensorId,
    /// Tokens `S`.
    pub seq_len: usize,
    /// The rule.
    pub halt: Halt,
    /// When the network means "stop".
    pub threshold: Threshold,
}

/// What `q_halt` must exceed where the network means "stop" (docs/specification.md, section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threshold {
    /// `q_continue`.
    Continue,
    /// Zero: the second output is untrained.
    Zero,
}

/// How far a sample is: what a batch keeps of it beside the carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct State {
    /// Segments that it has run.
    pub segments: u32,
    /// Most segments.
    pub limit: u32,
    /// 0 for an empty slot, [`State::RUNNING`], or what stopped it.
    status: u32,
}

impl State {
    /// Words of a state.
    pub(crate) const LEN: usize = 3;
    /// The status of a sample that goes on.
    pub(crate) const RUNNING: u32 = 1;
    /// The status of a slot without a sample.
    const EMPTY: u32 = 0;
    const STOPS: [Stop; 4] = [Stop::Valid, Stop::Learned, Stop::Stable, Stop::Limit];

    /// Of a sample that begins.
    pub(crate) fn new(limit: usize) -> State {
        State {
            segments: 0,
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
            status: State::RUNNING,
        }
    }

    /// As kernels see it.
    pub(crate) fn words(self) -> [u32; State::LEN] {
        [self.segments, self.limit, self.status]
    }

    /// From what a kernel wrote; None for other than [`State::LEN`] words.
    pub(crate) fn read(words: &[u32]) -> Option<State> {
        let [segments, limit, status] = *words else { return None };
        Some(State {
            segments,
            limit,
            status,
        })
    }

    /// Whether it goes on.
    pub(crate) fn is_running(self) -> bool {
        self.status == State::RUNNING
    }

    /// What stopped it.
    pub(crate) fn stopped(self) -> Option<Stop> {
        let mut stops = State::STOPS.into_iter();
        stops.find(|stop| State::code(*stop) == self.status)
    }

    /// The sample after one more segment; `fired` is the rule's verdict.
    pub(crate) fn after(mut self, fired: Option<Stop>) -> State {
        self.segments = self.segments.saturating_add(1);
        let stop = fired.or((self.segments >= self.limit).then_some(Stop::Limit));
        self.status = stop.map_or(State::RUNNING, State::code);
        self
    }

    /// The status of a sample that this stopped.
    fn code(stop: Stop) -> u32 {
        match stop {
            Stop::Valid => 2,
            Stop::Learned => 3,
            Stop::Stable => 4,
            Stop::Limit => 5,
        }
    }
}

/// The codes of a status as WGSL, which has no other source of them.
pub(super) fn status_codes() -> String {
    let stops = State::STOPS.map(|stop| (stop.name().to_uppercase(), State::code(stop)));
    let codes = [("EMPTY".into(), State::EMPTY), ("RUNNING".into(), State::RUNNING)];
    let lines = codes.into_iter().chain(stops);
    let lines: Vec<String> = lines.map(|(name, code)| format!("const {name} = {code}u;")).collect();
    lines.join("\n")
}

impl Halting {
    /// Whether the rule fires. `learned`: the model's outputs mean "stop"; `stays`: the prediction is that of the
    /// segment before, if there was one; `valid`: the rules are kept.
    pub(crate) fn fires(&self, [q_halt, q_continue]: [f32; 2], stays: bool, valid: bool) -> Option<Stop> {
        let learned = match self.threshold {
            Threshold::Continue => q_halt > q_continue,
            Threshold::Zero => q_halt > 0.0,
        };
        match self.halt {
            Halt::Fixed => None,
            Halt::Learned => learned.then_some(Stop::Learned),
            Halt::Stable => (learned && stays).then_some(Stop::Stable),
            Halt::Valid => valid.then_some(Stop::Valid),
        }
    }
}

impl Kernel for Halting {
    fn dispatch(&self, _: &Target) -> Dispatch {
        let rule = match self.halt {
            Halt::Fixed => State::EMPTY,
            Halt::Valid => State::code(Stop::Valid),
            Halt::Learned => State::code(Stop::Learned),
            Halt::Stable => State::code(Stop::Stable),
        };
        Dispatch {
            shader: shader!("halting"),
            constants: vec![
                ("SEQ_LEN", self.seq_len as f64),
                ("RULE", f64::from(rule)),
                ("ABOVE_ZERO", f64::from(self.threshold == Threshold::Zero)),
            ],
            bindings: vec![
                Binding::Live,
                Binding::Tensor(self.q),
                Binding::Tensor(self.preds),
                Binding::optional(self.valid),
                Binding::Tensor(self.previous),
                Binding::Tensor(self.state),
            ],
            grid: Grid::samples(),
            flop: 0,
        }
    }

    fn dispatch_packed(&self, layout: &mut Layout, target: &Target) {
        layout.on_buffers(self.dispatch(target));
    }
}
