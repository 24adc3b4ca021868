//! A hash that tells contents apart and stays the same from version to version: 64 bits of FNV-1a. It guards against
//! mistakes, not against malice.

#[derive(Debug)]
pub(super) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Adds bytes, after their length.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.add(bytes);
    }

    pub(super) fn ids(&mut self, ids: &[u32]) {
        self.number(ids.len() as u64);
        ids.iter().for_each(|id| self.add(&id.to_le_bytes()));
    }

    pub(super) fn number(&mut self, number: u64) {
        self.add(&number.to_le_bytes());
    }

    pub(super) fn value(&self) -> u64 {
        self.0
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_and_where_parts_end() {
        let mut hash = Fnv::default();
        hash.add(b"foobar");
        assert_eq!(hash.value(), 0x8594_4171_f739_67e8);
        let of = |parts: [&str; 2]| {
            let mut hash = Fnv::default();
            parts.iter().for_each(|part| hash.bytes(part.as_bytes()));
            hash.value()
        };
        assert_ne!(of(["ab", "c"]), of(["a", "bc"]));
    }
}
