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

/// Yields if the thread has been held for long, so that the page can handle its events: painting, typing, cancelling.
///
/// Yields by posting a message, since browsers delay nested timers by 4 ms.
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
            // This promise is never rejected.
            let _ = JsFuture::from(arrival).await;
        }
        channel.port1().close();
    }
    LAST.set(Some(Instant::now()));
}
