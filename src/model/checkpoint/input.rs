//! Reads the bytes of a pickle from front to back.

/// A pickle and a position in it; errors are messages.
#[derive(Default)]
pub(super) struct Input<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

type Result<T> = std::result::Result<T, String>;

/// Longest name of a module or class.
const LONGEST_NAME: usize = 256;

impl<'a> Input<'a> {
    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8]> {
        let bytes = self
            .bytes
            .get(self.at..)
            .and_then(|rest| rest.get(..length))
            .ok_or("truncated")?;
        self.at += length;
        Ok(bytes)
    }

    pub(crate) fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.bytes(N)?.try_into().map_err(|_| "truncated".to_owned())
    }

    pub(crate) fn byte(&mut self) -> Result<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    /// A little-endian number of `N` bytes, a length.
    pub(crate) fn size<const N: usize>(&mut self) -> Result<usize> {
        let mut wide = [0; 8];
        wide[..N].copy_from_slice(&self.take::<N>()?);
        Ok(usize::try_from(u64::from_le_bytes(wide)).unwrap_or(usize::MAX))
    }

    /// Bytes behind their length of `N` bytes.
    pub(crate) fn sized<const N: usize>(&mut self) -> Result<&'a [u8]> {
        let length = self.size::<N>()?;
        self.bytes(length)
    }

    /// The bytes before the next line feed, of a value written as text.
    pub(crate) fn line(&mut self) -> Result<&'a [u8]> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|&b| b == b'\n').ok_or("truncated")?;
        self.at += length + 1;
        Ok(&rest[..length])
    }

    /// A line that is the name of a module or class.
    pub(crate) fn name(&mut self) -> Result<&'a str> {
        let line = self.line().ok().filter(|line| line.len() < LONGEST_NAME);
        std::str::from_utf8(line.ok_or("GLOBAL: a name without end")?)
            .map_err(|_| "GLOBAL: a name that is not UTF-8".to_owned())
    }
}

/// A little-endian two's complement number; `None` where 64 bits cannot hold it.
pub(super) fn long(bytes: &[u8]) -> Option<i64> {
    let negative = bytes.last().is_some_and(|&top| top >= 0x80);
    let mut wide = [if negative { 0xff } else { 0 }; 8];
    wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i64::from_le_bytes(wide))
}
