//! `hrm run`: tensors in, tensors out.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::options::{self, ModelOptions};
use super::output::{self, count_of, is_stdio};
use super::place::{Place, Taken};
use hrm::error::{Error, Result};
use hrm::executor::{Outputs, Want};
use hrm::files;
use hrm::solve::Solver;

/// Arguments of `hrm run`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    model: ModelOptions,
    /// Safetensors file with `inputs` [B, S] and, optionally, `puzzle_identifiers` [B] (i32, i64 or u8) and the first
    /// carry, `init.z_H` and, where there are two states, `init.z_L`, shaped as in the outputs (f32); `-` for standard input
    #[arg(long, value_name = "IN.safetensors")]
    inputs: PathBuf,
    /// Safetensors file to write: seg{i}.logits, .q_halt, .q_continue, .z_H, .z_L and .preds for each segment; `-` for
    /// standard output
    #[arg(long, value_name = "OUT.safetensors")]
    outputs: PathBuf,
    /// Replace the output file if it exists
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Segments to run, without halting [default: the model's halt_max_steps]
    #[arg(long, value_name = "N", value_parser = options::count)]
    segments: Option<NonZeroUsize>,
}

pub(super) fn run(args: Args) -> Result<u8> {
    let (stdin, stdout) = (is_stdio(&args.inputs), is_stdio(&args.outputs));
    let mut reads = args.model.reads();
    reads.push(args.inputs.clone());
    let place = Place {
        path: &args.outputs,
        taken: Taken::Outputs,
        force: args.force,
        reads: &reads,
    };
    if !stdout {
        place.check()?;
    }
    let samples = match stdin {
        true => Samples::parse(Path::new("standard input"), &output::read_stdin()?),
        false => std::fs::read(&args.inputs)
            .map_err(Error::io("read", &args.inputs))
            .and_then(|bytes| Samples::parse(&args.inputs, &bytes)),
    }?;
    let solver = args.model.open(&args.model.options(None)?)?;
    let segments = args.segments.map_or(solver.schedule().segments, NonZeroUsize::get);
    let tensors = pollster::block_on(compute(&args.model, &solver, &samples, segments))?;
    let views = tensors
        .iter()
        .map(|(name, t)| Ok((name, t.view()?)))
        .collect::<Result<Vec<_>>>()?;
    let bytes = safetensors::serialize(views, None).map_err(|e| Error::Input {
        what: "output tensors".into(),
        reason: e.to_string(),
    })?;
    if stdout {
        output::print_bytes(&bytes)?;
        return Ok(0);
    }
    files::write_whole(&args.outputs, |file| {
        std::io::Write::write_all(file, &bytes).map_err(Error::io("write", &args.outputs))
    })?;
    output::print(&format!(
        "{}, {}: {}\n",
        count_of(samples.count, "sample"),
        count_of(segments, "segment"),
        args.outputs.display()
    ))?;
    Ok(0)
}

/// The input tensors.
struct Samples {
    tokens: Vec<u32>,
    puzzle_identifiers: Vec<usize>,
    /// The first carry of all samples, where it is given.
    carry: Vec<State>,
    count: usize,
    seq_len: usize,
}

impl Samples {
    fn parse(path: &Path, bytes: &[u8]) -> Result<Samples> {
        let input = |reason: String| Error::Input {
            what: path.display().to_string(),
            reason,
        };
        let file = SafeTensors::deserialize(bytes)
            .map_err(|_| input("expected a safetensors file, found something else".to_owned()))?;
        let tensor = file
            .tensor("inputs")
            .map_err(|_| input("expected a tensor `inputs` [B, S]".into()))?;
        let &[count, seq_len] = tensor.shape() else {
            return Err(input(format!("`inputs` must be [B, S], found {:?}", tensor.shape())));
        };
        if count == 0 || seq_len == 0 {
            return Err(input(format!("`inputs` is empty: {:?}", tensor.shape())));
        }
        let tokens = integers("inputs", &tensor).map_err(input)?;
        let puzzle_identifiers = match file.tensor("puzzle_identifiers") {
            Ok(tensor) if tensor.shape() == [count] => integers("puzzle_identifiers", &tensor).map_err(input)?,
            Ok(tensor) => {
                let reason = format!("`puzzle_identifiers` must be [{count}], found {:?}", tensor.shape());
                return Err(input(reason));
            }
            Err(_) => vec![0; count],
        };
        let puzzle_identifiers = puzzle_identifiers.into_iter().map(|id| id as usize).collect();
        Ok(Samples {
            tokens,
            puzzle_identifiers,
            carry: carry(&file).map_err(input)?,
            count,
            seq_len,
        })
    }

    /// Returns the first carry of a sample; nothing where none is given.
    fn carry_of(&self, sample: usize) -> Vec<Vec<f32>> {
        let of = |state: &State| {
            let len = state.values.len() / self.count;
            state.values[sample * len..(sample + 1) * len].to_vec()
        };
        self.carry.iter().map(of).collect()
    }
}

/// The names of what a first carry consists of.
const CARRY: [&str; 2] = ["init.z_H", "init.z_L"];

/// A state of all samples' first carry.
struct State {
    shape: Vec<usize>,
    values: Vec<f32>,
}

