//! Official torch checkpoints: a ZIP archive of stored entries, with tensors described by a pickle
//! (docs/specification.md, section 2.2).

use super::Found;
use super::Parts;
use super::dicts;
use super::inside;
use super::pickle;
use super::safetensors::narrowed;
use super::state::Group;
use super::values::{Storage, StorageClass, TensorRef};
use crate::buffer::Buffer;
use crate::model::Dtype;
use crate::model::tensor::{Tensor, elements};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;
use zip::read::{ArchiveOffset, Config};
use zip::{CompressionMethod, ZipArchive};

/// Longest accepted pickle, in bytes: an official one has about ten thousand, a trainer's state may have a data set in it.
const LONGEST_PICKLE: usize = 64 << 20;
/// Length of the end record without a comment, as torch writes it.
const END_RECORD: usize = 22;

/// Reads the state_dicts of the file, and its configuration.
pub(super) fn read(file: &Buffer) -> Result<Parts, String> {
    let entries = entries(file)?;
    let mut pickles = entries
        .keys()
        .filter_map(|name| name.strip_suffix("data.pkl").filter(|f| f.ends_with('/')));
    let folder = pickles.next().ok_or_else(|| no_pickle(entries.keys()))?;
    if pickles.next().is_some() {
        return Err("the archive has more than one `data.pkl`".to_owned());
    }
    let entry = |name: &str| entries.get(&format!("{folder}{name}")).cloned();
    let read = |range: Range<usize>| file.read(range);
    if let Some(order) = entry("byteorder")
        .map(|range| read(range.start..range.end.min(range.start + 16)))
        .transpose()?
        && *order != *b"little"
    {
        return Err(format!(
            "byte order: expected `little`, found `{}`",
            String::from_utf8_lossy(&order).escape_debug()
        ));
    }
    let pickle = entry("data.pkl").unwrap_or_default();
    if pickle.len() > LONGEST_PICKLE {
        return Err(format!(
            "`data.pkl` has {} bytes, more than {LONGEST_PICKLE}",
            pickle.len()
        ));
    }
    let pickle = read(pickle)?;
    let read = pickle::read(&pickle).and_then(|pickle| Ok((dicts::groups(&pickle)?, inside::read(&pickle))));
    let (groups, inside) = read.map_err(|e| format!("data.pkl: {e}"))?;
    let data = StorageData::Archive(&entries, folder);
    Ok((view_all(file, groups, &data)?, inside))
}

/// What an archive without `data.pkl` is.
fn no_pickle<'a>(mut names: impl Iterator<Item = &'a String>) -> String {
    let what = match names.any(|name| name.ends_with(".npy")) {
        true => "an archive of numpy arrays",
        false => "no torch checkpoint",
    };
    format!("the archive has no `data.pkl`: {what}")
}

/// Where the bytes of storages are.
pub(super) enum StorageData<'a> {
    /// Entries of an archive, and the folder in it.
    Archive(&'a HashMap<String, Range<usize>>, &'a str),
    Keys(HashMap<String, Range<usize>>),
}

impl StorageData<'_> {
    fn find(&self, key: &str) -> Result<Range<usize>, String> {
        let (found, place) = match self {
            StorageData::Archive(entries, folder) => (entries.get(&format!("{folder}data/{key}")), "archive"),
            StorageData::Keys(keys) => (keys.get(key), "file"),
        };
        let key = key.escape_debug();
        found
            .cloned()
            .ok_or_else(|| format!("its storage `data/{key}` is not in the {place}"))
    }
}

/// The tensors of all groups, as views of `file`.
pub(super) fn view_all(
    file: &Buffer,
    groups: Vec<Group<TensorRef<'_>>>,
    data: &StorageData<'_>,
) -> Result<Vec<Group<Found>>, String> {
    let mut copied = 0;
    let mut view_one = |(name, tensor): (String, TensorRef<'_>)| {
        let range = data.find(tensor.storage.key);
        let found = range.and_then(|range| view(file, range, &tensor, &mut copied));
        let found = found.map_err(|e| format!("tensor `{}`: {e}", name.escape_debug()))?;
        Ok((name, found))
    };
    let groups = groups.into_iter().map(|group| {
        let tensors: Result<Vec<_>, String> = group.tensors.into_iter().map(&mut view_one).collect();
        Ok(Group {
            path: group.path,
            tensors: tensors?,
            others: group.others,
        })
    });
    groups.collect()
}

