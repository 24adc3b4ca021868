//! Safetensors: the `safetensors` crate parses and checks the header; the data stay where they are.

use super::Found;
use crate::buffer::Buffer;
use crate::error::Error;
use crate::model::{Dtype, Tensor};
use crate::ordered;
use safetensors::tensor::{Dtype as Stored, Metadata};
use std::collections::BTreeMap;

/// Longest accepted header, in bytes: the format allows 100 MB, a model of this kind needs a few kilobytes.
const LONGEST_HEADER: usize = 16 << 20;

/// Reads the names and tensors of the file, in no particular order.
pub(super) fn read(file: &Buffer) -> Result<Vec<(String, Found)>, String> {
    let first = file.read(0..8)?;
    let length = first.first_chunk::<8>().ok_or("truncated in its first 8 bytes")?;
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    if length > LONGEST_HEADER {
        return Err(format!("its header claims {length} bytes, more than {LONGEST_HEADER}"));
    }
    let rest = file.len() - 8;
    if length > rest {
        return Err(format!("truncated: the header should have {length} bytes"));
    }
    let header = file.read(8..8 + length)?;
    // Not `SafeTensors::deserialize`: its sum of offsets and header may overflow.
    let metadata: Metadata =
        serde_json::from_slice(&header).map_err(|e| format!("header: {}", crate::words::plain(e)))?;
    let (needed, found) = (metadata.data_len(), rest - length);
    if needed != found {
        let what = if needed > found { "truncated" } else { "bytes left over" };
        return Err(format!(
            "{what}: expected {needed} bytes of data as the header says, found {found}"
        ));
    }
    let start = 8 + length;
    let tensors = metadata.tensors().into_iter().map(|(name, info)| {
        let dtype = match info.dtype {
            Stored::F32 => Some(Dtype::F32),
            Stored::F16 => Some(Dtype::F16),
            Stored::BF16 => Some(Dtype::BF16),
            Stored::I8 => Some(Dtype::I8),
            _ => None,
        };
        let range = start + info.data_offsets.0..start + info.data_offsets.1;
        let tensor = match (dtype, info.dtype) {
            (None, Stored::F64) => narrowed(&file.read(range)?, &info.shape),
            (dtype, _) => dtype.and_then(|dtype| Tensor::view(file, range, info.shape.clone(), dtype)),
        };
        let found = Found {
            shape: info.shape.clone(),
            dtype: info.dtype.to_string(),
            tensor,
        };
        Ok((name, found))
    });
    let tensors = tensors.collect::<Result<Vec<_>, String>>()?;
    with_scales(ordered::map(tensors))
}

/// Gives int8 tensors the scales of their rows, which are tensors of their own. Without them they cannot be weights.
fn with_scales(mut tensors: BTreeMap<String, Found>) -> Result<Vec<(String, Found)>, String> {
    let int8 = tensors.iter().filter(|(_, found)| found.dtype == "I8");
    let names: Vec<String> = int8.map(|(name, _)| name.clone()).collect();
    for name in names {
        let scales = scales_name(&name);
        let floats = match tensors.get(&scales).and_then(|found| found.tensor.as_ref()) {
            Some(tensor) => Some(tensor.f32s().map_err(said)?.into_owned()),
            None => None,
        };
        let Some(found) = tensors.get_mut(&name) else { continue };
        let unscaled = found.tensor.take();
        found.tensor = floats.and_then(|floats| unscaled?.scaled(floats));
        if found.tensor.is_some() {
            tensors.remove(&scales);
        }
    }
    Ok(tensors.into_iter().collect())
}

/// The error of a file, without the file's name.
fn said(error: Error) -> String {
    match error {
        Error::Checkpoint { reason, .. } => reason,
        other => other.to_string(),
    }
}

/// Returns the name of the scales of an int8 tensor.
pub(in crate::model) fn scales_name(name: &str) -> String {
    format!("{name}_scale")
}

/// Numbers of 64 bits, rounded to f32.
pub(super) fn narrowed(bytes: &[u8], shape: &[usize]) -> Option<Tensor> {
    let (numbers, _) = bytes.as_chunks::<8>();
    #[allow(clippy::cast_possible_truncation, reason = "rounding is what is wanted")]
    let values: Vec<f32> = numbers
        .iter()
        .map(|&number| f64::from_le_bytes(number) as f32)
        .collect();
    Tensor::from_f32(shape, values).ok()
}
