//! Maps and sets in order, filled entry by entry, and lists that are put in order so. `collect` and `sort` bring code for each
//! type along: a tenth of what a page downloads.

use std::collections::{BTreeMap, BTreeSet};

/// Returns the entries as a map; of equal keys the last entry stays.
pub(crate) fn map<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(entries);
    map
}

/// Returns the values as a set.
pub(crate) fn set<T: Ord>(values: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(values);
    set
}

/// Sorts a short list; of equals the first stays first.
pub(crate) fn sort_by_key<T, K: Ord>(list: &mut Vec<T>, key: impl Fn(&T) -> K) {
    for value in std::mem::take(list) {
        let at = list.partition_point(|known| key(known) <= key(&value));
        list.insert(at, value);
    }
}
