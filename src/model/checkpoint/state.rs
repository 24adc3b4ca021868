//! Where in a file the weights are: state_dicts within a trainer's state, raw ones and averages.

use super::pickle::Pickle;
use super::prefixes::{is_anchor, is_average, own_wrapper, strip};
use super::values::{TensorRef, Value};
use super::{Contents, Found};
use std::collections::{BTreeMap, BTreeSet, HashSet};

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

/// A state_dict: its place, its tensors, and what it has under names beside them.
pub(super) struct Group<T> {
    /// Keys from the root, joined by `.`; empty for the root.
    pub path: String,
    pub tensors: Vec<(String, T)>,
    /// What the other entries are, in words.
    pub others: Vec<(String, String)>,
}

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

/// What one state_dict gives, raw or averaged, by names without wrappers.
struct Set {
    path: String,
    tensors: BTreeMap<String, Found>,
    others: BTreeMap<String, String>,
}

/// Chooses among state_dicts: an average counts where there is one, and what it lacks comes from the raw weights.
pub(super) fn choose(groups: Vec<Group<Found>>) -> Result<Contents, String> {
    let (mut raw, mut averages) = (Vec::new(), Vec::new());
    for group in groups {
        let below_average = group.path.split('.').any(is_average);
        let marked = |name: &str| below_average || name.split('.').any(is_average);
        let (average, plain): (Vec<_>, Vec<_>) = group.tensors.into_iter().partition(|(name, _)| marked(name));
        let (other_average, others): (Vec<_>, Vec<_>) = group.others.into_iter().partition(|(name, _)| marked(name));
        for (list, tensors, others) in [(&mut raw, plain, others), (&mut averages, average, other_average)] {
            if !tensors.is_empty() || !others.is_empty() {
                list.push(set(&group.path, tensors, others)?);
            }
        }
    }
    let rank = |set: &Set| {
        let usual = ["", "model", "state_dict", "model_state_dict"];
        usual.iter().position(|path| set.path == *path).unwrap_or(usual.len())
    };
    raw.sort_by_key(rank);
    let mut notes = Vec::new();
    for (what, sets) in [("weights", &raw), ("averaged weights", &averages)] {
        if let [first, others @ ..] = &sets[..]
            && !others.is_empty()
        {
            let others: Vec<_> = others.iter().map(|set| place(&set.path)).collect();
            notes.push(format!(
                "the file has several {what}: those {} are read, those {} are not",
                place(&first.path),
                others.join(" and ")
            ));
        }
    }
    let (raw, average) = (raw.into_iter().next(), averages.into_iter().next());
    let chosen = match (raw, average) {
        (Some(mut raw), Some(average)) => {
            let lacking = raw
                .tensors
                .keys()
                .filter(|name| !average.tensors.contains_key(*name))
                .count();
            notes.push(format!(
                "the averaged weights {} are read, not the raw ones {}{}",
                place(&average.path),
                place(&raw.path),
                match lacking {
                    0 => String::new(),
                    count => format!(", which give only what the average lacks ({count})"),
                }
            ));
            for name in average.tensors.keys() {
                raw.others.remove(name);
            }
            raw.tensors.extend(average.tensors);
            raw.others.extend(average.others);
            raw
        }
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => return Err("expected tensors, found none".to_owned()),
    };
    Ok(Contents {
        tensors: chosen.tensors,
        others: chosen.others,
        notes,
    })
}

fn place(path: &str) -> String {
    match path {
        "" => "at the top".to_owned(),
        path => format!("below `{}`", path.escape_debug()),
    }
}

fn set(path: &str, tensors: Vec<(String, Found)>, others: Vec<(String, String)>) -> Result<Set, String> {
    let plain = |name: &str| {
        let parts: Vec<_> = name.split('.').filter(|part| !is_average(part)).collect();
        parts.join(".")
    };
    let names: Vec<_> = tensors.iter().map(|(full, _)| plain(full)).collect();
    let own = own_wrapper(names.iter().map(String::as_str));
    let mut stripped = BTreeMap::new();
    for ((full, found), name) in tensors.into_iter().zip(&names) {
        let name = strip(name, &own);
        if stripped.insert(name.clone(), found).is_some() {
            return Err(format!(
                "two tensors are called `{}` once prefixes are stripped, one of them is `{}`",
                name.escape_debug(),
                full.escape_debug()
            ));
        }
    }
    let taken: BTreeSet<_> = stripped.keys().cloned().collect();
    let others = others
        .into_iter()
        .map(|(full, what)| (strip(&plain(&full), &own), what));
    Ok(Set {
        path: path.to_owned(),
        others: others.filter(|(name, _)| !taken.contains(name)).collect(),
        tensors: stripped,
    })
}
