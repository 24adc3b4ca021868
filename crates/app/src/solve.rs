//! The solve of one puzzle, as far as it has come, and the position in it that is shown.

use std::sync::Arc;

use hrm::halt::Stop;
use hrm::solve::{Answer, Solver};
use hrm::tasks::{Puzzle, Question, Verdict};
use hrm::trace::Thought;
use hrm::tries::Variant;

use crate::messages::Setup;
use crate::mind::Mind;
use crate::settings::MOST_TRIES;

/// The segments of one try.
#[derive(Debug, Clone, Default)]
pub struct Track {
    /// The segments so far, in order.
    pub thoughts: Vec<Thought>,
    /// The reason for halting, once the try has halted.
    pub stopped: Option<Stop>,
    /// How the try varies the puzzle.
    pub variant: Variant,
}

/// The state of the order.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Segments are coming.
    Running,
    /// The solver finished.
    Ended,
    /// The user stopped the solver.
    Stopped,
    /// The solver failed, and why.
    Failed(String),
}

/// What is recorded of the states of the first try.
#[derive(Debug, Clone)]
pub enum Traced {
    /// Nothing so far.
    No,
    /// They are being recorded, by the order with this ticket.
    Asked(u64),
    /// All of them.
    Yes(Arc<Mind>),
    /// It failed, and why.
    Failed(String),
}

/// The solve of one puzzle.
#[derive(Debug, Clone)]
pub struct Solve {
    /// The ticket of the order; events with another ticket are stale.
    pub ticket: u64,
    /// The model and the device that solve the puzzle.
    pub setup: Setup,
    /// The puzzle.
    pub puzzle: Puzzle,
    /// The ids that the network is given, `[S]`: a prediction without segments.
    question_ids: Vec<u32>,
    /// Whether the puzzle has exactly one solution, once that is known.
    pub question: Option<Question>,
    /// All tries; the first takes the puzzle as it is.
    pub tracks: Vec<Track>,
    /// The try that gave the answer.
    pub winner: Option<usize>,
    /// The answer and the solver that gave it.
    pub answer: Option<(Arc<Solver>, Box<Answer>)>,
    /// The state of the order.
    pub progress: Progress,
    /// Seconds from submission to the answer.
    pub seconds: f64,
    /// The position that is shown.
    pub playback: Playback,
    /// The try chosen for the large board; None for the winner, or else the first.
    pub selected: Option<usize>,
    /// The states of the first try.
    pub traced: Traced,
}

/// A position among the segments, and how it moves.
#[derive(Debug, Clone, PartialEq)]
pub struct Playback {
    /// The number of segments shown in full; 0 shows the question.
    pub shown: usize,
    /// The part of the next segment that is shown, from 0 to below 1.
    pub part: f64,
    /// Whether the position moves with time.
    pub playing: bool,
    /// Whether somebody asked for that.
    pub wanted: bool,
}

impl Solve {
    /// Returns a solve without segments yet.
    pub fn new(ticket: u64, setup: Setup, puzzle: Puzzle) -> Solve {
        Solve {
            ticket,
            setup,
            question_ids: puzzle.sample().tokens,
            puzzle,
            question: None,
            tracks: vec![Track::default()],
            winner: None,
            answer: None,
            progress: Progress::Running,
            seconds: 0.0,
            playback: Playback {
                shown: 0,
                part: 0.0,
                playing: true,
                wanted: false,
            },
            selected: None,
            traced: Traced::No,
        }
    }

    /// Returns the states of the first try, once they are recorded.
    pub fn mind(&self) -> Option<&Mind> {
        match &self.traced {
            Traced::Yes(mind) => Some(mind),
            _ => None,
        }
    }

    /// Takes over the segments of an earlier solve of the same puzzle with the same setup, which repeats them exactly.
    pub fn resume(&mut self, before: Solve) {
        self.tracks = before.tracks;
        self.tracks.iter_mut().for_each(|track| track.stopped = None);
        self.playback = Playback {
            playing: true,
            ..before.playback
        };
        self.selected = before.selected;
    }

    /// Adds a segment of a try. Where a vote decides, the winner's last segment arrives twice and counts once.
    pub fn add(&mut self, attempt: usize, variant: Variant, thought: Thought, stopped: Option<Stop>) {
        if self.tracks.len() <= attempt {
            self.tracks.resize_with(attempt + 1, Track::default);
        }
        let track = &mut self.tracks[attempt];
        track.variant = variant;
        track.stopped = stopped;
        match track.thoughts.last_mut() {
            Some(last) if last.number >= thought.number => {}
            _ => track.thoughts.push(thought),
        }
    }

