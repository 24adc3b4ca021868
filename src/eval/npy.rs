//! Arrays of integers from numpy's `.npy` files. `npyz` reads the header once it is known to be harmless.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use npyz::{DType, Endianness, NpyHeader, Order, TypeChar};

use crate::buffer::Buffer;
use crate::error::{Error, Result};
use crate::source::Source;

/// An array of integers, row-major.
pub(super) struct Array {
    pub(super) shape: Vec<usize>,
    /// What holds the values: the file until something in them is changed, since sets of ARC have half a gigabyte.
    data: Buffer,
    /// Where they begin.
    start: usize,
    element: Element,
}

struct Element {
    size: usize,
    signed: bool,
    big_endian: bool,
}

impl Array {
    /// Opens a file with exactly `dimensions` dimensions. Checks everything but the values.
    pub(super) fn open(path: &Path, dimensions: usize) -> Result<Array> {
        path.metadata().map_err(Error::io("read", path))?;
        let array = Source::open(path).and_then(|file| Array::parse(Buffer::File(Arc::new(file)), dimensions));
        array.map_err(|reason| invalid(path, reason))
    }

    fn parse(data: Buffer, dimensions: usize) -> std::result::Result<Array, String> {
        const LONGEST: usize = 12 + (1 << 16);
        let head = data.read(0..LONGEST)?;
        let start = header_end(&head)?;
        let header = NpyHeader::from_reader(&head[..start])
            .map_err(|e| format!("not a .npy header: {}", crate::words::plain(e)))?;
        let shape: Vec<usize> = header.shape().iter().filter_map(|&n| usize::try_from(n).ok()).collect();
        if shape.len() != dimensions || header.shape().len() != dimensions {
            return Err(format!(
                "expected {dimensions} dimensions, found shape {:?}",
                header.shape()
            ));
        }
        let element = element(&header.dtype())?;
        let needed = shape.iter().try_fold(element.size, |bytes, &n| bytes.checked_mul(n));
        drop(head);
        let found = data.len() - start;
        if needed != Some(found) {
            let needed = needed.map_or("too many".to_string(), |n| n.to_string());
            return Err(format!(
                "expected {needed} bytes of data for shape {shape:?}, found {found}"
            ));
        }
        let mut array = Array {
            shape,
            data,
            start,
            element,
        };
        if header.order() == Order::Fortran
            && let [rows, columns] = array.shape[..]
            && found > 0
        {
            let turned = row_major(&array.read(0..found)?, rows, columns, array.element.size);
            array.own(turned);
        }
        Ok(array)
    }

    /// Returns bytes of the values; what lies beyond the end is left out.
    fn read(&self, range: Range<usize>) -> std::result::Result<Cow<'_, [u8]>, String> {
        self.data.read(self.start + range.start..self.start + range.end)
    }

    /// Puts other values in the place of those of the file.
    fn own(&mut self, values: Vec<u8>) {
        (self.data, self.start) = (Buffer::Bytes(Arc::new(values)), 0);
    }

    /// Returns the size of the values in bytes.
    fn size(&self) -> usize {
        self.data.len() - self.start
    }

    /// Returns the values from `start` up to `end`, counted in elements; None for each that is negative or too large. There
    /// are none where the file has changed: see [`Array::unchanged`].
    pub(super) fn values(&self, start: usize, end: usize) -> Vec<Option<u32>> {
        let size = self.element.size;
        let bytes = self.read(start * size..end * size).unwrap_or_default();
        bytes
            .chunks_exact(size)
            .map(|bytes| self.element.value(bytes))
            .collect()
    }

    /// Fails where the file has changed since it was opened.
    pub(super) fn unchanged(&self) -> std::result::Result<(), String> {
        self.data.unchanged()
    }

    /// Writes 0 in the place of each of these numbers.
    pub(super) fn blank(&mut self, path: &Path, numbers: &[i64]) -> Result<()> {
        if numbers.is_empty() {
            return Ok(());
        }
        let own = self.read(0..self.size());
        let mut own = own.map_err(|reason| invalid(path, reason))?.into_owned();
        for bytes in own.chunks_exact_mut(self.element.size) {
            if numbers.iter().any(|&n| i128::from(n) == self.element.exact(bytes)) {
                bytes.fill(0);
            }
        }
        self.own(own);
        Ok(())
    }

    /// Returns the number of elements.
    pub(super) fn len(&self) -> usize {
        self.size() / self.element.size
    }

    /// Checks all values with `check`; `allowed` describes for errors what [`Array::values`] must give.
    pub(super) fn check(&self, path: &Path, allowed: &str, check: impl Fn(u32) -> bool) -> Result<()> {
        const PIECE: usize = 1 << 15;
        for start in (0..self.len()).step_by(PIECE) {
            let size = self.element.size;
            let piece = self.read(start * size..(start + PIECE) * size);
            let piece = piece.map_err(|reason| invalid(path, reason))?;
            let mut values = piece.chunks_exact(size);
            let wrong = |bytes: &[u8]| !self.element.value(bytes).is_some_and(&check);
            let Some(found) = values.position(wrong) else { continue };
            let at = start + found;
            let place = match self.shape[..] {
                [_, columns] => format!("row {}, column {}", at / columns + 1, at % columns + 1),
                _ => format!("element {}", at + 1),
            };
            let found = self.element.exact(&piece[found * size..][..size]);
            return Err(invalid(path, format!("expected {allowed}, found {found} in {place}")));
        }
        Ok(())
    }
}

