//! What fails in passing, and how often it is tried again.

use std::time::Duration;

use crate::watch::{Watch, sleep};
use hrm::error::{Error, Result};

/// How often something may fail in passing before it is given up.
const TRIES: u32 = 5;
/// Longest pause that a hub may ask for.
const PAUSE: Duration = Duration::from_secs(60);
/// Longest pause that nothing is said of.
const UNSAID: Duration = Duration::from_secs(4);

/// Why something did not arrive.
pub(super) enum Broken {
    /// It may arrive if it is asked for again.
    Off(Off),
    Finally(Error),
}

/// A failure that may pass.
pub(super) struct Off {
    pub reason: String,
    /// How long the hub wants to be left alone.
    pub pause: Option<Duration>,
    /// Nothing was said, which cost a long wait already.
    pub is_silence: bool,
}

impl Broken {
    pub(super) fn off(reason: impl Into<String>) -> Broken {
        Broken::Off(Off {
            reason: reason.into(),
            pause: None,
            is_silence: false,
        })
    }
}

impl From<Error> for Broken {
    fn from(error: Error) -> Broken {
        Broken::Finally(error)
    }
}

/// How often something has failed since it last got on.
#[derive(Default)]
pub(super) struct Tries {
    failures: u32,
}

impl Tries {
    pub(super) fn got_on(&mut self) {
        self.failures = 0;
    }

    /// Waits before the next try, longer the more often it has failed; false where there have been enough. Errors are those
    /// of who watches.
    pub(super) fn again(&mut self, off: &Off, watch: &dyn Watch) -> Result<bool> {
        self.failures += if off.is_silence { 2 } else { 1 };
        if self.failures >= TRIES {
            return Ok(false);
        }
        let pause = Duration::from_millis(200 * 2_u64.pow(self.failures.min(3)));
        let pause = off.pause.unwrap_or_default().min(PAUSE).max(pause);
        if off.is_silence || pause > UNSAID {
            let when = match pause > UNSAID {
                true => format!(" in {} s", pause.as_secs()),
                false => String::new(),
            };
            watch.note(&format!("{}: trying again{when}", off.reason));
        }
        sleep(watch, pause).map(|()| true)
    }
}
