//! The configuration that a checkpoint has inside itself (docs/specification.md, section 2.4).

use super::pickle::Pickle;
use super::values::{Heap, Value};
use crate::network::value::{Map, Value as Setting};

/// Where trainers keep it: EqR's, Lightning, and others.
const PLACES: [&str; 4] = ["config", "hyper_parameters", "hparams", "cfg"];
/// Deepest table of a configuration.
const DEEPEST: usize = 8;
/// Most values of a configuration: tables may contain each other.
const MOST: usize = 10_000;

/// Returns the configuration, if there is one that describes a network: other settings of training are not mistaken for
/// it.
pub(super) fn read(pickle: &Pickle<'_>) -> Option<Map> {
    let Value::Dict(root) = pickle.root else { return None };
    let entries = &pickle.heap.dicts[root];
    let found = PLACES.iter().filter_map(|place| {
        let (_, value) = entries.iter().rfind(|(key, _)| key == place)?;
        match setting(&pickle.heap, value, 0, &mut MOST.clone()) {
            Setting::Map(map) => Some(map),
            _ => None,
        }
    });
    found
        .into_iter()
        .find(|map| map.map("arch").is_some() || map.get("H_cycles").is_some())
}

/// Converts a value; what is no setting becomes nothing.
fn setting(heap: &Heap<'_>, value: &Value<'_>, depth: usize, left: &mut usize) -> Setting {
    if depth > DEEPEST || *left == 0 {
        return Setting::Null;
    }
    *left -= 1;
    match *value {
        Value::Bool(value) => Setting::Flag(value),
        Value::Int(value) => Setting::Whole(value.into()),
        Value::Float(value) => Setting::Number(value),
        Value::Str(value) => Setting::Text(value.to_owned()),
        Value::Dict(table) => {
            let mut map = Map::default();
            for (key, value) in &heap.dicts[table] {
                let value = setting(heap, value, depth + 1, left);
                match map.0.iter_mut().find(|(name, _)| name == key) {
                    // What is set again counts.
                    Some((_, known)) => *known = value,
                    None => map.0.push(((*key).to_owned(), value)),
                }
                if *left == 0 {
                    break;
                }
            }
            Setting::Map(map)
        }
        Value::List(list) => {
            let items = heap.lists[list].iter().take(*left + 1);
            Setting::List(items.map(|item| setting(heap, item, depth + 1, left)).collect())
        }
        // A container has its values in one attribute, a leaf in another.
        Value::Setting(state) => {
            let attribute = |name: &str| heap.dicts[state].iter().rfind(|(key, _)| *key == name);
            let inner = attribute("_content").or_else(|| attribute("_val"));
            inner.map_or(Setting::Null, |(_, inner)| setting(heap, inner, depth + 1, left))
        }
        _ => Setting::Null,
    }
}
