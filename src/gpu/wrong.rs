//! What `hrm verify` found wrong on this machine, by adapter and driver: `auto` avoids such an adapter, and nothing is
//! multiplied in f16 or int8 where that was wrong.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use wgpu::AdapterInfo;

use super::verify::{NARROW, Report};
use super::{adapter, cache};
use crate::error::Result;
use crate::kernels::Scalar;

/// The comparisons that an adapter failed, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Wrong(Vec<String>);

impl Wrong {
    /// Returns what is remembered of an adapter.
    pub(super) fn of(info: &AdapterInfo) -> Wrong {
        let key = cache::key(&adapter::name(info), &adapter::driver(info));
        file().map(|file| cache::read(&file, &key)).unwrap_or_default()
    }

    /// Whether products in this number type were wrong, where it is one that can be done without.
    pub(super) fn in_scalar(&self, scalar: Scalar) -> bool {
        let name = NARROW.iter().find(|narrow| narrow.scalar == scalar);
        name.is_some_and(|narrow| self.0.iter().any(|name| name == narrow.name))
    }

    /// Says what was wrong with all that cannot be done without; None where nothing was.
    pub(super) fn reason(&self) -> Option<String> {
        let needed = |name: &&String| NARROW.iter().all(|narrow| narrow.name != **name);
        let mut names = self.0.iter().filter(needed);
        let first = names.next()?;
        let more = match names.count() {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        Some(format!("`hrm verify` found it wrong with this driver: {first}{more}"))
    }
}

/// Remembers in the user's cache folder what a report found wrong with its adapter, and forgets what it no longer finds.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) when the file cannot be written.
pub fn remember(report: &Report) -> Result<()> {
    let Some(file) = file() else { return Ok(()) };
    let failed = report
        .findings
        .iter()
        .filter(|finding| finding.on_gpu && !finding.passed);
    let now = Wrong(failed.map(|finding| finding.name.clone()).collect());
    let key = cache::key(&report.adapter, &report.driver);
    if now == cache::read(&file, &key) {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(crate::Error::io("create", folder))?;
    }
    cache::change(&file, &key, |wrong| *wrong = now)
}

fn file() -> Option<PathBuf> {
    Some(cache::folder()?.join("verify.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_products_alone_are_no_reason_to_avoid_an_adapter() {
        let wrong = |names: &[&str]| Wrong(names.iter().map(|name| (*name).to_owned()).collect());
        let [f16, int8] = NARROW.map(|narrow| narrow.name);
        let cases: [(&[&str], [bool; 2], Option<&str>); 5] = [
            (&[], [false, false], None),
            (&[f16], [true, false], None),
            (&[int8], [false, true], None),
            (&[f16, int8], [true, true], None),
            (&["argmax", f16, "softmax"], [true, false], Some("argmax and 1 more")),
        ];
        for (names, scalars, reason) in cases {
            let wrong = wrong(names);
            assert_eq!([Scalar::F16, Scalar::I8].map(|scalar| wrong.in_scalar(scalar)), scalars);
            assert!(!wrong.in_scalar(Scalar::F32));
            let said = reason.map(|what| format!("`hrm verify` found it wrong with this driver: {what}"));
            assert_eq!(wrong.reason(), said);
        }
    }
}
