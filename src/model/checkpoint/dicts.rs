//! Where in a pickle state_dicts are: at the top, or within a trainer's state.

use super::pickle::Pickle;
use super::prefixes::is_anchor;
use super::state::Group;
use super::values::{TensorRef, Value};
use std::collections::HashSet;

/// Deepest place of a state_dict.
const DEEPEST: usize = 5;
/// Keys with tensors that are no weights, though they may be called as weights are.
const NO_WEIGHTS: [&str; 7] = [
    "carry",
    "rng",
    "numpy",
    "python",
    "lr_schedulers",
    "loops",
    "train_dataset",
];

/// The state_dicts of a pickle.
pub(super) fn groups<'a>(pickle: &Pickle<'a>) -> Result<Vec<Group<TensorRef<'a>>>, String> {
    let Value::Dict(root) = pickle.root else {
        let found = pickle.root.describe();
        return Err(format!("expected weights by their names (a state_dict), found {found}"));
    };
    let (mut groups, mut seen) = (Vec::new(), HashSet::new());
    walk(pickle, root, "", 0, &mut seen, &mut groups)?;
    let dicts = &pickle.heap.dicts;
    if groups.is_empty() {
        // Tensors at the top that are called otherwise: it will be said which ones are missing.
        if dicts[root].iter().any(|(_, value)| matches!(value, Value::Tensor(_))) {
            return Ok(vec![group(pickle, root, "")?]);
        }
        let keys = dicts[root].iter().take(8);
        let keys: Vec<_> = keys
            .map(|(key, value)| format!("`{}` ({})", key.escape_debug(), value.describe()))
            .collect();
        return Err(format!(
            "expected a state_dict with `embed_tokens.embedding_weight` at the top or below a key like `model` or \
             `state_dict`, found {}",
            if keys.is_empty() {
                "nothing by name".to_owned()
            } else {
                keys.join(", ")
            }
        ));
    }
    Ok(groups)
}

fn walk<'a>(
    pickle: &Pickle<'a>,
    dict: usize,
    path: &str,
    depth: usize,
    seen: &mut HashSet<usize>,
    groups: &mut Vec<Group<TensorRef<'a>>>,
) -> Result<(), String> {
    if depth > DEEPEST || !seen.insert(dict) {
        return Ok(());
    }
    let entries = &pickle.heap.dicts[dict];
    let weights = |value: &Value<'_>| matches!(value, Value::Tensor(_) | Value::Object(_));
    if entries.iter().any(|(key, value)| is_anchor(key) && weights(value)) {
        groups.push(group(pickle, dict, path)?);
        return Ok(());
    }
    for (key, value) in entries {
        let Value::Dict(below) = *value else { continue };
        if key.starts_with("optimizer") || NO_WEIGHTS.contains(key) {
            continue;
        }
        let path = if path.is_empty() {
            (*key).to_owned()
        } else {
            format!("{path}.{key}")
        };
        walk(pickle, below, &path, depth + 1, seen, groups)?;
    }
    Ok(())
}

fn group<'a>(pickle: &Pickle<'a>, dict: usize, path: &str) -> Result<Group<TensorRef<'a>>, String> {
    let (mut tensors, mut others) = (Vec::new(), Vec::new());
    for &(name, value) in &pickle.heap.dicts[dict] {
        let Value::Tensor(index) = value else {
            others.push((name.to_owned(), value.describe()));
            continue;
        };
        let tensor = pickle.heap.tensor(index);
        let tensor = tensor.ok_or_else(|| {
            let name = name.escape_debug();
            format!("tensor `{name}`: its size, stride or offset is not valid")
        })?;
        tensors.push((name.to_owned(), tensor));
    }
    Ok(Group {
        path: path.to_owned(),
        tensors,
        others,
    })
}