/// Returns the byte range of each entry. Names are keys, never paths: `..` or `/` in them have no meaning here.
fn entries(file: &Buffer) -> Result<HashMap<String, Range<usize>>, String> {
    // torch writes no comment. Checking this first avoids searching gigabytes of a truncated file for the record.
    let end = file.len().saturating_sub(END_RECORD);
    if !file.read(end..file.len())?.starts_with(b"PK\x05\x06") {
        return Err("truncated: the ZIP archive does not end with its end record".to_owned());
    }
    let config = Config {
        archive_offset: ArchiveOffset::Known(0),
    };
    let archive = ZipArchive::with_config(config, Cursor::new(file));
    let mut archive = archive.map_err(|e| format!("ZIP archive: {e}"))?;
    if archive.has_duplicate_names() {
        return Err("ZIP archive: two entries have the same name".to_owned());
    }
    let mut entries = HashMap::with_capacity(archive.len());
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|e| format!("ZIP archive: {e}"))?;
        let name = entry.name().map_err(|e| format!("ZIP archive: {e}"))?.into_owned();
        let refuse = |what: &str| Err(format!("ZIP entry `{}` {what}", name.escape_debug()));
        if entry.encrypted() {
            return refuse("is encrypted");
        }
        if entry.compression() != CompressionMethod::Stored || entry.compressed_size() != entry.size() {
            return refuse("is compressed: torch stores entries as they are");
        }
        let range = entry.data_start().and_then(|start| {
            let (start, size) = (usize::try_from(start).ok()?, usize::try_from(entry.size()).ok()?);
            Some(start..start.checked_add(size)?)
        });
        match range.filter(|range| range.end <= file.len()) {
            Some(range) => entries.insert(name, range),
            None => return refuse("reaches beyond the end of the file"),
        };
    }
    Ok(entries)
}

/// A buffer as the reader of archives takes it.
struct Cursor<'a> {
    file: &'a Buffer,
    at: u64,
    /// What was read last, and where: entries are looked at a few bytes at a time.
    block: (u64, Cow<'a, [u8]>),
}

impl Cursor<'_> {
    fn new(file: &Buffer) -> Cursor<'_> {
        Cursor {
            file,
            at: 0,
            block: (0, Cow::default()),
        }
    }
}

impl Read for Cursor<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        const BLOCK: usize = 1 << 12;
        let within = |block: &(u64, Cow<'_, [u8]>)| {
            let skip = usize::try_from(self.at.checked_sub(block.0)?).ok()?;
            Some(skip).filter(|skip| *skip < block.1.len())
        };
        let skip = match within(&self.block) {
            Some(skip) => skip,
            None => {
                let start = usize::try_from(self.at).unwrap_or(usize::MAX);
                let range = start..start.saturating_add(out.len().max(BLOCK));
                self.block = (self.at, self.file.read(range).map_err(std::io::Error::other)?);
                0
            }
        };
        let rest = &self.block.1[skip..];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Cursor<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => (self.file.len() as u64).checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

