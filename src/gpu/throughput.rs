//! Throughput of the device, and what follows for its work: submissions that do not block the screen or trip a
//! watchdog, and no more round trips than are worth their time.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use wgpu::DeviceType;

/// Target length of a submission in seconds: below 100 ms by some margin.
const SUBMISSION: f64 = 0.08;

/// Target length of a submission in seconds while a window draws on the device: less than a frame.
const SHARED_SUBMISSION: f64 = 0.008;

/// Seconds of work per round trip to the host: enough to hide its cost, short enough that a free slot does not wait
/// long.
const ROUND_TRIP: f64 = 0.01;

/// How much slower a device is taken to be after it was lost: a submission of four seconds becomes one of a quarter.
const LOSS: f64 = 16.0;

/// Measured throughput of the device, and whether a window shares it.
#[derive(Debug)]
pub(super) struct Throughput {
    /// FLOP per second, as measured so far.
    rate: Mutex<f64>,
    /// Whether a window shares the device.
    shared: AtomicBool,
}

impl Throughput {
    /// Returns a throughput of `rate` FLOP per second, until something has been measured.
    pub(super) fn new(rate: f64) -> Self {
        Throughput {
            rate: Mutex::new(rate),
            shared: AtomicBool::new(false),
        }
    }

    /// Returns a cautious guess for a kind of device, until something has been measured.
    pub(super) fn of(device: DeviceType) -> Self {
        Throughput::new(match device {
            DeviceType::DiscreteGpu => 2e12,
            DeviceType::Cpu => 3e10,
            DeviceType::IntegratedGpu | DeviceType::VirtualGpu | DeviceType::Other => 2e11,
        })
    }

    /// Returns what to begin with after the device was lost, perhaps since a submission took too long: small submissions.
    pub(super) fn after_loss(&self) -> Self {
        Throughput {
            rate: Mutex::new(self.rate() / LOSS),
            shared: AtomicBool::new(self.is_shared()),
        }
    }

    /// Keeps submissions short enough for the frames of a window from now on.
    pub(super) fn share(&self) {
        self.shared.store(true, Ordering::Relaxed);
    }

    /// Returns whether submissions leave time for the frames of a window.
    pub(super) fn is_shared(&self) -> bool {
        self.shared.load(Ordering::Relaxed)
    }

    fn rate(&self) -> f64 {
        *self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Updates the rate from work that took `seconds`. A single outlier (say, a shader compilation) has little weight.
    pub(super) fn measured(&self, flop: u64, seconds: f64) {
        if flop == 0 || seconds <= 0.0 {
            return;
        }
        let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        let found = (flop as f64 / seconds).clamp(*rate / 8.0, *rate * 8.0);
        *rate = 0.5 * (*rate + found);
    }

    /// Returns the operations that one submission may take.
    pub(super) fn budget(&self) -> u64 {
        let seconds = if self.is_shared() {
            SHARED_SUBMISSION
        } else {
            SUBMISSION
        };
        (self.rate() * seconds) as u64
    }

    /// Returns how many segments of `flop` operations to run between two round trips, at most `most`.
    pub(super) fn segments(&self, flop: u64, most: usize) -> usize {
        let fit = self.rate() * ROUND_TRIP / flop.max(1) as f64;
        (fit as usize).clamp(1, most.max(1))
    }
}

/// Splits work, in order, into submissions of at most `budget` each; a larger piece gets its own.
pub(super) fn submissions(flop: &[u64], budget: u64) -> Vec<Range<usize>> {
    let (mut ranges, mut start, mut sum) = (Vec::new(), 0, 0u64);
    for (i, &piece) in flop.iter().enumerate() {
        if i > start && sum.saturating_add(piece) > budget {
            ranges.push(start..i);
            (start, sum) = (i, 0);
        }
        sum = sum.saturating_add(piece);
    }
    if start < flop.len() {
        ranges.push(start..flop.len());
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn submissions_are_short_and_nothing_is_lost(
            flop in proptest::collection::vec(0u64..50, 0..40),
            budget in 1u64..100,
        ) {
            let ranges = submissions(&flop, budget);
            let all: Vec<usize> = ranges.iter().cloned().flatten().collect();
            prop_assert_eq!(all, (0..flop.len()).collect::<Vec<_>>());
            for (i, range) in ranges.iter().enumerate() {
                let sum: u64 = flop[range.clone()].iter().sum();
                prop_assert!(sum <= budget || flop[range.clone()].iter().filter(|&&f| f > 0).count() == 1);
                // There are no more submissions than needed: the next piece would not have fitted.
                if let Some(next) = ranges.get(i + 1) {
                    prop_assert!(sum + flop[next.start] > budget);
                }
            }
        }
    }

    #[test]
    fn the_pace_follows_what_is_measured() {
        let throughput = Throughput::of(DeviceType::Cpu);
        for _ in 0..40 {
            throughput.measured(1_000_000_000, 0.001);
        }
        assert!((throughput.rate() / 1e12 - 1.0).abs() < 1e-3, "{}", throughput.rate());
        assert_eq!(throughput.budget() / 1_000_000_000, 79);
        assert_eq!(throughput.segments(2_500_000_000, 16), 3);
        assert_eq!(throughput.segments(1, 16), 16);
        assert_eq!(throughput.segments(u64::MAX, 16), 1);
        // A compilation in between lowers the rate one step instead of ruining it.
        throughput.measured(1_000_000_000, 10.0);
        assert!(throughput.rate() > 5e11);
        let alone = throughput.budget();
        throughput.share();
        assert_eq!(throughput.budget(), alone / 10);
        let again = throughput.after_loss();
        assert!(again.is_shared() && again.budget().abs_diff(alone / 160) < 2);
        throughput.measured(0, 1.0);
        throughput.measured(1, 0.0);
        assert!(throughput.rate() > 5e11);
    }
}
