//! Options that commands share.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::{fetch, output};
use hrm::Options;
use hrm::error::Result;
use hrm::executor::{DeviceChoice, Want};
use hrm::halt;
use hrm::model::Dtype;
use hrm::solve::Solver;
use hrm::tasks::{self, Task};
use hrm::tries::Variants;

/// Which model, on what.
#[derive(Debug, Args)]
pub(super) struct ModelOptions {
    /// Model folder, official checkpoint (file or folder), a bundled model's name, or hub:OWNER/NAME (see `hrm models`)
    #[arg(long, short, value_name = "PATH|NAME", help_heading = "Model and device")]
    pub model: Option<PathBuf>,
    #[command(flatten)]
    pub reading: ReadingOptions,
    /// auto (a real GPU, otherwise the CPU), cpu, gpu, or an adapter by number or part of its name
    #[arg(
        long,
        short,
        default_value = "auto",
        value_name = "DEVICE",
        help_heading = "Model and device"
    )]
    pub device: DeviceChoice,
    /// Worker threads of the CPU executor [default: one for each core]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Model and device")]
    pub threads: Option<NonZeroUsize>,
    /// Precision of the weights: auto keeps what the model stores and multiplies in f32; f16 also lets a GPU multiply in it,
    /// bf16 the CPU, and int8 both
    #[arg(long, default_value = "auto", help_heading = "Model and device")]
    pub dtype: Precision,
    /// Puzzles that run side by side [default: what fits a modest amount of memory]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Model and device")]
    pub batch: Option<NonZeroUsize>,
    /// The names of the puzzles that an ARC model knows: identifiers.json of its training data, or the folder that holds it
    /// [default: beside the weights]
    #[arg(long, value_name = "FILE|FOLDER", help_heading = "Model and device")]
    pub identifiers: Option<PathBuf>,
    /// Ask puzzles that an ARC model does not know, with the blank identifier
    #[arg(long, help_heading = "Model and device")]
    pub blank_identifier: bool,
    /// Print results only: no remarks, no progress
    #[arg(long, short, help_heading = "Output")]
    pub quiet: bool,
    /// Also say which model runs on which device
    #[arg(long, short, conflicts_with = "quiet", help_heading = "Output")]
    pub verbose: bool,
}

/// What a model's files leave open.
#[derive(Debug, Args)]
pub(super) struct ReadingOptions {
    /// The task, if neither files nor input say it
    #[arg(long, short, value_parser = task(), help_heading = "Model and device")]
    pub task: Option<Task>,
    /// The weights to read if a file has several [default: averaged ones if there are any]
    #[arg(long, help_heading = "Model and device")]
    pub weights: Option<Stored>,
}

/// Weights that a trainer's file may hold side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Stored {
    /// Their moving average
    Ema,
    /// As the last step left them
    Raw,
}

impl ReadingOptions {
    /// Returns these options as the library's, for `model`, which is fetched if it is on a hub.
    pub(super) fn options(&self, model: Option<PathBuf>, quiet: bool) -> Result<Options> {
        let (model, known) = match model
            .map(|model| hrm_hub::model(model, &*fetch::watch(quiet)))
            .transpose()?
        {
            Some((model, known)) => (Some(model), known),
            None => (None, None),
        };
        let mut options = Options::default();
        options.model = model;
        options.task = self.task.or(known);
        options.average = self.weights.map(|weights| weights == Stored::Ema);
        Ok(options)
    }
}

/// Parses a count of at least one.
pub(super) fn count(text: &str) -> std::result::Result<NonZeroUsize, String> {
    text.parse()
        .map_err(|_| "expected a whole number, 1 or more".to_owned())
}

/// Reads the name of a known task.
pub(super) fn task() -> impl TypedValueParser<Value = Task> {
    PossibleValuesParser::new(tasks::all().iter().map(|task| task.name())).try_map(|name| name.parse::<Task>())
}

/// How long it thinks.
#[derive(Debug, Args)]
pub(super) struct ThinkingOptions {
    /// Maximum number of segments for a puzzle [default: the model's halt_max_steps]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Thinking")]
    pub segments: Option<NonZeroUsize>,
    /// The rule that stops a puzzle before its last segment [default: valid when solving a task that has rules,
    /// otherwise fixed]
    #[arg(long, help_heading = "Thinking")]
    pub halt: Option<Halt>,
    /// Maximum number of tries at a puzzle: if the first is not valid, variants run side by side, and the first valid one
    /// wins
    #[arg(long, value_name = "K", value_parser = count, default_value = "1", help_heading = "Thinking")]
    pub tries: NonZeroUsize,
    /// How the tries differ [default: both; symmetry for ARC]
    #[arg(long, value_enum, help_heading = "Thinking")]
    pub variants: Option<Variant>,
    /// Strength of the noise [default: 1]
    #[arg(long, value_name = "STRENGTH", help_heading = "Thinking")]
    pub noise: Option<f32>,
}

