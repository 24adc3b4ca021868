//! How far many samples are, in segments.

use indicatif::ProgressBar;

/// A progress bar that counts segments. How many there will be is a guess: samples may stop early, or more may come.
#[derive(Debug)]
pub(super) struct Progress {
    pub bar: ProgressBar,
    what: &'static str,
    /// Most segments of a sample.
    most: usize,
    all: usize,
    pub done: usize,
    segments: usize,
}

impl Progress {
    /// Shows a bar for samples of at most `most` segments; `what` says what is done with which.
    pub(super) fn new(bar: ProgressBar, what: &'static str, most: usize) -> Progress {
        Progress {
            bar,
            what,
            most,
            all: 0,
            done: 0,
            segments: 0,
        }
    }

    /// Expects so many more samples.
    pub(super) fn expect(&mut self, samples: usize) {
        self.all += samples;
        self.show();
    }

    /// Counts segments that have run.
    pub(super) fn segments(&mut self, count: usize) {
        self.segments += count;
        self.show();
    }

    /// Counts a sample that is done.
    pub(super) fn sample(&mut self) {
        self.done += 1;
        self.show();
    }

    fn show(&self) {
        let (done, all) = (self.done, self.all);
        self.bar.set_message(format!("{} {done}/{all}", self.what));
        // What is done has run as many as it needed; what is ahead is expected to need as many, or the most.
        let each = self.segments.checked_div(done).unwrap_or(self.most).min(self.most);
        let ahead = all.saturating_sub(done).saturating_mul(each.max(1));
        let past = each.saturating_mul(done);
        self.bar
            .set_length(past.saturating_add(ahead).max(self.segments) as u64);
        self.bar.set_position(self.segments as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bar moves with each segment, before any sample is done.
    #[test]
    fn segments_are_counted() {
        let mut progress = Progress::new(ProgressBar::hidden(), "evaluating", 16);
        let shown = |progress: &Progress| (progress.bar.position(), progress.bar.length(), progress.bar.message());
        progress.expect(4);
        assert_eq!(shown(&progress), (0, Some(64), "evaluating 0/4".into()));
        progress.segments(4);
        assert_eq!(shown(&progress), (4, Some(64), "evaluating 0/4".into()));
        progress.segments(4);
        progress.sample();
        progress.sample();
        // Two have needed 4 each: two more are expected to.
        assert_eq!(shown(&progress), (8, Some(16), "evaluating 2/4".into()));
        progress.segments(12);
        assert_eq!(shown(&progress).0, 20);
        assert!(progress.bar.length() >= Some(20));
    }
}