    /// Returns whether segments may still arrive.
    pub fn is_running(&self) -> bool {
        self.progress == Progress::Running
    }

    /// Returns the number of segments of the longest try.
    pub fn segments(&self) -> usize {
        self.tracks.iter().map(|track| track.thoughts.len()).max().unwrap_or(0)
    }

    /// Returns how many tries could help if these have failed.
    pub fn more_tries(&self) -> usize {
        (4 * self.tracks.len().max(4)).min(MOST_TRIES)
    }

    /// Returns the last segment to play to: of a finished solve the last one of the try that is shown.
    pub fn end(&self) -> usize {
        match self.is_running() {
            true => self.segments(),
            false => self.tracks[self.track()].thoughts.len(),
        }
    }

    /// Returns the try that the large board shows.
    pub fn track(&self) -> usize {
        let last = self.tracks.len().saturating_sub(1);
        self.selected.or(self.winner).unwrap_or(0).min(last)
    }

    /// Returns the segment of try `track` at the playback position; None shows the question.
    pub fn thought(&self, track: usize) -> Option<&Thought> {
        let thoughts = &self.tracks.get(track)?.thoughts;
        let number = self.showing().min(thoughts.len());
        thoughts.get(number.checked_sub(1)?)
    }

    /// Returns the number of the segment on the board, if only in part; 0 is the question.
    pub fn showing(&self) -> usize {
        let next = usize::from(self.playback.part > 0.0);
        (self.playback.shown + next).min(self.segments())
    }

    /// Returns the grid of try `track` at the playback position. A segment that is shown in part has changed only the
    /// cells of which the model is most confident.
    pub fn grid(&self, track: usize) -> Vec<u32> {
        let Some(thought) = self.thought(track) else {
            return self.question_ids.clone();
        };
        let part = self.playback.part;
        if part <= 0.0 || self.playback.shown >= thought.number {
            return thought.grid.clone();
        }
        let before = thought.number.checked_sub(2);
        let before = match before {
            Some(before) => self.tracks[track].thoughts[before].grid.clone(),
            None => {
                let (task, question) = (self.puzzle.task, self.question_ids.clone());
                task.fitted(question, thought.grid.len())
            }
        };
        let mut order = thought.changed.clone();
        if let Some(sure) = &thought.confidence {
            let of = |cell: &usize| sure.get(*cell).copied().unwrap_or(0.0);
            order.sort_by(|a, b| of(b).total_cmp(&of(a)));
        }
        let there = (part * (order.len() + 1) as f64) as usize;
        let mut grid = thought.grid.clone();
        for &cell in order.iter().skip(there) {
            grid[cell] = before[cell];
        }
        grid
    }

    /// Returns the verdict on a try's grid at the playback position; None for the question.
    pub fn verdict(&self, track: usize) -> Option<Verdict> {
        self.puzzle.judge(&self.thought(track)?.grid)
    }

    /// Returns whether the position is the end of the try on the large board, and no segment of it will follow.
    pub fn at_end(&self) -> bool {
        let track = &self.tracks[self.track()];
        let over = track.stopped.is_some() || !self.is_running();
        over && self.playback.shown >= track.thoughts.len()
    }

    /// Advances by `seconds` at `speed` segments a second; returns whether the position will move on by itself.
    pub fn tick(&mut self, seconds: f64, speed: f64) -> bool {
        let (end, running) = (self.end(), self.is_running());
        let playback = &mut self.playback;
        if !playback.playing {
            return false;
        }
        let place = playback.shown as f64 + playback.part + seconds.max(0.0) * speed;
        // A longer try may have been shown before.
        let place = place.min(end as f64);
        // At the end of the newest segment the board shows all of it.
        playback.shown = place as usize;
        playback.part = place.fract();
        if playback.shown == end {
            playback.part = 0.0;
            playback.playing = running;
        }
        self.playback.playing && self.playback.shown < end
    }

    /// Shows segment `number` in full (0 is the question) and pauses.
    pub fn seek(&mut self, number: usize) {
        self.playback = Playback {
            shown: number.min(self.end()),
            part: 0.0,
            playing: false,
            wanted: false,
        };
    }

