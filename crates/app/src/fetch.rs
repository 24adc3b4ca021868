//! How a fetch from a hub is shown: in the place of the model that is being opened.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use hrm::error::Result;
use hrm_hub::Watch;

use crate::messages::{Event, Outbox};

/// The time between two reports of a file that arrives.
const REPORT: Duration = Duration::from_millis(200);

/// Reports a fetch to the window.
pub(crate) struct Fetch {
    outbox: Outbox,
    /// The file that arrives, and its size.
    file: RefCell<(String, Option<u64>)>,
    reported: Cell<Option<Instant>>,
}

impl Fetch {
    pub(crate) fn new(outbox: Outbox) -> Fetch {
        Fetch {
            outbox,
            file: RefCell::default(),
            reported: Cell::new(None),
        }
    }
}

impl Watch for Fetch {
    fn note(&self, text: &str) {
        self.outbox.send(Event::Fetching(text.to_owned()));
    }

    fn begin(&self, file: &str, bytes: Option<u64>) {
        self.file.replace((file.to_owned(), bytes));
        self.reported.set(None);
    }

    fn arrived(&self, bytes: u64) -> Result<()> {
        let now = Instant::now();
        if self.reported.get().is_none_or(|last| now - last >= REPORT) {
            self.reported.set(Some(now));
            let (file, of) = &*self.file.borrow();
            self.outbox.send(Event::Fetching(arriving(file, bytes, *of)));
        }
        Ok(())
    }

    fn end(&self) {}
}

/// Words what is here of a file: "model.safetensors: 12 of 110 MB".
fn arriving(file: &str, bytes: u64, of: Option<u64>) -> String {
    let file = file.rsplit('/').next().unwrap_or(file);
    let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
    match of {
        Some(of) => format!("{file}: {} of {} MB", megabytes(bytes), megabytes(of)),
        None => format!("{file}: {} MB", megabytes(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::arriving;

    #[test]
    fn sizes_are_in_megabytes() {
        assert_eq!(arriving("a/step_7", 0, Some(110_000_001)), "step_7: 0 of 111 MB");
        assert_eq!(arriving("test.csv", 1, None), "test.csv: 1 MB");
    }
}
