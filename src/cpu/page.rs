//! Yielding to the page, which on the web shares a thread with the kernels.

use std::cell::Cell;
use std::time::Duration;

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::MessageChannel;
use web_time::Instant;

/// Half a frame: the page stays smooth, and what leaving the thread costs does not show.
const LONGEST: Duration = Duration::from_millis(8);

thread_local! {
    static LAST: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Yields where the thread has been held for long, so that the page's events have it: what is painted, typed, or cancelled.
///
/// By a message, since a timer that follows timers is held back by 4 ms.
pub(super) async fn yield_now() {
    let last = LAST.get();
    if last.is_some_and(|last| last.elapsed() < LONGEST) {
        return;
    }
    if last.is_some()
        && let Ok(channel) = MessageChannel::new()
    {
        let arrival = Promise::new(&mut |resolve, _| {
            channel.port1().set_onmessage(Some(&resolve));
        });
        if channel.port2().post_message(&JsValue::NULL).is_ok() {
            // It cannot be rejected.
            let _ = JsFuture::from(arrival).await;
        }
        channel.port1().close();
    }
    LAST.set(Some(Instant::now()));
}