/// Returns the first carry of all samples, if the file has one.
fn carry(file: &SafeTensors<'_>) -> std::result::Result<Vec<State>, String> {
    let read = |name: &str| match file.tensor(name) {
        Err(_) => Ok(None),
        Ok(tensor) if tensor.dtype() == Dtype::F32 => Ok(Some(State {
            shape: tensor.shape().to_vec(),
            values: tensor
                .data()
                .as_chunks()
                .0
                .iter()
                .map(|&b| f32::from_le_bytes(b))
                .collect(),
        })),
        Ok(tensor) => Err(format!("`{name}` must be f32, found {:?}", tensor.dtype())),
    };
    let [h, l] = CARRY.map(read);
    match (h?, l?) {
        (None, Some(_)) => Err("expected `init.z_H` beside `init.z_L`, found none".to_owned()),
        (h, l) => Ok(h.into_iter().chain(l).collect()),
    }
}

/// Returns the values of an integer tensor; the error says what is wrong with them.
fn integers(name: &str, tensor: &TensorView) -> std::result::Result<Vec<u32>, String> {
    let data = tensor.data();
    let wide: Vec<i64> = match tensor.dtype() {
        Dtype::U8 => data.iter().map(|&v| i64::from(v)).collect(),
        Dtype::I32 => data
            .as_chunks()
            .0
            .iter()
            .map(|&b| i64::from(i32::from_le_bytes(b)))
            .collect(),
        Dtype::I64 => data.as_chunks().0.iter().map(|&b| i64::from_le_bytes(b)).collect(),
        other => return Err(format!("`{name}` must be i32, i64 or u8, found {other:?}")),
    };
    let narrow = |(i, v): (usize, &i64)| u32::try_from(*v).map_err(|_| format!("`{name}` element {i} is {v}: no id"));
    wide.iter().enumerate().map(narrow).collect()
}

/// Most bytes of outputs, which are gathered in memory.
const MOST_BYTES: usize = 4 << 30;

/// An output tensor: bytes of all samples in order.
struct Tensor {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Tensor {
    fn view(&self) -> Result<TensorView<'_>> {
        TensorView::new(self.dtype, self.shape.clone(), &self.bytes).map_err(|e| Error::Input {
            what: "output tensor".into(),
            reason: e.to_string(),
        })
    }
}

async fn compute(
    options: &ModelOptions,
    solver: &Solver,
    samples: &Samples,
    segments: usize,
) -> Result<BTreeMap<String, Tensor>> {
    let config = &solver.model().config;
    let (s, t, d) = (
        samples.seq_len,
        config.positions_for(samples.seq_len),
        config.hidden_size,
    );
    // Only a network with a symbol axis has several vectors at a position.
    let symbols = config.symbols.map(|_| config.vocab_size);
    let state: Vec<usize> = symbols.into_iter().chain([t, d]).collect();
    for (name, given) in CARRY.iter().zip(&samples.carry) {
        let needed: Vec<usize> = std::iter::once(samples.count).chain(state.iter().copied()).collect();
        if given.shape != needed {
            return Err(Error::Input {
                what: format!("`{name}`"),
                reason: format!("expected the shape {needed:?}, found {:?}", given.shape),
            });
        }
    }
    let mut tensors = BTreeMap::new();
    let slots = solver.slots().min(samples.count);
    let mut batch = solver.executor().batch(slots, s, None)?;
    let values = state.iter().product::<usize>().saturating_mul(2);
    let values = values.saturating_add(s.saturating_mul(config.vocab_size + 1));
    let bytes = values
        .saturating_mul(4)
        .saturating_mul(samples.count)
        .saturating_mul(segments);
    if bytes > MOST_BYTES {
        return Err(Error::Usage(format!(
            "expected outputs of at most {} GiB, found {} samples of {segments} segments, which have up to {} GiB: run fewer at a time",
            MOST_BYTES >> 30,
            samples.count,
            bytes >> 30
        )));
    }
    let bar = options.progress(samples.count.saturating_mul(segments), "running");
    for first in (0..samples.count).step_by(slots) {
        let live: Vec<usize> = (0..slots.min(samples.count - first)).collect();
        for &slot in &live {
            let sample = first + slot;
            let (tokens, identifier) = (&samples.tokens[sample * s..][..s], samples.puzzle_identifiers[sample]);
            match samples.carry_of(sample) {
                carry if carry.is_empty() => batch.load(slot, tokens, identifier, None)?,
                carry => batch.load_carry(slot, tokens, identifier, carry)?,
            }
        }
        for segment in 1..=segments {
            for outputs in batch.segment(&live, Want::ALL).await? {
                let Outputs {
                    preds,
                    q_halt,
                    q_continue,
                    logits,
                    z_h,
                    z_l,
                    ..
                } = outputs;
                let mut append = |name: &str, dtype: Dtype, shape: &[usize], bytes: &[u8]| {
                    let shape = std::iter::once(samples.count).chain(shape.iter().copied()).collect();
                    let tensor = tensors.entry(format!("seg{segment}.{name}")).or_insert_with(|| Tensor {
                        dtype,
                        shape,
                        bytes: Vec::new(),
                    });
                    tensor.bytes.extend_from_slice(bytes);
                };
                append("preds", Dtype::I32, &[s], bytemuck::cast_slice(&preds));
                append("q_halt", Dtype::F32, &[], &q_halt.to_le_bytes());
                append("q_continue", Dtype::F32, &[], &q_continue.to_le_bytes());
                let logits = logits.unwrap_or_default();
                append(
                    "logits",
                    Dtype::F32,
                    &[s, logits.len() / s],
                    bytemuck::cast_slice(&logits),
                );
                append(
                    "z_H",
                    Dtype::F32,
                    &state,
                    bytemuck::cast_slice(&z_h.unwrap_or_default()),
                );
                // A network with one state has only z_H.
                if let Some(z_l) = z_l {
                    append("z_L", Dtype::F32, &state, bytemuck::cast_slice(&z_l));
                }
            }
            bar.inc(live.len() as u64);
        }
    }
    bar.finish_and_clear();
    Ok(tensors)
}