/// Returns a tensor whose storage is at `storage` of the file; one that is not contiguous is gathered into a copy.
/// `copied` counts the bytes of such copies: together they may not exceed the file.
fn view(file: &Buffer, storage: Range<usize>, tensor: &TensorRef<'_>, copied: &mut usize) -> Result<Found, String> {
    let TensorRef {
        storage: Storage { class, numel, .. },
        offset,
        shape,
        stride,
    } = tensor;
    let size = class.size();
    if numel.checked_mul(size) != Some(storage.len()) {
        return Err(format!(
            "its storage should hold {numel} elements of {size} bytes, but has {} bytes",
            storage.len()
        ));
    }
    let count = elements(shape).ok_or_else(|| format!("shape {shape:?} overflows"))?;
    let reach = shape.iter().zip(stride).try_fold(*offset, |reach, (&dim, &stride)| {
        reach.checked_add(dim.saturating_sub(1).checked_mul(stride)?)
    });
    // A repeating (expanded) tensor would be larger than its storage.
    if count > 0 && (reach.is_none_or(|last| last >= *numel) || count > *numel) {
        return Err(format!(
            "shape {shape:?} with strides {stride:?} from element {offset} is not within its storage of {numel} elements"
        ));
    }
    let mut found = Found {
        shape: shape.clone(),
        dtype: class.to_string(),
        tensor: None,
    };
    if *class == StorageClass::Double {
        charge(copied, count * Dtype::F32.size(), file)?;
        let bytes = gather(&file.read(storage)?, *offset, shape, stride, size);
        found.tensor = narrowed(&bytes, shape);
        return Ok(found);
    }
    let Some(dtype) = class.dtype() else { return Ok(found) };
    found.tensor = if count == 0 || contiguous(shape, stride) {
        let start = storage.start + if count == 0 { 0 } else { offset * size };
        Tensor::view(file, start..start + count * size, shape.clone(), dtype)
    } else {
        charge(copied, count * size, file)?;
        let bytes = gather(&file.read(storage)?, *offset, shape, stride, size);
        let range = 0..bytes.len();
        Tensor::view(&Buffer::Bytes(Arc::new(bytes)), range, shape.clone(), dtype)
    };
    Ok(found)
}

/// Counts the bytes of copies.
fn charge(copied: &mut usize, bytes: usize, file: &Buffer) -> Result<(), String> {
    *copied = copied.saturating_add(bytes);
    match *copied > file.len() {
        true => Err("its strides, and those before it, ask for copies that are larger than the file".to_owned()),
        false => Ok(()),
    }
}

fn contiguous(shape: &[usize], stride: &[usize]) -> bool {
    let mut expected = 1;
    shape.iter().zip(stride).rev().all(|(&dim, &stride)| {
        let fits = dim == 1 || stride == expected;
        expected *= dim;
        fits
    })
}

/// Gathers elements of `size` bytes in row-major order; `shape` and `stride` were checked to stay within `storage`.
fn gather(storage: &[u8], offset: usize, shape: &[usize], stride: &[usize], size: usize) -> Vec<u8> {
    if shape.contains(&0) {
        return Vec::new();
    }
    let mut bytes = Vec::with_capacity(shape.iter().product::<usize>() * size);
    let mut index = vec![0; shape.len()];
    let mut at = offset;
    loop {
        bytes.extend_from_slice(&storage[at * size..(at + 1) * size]);
        let mut axis = shape.len();
        loop {
            if axis == 0 {
                return bytes;
            }
            axis -= 1;
            index[axis] += 1;
            at += stride[axis];
            if index[axis] < shape[axis] {
                break;
            }
            at -= stride[axis] * shape[axis];
            index[axis] = 0;
        }
    }
}

impl StorageClass {
    fn dtype(self) -> Option<Dtype> {
        match self {
            Self::Float => Some(Dtype::F32),
            Self::Half => Some(Dtype::F16),
            Self::BFloat16 => Some(Dtype::BF16),
            _ => None,
        }
    }

    pub(crate) fn size(self) -> usize {
        match self {
            Self::Byte | Self::Char | Self::Bool => 1,
            Self::Half | Self::BFloat16 | Self::Short => 2,
            Self::Float | Self::Int => 4,
            Self::Double | Self::Long => 8,
        }
    }
}

impl std::fmt::Display for StorageClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Float => "F32",
            Self::Half => "F16",
            Self::BFloat16 => "BF16",
            Self::Double => "F64",
            Self::Long => "I64",
            Self::Int => "I32",
            Self::Short => "I16",
            Self::Char => "I8",
            Self::Byte => "U8",
            Self::Bool => "BOOL",
        })
    }
}
