//! Messages to the user.

use std::time::{Duration, Instant};

/// A message to the user.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The text, one or more sentences.
    pub text: String,
    /// Whether it reports a failure.
    pub is_error: bool,
    /// When it came up.
    pub since: Instant,
}

/// How long a message stays that is not an error.
pub const NOTICE: Duration = Duration::from_secs(8);
