//! Durations of the window's callbacks, for the debug panel and for bug reports.

use std::collections::VecDeque;

use serde::Serialize;

/// The number of callbacks that are remembered.
const MOST: usize = 2000;

/// The durations of the latest callbacks, in milliseconds.
#[derive(Debug, Clone, Default)]
pub struct Timing {
    times: VecDeque<f32>,
    count: usize,
}

/// Statistics of durations, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Summary {
    /// The number of callbacks since the start.
    pub count: usize,
    /// The median of the remembered callbacks.
    pub median: f32,
    /// The 99th percentile.
    pub p99: f32,
    /// The longest of them.
    pub longest: f32,
    /// The number of remembered callbacks that took more than 16 ms.
    pub over_16: usize,
}

impl Timing {
    /// Adds the duration of a callback.
    pub fn add(&mut self, milliseconds: f32) {
        if self.times.len() == MOST {
            self.times.pop_front();
        }
        self.times.push_back(milliseconds);
        self.count += 1;
    }

    /// Returns the statistics of the remembered callbacks.
    pub fn summary(&self) -> Summary {
        let mut sorted: Vec<f32> = self.times.iter().copied().collect();
        sorted.sort_by(f32::total_cmp);
        let at = |part: f64| {
            let place = (part * sorted.len() as f64) as usize;
            sorted
                .get(place.min(sorted.len().saturating_sub(1)))
                .copied()
                .unwrap_or(0.0)
        };
        Summary {
            count: self.count,
            median: at(0.5),
            p99: at(0.99),
            longest: at(1.0),
            over_16: sorted.iter().filter(|ms| **ms > 16.0).count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_of_what_is_remembered() {
        assert_eq!(Timing::default().summary(), Summary::default());
        let mut timing = Timing::default();
        (0..3000).for_each(|i| timing.add(i as f32));
        let summary = timing.summary();
        assert_eq!((summary.count, summary.median, summary.longest), (3000, 2000.0, 2999.0));
        assert_eq!((summary.p99, summary.over_16), (2980.0, 2000));
    }
}
