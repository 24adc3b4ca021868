//! Messages to the user, and when they go.

use std::time::{Duration, Instant};

use super::State;
use crate::notice::{Message, NOTICE};

impl State {
    /// Shows an error.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.tell(text.into(), true);
    }

    /// Shows a message that is not an error.
    pub fn say(&mut self, text: impl Into<String>) {
        self.tell(text.into(), false);
    }

    fn tell(&mut self, text: String, is_error: bool) {
        self.message = Some(Message {
            text,
            is_error,
            since: Instant::now(),
        });
    }

    /// Takes away a message that is not an error after some seconds; returns how long the one that is left still stays.
    pub fn expire(&mut self, now: Instant) -> Option<Duration> {
        let message = self.message.as_ref().filter(|message| !message.is_error)?;
        let left = NOTICE.saturating_sub(now.saturating_duration_since(message.since));
        if left.is_zero() {
            self.message = None;
            return None;
        }
        Some(left)
    }
}
