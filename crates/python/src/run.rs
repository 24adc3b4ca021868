//! `Model.run`: tensors in, tensors out.

use hrm::error::Result;
use hrm::executor::{Executor, Outputs, Want};
use hrm::model::Config;
use numpy::{PyArray1, PyArrayDyn};
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyTuple};

use crate::arrays::{Numbers, Tensor, floats, handed, ids, list, signed, tensor};
use crate::errors::input;
use crate::given::found;
use crate::pickle;
use crate::wait::breathe;

/// The outputs of one segment for a batch.
#[pyclass(module = "hrm", frozen, get_all, weakref)]
pub(crate) struct Segment {
    /// The segment's number, from 1.
    pub(crate) number: usize,
    /// Predicted ids `[B, S]`.
    pub(crate) preds: Py<PyArrayDyn<i32>>,
    /// Logits for stopping `[B]`.
    pub(crate) q_halt: Py<PyArray1<f32>>,
    /// Logits for going on `[B]`; 0 where the network has none.
    pub(crate) q_continue: Py<PyArray1<f32>>,
    /// Logits `[B, S, V]`, if they were asked for.
    pub(crate) logits: Tensor,
    /// The carry of the H network, `[B, T, D]`, or of the only network, if it was asked for; `[B, V, T, D]` with a symbol
    /// axis.
    #[pyo3(name = "z_H")]
    pub(crate) z_h: Tensor,
    /// The carry of the L network, `[B, T, D]`, if there is one and it was asked for.
    #[pyo3(name = "z_L")]
    pub(crate) z_l: Tensor,
}

#[pymethods]
impl Segment {
    /// The carry, `(z_H, z_L)` or `(z_H,)`: what `Model.run` takes as `carry` to go on from here.
    #[getter]
    fn carry<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let states: Vec<_> = [&self.z_h, &self.z_l].into_iter().flatten().collect();
        PyTuple::new(py, states)
    }

    fn __repr__(&self) -> String {
        format!("<hrm.Segment {}>", self.number)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        pickle::segment_parts(py, self)
    }
}

/// Returns a part of an official batch, if it has it, and not as None.
pub(crate) fn entry<'py>(batch: &Bound<'py, PyMapping>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    let part = batch.contains(name)?.then(|| batch.get_item(name)).transpose()?;
    Ok(part.filter(|part| !part.is_none()))
}

/// Reads a puzzle identifier for each of so many samples; 0 unless told otherwise.
pub(crate) fn puzzle_identifiers(given: Option<&Bound<'_, PyAny>>, count: usize) -> PyResult<Vec<u32>> {
    match given.map(|given| ids("puzzle_identifiers", given)).transpose()? {
        None => Ok(vec![0; count]),
        Some(Numbers { shape, values }) if values.len() == count && shape.len() < 2 => Ok(values),
        Some(Numbers { shape, .. }) => Err(input(
            "puzzle_identifiers",
            format!("expected a shape [{count}], found {shape:?}"),
        )),
    }
}

/// A batch of samples.
pub(crate) struct Samples {
    tokens: Vec<u32>,
    identifiers: Vec<u32>,
    /// Each state of all samples.
    carry: Option<Vec<Numbers<f32>>>,
    pub count: usize,
    seq_len: usize,
}

