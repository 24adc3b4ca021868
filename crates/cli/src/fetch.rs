//! How a fetch from a hub is shown: notes, and a bar for each file.

use std::cell::RefCell;

use hrm_hub::{Silent, Watch};
use indicatif::ProgressBar;

use super::output;
use hrm::error::Result;

/// Returns who shows a fetch on standard error; nobody does where it should be quiet.
pub(super) fn watch(quiet: bool) -> Box<dyn Watch> {
    match quiet {
        true => Box::new(Silent),
        false => Box::new(Bars::default()),
    }
}

#[derive(Default)]
struct Bars {
    /// The bar of the file that arrives.
    bar: RefCell<Option<ProgressBar>>,
}

impl Watch for Bars {
    fn note(&self, text: &str) {
        output::note(text);
    }

    fn begin(&self, file: &str, bytes: Option<u64>) {
        self.bar.replace(Some(output::bytes(bytes, file)));
    }

    fn arrived(&self, bytes: u64) -> Result<()> {
        if let Some(bar) = &*self.bar.borrow() {
            bar.set_position(bytes);
        }
        Ok(())
    }

    fn end(&self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
