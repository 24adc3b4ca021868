//! What `hrm verify` found wrong on this machine, by adapter and driver: `auto` avoids such an adapter, and nothing is
//! multiplied in f16 where that was wrong.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use wgpu::AdapterInfo;

use super::verify::{F16_PRODUCTS, Report};
use super::{adapter, cache};
use crate::error::Result;

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

    /// Whether products in f16 were wrong.
    pub(super) fn in_f16(&self) -> bool {
        self.0.iter().any(|name| name == F16_PRODUCTS)
    }

    /// Says what was wrong with all that cannot be done without; None where nothing was.
    pub(super) fn reason(&self) -> Option<String> {
        let mut names = self.0.iter().filter(|name| *name != F16_PRODUCTS);
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
    fn f16_alone_is_no_reason_to_avoid_an_adapter() {
        let wrong = |names: &[&str]| Wrong(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!((wrong(&[]).in_f16(), wrong(&[]).reason()), (false, None));
        assert_eq!(
            (wrong(&[F16_PRODUCTS]).in_f16(), wrong(&[F16_PRODUCTS]).reason()),
            (true, None)
        );
        let both = wrong(&["argmax", F16_PRODUCTS, "softmax"]);
        let said = "`hrm verify` found it wrong with this driver: argmax and 1 more";
        assert_eq!((both.in_f16(), both.reason().as_deref()), (true, Some(said)));
    }
}
