//! Waits for results of the device to arrive.

use std::future::poll_fn;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use super::device::Device;
use crate::error::Result;

/// Longest wait for another thread to report an arrival that its own poll has taken from us.
const PASSED_ON: Duration = Duration::from_secs(10);

/// The results still outstanding.
pub(super) struct Readback(Arc<(Mutex<Waiting>, Condvar)>);

struct Waiting {
    missing: usize,
    refused: bool,
    waker: Option<Waker>,
}

impl Readback {
    pub(super) fn new(missing: usize) -> Self {
        let waiting = Waiting {
            missing,
            refused: false,
            waker: None,
        };
        Readback(Arc::new((Mutex::new(waiting), Condvar::new())))
    }

    /// Returns a callback to call with whether one result has arrived.
    pub(super) fn one(&self) -> impl FnOnce(bool) + Send + 'static {
        let shared = self.0.clone();
        move |granted| {
            let mut waiting = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.missing -= 1;
            waiting.refused |= !granted;
            if waiting.missing == 0 {
                shared.1.notify_all();
                waiting.waker.take().into_iter().for_each(Waker::wake);
            }
        }
    }

    /// Waits until all results have arrived.
    pub(super) async fn wait(self, gpu: &Device) -> Result<()> {
        let (waiting, answered) = &*self.0;
        let lock = || waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // Native drivers call back only when polled; a browser does so by itself.
        if cfg!(not(target_arch = "wasm32")) {
            gpu.wait()?;
            let all = answered.wait_timeout_while(lock(), PASSED_ON, |waiting| waiting.missing > 0);
            drop(all.unwrap_or_else(PoisonError::into_inner));
        } else {
            poll_fn(|context| {
                let mut waiting = lock();
                waiting.waker = Some(context.waker().clone());
                if waiting.missing == 0 {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
        }
        let waiting = lock();
        if waiting.missing == 0 && !waiting.refused {
            Ok(())
        } else {
            Err(gpu.lost("it gave no answer"))
        }
    }
}
