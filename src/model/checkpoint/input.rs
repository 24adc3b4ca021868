//! Reads the bytes of a pickle from front to back.

/// A pickle and a position in it; errors are messages.
#[derive(Default)]
pub(super) struct Input<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

type Result<T> = std::result::Result<T, String>;

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

    pub(crate) fn line(&mut self) -> Result<&'a str> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest
            .iter()
            .take(256)
            .position(|&b| b == b'\n')
            .ok_or("GLOBAL: a name without end")?;
        self.at += length + 1;
        std::str::from_utf8(&rest[..length]).map_err(|_| "GLOBAL: a name that is not UTF-8".to_owned())
    }

    /// Reads a LONG1: a little-endian two's complement number of up to 8 bytes.
    pub(crate) fn long(&mut self) -> Result<i64> {
        let length = usize::from(self.byte()?);
        let bytes = self.bytes(length)?;
        if length > 8 {
            return Err(format!("LONG1: a number of {length} bytes"));
        }
        let negative = bytes.last().is_some_and(|&top| top >= 0x80);
        let mut wide = [if negative { 0xff } else { 0 }; 8];
        wide[..length].copy_from_slice(bytes);
        Ok(i64::from_le_bytes(wide))
    }
}