impl Samples {
    /// Reads tokens `[B, S]` or `[S]`, or an official batch with `inputs` and `puzzle_identifiers`.
    pub(crate) fn read(
        tokens: &Bound<'_, PyAny>,
        identifiers: Option<&Bound<'_, PyAny>>,
        carry: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Samples> {
        let mut identifiers = identifiers.cloned();
        let tokens = match tokens.cast::<PyMapping>() {
            Ok(batch) => {
                if identifiers.is_none() {
                    identifiers = entry(batch, "puzzle_identifiers")?;
                }
                let reason = "expected an array, or a batch with `inputs`, found one without";
                entry(batch, "inputs")?.ok_or_else(|| input("tokens", reason))?
            }
            Err(_) => tokens.clone(),
        };
        let Numbers { shape, values } = ids("tokens", &tokens)?;
        let (count, seq_len) = match shape[..] {
            [count, seq_len] if count > 0 && seq_len > 0 => (count, seq_len),
            [seq_len] if seq_len > 0 => (1, seq_len),
            _ => return Err(input("tokens", format!("expected a shape [B, S], found {shape:?}"))),
        };
        let identifiers = puzzle_identifiers(identifiers.as_ref(), count)?;
        let state = |state: PyResult<Bound<'_, PyAny>>| {
            let state = floats("carry", &state?)?;
            match state.shape.first() {
                Some(&rows) if rows == count => Ok(state),
                _ => {
                    let reason = format!("expected states of shape [{count}, …], found {:?}", state.shape);
                    Err(input("carry", reason))
                }
            }
        };
        let states = |carry: &Bound<'_, PyAny>| {
            let states = carry.try_iter().map_err(|_| {
                let reason = format!("expected states, as `Segment.carry` has them, found {}", found(carry));
                input("carry", reason)
            });
            states?.map(state).collect()
        };
        let carry = carry.map(states).transpose()?;
        Ok(Samples {
            tokens: values,
            identifiers,
            carry,
            count,
            seq_len,
        })
    }

    /// Refuses tokens outside the model's vocabulary, and a first carry of another shape than its states have.
    pub(crate) fn check(&self, config: &Config) -> PyResult<()> {
        let vocabulary = config.vocab_size;
        if let Some(at) = self.tokens.iter().position(|&id| id as usize >= vocabulary) {
            let (found, row, column) = (self.tokens[at], at / self.seq_len, at % self.seq_len);
            let reason = format!("expected ids below {vocabulary}, found {found} in row {row}, column {column}");
            return Err(input("inputs", reason));
        }
        let expected = self.state_shape(config);
        match self.carry.iter().flatten().find(|state| state.shape != expected) {
            Some(Numbers { shape, .. }) => Err(input(
                "carry",
                format!("expected states of shape {expected:?}, found {shape:?}"),
            )),
            None => Ok(()),
        }
    }

    /// The shape of a state of all samples: `[B, T, D]`, and `[B, V, T, D]` with a symbol axis.
    fn state_shape(&self, config: &Config) -> Vec<usize> {
        [self.count]
            .into_iter()
            .chain(state_shape(config, self.seq_len))
            .collect()
    }

    /// Returns the first carry of a sample, where it is given.
    fn carry_of(&self, sample: usize) -> Option<Vec<Vec<f32>>> {
        let of = |Numbers { values, .. }: &Numbers<f32>| {
            let len = values.len() / self.count;
            values[sample * len..(sample + 1) * len].to_vec()
        };
        Some(self.carry.as_ref()?.iter().map(of).collect())
    }

    /// Runs segments, so many slots side by side, without halting.
    pub(crate) async fn compute(
        &self,
        executor: &Executor,
        segments: usize,
        slots: usize,
        want: Want,
    ) -> Result<Vec<Collected>> {
        let slots = slots.min(self.count);
        let mut batch = executor.batch(slots, self.seq_len, None)?;
        let mut all: Vec<Collected> = Vec::new();
        for first in (0..self.count).step_by(slots) {
            let live: Vec<usize> = (0..slots.min(self.count - first)).collect();
            for &slot in &live {
                let sample = first + slot;
                let tokens = &self.tokens[sample * self.seq_len..][..self.seq_len];
                let identifier = self.identifiers[sample] as usize;
                match self.carry_of(sample) {
                    None => batch.load(slot, tokens, identifier, None)?,
                    Some(carry) => batch.load_carry(slot, tokens, identifier, carry)?,
                }
            }
            for number in 0..segments {
                let outputs = batch.segment(&live, want).await?;
                if all.len() == number {
                    all.push(Collected::default());
                }
                for outputs in outputs {
                    all[number].add(outputs, self.count);
                }
                breathe().await;
            }
        }
        Ok(all)
    }
}

/// The outputs of all samples, one after the other.
#[derive(Default)]
pub(crate) struct Collected {
    preds: Vec<u32>,
    q_halt: Vec<f32>,
    q_continue: Vec<f32>,
    logits: Option<Vec<f32>>,
    z_h: Option<Vec<f32>>,
    z_l: Option<Vec<f32>>,
}

impl Collected {
    fn add(&mut self, outputs: Outputs, count: usize) {
        /// Appends values; the only ones of all are moved.
        fn append<T: Copy>(all: &mut Vec<T>, values: Vec<T>, count: usize) {
            if count == 1 {
                *all = values;
            } else {
                all.reserve_exact((count * values.len()).saturating_sub(all.len()));
                all.extend_from_slice(&values);
            }
        }
        append(&mut self.preds, outputs.preds, count);
        self.q_halt.push(outputs.q_halt);
        self.q_continue.push(outputs.q_continue);
        for (all, values) in [
            (&mut self.logits, outputs.logits),
            (&mut self.z_h, outputs.z_h),
            (&mut self.z_l, outputs.z_l),
        ] {
            if let Some(values) = values {
                append(all.get_or_insert_default(), values, count);
            }
        }
    }

    /// Hands the outputs over to Python.
    pub(crate) fn segment(
        self,
        py: Python<'_>,
        number: usize,
        config: &Config,
        samples: &Samples,
    ) -> PyResult<Segment> {
        let (count, cells) = (samples.count, samples.seq_len);
        let state = samples.state_shape(config);
        let width = self
            .logits
            .as_ref()
            .map_or(0, |logits| logits.len() / (count * cells).max(1));
        Ok(Segment {
            number,
            preds: handed(py, &[count, cells], signed(self.preds))?.unbind(),
            q_halt: list(py, self.q_halt).unbind(),
            q_continue: list(py, self.q_continue).unbind(),
            logits: tensor(py, self.logits, &[count, cells, width])?,
            z_h: tensor(py, self.z_h, &state)?,
            z_l: tensor(py, self.z_l, &state)?,
        })
    }
}

/// The shape of a sample's state: `[T, D]`, and `[V, T, D]` with a symbol axis.
pub(crate) fn state_shape(config: &Config, cells: usize) -> Vec<usize> {
    let symbols = config.symbols.map(|_| config.vocab_size);
    symbols
        .into_iter()
        .chain([config.positions_for(cells), config.hidden_size])
        .collect()
}
