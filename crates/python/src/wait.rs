//! Waiting for the library without holding up Python.

use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use hrm::error::Error;
use pyo3::prelude::*;

use crate::errors::raise;

/// How often Python is asked whether Ctrl-C was pressed: asking waits for the lock that other threads of Python may hold.
pub(crate) const LOOK: Duration = Duration::from_millis(50);

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future to its end while other threads of Python go on.
///
/// # Errors
/// What a signal handler raises: KeyboardInterrupt after Ctrl-C. The future is dropped where it was pending.
pub(crate) fn wait<F: Future<Output: Send>>(py: Python<'_>, work: impl FnOnce() -> F + Send) -> PyResult<F::Output> {
    py.detach(move || {
        let mut future = pin!(work());
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        let mut looked = Instant::now();
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return Ok(output);
            }
            if looked.elapsed() >= LOOK {
                Python::attach(|py| py.check_signals())?;
                looked = Instant::now();
            }
            thread::park_timeout(LOOK);
        }
    })
}

/// Runs what neither waits nor looks around in a thread of its own while other threads of Python go on. After Ctrl-C nobody
/// waits for it any more, and it ends when it ends.
///
/// # Errors
/// As of [`wait`].
pub(crate) fn aside<T: Send + 'static>(py: Python<'_>, work: impl FnOnce() -> T + Send + 'static) -> PyResult<T> {
    let (done, waiting) = channel();
    let work = move || drop(done.send(work()));
    let thread = thread::Builder::new().name("hrm-aside".to_owned()).spawn(work);
    thread.map_err(Error::io("start", "a thread")).map_err(raise)?;
    py.detach(move || {
        loop {
            match waiting.recv_timeout(LOOK) {
                Ok(done) => return Ok(done),
                Err(RecvTimeoutError::Timeout) => Python::attach(|py| py.check_signals())?,
                Err(RecvTimeoutError::Disconnected) => return Err(raise(Error::Cancelled)),
            }
        }
    })
}

/// Lets other threads of Python go on where one holds them up for long, and looks whether Ctrl-C was pressed.
///
/// # Errors
/// As of [`wait`].
pub(crate) fn pause(py: Python<'_>) -> PyResult<()> {
    py.detach(|| ());
    py.check_signals()
}

/// Is pending once, so that [`wait`] gets its turn between segments.
pub(crate) async fn breathe() {
    let mut was_pending = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut was_pending, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
