//! What torch wrote before version 1.6: pickles one after the other, then the storages (docs/specification.md, section 2.2).

use super::Parts;
use super::dicts;
use super::inside;
use super::pickle;
use super::torch::{StorageData, view_all};
use super::values::{StorageClass, Value};
use crate::buffer::Buffer;
use std::collections::HashMap;

/// The first pickle holds a number that says what the file is: as LONG1 of ten bytes, and STOP.
const MAGIC: [u8; 13] = [
    0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, b'.',
];

/// Returns the length of the first pickle if a file begins as torch's older ones do, in whatever protocol.
pub(super) fn magic(bytes: &[u8]) -> Option<usize> {
    let (protocol, frame) = match bytes {
        [0x80, protocol, 0x95, ..] => (protocol, 9),
        [0x80, protocol, ..] => (protocol, 0),
        _ => return None,
    };
    let start = 2 + frame;
    let is_ours = (2..=5).contains(protocol) && bytes.get(start..)?.starts_with(&MAGIC);
    is_ours.then_some(start + MAGIC.len())
}

/// The version of the format.
const VERSION: i64 = 1001;

/// Longest accepted pickles, in bytes, as in an archive.
const LONGEST: usize = 64 << 20;

/// The state_dicts of the file, and its configuration. How long the pickles are is known once they are read: first they are
/// looked for in the beginning of the file, then in more of it.
pub(super) fn read(file: &Buffer) -> Result<Parts, String> {
    let mut size = 1 << 20;
    loop {
        let head = file.read(0..size)?;
        let found = read_behind(file, &head);
        if found.is_ok() || size >= file.len().min(LONGEST) {
            return found;
        }
        size *= 4;
    }
}

/// Reads pickles from `head`, the beginning of the file, and storages from behind them.
fn read_behind(file: &Buffer, head: &[u8]) -> Result<Parts, String> {
    let mut at = magic(head).unwrap_or_default();
    let mut next = |what: &str| {
        let pickle = pickle::read(head.get(at..).unwrap_or_default()).map_err(|e| format!("{what}: {e}"))?;
        at += pickle.length;
        Ok::<_, String>((pickle, at))
    };
    let (version, _) = next("the version")?;
    if !matches!(version.root, Value::Int(VERSION)) {
        return Err(format!(
            "expected version {VERSION} of torch's older format, found another"
        ));
    }
    let (system, _) = next("the table of the system")?;
    let (object, _) = next("the object")?;
    let (keys, data) = next("the list of storages")?;
    let little = |(key, value): &(&str, Value<'_>)| *key == "little_endian" && matches!(value, Value::Bool(true));
    if !matches!(system.root, Value::Dict(table) if system.heap.dicts[table].iter().any(little)) {
        return Err("byte order: expected `little_endian` true, found another".to_owned());
    }
    let Value::List(keys_at) = keys.root else {
        return Err(format!("expected a list of storages, found {}", keys.root.describe()));
    };
    let mut classes: HashMap<&str, StorageClass> = HashMap::new();
    for storage in &object.heap.storages {
        if *classes.entry(storage.key).or_insert(storage.class) != storage.class {
            let key = storage.key.escape_debug();
            return Err(format!("storage `{key}` has two element types"));
        }
    }
    let (mut storages, mut at) = (HashMap::new(), data);
    for key in &keys.heap.lists[keys_at] {
        let Value::Str(key) = *key else {
            return Err("a storage whose key is no text".to_owned());
        };
        let shown = key.escape_debug();
        let class = classes
            .get(key)
            .ok_or_else(|| format!("storage `{shown}` is of no known element type"))?;
        let count = file.read(at..at + 8)?;
        let count = count
            .first_chunk::<8>()
            .ok_or_else(|| format!("truncated before storage `{shown}`"))?;
        let start = at + 8;
        let end = usize::try_from(u64::from_le_bytes(*count))
            .ok()
            .and_then(|count| count.checked_mul(class.size())?.checked_add(start))
            .filter(|end| *end <= file.len())
            .ok_or_else(|| format!("truncated within storage `{shown}`"))?;
        if storages.insert(key.to_owned(), start..end).is_some() {
            return Err(format!("storage `{shown}` is there twice"));
        }
        at = end;
    }
    let groups = view_all(file, dicts::groups(&object)?, &StorageData::Keys(storages))?;
    Ok((groups, inside::read(&object)))
}
