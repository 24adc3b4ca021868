//! The same puzzle on the CPU and on the GPU, one after the other: neither takes time from the other. Plain data.

use hrm::tasks::Puzzle;

/// How far a device has come.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Stage {
    /// The other one runs first.
    #[default]
    Waits,
    /// It is opened, and runs a segment to warm up.
    Opening,
    /// Segments are coming.
    Runs,
    /// It has answered, and whether the answer keeps the rules; None if there are none.
    Answered(Option<bool>),
    /// It was stopped.
    Stopped,
    /// It failed, and why.
    Failed(String),
}

/// What one of the two has done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lane {
    /// How far it has come.
    pub stage: Stage,
    /// The device's own name.
    pub name: String,
    /// Whether the device is a program on the processor.
    pub is_software: bool,
    /// The latest prediction `[S]`.
    pub prediction: Option<Vec<u32>>,
    /// Segments so far.
    pub segments: usize,
    /// Seconds of all of them.
    pub seconds: f64,
}

impl Lane {
    /// Returns the milliseconds of a segment; None before the first.
    pub fn each(&self) -> Option<f64> {
        (self.segments > 0).then(|| 1000.0 * self.seconds / self.segments as f64)
    }
}

/// What happens in a race.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// The device is being opened.
    Opening,
    /// The device is open.
    Opened {
        /// Its name.
        name: String,
        /// Whether it is a program on the processor.
        is_software: bool,
    },
    /// A segment has come.
    Segment {
        /// Its number, from 1.
        number: usize,
        /// What it predicts, `[S]`.
        prediction: Vec<u32>,
        /// Seconds since the first began.
        seconds: f64,
        /// Of the last segment, whether the answer keeps the rules.
        answered: Option<Option<bool>>,
    },
    /// The device could not go on.
    Failed(String),
}

/// A race on a puzzle.
#[derive(Debug, Clone, PartialEq)]
pub struct Race {
    /// The ticket of the order; events with another ticket are stale.
    pub ticket: u64,
    /// The puzzle.
    pub puzzle: Puzzle,
    /// The CPU, then the GPU.
    pub lanes: [Lane; 2],
    /// Whether it goes on.
    pub is_running: bool,
}

impl Race {
    /// Names of the lanes.
    pub const NAMES: [&str; 2] = ["CPU", "GPU"];

    /// Returns a race that has just begun.
    pub fn new(ticket: u64, puzzle: Puzzle) -> Race {
        Race {
            ticket,
            puzzle,
            lanes: [Lane::default(), Lane::default()],
            is_running: true,
        }
    }

    /// Takes in what has happened in a lane.
    pub fn take(&mut self, lane: usize, news: News) {
        let Some(lane) = self.lanes.get_mut(lane) else { return };
        match news {
            News::Opening => lane.stage = Stage::Opening,
            News::Opened { name, is_software } => (lane.name, lane.is_software) = (name, is_software),
            News::Segment {
                number,
                prediction,
                seconds,
                answered,
            } => {
                lane.stage = answered.map_or(Stage::Runs, Stage::Answered);
                (lane.prediction, lane.segments, lane.seconds) = (Some(prediction), number, seconds);
            }
            News::Failed(reason) => lane.stage = Stage::Failed(reason),
        }
    }

    /// Ends the race; who has not come to an end was stopped.
    pub fn end(&mut self) {
        self.is_running = false;
        for lane in &mut self.lanes {
            if !matches!(lane.stage, Stage::Answered(_) | Stage::Failed(_)) {
                lane.stage = Stage::Stopped;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hrm::tasks::sudoku;

    #[test]
    fn a_race_keeps_what_each_has_done() {
        let mut race = Race::new(1, Puzzle::new(sudoku::TASK, vec![1; 81]).unwrap());
        race.take(0, News::Opening);
        assert_eq!(
            (&race.lanes[0].stage, &race.lanes[1].stage),
            (&Stage::Opening, &Stage::Waits)
        );
        for (number, answered) in [(1, None), (2, Some(Some(true)))] {
            race.take(
                0,
                News::Segment {
                    number,
                    prediction: vec![2; 81],
                    seconds: number as f64 * 0.01,
                    answered,
                },
            );
        }
        assert_eq!(race.lanes[0].each(), Some(10.0));
        race.take(7, News::Opening);
        race.end();
        assert_eq!(race.lanes[0].stage, Stage::Answered(Some(true)));
        assert_eq!((&race.lanes[1].stage, race.lanes[1].each()), (&Stage::Stopped, None));
        assert!(!race.is_running);
    }
}
