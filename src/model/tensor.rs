//! Tensors: bytes that stay where they are (a file, the program itself) until floats are requested.

use super::dtype::{Dtype, any_not_finite, int8_scale, round, widen};
use crate::buffer::Buffer;
use crate::error::{Error, Result};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Bytes of a file that are looked through at a time: they stay in a cache.
const PIECE: usize = 1 << 18;

/// A tensor, row-major. Cloning shares its bytes.
#[derive(Clone)]
pub struct Tensor {
    shape: Vec<usize>,
    dtype: Dtype,
    buffer: Buffer,
    range: Range<usize>,
    /// The scales of int8, one for each row, which is a run along the last dimension; otherwise none.
    scales: Arc<[f32]>,
}

impl std::fmt::Debug for Tensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tensor({} {:?})", self.dtype, self.shape)
    }
}

/// Returns the number of elements of `shape`, or `None` if it overflows.
pub(crate) fn elements(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d))
}

impl Tensor {
    /// Creates a view of `range` of `buffer`; `None` if the range is out of bounds or does not hold `shape`.
    pub(crate) fn view(buffer: &Buffer, range: Range<usize>, shape: Vec<usize>, dtype: Dtype) -> Option<Tensor> {
        let bytes = elements(&shape)?.checked_mul(dtype.size())?;
        let within = range.start <= range.end && range.end <= buffer.len();
        (within && range.len() == bytes).then(|| Tensor {
            shape,
            dtype,
            buffer: buffer.clone(),
            range,
            scales: Arc::default(),
        })
    }

    fn in_memory(shape: Vec<usize>, dtype: Dtype, bytes: Vec<u8>, scales: Arc<[f32]>) -> Tensor {
        Tensor {
            shape,
            dtype,
            range: 0..bytes.len(),
            buffer: Buffer::Bytes(Arc::new(bytes)),
            scales,
        }
    }

    /// Gives an int8 tensor its scales; `None` if it is none, or their number is not that of its rows.
    pub(crate) fn scaled(mut self, scales: impl Into<Arc<[f32]>>) -> Option<Tensor> {
        self.scales = scales.into();
        let matches = self.scales.len().checked_mul(self.width()) == Some(self.len());
        (self.dtype == Dtype::I8 && matches).then_some(self)
    }

    /// Returns the scales of int8.
    pub(crate) fn scales(&self) -> &[f32] {
        &self.scales
    }

    /// Returns the number of elements of a row, which share a scale.
    fn width(&self) -> usize {
        self.shape.last().copied().unwrap_or(1).max(1)
    }

    /// Creates a tensor of `shape` from `values`, row-major. [`Error::Input`] if their number does not match.
    pub fn from_f32(shape: impl Into<Vec<usize>>, values: Vec<f32>) -> Result<Tensor> {
        let (shape, found) = (shape.into(), values.len());
        let range = 0..found * Dtype::F32.size();
        Tensor::view(&Buffer::Floats(Arc::new(values)), range, shape.clone(), Dtype::F32).ok_or_else(|| Error::Input {
            what: "tensor".to_owned(),
            reason: format!("shape {shape:?} does not hold {found} values"),
        })
    }

    /// Returns the shape, outermost dimension first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Returns the number format in which elements are stored.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Returns the number of elements.
    pub(crate) fn len(&self) -> usize {
        self.range.len() / self.dtype.size()
    }

    /// Returns the size of the elements in bytes.
    pub(crate) fn size(&self) -> usize {
        self.range.len()
    }

