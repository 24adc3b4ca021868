//! Checksums of files as hubs keep them.

use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};

/// The checksum of a file in the making: SHA-256, or the id that Git gives to contents of this size.
pub(super) struct Checksum {
    context: Context,
    begin: Context,
}

impl Checksum {
    /// Begins a checksum of the kind of `expected`.
    pub(super) fn new(expected: &str, size: u64) -> Checksum {
        let begin = if expected.len() == 64 {
            Context::new(&SHA256)
        } else {
            let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
            context.update(format!("blob {size}\0").as_bytes());
            context
        };
        Checksum {
            context: begin.clone(),
            begin,
        }
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
    }

    pub(super) fn begin_again(&mut self) {
        self.context = self.begin.clone();
    }

    pub(super) fn finish(&self) -> String {
        let digest = self.context.clone().finish();
        digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // `git hash-object` and `sha256sum` of a line.
        let of = |length: usize| {
            let mut sum = Checksum::new(&"0".repeat(length), 6);
            sum.add(b"something else");
            sum.begin_again();
            sum.add(b"hel");
            sum.add(b"lo\n");
            sum.finish()
        };
        assert_eq!(of(40), "ce013625030ba8dba906f756967f9e9ca394464a");
        assert_eq!(
            of(64),
            "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
        );
    }
}
