//! Names without what training wraps around a network (docs/specification.md, section 2.1).

use crate::network::families::anchors;

/// Wrappers that may stand anywhere in a name: around the whole or around one layer.
const ANYWHERE: [&str; 5] = [
    "_orig_mod",
    "module",
    "_forward_module",
    "_fsdp_wrapped_module",
    "_checkpoint_wrapped_module",
];
/// Parts that a name may begin with; no family has a parameter below one of them.
const LEADING: [&str; 5] = ["model", "inner", "net", "network", "state_dict"];

/// Whether a part of a path or name says that weights are averaged over training.
pub(super) fn is_average(part: &str) -> bool {
    let part = part.to_ascii_lowercase();
    part == "shadow"
        || ["ema", "swa"]
            .iter()
            .any(|mark| part.starts_with(mark) || part.ends_with(&format!("_{mark}")))
        || part.contains("averag")
}

/// Whether the name may be that of the tensor by which a family's weights are found.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn is_anchor(full: &str) -> bool {
    let name = strip(full, &[]);
    anchors().any(|anchor| name.ends_with(anchor))
}

/// The wrappers of a state_dict that [`ANYWHERE`] and [`LEADING`] do not know: what stands before a family's anchor.
pub(super) fn own_wrapper<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut wrappers: Vec<String> = names
        .filter_map(|full| {
            let name = strip(full, &[]);
            let wrapper = anchors()
                .find_map(|anchor| name.strip_suffix(anchor))?
                .strip_suffix('.')?;
            Some(wrapper.to_owned())
        })
        .collect();
    wrappers.dedup();
    match &wrappers[..] {
        [only] => only.split('.').map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// `full` without wrappers; `own` is what [`own_wrapper`] found.
pub(super) fn strip(full: &str, own: &[String]) -> String {
    let mut parts: Vec<&str> = full.split('.').filter(|part| !ANYWHERE.contains(part)).collect();
    let lead = |parts: &mut Vec<&str>| {
        let known = parts.iter().take_while(|part| LEADING.contains(part)).count();
        parts.drain(..known.min(parts.len().saturating_sub(1)));
    };
    lead(&mut parts);
    if !own.is_empty() && parts.len() > own.len() && parts.iter().zip(own).all(|(part, own)| part == own) {
        parts.drain(..own.len());
        lead(&mut parts);
    }
    match parts.is_empty() {
        true => full.to_owned(),
        false => parts.join("."),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_average, own_wrapper, strip};

    #[test]
    fn wrappers_come_off_wherever_they_stand() {
        for (full, name) in [
            ("_orig_mod.model.inner.H_init", "H_init"),
            ("_orig_mod._orig_mod.model.inner.H_init", "H_init"),
            ("model.inner.H_init", "H_init"),
            ("inner.model.H_init", "H_init"),
            ("module.model._orig_mod.inner.H_init", "H_init"),
            (
                "model.inner.L_level._orig_mod.layers.0.module.mlp",
                "L_level.layers.0.mlp",
            ),
            ("H_init", "H_init"),
            ("models.H_init", "models.H_init"),
            ("L_level.inner.H_init", "L_level.inner.H_init"),
            ("model", "model"),
            ("module", "module"),
        ] {
            assert_eq!(strip(full, &[]), name);
        }
        let own = own_wrapper(["solver.core.H_init", "solver.core.embed_tokens.embedding_weight"].into_iter());
        assert_eq!(strip("solver.core.H_init", &own), "H_init");
        assert_eq!(strip("other.core.H_init", &own), "other.core.H_init");
    }

    #[test]
    fn averages_are_told_by_a_part_of_the_path() {
        for part in [
            "ema",
            "EMA",
            "ema_model",
            "model_ema",
            "shadow",
            "averaged_model",
            "swa_model",
        ] {
            assert!(is_average(part), "{part}");
        }
        for part in ["model", "embed_tokens", "state_dict", "schema", "H_level"] {
            assert!(!is_average(part), "{part}");
        }
    }
}
