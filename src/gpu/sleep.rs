//! Machines that sleep. NVIDIA's own driver on Linux loses video memory then, unless it was set up otherwise, and does not
//! report the device as lost: weights would be garbage afterwards.

use std::time::Duration;

use web_time::Instant;
use wgpu::AdapterInfo;

const NVIDIA: u32 = 0x10de;

/// Returns whether a driver is known to lose memory while the machine sleeps. NVK, of Mesa, keeps it.
pub(super) fn forgets(info: &AdapterInfo) -> bool {
    cfg!(target_os = "linux") && info.vendor == NVIDIA && !info.driver.contains("NVK")
}

/// Two clocks, of which one stands still while the machine sleeps; None where the system has no such pair.
#[derive(Debug)]
pub(super) struct Sleep(Option<Clocks>);

#[derive(Debug, Clone, Copy)]
struct Clocks {
    awake: Instant,
    /// Time since the machine was started, sleep included.
    running: Duration,
}

impl Clocks {
    fn now() -> Option<Clocks> {
        Some(Clocks {
            running: uptime(&std::fs::read_to_string("/proc/uptime").ok()?)?,
            awake: Instant::now(),
        })
    }

    /// Returns whether the machine has slept between `before` and these times. The clocks are not read at once, and one
    /// counts hundredths of a second.
    fn slept_since(self, before: Clocks) -> bool {
        const SLACK: Duration = Duration::from_secs(1);
        let awake = self.awake.saturating_duration_since(before.awake);
        self.running.saturating_sub(before.running) > awake + SLACK
    }
}

fn uptime(text: &str) -> Option<Duration> {
    let seconds: f64 = text.split_whitespace().next()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

impl Default for Sleep {
    fn default() -> Self {
        Sleep(Clocks::now())
    }
}

impl Sleep {
    /// Returns whether the machine has slept since this was made.
    pub(super) fn has_been(&self) -> bool {
        let both = self.0.zip(Clocks::now());
        both.is_some_and(|(before, now)| now.slept_since(before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleep_is_told_from_work() {
        let awake = Instant::now();
        let at = |awake_ms: u64, running_ms: u64| Clocks {
            awake: awake + Duration::from_millis(awake_ms),
            running: Duration::from_millis(running_ms),
        };
        for (later, slept) in [
            (at(0, 50_000), false),
            (at(3_600_000, 3_650_010), false),
            (at(3_600_000, 3_649_000), false),
            (at(100, 55_000), true),
            (at(3_600_000, 3_700_000), true),
        ] {
            assert_eq!(later.slept_since(at(0, 50_000)), slept, "{later:?}");
        }
        assert_eq!(uptime("12345.67 54321.00\n"), Some(Duration::from_millis(12_345_670)));
        assert_eq!((uptime(""), uptime("nan 1"), uptime("-1 1")), (None, None, None));
        assert!(!Sleep::default().has_been());
    }
}
