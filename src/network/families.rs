//! The registry of families.

use super::config::Family;
use super::definition::Definition;
use super::hrm::Hrm;
use super::keys::Shapes;
use super::trm::Trm;

/// What `family` says of itself.
pub(crate) fn definition(family: Family) -> &'static dyn Definition {
    match family {
        Family::Hrm => &Hrm,
        Family::Trm => &Trm,
    }
}

/// The family of `arch.name`, and the module before the class. They are parted by `@` or `:`; without either, by the
/// last dot.
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
        format!("`arch.name`: expected the class {}, found `{name}`", classes.join(" or "))
    })
}

/// The family whose tensors these are.
pub(crate) fn by_tensors(shapes: &Shapes<'_>) -> Option<Family> {
    Family::ALL.into_iter().find(|family| definition(*family).claims(shapes))
}
