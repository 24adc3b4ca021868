//! Bytes that stay where they are, in a file or in memory, until they are asked for.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

#[cfg(not(target_arch = "wasm32"))]
use crate::source::Source;

/// Memory that many share, or a file in which bytes stay until they are needed.
#[derive(Clone)]
pub(crate) enum Buffer {
    #[cfg(not(target_arch = "wasm32"))]
    File(Arc<Source>),
    Static(&'static [u8]),
    Bytes(Arc<Vec<u8>>),
    Floats(Arc<Vec<f32>>),
}

impl Buffer {
    /// Returns the size in bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            #[cfg(not(target_arch = "wasm32"))]
            Buffer::File(source) => source.len(),
            memory => memory.memory().len(),
        }
    }

    /// Returns where the file was when it was opened; of memory nothing.
    pub(crate) fn path(&self) -> &Path {
        match self {
            #[cfg(not(target_arch = "wasm32"))]
            Buffer::File(source) => source.path(),
            _ => Path::new(""),
        }
    }

    /// Returns the bytes in memory: none of a file.
    pub(crate) fn memory(&self) -> &[u8] {
        match self {
            #[cfg(not(target_arch = "wasm32"))]
            Buffer::File(_) => &[],
            Buffer::Static(bytes) => bytes,
            Buffer::Bytes(bytes) => bytes,
            Buffer::Floats(floats) => bytemuck::cast_slice(floats),
        }
    }

    /// Returns whether bytes are read from a file when they are asked for.
    pub(crate) fn is_file(&self) -> bool {
        #[cfg(not(target_arch = "wasm32"))]
        return matches!(self, Buffer::File(_));
        #[cfg(target_arch = "wasm32")]
        false
    }

    /// Returns the bytes of a range; what lies beyond the end is left out. Fails where a file has changed since it was
    /// opened.
    pub(crate) fn read(&self, range: Range<usize>) -> Result<Cow<'_, [u8]>, String> {
        let end = range.end.min(self.len());
        let range = range.start.min(end)..end;
        match self {
            #[cfg(not(target_arch = "wasm32"))]
            Buffer::File(source) => source.bytes(range).map(Cow::Owned),
            memory => Ok(Cow::Borrowed(&memory.memory()[range])),
        }
    }

    /// Fills `out` with the bytes from `start` on, all of which are there. Fails as [`Buffer::read`].
    pub(crate) fn read_into(&self, start: usize, out: &mut [u8]) -> Result<(), String> {
        match self {
            #[cfg(not(target_arch = "wasm32"))]
            Buffer::File(source) => source.read(start, out),
            memory => {
                out.copy_from_slice(&memory.memory()[start..start + out.len()]);
                Ok(())
            }
        }
    }

    /// Fails where a file has changed since it was opened.
    #[cfg(feature = "eval")]
    pub(crate) fn unchanged(&self) -> Result<(), String> {
        match self {
            Buffer::File(source) => source.unchanged(),
            _ => Ok(()),
        }
    }
}
