//! Which state_dict of a file has the weights: raw ones and averages.

use super::prefixes::{is_average, own_wrapper, strip};
use super::{Contents, Found};
use crate::ordered;
use std::collections::BTreeMap;

/// A state_dict: its place, its tensors, and what it has under names beside them.
pub(super) struct Group<T> {
    /// Keys from the root, joined by `.`; empty for the root.
    pub path: String,
    pub tensors: Vec<(String, T)>,
    /// What the other entries are, in words.
    pub others: Vec<(String, String)>,
}

/// What one state_dict gives, raw or averaged, by names without wrappers.
struct Set {
    path: String,
    tensors: BTreeMap<String, Found>,
    others: BTreeMap<String, String>,
}

/// Chooses among state_dicts: an average counts where there is one, and what it lacks comes from the raw weights.
/// `average` asks for an average, or for raw weights: what a file lacks is then an error.
pub(super) fn choose(groups: Vec<Group<Found>>, average: Option<bool>) -> Result<Contents, String> {
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
    if let Some(first) = (0..raw.len()).min_by_key(|&set| rank(&raw[set])) {
        raw[..=first].rotate_right(1);
    }
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
    let (raw, averaged) = (raw.into_iter().next(), averages.into_iter().next());
    let chosen = match (raw, averaged) {
        (Some(raw), Some(averaged)) if average == Some(false) => {
            notes.push(format!(
                "the raw weights {} are read, not the averaged ones {}",
                place(&raw.path),
                place(&averaged.path)
            ));
            raw
        }
        (Some(mut raw), Some(averaged)) => {
            let lacking = raw
                .tensors
                .keys()
                .filter(|name| !averaged.tensors.contains_key(*name))
                .count();
            notes.push(format!(
                "the averaged weights {} are read, not the raw ones {}{}",
                place(&averaged.path),
                place(&raw.path),
                match lacking {
                    0 => String::new(),
                    count => format!(", which give only what the average lacks ({count})"),
                }
            ));
            for name in averaged.tensors.keys() {
                raw.others.remove(name);
            }
            raw.tensors.extend(averaged.tensors);
            raw.others.extend(averaged.others);
            raw
        }
        (Some(_), None) if average == Some(true) => {
            return Err("expected averaged weights, found raw ones only".to_owned());
        }
        (None, Some(_)) if average == Some(false) => {
            return Err("expected raw weights, found averaged ones only".to_owned());
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
    let taken = ordered::set(stripped.keys().cloned());
    let others = others
        .into_iter()
        .map(|(full, what)| (strip(&plain(&full), &own), what));
    Ok(Set {
        path: path.to_owned(),
        others: ordered::map(others.filter(|(name, _)| !taken.contains(name))),
        tensors: stripped,
    })
}