/// How the tries at a puzzle differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Variant {
    /// By the symmetries of the rules (Sudoku: digits, bands, stacks, rows, columns, transposition; maze: the eight of the
    /// square; ARC: these and colours, in the forms that the model knows)
    Symmetry,
    /// By noise on the carry that they begin with
    Noise,
    /// By both
    Both,
}

impl From<Variant> for Variants {
    fn from(variant: Variant) -> Self {
        match variant {
            Variant::Symmetry => Variants::Symmetry,
            Variant::Noise => Variants::Noise,
            Variant::Both => Variants::Both,
        }
    }
}

impl ThinkingOptions {
    /// Adds the chosen values to `options`; `halt` is the command's own default.
    fn add_to(&self, options: &mut Options, halt: Option<halt::Halt>) {
        options.halt = self.halt.map(halt::Halt::from).or(halt);
        options.segments = self.segments.map(NonZeroUsize::get);
        options.tries = Some(self.tries.get());
        options.variants = self.variants.map(Variants::from);
        options.noise = self.noise;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Precision {
    Auto,
    F32,
    F16,
    Bf16,
    Int8,
}

impl Precision {
    /// Returns the number format, if one is named.
    pub(super) fn dtype(self) -> Option<Dtype> {
        match self {
            Precision::Auto => None,
            Precision::F32 => Some(Dtype::F32),
            Precision::F16 => Some(Dtype::F16),
            Precision::Bf16 => Some(Dtype::BF16),
            Precision::Int8 => Some(Dtype::I8),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Halt {
    /// All segments, as the official evaluation does
    Fixed,
    /// The model says stop: q_halt > q_continue (HRM), q_halt > 0 (TRM, URM)
    Learned,
    /// Learned, and the prediction did not change in this segment
    Stable,
    /// The prediction keeps the rules and the givens
    Valid,
    /// Nothing changed for three segments: needs neither rules nor a halting head
    Still,
}

impl From<Halt> for halt::Halt {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Fixed => halt::Halt::Fixed,
            Halt::Learned => halt::Halt::Learned,
            Halt::Stable => halt::Halt::Stable,
            Halt::Valid => halt::Halt::Valid,
            Halt::Still => halt::Halt::Still,
        }
    }
}

impl ModelOptions {
    /// Returns these options as the library's, with the model fetched; `task` is that of the input, if known.
    pub(super) fn options(&self, task: Option<Task>) -> Result<Options> {
        let mut options = self.reading.options(self.model.clone(), self.quiet)?;
        options.task = options.task.or(task);
        options.device = self.device.clone();
        options.threads = self.threads.map(NonZeroUsize::get);
        options.identifiers.clone_from(&self.identifiers);
        options.blank_identifier = self.blank_identifier;
        options.batch = self.batch.map(NonZeroUsize::get);
        options.dtype = self.dtype.dtype();
        Ok(options)
    }

    /// Returns a solver with these options; `halt` is the command's own default, `want` what it shows.
    pub(super) fn solver(
        &self,
        thinking: &ThinkingOptions,
        task: Option<Task>,
        halt: Option<halt::Halt>,
        want: Want,
    ) -> Result<Solver> {
        let mut options = self.options(task)?;
        thinking.add_to(&mut options, halt);
        options.want = want;
        let solver = self.open(&options)?;
        self.warn_of_segments(&solver);
        Ok(solver)
    }

    /// Warns if the model card reports harm from so many segments. Rules that stop at a right answer prevent that harm.
    fn warn_of_segments(&self, solver: &Solver) {
        let halt::Schedule { halt, segments, .. } = solver.schedule();
        if let Some(most) = solver.model().segments_measured.filter(|&most| segments > most)
            && halt != halt::Halt::Valid
            && !self.quiet
        {
            output::note(&format!(
                "the card of model {} says that more than {most} segments make answers worse, found {segments}",
                solver.model().name
            ));
        }
    }

    /// Opens the solver, and prints remarks about it.
    pub(super) fn open(&self, options: &Options) -> Result<Solver> {
        let solver = Solver::open_blocking(options)?;
        if !self.quiet {
            solver.model().warnings.iter().for_each(|warning| output::note(warning));
        }
        if self.verbose {
            let (model, device) = (&solver.model().name, solver.executor().device_name());
            output::note(&format!("model {model} on {device}"));
            if let Some(why) = solver.executor().why_cpu() {
                output::note(&format!("no GPU was taken: {why}"));
            }
        }
        Ok(solver)
    }

    /// Returns the files that the model is read from, if they are given.
    pub(super) fn reads(&self) -> Vec<PathBuf> {
        self.model.iter().cloned().collect()
    }

    /// Returns the name of the requested precision, if one was requested.
    pub(super) fn dtype_name(&self) -> Option<String> {
        let value = self.dtype.to_possible_value()?;
        (self.dtype != Precision::Auto).then(|| value.get_name().to_owned())
    }

    /// Returns a progress bar, unless the user wants quiet.
    pub(super) fn progress(&self, len: usize, what: &str) -> indicatif::ProgressBar {
        if self.quiet {
            indicatif::ProgressBar::hidden()
        } else {
            output::progress(len as u64, what)
        }
    }
}
