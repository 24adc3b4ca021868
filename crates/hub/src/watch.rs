//! Who is told how a fetch goes.

use std::time::{Duration, Instant};

use hrm::error::Result;

/// Follows a fetch: a face shows what it is told, and may end it.
pub trait Watch {
    /// Says something that a person should know and that is no error.
    fn note(&self, text: &str);

    /// A file begins to arrive, of so many bytes where that is known.
    fn begin(&self, file: &str, bytes: Option<u64>);

    /// So many bytes of it are here.
    ///
    /// # Errors
    /// Any error ends the fetch, and the next one goes on from there: [`Cancelled`](hrm::error::Error::Cancelled) where a
    /// person ended it.
    fn arrived(&self, bytes: u64) -> Result<()>;

    /// Is called again and again while the fetch waits: for a hub that wants to be left alone, for another process.
    ///
    /// # Errors
    /// As of [`Watch::arrived`].
    fn waits(&self) -> Result<()> {
        Ok(())
    }

    /// No more of the file comes.
    fn end(&self);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Watch for Silent {
    fn note(&self, _: &str) {}

    fn begin(&self, _: &str, _: Option<u64>) {}

    fn arrived(&self, _: u64) -> Result<()> {
        Ok(())
    }

    fn end(&self) {}
}

/// Sleeps, or fails as soon as the watcher ends the fetch.
pub(crate) fn sleep(watch: &dyn Watch, pause: Duration) -> Result<()> {
    const LOOK: Duration = Duration::from_millis(50);
    let until = Instant::now() + pause;
    loop {
        watch.waits()?;
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(LOOK));
    }
}
