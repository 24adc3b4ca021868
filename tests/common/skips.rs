//! What a test cannot check on this machine, said where people see it: libtest keeps what passing tests print.
#![allow(dead_code, reason = "each test uses its part")]

use std::io::Write;

/// Tells that a check is skipped and why. In CI that is a failure, unless `HRM_ALLOW_SKIPS` is set: there, what tests need
/// is installed.
#[track_caller]
pub fn skipped(reason: &str) {
    let set = |variable| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    assert!(!set("CI") || set("HRM_ALLOW_SKIPS"), "CI must not skip: {reason}");
    tell(reason);
}

/// Tells that a check is left out because this machine's hardware or driver does not offer what is optional. No failure.
pub fn not_offered(reason: &str) {
    tell(reason);
}

/// A line in the file that `tests/run` shows at the end, otherwise on standard error, past libtest's capture.
fn tell(reason: &str) {
    let line = format!("{reason}\n");
    let written = match std::env::var_os("HRM_TEST_SKIPS").filter(|path| !path.is_empty()) {
        // One write of one line: many processes append.
        Some(path) => std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .and_then(|mut file| file.write_all(line.as_bytes())),
        None => std::io::stderr().write_all(format!("skipped: {line}").as_bytes()),
    };
    assert!(written.is_ok(), "cannot tell what is skipped: {reason}");
}
