use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::Layout;
use super::shader::shader;
use super::{Kernel, TensorId};
use crate::halt::{Halt, Stop};

/// Counts a segment and stops the sample if the rule fires or the limit is reached.
///
/// `segments += 1`; then one of the rules of [`Halt`] decides; then the prediction is kept for the next segment.
#[derive(Debug, Clone)]
pub(crate) struct Halting {
    /// `q_halt`, and `q_continue` if there is a second output: `[1]` or `[2]`.
    pub q: TensorId,
    /// How many outputs the halting head has.
    pub q_outputs: usize,
    /// Predictions, ids `[S]`.
    pub preds: TensorId,
    /// Whether the rules are kept ([`Halt::Valid`]), or nothing changes any more ([`Halt::Still`]), ids `[1]`: 0 or 1.
    pub verdict: Option<TensorId>,
    /// Input and output: predictions of the previous segment, ids `[S]`.
    pub previous: TensorId,
    /// Input and output: the sample's [`State`], ids `[3]`.
    pub state: TensorId,
    /// Number of tokens `S`.
    pub seq_len: usize,
    /// The halting rule.
    pub halt: Halt,
    /// The threshold of `q_halt`.
    pub threshold: Threshold,
}

/// What `q_halt` must exceed for the network to mean "stop" (docs/specification.md, section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threshold {
    /// Above `q_continue`.
    Continue,
    /// Above zero: the second output is untrained.
    Zero,
    /// Above one half: `q_halt` is a probability.
    Half,
}

/// Progress of a sample: what a batch keeps of it besides the carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct State {
    /// Segments run so far.
    pub segments: u32,
    /// Most segments to run.
    pub limit: u32,
    /// 0 for an empty slot, [`State::RUNNING`], or the code of what stopped the sample.
    status: u32,
}

impl State {
    /// Words per state.
    pub(crate) const LEN: usize = 3;
    /// Status of a sample that is still running.
    pub(crate) const RUNNING: u32 = 1;
    /// The status of a slot without a sample.
    const EMPTY: u32 = 0;
    const STOPS: [Stop; 5] = [Stop::Valid, Stop::Learned, Stop::Stable, Stop::Still, Stop::Limit];

    /// Returns the state of a sample that is about to begin.
    pub(crate) fn new(limit: usize) -> State {
        State {
            segments: 0,
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
            status: State::RUNNING,
        }
    }

    /// Returns the state as the words that kernels read.
    pub(crate) fn words(self) -> [u32; State::LEN] {
        [self.segments, self.limit, self.status]
    }

    /// Reads a state from words that a kernel wrote; `None` unless there are [`State::LEN`] of them.
    pub(crate) fn read(words: &[u32]) -> Option<State> {
        let [segments, limit, status] = *words else { return None };
        Some(State {
            segments,
            limit,
            status,
        })
    }

    /// Returns whether the sample is still running.
    pub(crate) fn is_running(self) -> bool {
        self.status == State::RUNNING
    }

    /// Returns what stopped the sample, if anything.
    pub(crate) fn stopped(self) -> Option<Stop> {
        let mut stops = State::STOPS.into_iter();
        stops.find(|stop| State::code(*stop) == self.status)
    }

    /// Returns the state after one more segment; `fired` is the halting rule's verdict.
    pub(crate) fn after(mut self, fired: Option<Stop>) -> State {
        self.segments = self.segments.saturating_add(1);
        let stop = fired.or((self.segments >= self.limit).then_some(Stop::Limit));
        self.status = stop.map_or(State::RUNNING, State::code);
        self
    }

    /// Returns the status code for a reason to stop.
    fn code(stop: Stop) -> u32 {
        match stop {
            Stop::Valid => 2,
            Stop::Learned => 3,
            Stop::Stable => 4,
            // A batch is never told of an interruption.
            Stop::Limit | Stop::Interrupted => 5,
            Stop::Still => 6,
        }
    }
}

/// Returns the status codes as WGSL constants; shaders have no other source for them.
pub(super) fn status_codes() -> String {
    let stops = State::STOPS.map(|stop| (stop.to_string().to_ascii_uppercase(), State::code(stop)));
    let codes = [("EMPTY".into(), State::EMPTY), ("RUNNING".into(), State::RUNNING)];
    let lines = codes.into_iter().chain(stops);
    let lines: Vec<String> = lines.map(|(name, code)| format!("const {name} = {code}u;")).collect();
    lines.join("\n")
}

impl Halting {
    /// Returns the reason if the rule fires. `learned`: the model's outputs mean "stop"; `stays`: there was a previous
    /// segment and the prediction has not changed since; `verdict`: that of the rules, or of the change.
    pub(crate) fn fires(&self, [q_halt, q_continue]: [f32; 2], stays: bool, verdict: bool) -> Option<Stop> {
        let learned = match self.threshold {
            Threshold::Continue => q_halt > q_continue,
            Threshold::Zero => q_halt > 0.0,
            Threshold::Half => q_halt > 0.5,
        };
        match self.halt {
            Halt::Fixed => None,
            Halt::Learned => learned.then_some(Stop::Learned),
            Halt::Stable => (learned && stays).then_some(Stop::Stable),
            Halt::Valid => verdict.then_some(Stop::Valid),
            Halt::Still => verdict.then_some(Stop::Still),
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
            Halt::Still => State::code(Stop::Still),
        };
        Dispatch {
            shader: shader!("halting"),
            constants: vec![
                ("SEQ_LEN", self.seq_len as f64),
                ("RULE", f64::from(rule)),
                ("Q_OUTPUTS", self.q_outputs as f64),
                ("ALONE", f64::from(self.threshold != Threshold::Continue)),
                ("LEAST", if self.threshold == Threshold::Half { 0.5 } else { 0.0 }),
            ],
            bindings: vec![
                Binding::Live,
                Binding::Tensor(self.q),
                Binding::Tensor(self.preds),
                Binding::optional(self.verdict),
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