    /// Moves by a number of segments and pauses.
    pub fn skip(&mut self, by: isize) {
        let from = if by < 0 { self.showing() } else { self.playback.shown };
        self.seek(from.saturating_add_signed(by));
    }

    /// Plays or pauses; at the end, it starts over.
    pub fn toggle(&mut self) {
        let playing = !self.playback.playing;
        if playing && self.playback.shown >= self.end() && !self.is_running() {
            self.seek(0);
        }
        (self.playback.playing, self.playback.wanted) = (playing, playing);
    }
}

#[cfg(test)]
impl Solve {
    /// Returns a solve that no order belongs to.
    pub(crate) fn for_tests(puzzle: Puzzle) -> Solve {
        let setup = Setup {
            model: None,
            task: puzzle.task,
            device: hrm::executor::DeviceChoice::Cpu,
        };
        Solve::new(1, setup, puzzle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hrm::tasks::sudoku;

    fn thought(number: usize, grid: Vec<u32>, changed: Vec<usize>) -> Thought {
        let confidence = (0..grid.len()).map(|cell| cell as f32 / 100.0).collect();
        Thought {
            number,
            grid,
            changed,
            q_halt: 0.0,
            q_continue: 0.0,
            confidence: Some(confidence),
            probabilities: None,
            z_h: None,
            z_l: None,
        }
    }

    fn solve(segments: usize) -> Solve {
        let mut solve = Solve::for_tests(Puzzle::new(sudoku::TASK, vec![1; 81]).unwrap());
        for number in 1..=segments {
            let grid = vec![number as u32 + 1; 81];
            let stopped = (number == segments).then_some(Stop::Limit);
            solve.add(0, Variant::default(), thought(number, grid, (0..81).collect()), stopped);
        }
        solve
    }

    #[test]
    fn it_plays_to_the_end_and_waits_for_what_comes() {
        let mut t = solve(2);
        assert!(t.tick(0.5, 2.0), "one is shown, and there is another");
        assert_eq!((t.playback.shown, t.showing()), (1, 1));
        assert!(!t.tick(9.0, 2.0));
        assert_eq!(t.playback.shown, 2);
        assert!(t.playback.playing, "it waits for more");
        t.progress = Progress::Ended;
        t.tick(0.1, 2.0);
        assert!(!t.playback.playing && t.at_end());
        t.toggle();
        assert_eq!((t.playback.shown, t.playback.playing), (0, true));
    }

    #[test]
    fn it_steps_and_seeks_within_what_is_there() {
        let mut t = solve(3);
        t.skip(1);
        t.skip(1);
        assert_eq!(t.thought(0).map(|t| t.number), Some(2));
        t.skip(-1);
        assert_eq!(t.thought(0).map(|t| t.number), Some(1));
        t.skip(-5);
        assert!(t.thought(0).is_none());
        assert_eq!(t.grid(0), vec![1; 81]);
        t.seek(99);
        assert_eq!(t.grid(0), vec![4; 81]);
        assert!(t.thought(7).is_none(), "no such try");
    }

    #[test]
    fn the_surest_cells_of_a_segment_come_first() {
        let mut t = solve(2);
        t.seek(1);
        t.playback.playing = true;
        t.tick(0.5, 1.0);
        let grid = t.grid(0);
        assert_eq!(t.showing(), 2);
        assert_eq!((grid[80], grid[41], grid[40], grid[0]), (3, 3, 3, 2));
        assert_eq!(grid.iter().filter(|&&id| id == 3).count(), 41);
        // Back from the middle of a segment leads to its beginning.
        t.skip(-1);
        assert_eq!(t.playback.shown, 1);
    }

    #[test]
    fn a_segment_that_comes_twice_counts_once() {
        let mut t = solve(2);
        t.add(
            0,
            Variant::default(),
            thought(2, vec![3; 81], Vec::new()),
            Some(Stop::Limit),
        );
        assert_eq!(t.segments(), 2);
        t.add(2, Variant::default(), thought(1, vec![3; 81], Vec::new()), None);
        assert_eq!((t.tracks.len(), t.segments(), t.track()), (3, 2, 0));
        t.winner = Some(2);
        assert_eq!(t.track(), 2);
        // The end is that of the try that is shown, once no segment can follow.
        assert_eq!(t.end(), 2);
        t.progress = Progress::Ended;
        t.seek(99);
        assert_eq!((t.end(), t.playback.shown), (1, 1));
        t.selected = Some(9);
        assert_eq!(t.track(), 2);
    }
}