impl Element {
    fn exact(&self, bytes: &[u8]) -> i128 {
        let mut little = [0; 8];
        little[..self.size].copy_from_slice(bytes);
        if self.big_endian {
            little[..self.size].reverse();
        }
        let value = i128::from(u64::from_le_bytes(little));
        if self.signed && little[self.size - 1] & 0x80 != 0 {
            value - (1 << (8 * self.size))
        } else {
            value
        }
    }

    fn value(&self, bytes: &[u8]) -> Option<u32> {
        u32::try_from(self.exact(bytes)).ok()
    }
}

/// A matrix of elements of `size` bytes, which is stored column by column, row by row.
fn row_major(data: &[u8], rows: usize, columns: usize, size: usize) -> Vec<u8> {
    let mut turned = Vec::with_capacity(data.len());
    for row in 0..rows {
        for column in 0..columns {
            let at = (column * rows + row) * size;
            turned.extend_from_slice(&data[at..at + size]);
        }
    }
    turned
}

pub(super) fn invalid(path: &Path, reason: String) -> Error {
    Error::Input {
        what: path.display().to_string(),
        reason,
    }
}

/// Returns where the data begins. Refuses headers that would make the parser recurse, overflow or allocate without
/// bound.
fn header_end(bytes: &[u8]) -> std::result::Result<usize, String> {
    let (text, end) = match bytes {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, 0, a, b, ..] => (10, 10 + usize::from(u16::from_le_bytes([*a, *b]))),
        [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, 0, a, b, 0, 0, ..] => {
            (12, 12 + usize::from(u16::from_le_bytes([*a, *b])))
        }
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => {
            return Err("expected a .npy header of version 1 to 3 and below 64 KiB".to_string());
        }
        _ => return Err("not a .npy file".to_string()),
    };
    let header = bytes
        .get(text..end)
        .ok_or_else(|| format!("expected {end} bytes of header, found {}", bytes.len()))?;
    let brackets = header.iter().filter(|b| b"([{".contains(b)).count();
    // A product of dimensions with 18 decimal digits in total stays below 2^63.
    let digits = header.iter().filter(|b| b.is_ascii_digit()).count();
    let hexadecimal = header
        .windows(2)
        .any(|pair| pair[0] == b'0' && pair[1].eq_ignore_ascii_case(&b'x'));
    if brackets > 2 || digits > 18 || hexadecimal {
        return Err("the header is not that of a plain array".to_string());
    }
    Ok(end)
}

