//! Who is told how a fetch goes.

#[cfg(feature = "client")]
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(feature = "client")]
use hrm::error::Error;
use hrm::error::Result;

/// How often a watcher is asked while a fetch waits.
const LOOK: Duration = Duration::from_millis(50);

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

    /// Is called again and again while the fetch waits: for a hub that says nothing or wants to be left alone, for who
    /// fetches the same.
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
    let until = Instant::now() + pause;
    loop {
        watch.waits()?;
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        thread::sleep(left.min(LOOK));
    }
}

/// Items that wait for a hub, which nothing interrupts: a thread of its own takes them, a few ahead. Once this is dropped,
/// that thread ends when the hub lets it, and nobody sees what it still finds.
#[cfg(feature = "client")]
pub(crate) struct Aside<T>(Receiver<T>);

#[cfg(feature = "client")]
impl<T: Send + 'static> Aside<T> {
    pub(crate) fn new(items: impl Iterator<Item = T> + Send + 'static) -> Result<Aside<T>> {
        const AHEAD: usize = 4;
        let (sender, receiver) = sync_channel(AHEAD);
        let send = move || {
            for item in items {
                if sender.send(item).is_err() {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name("hrm-hub".to_owned()).spawn(send);
        thread.map(|_| Aside(receiver)).map_err(Error::io("start", "a thread"))
    }

    /// Waits for the next item, or fails as soon as the watcher ends the fetch; None where there are no more.
    pub(crate) fn next(&self, watch: &dyn Watch) -> Result<Option<T>> {
        loop {
            match self.0.recv_timeout(LOOK) {
                Ok(item) => return Ok(Some(item)),
                Err(RecvTimeoutError::Timeout) => watch.waits()?,
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
        }
    }
}

/// Does what waits for a hub, or fails as soon as the watcher ends the fetch.
#[cfg(feature = "client")]
pub(crate) fn aside<T: Send + 'static>(watch: &dyn Watch, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let done = Aside::new(std::iter::once_with(work))?.next(watch)?;
    done.ok_or(Error::Cancelled)
}
