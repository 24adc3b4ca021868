//! Weights in several files, with an index that says which tensor is where (`model.safetensors.index.json`).

use super::state::Group;
use super::{Found, parts};
use crate::buffer::Buffer;
use crate::source::Source;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Longest index, in bytes.
const LONGEST: usize = 16 << 20;

#[derive(Deserialize)]
struct Index {
    /// The file of each tensor.
    weight_map: BTreeMap<String, String>,
}

/// The tensors that the index at `path` names, as one state_dict.
pub(super) fn read(path: &Path, index: &Buffer) -> Result<Vec<Group<Found>>, String> {
    if index.len() > LONGEST {
        return Err(format!(
            "expected an index of at most {LONGEST} bytes, found {}",
            index.len()
        ));
    }
    let text = index.read(0..index.len())?;
    let Index { mut weight_map } = serde_json::from_slice(&text).map_err(|e| {
        format!(
            "expected a safetensors file, a torch checkpoint or the index of several (`weight_map`), found JSON: {}",
            crate::words::plain(e)
        )
    })?;
    let files: BTreeSet<String> = weight_map.values().cloned().collect();
    let mut tensors = Vec::new();
    for file in files {
        let shown = file.escape_debug();
        // A name, not a path: an index leads nowhere else.
        let plain = !file.contains(['/', '\\', ':', '\0']) && file != "." && file != "..";
        if !plain {
            return Err(format!("expected names of files in the same folder, found `{shown}`"));
        }
        let within = |reason: String| format!("in `{shown}`: {reason}");
        let source = Source::open(&path.with_file_name(&file)).map_err(within)?;
        for group in parts(&Buffer::File(Arc::new(source))).1.map_err(within)?.0 {
            for (name, found) in group.tensors {
                if weight_map.get(&name) == Some(&file) {
                    weight_map.remove(&name);
                    tensors.push((name, found));
                }
            }
        }
    }
    if let Some((name, file)) = weight_map.first_key_value() {
        let (name, file) = (name.escape_debug(), file.escape_debug());
        return Err(format!(
            "expected tensor `{name}` in `{file}`, as the index says, found none"
        ));
    }
    Ok(vec![Group {
        path: String::new(),
        tensors,
        others: Vec::new(),
    }])
}