fn element(dtype: &DType) -> std::result::Result<Element, String> {
    if let DType::Plain(plain) = dtype
        && let signed @ (TypeChar::Int | TypeChar::Uint) = plain.type_char()
        && let Some(size @ (1 | 2 | 4 | 8)) = plain.num_bytes()
    {
        let big_endian = plain.endianness() == Endianness::Big;
        return Ok(Element {
            size,
            signed: signed == TypeChar::Int,
            big_endian,
        });
    }
    Err(format!(
        "expected integers of 1, 2, 4 or 8 bytes, found {}",
        dtype.descr()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    fn memory(file: Vec<u8>) -> Buffer {
        Buffer::Bytes(Arc::new(file))
    }

    fn plain(descr: &str, shape: &str, data: &[u8]) -> std::result::Result<Vec<Option<u32>>, String> {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}\n");
        let dimensions = shape.split(',').filter(|n| !n.trim().is_empty()).count();
        Array::parse(memory(file(&header, data)), dimensions).map(|a| a.values(0, a.len()))
    }

    #[test]
    fn integers_of_every_kind() {
        assert_eq!(plain("|u1", "2,", &[1, 255]).unwrap(), [Some(1), Some(255)]);
        assert_eq!(plain("|i1", "2,", &[1, 255]).unwrap(), [Some(1), None]);
        assert_eq!(
            plain("<i4", "2,", &[1, 2, 0, 0, 255, 255, 255, 255]).unwrap(),
            [Some(513), None]
        );
        assert_eq!(plain(">u2", "1, 2", &[1, 2, 0, 3]).unwrap(), [Some(258), Some(3)]);
        assert_eq!(plain("<i8", "1,", &[7, 0, 0, 0, 0, 0, 0, 0]).unwrap(), [Some(7)]);
        assert_eq!(plain("<u8", "1,", &[7, 0, 0, 0, 1, 0, 0, 0]).unwrap(), [None]);
    }

    #[test]
    fn columns_first_is_turned() {
        let header = "{'descr': '<u2', 'fortran_order': True, 'shape': (2, 3), }\n";
        let bytes = file(header, &[1, 0, 4, 0, 2, 0, 5, 0, 3, 0, 6, 0]);
        let array = Array::parse(memory(bytes), 2).unwrap();
        let values: Vec<_> = array.values(0, 6).into_iter().flatten().collect();
        assert_eq!((values, &array.shape[..]), (vec![1, 2, 3, 4, 5, 6], &[2, 3][..]));
        assert!(Array::parse(memory(file(header, &[0; 10])), 2).is_err());
    }

    #[test]
    fn hostile_headers_are_refused() {
        let says = |result: std::result::Result<_, String>, needle: &str| {
            let message = result.map(|_: Vec<_>| ()).unwrap_err();
            assert!(message.contains(needle), "{message}");
        };
        says(
            plain("<f4", "1,", &[0; 4]),
            "expected integers of 1, 2, 4 or 8 bytes, found '<f4'",
        );
        says(plain("|O", "1,", &[0; 4]), "integers");
        says(
            plain("<i4", "2,", &[0; 7]),
            "expected 8 bytes of data for shape [2], found 7",
        );
        says(
            plain("<i4", "2,", &[0; 9]),
            "expected 8 bytes of data for shape [2], found 9",
        );
        says(plain("<i4", "-2,", &[0; 8]), "negative");
        says(plain("<i8", "999999999, 99999999", &[]), "bytes of data");
        says(plain("<i4", "4294967296, 4294967296, 4294967296", &[]), "plain array");
        says(
            plain("<i4", "0xffffffffffffffff, 0xffffffffffffffff", &[]),
            "plain array",
        );
        for (bytes, needle) in [
            (vec![], "not a .npy file"),
            (b"\x93NUMPY\x01\x00\xff\xff{".to_vec(), "bytes of header, found"),
            (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{".to_vec(), "version 1 to 3"),
            (b"\x93NUMPY\x09\x00\x01\x00{".to_vec(), "version 1 to 3"),
            (file(&"(".repeat(60_000), &[]), "plain array"),
            (file("{'descr': '<i4'}", &[]), "not a .npy header"),
            (
                file("{'descr': '<i4', 'fortran_order': False, 'shape': (1,)}", &[0; 4]),
                "expected 2 dimensions",
            ),
        ] {
            let message = Array::parse(memory(bytes), 2).map(|_| ()).unwrap_err();
            assert!(message.contains(needle), "{message}");
        }
    }

    proptest! {
        #[test]
        fn damage_never_panics(at in 0usize..140, with in any::<u8>(), cut in 0usize..200) {
            let header = "{'descr': '<i4', 'fortran_order': False, 'shape': (3, 4), }";
            let mut bytes = file(&format!("{header:<117}\n"), &[1; 48]);
            bytes[at] = with;
            bytes.truncate(cut);
            if let Ok(array) = Array::parse(memory(bytes), 2) {
                prop_assert_eq!(array.values(0, array.len()).len(), array.len());
            }
        }
    }
}
