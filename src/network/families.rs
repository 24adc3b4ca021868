//! The registry of families.

use super::config::Family;
use super::definition::Definition;
use super::eqr::Eqr;
use super::hrm::Hrm;
use super::keys::Shapes;
use super::nano::Nano;
use super::serrm::SeRrm;
use super::sotaku::Sotaku;
use super::trm::Trm;
use super::urm::Urm;

/// Returns the definition of `family`.
pub(crate) fn definition(family: Family) -> &'static dyn Definition {
    match family {
        Family::Hrm => &Hrm,
        Family::Trm => &Trm,
        Family::Eqr => &Eqr,
        Family::Nano => &Nano,
        Family::Urm => &Urm,
        Family::SeRrm => &SeRrm,
        Family::Sotaku => &Sotaku,
    }
}

/// Splits `arch.name` into its family and the module before the class. They are separated by `@` or `:`; without
/// either, by the last dot.
pub(crate) fn by_name(name: &str) -> Result<(Family, &str), String> {
    let parted = name.rsplit_once(['@', ':']).or_else(|| name.rsplit_once('.'));
    let (module, class) = parted.unwrap_or(("", name));
    let found = Family::ALL.into_iter().find(|family| {
        let mut classes = definition(*family).classes().iter();
        classes.any(|known| known.eq_ignore_ascii_case(class.trim()))
    });
    found.map(|family| (family, module.trim())).ok_or_else(|| {
        let classes = Family::ALL.map(|family| format!("{} ({family})", definition(family).classes().join(", ")));
        let name = name.escape_debug();
        format!(
            "`arch.name`: expected the class {}, found `{name}`",
            classes.join(" or ")
        )
    })
}

/// Returns the family that these tensors belong to.
pub(crate) fn by_tensors(shapes: &Shapes<'_>) -> Option<Family> {
    Family::ALL
        .into_iter()
        .find(|family| definition(*family).claims(shapes))
}

/// Returns the names of tensors by which state_dicts are found.
pub(crate) fn anchors() -> impl Iterator<Item = &'static str> {
    Family::ALL.into_iter().map(|family| definition(family).anchor())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_module_and_a_class() {
        for (name, expected) in [
            ("a.b@HierarchicalReasoningModel_ACTV1", (Family::Hrm, "a.b")),
            ("a.b:HierarchicalReasoningModel_ACTV1", (Family::Hrm, "a.b")),
            ("a.b.TinyRecursiveReasoningModel_ACTV1", (Family::Trm, "a.b")),
            ("eqr@EqRModel", (Family::Eqr, "eqr")),
            (
                "src.nn.models.trm_module.TRMModule",
                (Family::Nano, "src.nn.models.trm_module"),
            ),
            ("TINYRECURSIVEREASONINGMODEL_ACTV1", (Family::Trm, "")),
            ("urm.urm@URM", (Family::Urm, "urm.urm")),
            (
                "recursive_reasoning.trm_equi@SERRM",
                (Family::SeRrm, "recursive_reasoning.trm_equi"),
            ),
        ] {
            assert_eq!(by_name(name), Ok(expected));
        }
        for name in [
            "",
            "@",
            "hrm",
            "x@HierarchicalReasoningModel_ACTV2",
            "TinyRecursiveReasoningModel_ACTV1@trm",
        ] {
            assert!(
                by_name(name).is_err_and(|e| e.contains(&format!("found `{name}`"))),
                "{name}"
            );
        }
    }

    #[test]
    fn families_are_told_apart_by_their_tensors() {
        for family in Family::ALL {
            let tensors = crate::network::config::Config::published(family, 81, 11).tensors();
            let shapes: Shapes<'_> = tensors
                .iter()
                .map(|(name, shape)| (name.as_str(), &shape[..]))
                .collect();
            assert_eq!(by_tensors(&shapes), Some(family));
        }
        assert_eq!(by_tensors(&Shapes::new()), None);
    }
}
