//! Writes a model folder (`config.json` + `model.safetensors`).

use super::Model;
use super::checkpoint::scales_name;
use super::config::disk::own_file;
use super::config::files::{Card, OWN_FILE};
use super::dtype::{Dtype, round, widen};
use super::folder::WEIGHTS_FILE;
use super::tensor::Tensor;
use crate::error::{Error, Result};
use crate::files::{Staged, replace_together};
use safetensors::tensor::{Dtype as Stored, Metadata, TensorInfo};
use std::io::Write;
use std::path::Path;

/// Number of elements converted at once while saving.
const CHUNK: usize = 1 << 18;

impl Model {
    /// Writes the model folder `dir` (created if it does not exist): `config.json` and `model.safetensors`, with
    /// tensors in `dtype`, or as they are stored; with I8 as [`Model::rounded`] says, and scales beside them. Both files are
    /// there afterwards, or neither has changed, and no tensor is copied in memory but to or from I8.
    ///
    /// [`Error::Io`] if writing fails, [`Error::NotFinite`] if a value is not finite, [`Error::Checkpoint`] if one is
    /// beyond the range of `dtype`.
    pub fn save(&self, dir: &Path, dtype: Option<Dtype>) -> Result<()> {
        if dtype == Some(Dtype::I8) {
            // Not all tensors, and with scales: a quarter of the model in memory.
            return self.clone().rounded(Dtype::I8)?.save(dir, None);
        }
        let new = !dir.exists();
        std::fs::create_dir_all(dir).map_err(Error::io("create", dir))?;
        self.write_files(dir, dtype).inspect_err(|_| {
            // Only an empty folder can be removed so.
            let _ = new && std::fs::remove_dir(dir).is_ok();
        })
    }

    fn write_files(&self, dir: &Path, dtype: Option<Dtype>) -> Result<()> {
        let path = dir.join(WEIGHTS_FILE);
        let weights = Staged::write(&path, |out| self.write_weights(dtype, &path, out))?;
        let card = Card {
            license: self.license.clone(),
            source: self.source.clone(),
            trained_on: self.trained_on.clone(),
            segments_measured: self.segments_measured,
            rounding: self.rounding.clone(),
        };
        let path = dir.join(OWN_FILE);
        let config = Staged::write(&path, |out| {
            serde_json::to_writer_pretty(&mut *out, &own_file(&self.config, &card))
                .map_err(std::io::Error::from)
                .and_then(|()| writeln!(out))
                .map_err(Error::io("write", &path))
        })?;
        replace_together(vec![weights, config])
    }

    fn write_weights(&self, dtype: Option<Dtype>, path: &Path, out: &mut impl Write) -> Result<()> {
        let source = self.weights.path();
        let mut tensors = Vec::new();
        for (name, tensor) in self.weights.iter() {
            let dtype = dtype.unwrap_or(tensor.dtype());
            if dtype == Dtype::I8 {
                let scales = tensor.scales().to_vec();
                tensors.push((scales_name(name), Tensor::from_f32([scales.len()], scales)?, Dtype::F32));
            }
            tensors.push((name.to_owned(), tensor.clone(), dtype));
        }
        // Wide elements first, so that each tensor starts at a multiple of its element size.
        tensors.sort_by_key(|(_, _, dtype)| std::cmp::Reverse(dtype.size()));
        let mut end = 0;
        let infos = tensors.iter().map(|(name, tensor, dtype)| {
            let start = end;
            end += tensor.len() * dtype.size();
            let shape = tensor.shape().to_vec();
            (
                name.clone(),
                TensorInfo {
                    dtype: stored(*dtype),
                    shape,
                    data_offsets: (start, end),
                },
            )
        });
        let refuse = |reason: String| Error::Checkpoint {
            path: source.to_path_buf(),
            reason,
        };
        let metadata = Metadata::new(None, infos.collect()).map_err(|e| refuse(e.to_string()))?;
        let mut header = serde_json::to_vec(&metadata).map_err(|e| refuse(e.to_string()))?;
        header.resize(header.len().next_multiple_of(8), b' ');
        let mut write = |bytes: &[u8]| out.write_all(bytes).map_err(Error::io("write", path));
        write(&(header.len() as u64).to_le_bytes())?;
        write(&header)?;
        for (name, tensor, dtype) in &tensors {
            let dtype = *dtype;
            if tensor.dtype() == dtype {
                tensor.pieces(CHUNK, &mut write)?;
                continue;
            }
            // int8 has its scales elsewhere; a matrix of it is small.
            let tensor = &match tensor.dtype() {
                Dtype::I8 => tensor.widened()?,
                _ => tensor.clone(),
            };
            let (mut converted, mut before) = (Vec::new(), 0);
            tensor.pieces(CHUNK * tensor.dtype().size(), |bytes| {
                converted.clear();
                round(widen(tensor.dtype(), bytes), dtype, &mut converted);
                if let Some(at) = widen(dtype, &converted).position(|value| !value.is_finite()) {
                    let value = widen(tensor.dtype(), bytes).nth(at).unwrap_or(f32::NAN);
                    let index = before + at;
                    return Err(match value.is_finite() {
                        true => self.weights.too_large(name, index, value, dtype),
                        false => self.weights.not_finite(name, index, value),
                    });
                }
                before += CHUNK;
                write(&converted)
            })?;
        }
        Ok(())
    }
}

fn stored(dtype: Dtype) -> Stored {
    match dtype {
        Dtype::F32 => Stored::F32,
        Dtype::F16 => Stored::F16,
        Dtype::BF16 => Stored::BF16,
        Dtype::I8 => Stored::I8,
    }
}
