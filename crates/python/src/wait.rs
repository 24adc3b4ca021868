//! Waiting for the library without holding up Python.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

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
