//! How much memory there is: systems hand out more than they have, and end whoever uses it.

use crate::error::{Error, Result};

/// What is so small that nobody is asked.
const SMALL: u64 = 1 << 30;

/// Refuses a batch of `bytes` bytes that the machine has no memory for, where the system says how much it has.
pub(super) fn check(bytes: u64, slots: usize) -> Result<()> {
    if bytes <= SMALL {
        return Ok(());
    }
    match available() {
        Some(available) if bytes > available => Err(Error::OutOfMemory {
            reason: format!(
                "a batch of {slots} needs {} MiB, {} MiB are free",
                bytes >> 20,
                available >> 20
            ),
        }),
        _ => Ok(()),
    }
}

/// Returns the bytes that the system can give without swapping.
fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_for_the_machine_is_refused() {
        assert!(check(SMALL, 1).is_ok());
        let too_large = check(1 << 60, 64);
        match available() {
            Some(_) => {
                assert!(too_large.is_err_and(|e| e.to_string().contains("a batch of 64 needs 1099511627776 MiB")))
            }
            None => assert!(too_large.is_ok()),
        }
    }
}
