//! A corpus of the fuzzers, and seeded mutations of it, through the same function.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Mutations of each file.
const MUTATIONS: usize = 40;

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }

    /// A few changes at random: bits, bytes, cuts, copies, and words of the dictionary.
    fn mutated(&mut self, bytes: &[u8], words: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            match self.below(6) {
                _ if bytes.is_empty() => bytes.push(self.below(256) as u8),
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][self.below(5)],
                2 => bytes.truncate(at),
                3 => drop(bytes.drain(at..(at + 1 + self.below(8)).min(bytes.len()))),
                4 => {
                    let piece = bytes[at..(at + 1 + self.below(64)).min(bytes.len())].to_vec();
                    let to = self.below(bytes.len());
                    bytes.splice(to..to, piece);
                }
                _ => {
                    let word = words.get(self.below(words.len())).cloned().unwrap_or_default();
                    bytes.splice(at..at, word);
                }
            }
        }
        bytes
    }
}

/// The words of a dictionary in libFuzzer's form: `"…"` a line, with `\xNN`, `\"` and `\\`.
fn words(path: &Path) -> Vec<Vec<u8>> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let quoted = text
        .lines()
        .filter_map(|line| Some(line.split_once('"')?.1.rsplit_once('"')?.0));
    quoted
        .map(|word| {
            let (mut bytes, mut rest) = (Vec::new(), word.as_bytes());
            while let Some((&first, behind)) = rest.split_first() {
                rest = behind;
                match (first, rest) {
                    (b'\\', [b'x', a, b, ..]) => {
                        let digits = [*a, *b];
                        bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
                        rest = &rest[3..];
                    }
                    (b'\\', [escaped, ..]) => {
                        bytes.push(*escaped);
                        rest = &rest[1..];
                    }
                    _ => bytes.push(first),
                }
            }
            bytes
        })
        .collect()
}

/// Calls a target with every file of its corpus below the folder of the fuzzers, and with forty mutations of each.
pub(crate) fn replay(folder: &Path, name: &str, target: fn(&[u8])) {
    let words = words(&folder.join(format!("dictionaries/{name}.dict")));
    let files = fs::read_dir(folder.join("corpus").join(name)).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 1, "a corpus of {name}");
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let mut random = Random(bytes.len() as u64);
        for number in 0..=MUTATIONS {
            let input = if number == 0 {
                bytes.clone()
            } else {
                random.mutated(&bytes, &words)
            };
            let sound = catch_unwind(AssertUnwindSafe(|| target(&input)));
            assert!(sound.is_ok(), "{}, mutation {number}", file.display());
        }
    }
}
