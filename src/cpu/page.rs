//! Yielding to the page, which on the web shares a thread with the kernels.

use std::cell::Cell;
use std::time::Duration;

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::MessageChannel;
use web_time::Instant;

/// Half a frame: the page stays smooth, and the cost of yielding is negligible.
const LONGEST: Duration = Duration::from_millis(8);

thread_local! {
    static LAST: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// A channel of messages that is closed even where nobody waits for its message any more: an open one keeps Node.js from
/// ending.
struct Channel(MessageChannel);

impl Drop for Channel {
    fn drop(&mut self) {
        self.0.port1().set_onmessage(None);
        self.0.port1().close();
    }
}

/// Yields if the thread has been held for long, so that the page can handle its events: painting, typing, cancelling.
///
/// Yields by posting a message, since browsers delay nested timers by 4 ms.
pub(super) async fn yield_now() {
    let last = LAST.get();
    if last.is_some_and(|last| last.elapsed() < LONGEST) {
        return;
    }
    if last.is_some()
        && let Ok(channel) = MessageChannel::new().map(Channel)
    {
        let arrival = Promise::new(&mut |resolve, _| {
            channel.0.port1().set_onmessage(Some(&resolve));
        });
        if channel.0.port2().post_message(&JsValue::NULL).is_ok() {
            // This promise is never rejected.
            let _ = JsFuture::from(arrival).await;
        }
    }
    LAST.set(Some(Instant::now()));
}