    /// Returns the stored bytes, little-endian, row-major. Those of a tensor that has stayed in its file are read.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] where the file has changed since the model was opened.
    pub fn bytes(&self) -> Result<Cow<'_, [u8]>> {
        self.read(self.range.clone())
    }

    /// Returns all elements as f32: borrowed if they are in memory as f32 (and aligned), otherwise widened, which is
    /// exact.
    ///
    /// # Errors
    /// As [`Tensor::bytes`].
    pub fn f32s(&self) -> Result<Cow<'_, [f32]>> {
        if let Some(floats) = self.as_f32() {
            return Ok(Cow::Borrowed(floats));
        }
        let mut values = Vec::new();
        self.read_f32s(0..self.len(), &mut values)?;
        Ok(Cow::Owned(values))
    }

    /// Replaces `out` by a range of the elements as f32.
    ///
    /// # Errors
    /// As [`Tensor::bytes`].
    pub(crate) fn read_f32s(&self, range: Range<usize>, out: &mut Vec<f32>) -> Result<()> {
        let size = self.dtype.size();
        let (start, first) = (self.range.start + range.start * size, range.start);
        if self.dtype == Dtype::F32 {
            out.resize(range.len(), 0.0);
            let read = self.buffer.read_into(start, bytemuck::cast_slice_mut(out));
            return read.map_err(|reason| self.unreadable(reason));
        }
        out.clear();
        out.extend(widen(self.dtype, &self.read(start..start + range.len() * size)?));
        if !self.scales.is_empty() {
            let scales = (first..).map(|i| self.scales[i / self.width()]);
            out.iter_mut().zip(scales).for_each(|(v, scale)| *v *= scale);
        }
        Ok(())
    }

    /// Returns all elements without a copy, if they are aligned f32 in memory, as [`Tensor::widened`] gives them.
    pub(crate) fn as_f32(&self) -> Option<&[f32]> {
        let bytes = self.buffer.memory().get(self.range.clone())?;
        (self.dtype == Dtype::F32)
            .then(|| bytemuck::try_cast_slice(bytes).ok())
            .flatten()
    }

    /// Returns bytes of the buffer.
    ///
    /// # Errors
    /// As [`Tensor::bytes`].
    fn read(&self, range: Range<usize>) -> Result<Cow<'_, [u8]>> {
        self.buffer.read(range).map_err(|reason| self.unreadable(reason))
    }

    /// The error of a file that cannot be read any more.
    fn unreadable(&self, reason: String) -> Error {
        Error::Checkpoint {
            path: self.buffer.path().to_path_buf(),
            reason,
        }
    }

    /// Calls `with` with the stored bytes, `size` of them at a time.
    pub(crate) fn pieces(&self, size: usize, mut with: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        if !self.buffer.is_file() {
            return self.bytes()?.chunks(size).try_for_each(with);
        }
        let mut piece = vec![0; size.min(self.size())];
        let mut starts = self.range.clone().step_by(size);
        starts.try_for_each(|start| {
            let piece = &mut piece[..size.min(self.range.end - start)];
            let read = self.buffer.read_into(start, piece);
            read.map_err(|reason| self.unreadable(reason))?;
            with(piece)
        })
    }

    /// Returns this tensor in memory: itself, or a copy of what its file holds.
    pub(crate) fn loaded(&self) -> Result<Tensor> {
        if !self.buffer.is_file() {
            return Ok(self.clone());
        }
        if self.dtype == Dtype::F32 {
            return self.widened();
        }
        let (shape, bytes) = (self.shape.clone(), self.bytes()?.into_owned());
        Ok(Tensor::in_memory(shape, self.dtype, bytes, self.scales.clone()))
    }

    /// Reads row `index` of the outermost dimension as f32, and no other bytes. [`Error::Input`] if out of range.
    pub(crate) fn row(&self, index: usize) -> Result<Vec<f32>> {
        let rows = self.shape.first().copied().unwrap_or(0);
        if index >= rows {
            return Err(Error::Input {
                what: "row".to_owned(),
                reason: format!("{index} is out of range: there are {rows} rows, counted from 0"),
            });
        }
        let (width, mut values) = (self.len() / rows, Vec::new());
        self.read_f32s(index * width..(index + 1) * width, &mut values)?;
        Ok(values)
    }

    /// Returns this tensor in memory with its values as f32, sharing the bytes if they are so already.
    pub(crate) fn widened(&self) -> Result<Tensor> {
        Ok(match self.f32s()? {
            Cow::Borrowed(_) => self.clone(),
            Cow::Owned(values) => Tensor {
                shape: self.shape.clone(),
                dtype: Dtype::F32,
                range: 0..values.len() * Dtype::F32.size(),
                buffer: Buffer::Floats(Arc::new(values)),
                scales: Arc::default(),
            },
        })
    }

    /// Returns this tensor with its values in `dtype`, rounded to nearest, ties to even; values beyond its range become
    /// infinite. To I8, the largest value of each row is 127 times its scale.
    ///
    /// # Errors
    /// As [`Tensor::bytes`].
    pub fn to_dtype(&self, dtype: Dtype) -> Result<Tensor> {
        if dtype == self.dtype {
            return Ok(self.clone());
        }
        if dtype == Dtype::F32 {
            return self.widened();
        }
        let mut bytes = Vec::with_capacity(self.len() * dtype.size());
        let mut scales = Vec::new();
        match (dtype, self.dtype) {
            (Dtype::I8, _) => {
                for row in self.f32s()?.chunks(self.width()) {
                    let [scale, factor] = int8_scale(row.iter().fold(0.0, |most: f32, v| most.max(v.abs())));
                    scales.push(scale);
                    round(row.iter().map(|v| v * factor), dtype, &mut bytes);
                }
            }
            (_, Dtype::I8) => round(self.f32s()?.iter().copied(), dtype, &mut bytes),
            _ => round(widen(self.dtype, &self.bytes()?), dtype, &mut bytes),
        }
        Ok(Tensor::in_memory(self.shape.clone(), dtype, bytes, scales.into()))
    }

    /// Returns this tensor in memory with the rows of `others` below its own: in f32 unless all have one number format.
    ///
    /// # Errors
    /// As [`Tensor::bytes`].
    pub(super) fn above(&self, others: &[&Tensor]) -> Result<Tensor> {
        let alike = others.iter().all(|part| part.dtype == self.dtype);
        let dtype = if alike { self.dtype } else { Dtype::F32 };
        let parts = std::iter::once(self).chain(others.iter().copied());
        let parts = parts.map(|part| part.to_dtype(dtype)).collect::<Result<Vec<_>>>()?;
        let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() * dtype.size()).sum());
        for part in &parts {
            bytes.extend_from_slice(&part.bytes()?);
        }
        let rows = parts.iter().filter_map(|part| part.shape.first()).sum();
        let row = self.shape.iter().skip(1).copied();
        let shape = std::iter::once(rows).chain(row).collect();
        let scales = parts.iter().flat_map(|part| part.scales()).copied().collect();
        Ok(Tensor::in_memory(shape, dtype, bytes, scales))
    }

    /// Returns index and value of the first element that is not finite.
    pub(crate) fn first_not_finite(&self) -> Result<Option<(usize, f32)>> {
        if self.dtype == Dtype::I8 {
            let scale = self.scales.iter().position(|scale| !scale.is_finite());
            return Ok(scale.map(|row| (row * self.width(), self.scales[row])));
        }
        let (mut before, mut found) = (0, None);
        self.pieces(PIECE, |bytes| {
            if found.is_none() && any_not_finite(self.dtype, bytes) {
                let mut values = widen(self.dtype, bytes).enumerate();
                let first = values.find(|(_, value)| !value.is_finite());
                found = first.map(|(i, v)| (before + i, v));
            }
            before += bytes.len() / self.dtype.size();
            Ok(())
        })?;
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_is_read_and_f32_is_shared() {
        for dtype in [Dtype::F32, Dtype::F16, Dtype::BF16, Dtype::I8] {
            let tensor = Tensor::from_f32([3, 2], vec![0.0, 1.0, 1.0, -2.0, 63.5, 5.0]).unwrap();
            let tensor = tensor.to_dtype(dtype).unwrap();
            assert_eq!(tensor.row(2).unwrap(), [63.5, 5.0]);
            assert_eq!(tensor.row(2).unwrap(), tensor.f32s().unwrap()[4..]);
            assert!(tensor.row(3).is_err());
            let wide = tensor.widened().unwrap();
            let shared = wide.bytes().unwrap().as_ptr() == tensor.bytes().unwrap().as_ptr();
            assert_eq!(shared, dtype == Dtype::F32);
            assert_eq!(wide.f32s().unwrap(), tensor.f32s().unwrap());
        }
    }
}
