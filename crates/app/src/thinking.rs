//! The thinking about one puzzle, as far as it has come, and the place in it that is shown.

use std::sync::Arc;

use super::worker::Setup;
use hrm::puzzle::{Puzzle, Question, Verdict};
use hrm::session::Stop;
use hrm::solve::{Answer, Solver};
use hrm::trace::Thought;
use hrm::tries::Variant;

/// What is known of one try.
#[derive(Debug, Clone, Default)]
pub struct Track {
    /// Its segments, in order.
    pub thoughts: Vec<Thought>,
    /// What stopped it, once something has.
    pub stopped: Option<Stop>,
    /// What it makes of the puzzle.
    pub variant: Variant,
}

/// How far the work is.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Segments are coming.
    Running,
    /// It ended by itself.
    Ended,
    /// The user stopped it.
    Stopped,
    /// It could not go on, and why.
    Failed(String),
}

/// The thinking about one puzzle.
#[derive(Debug, Clone)]
pub struct Thinking {
    /// The number of the work order: what comes for another is stale.
    pub ticket: u64,
    /// Who thinks.
    pub setup: Setup,
    /// The question.
    pub puzzle: Puzzle,
    /// Whether it has one solution, once that is known.
    pub question: Option<Question>,
    /// All tries, the first of which takes the puzzle as it is.
    pub tracks: Vec<Track>,
    /// The try that gave the answer.
    pub winner: Option<usize>,
    /// The answer, and who gave it.
    pub answer: Option<(Arc<Solver>, Box<Answer>)>,
    /// How far it is.
    pub progress: Progress,
    /// Seconds from submission to the answer.
    pub seconds: f64,
    /// What is shown.
    pub playback: Playback,
    /// The try that the large board shows; None for the winner, or the first.
    pub selected: Option<usize>,
}

/// A place in the thinking, and how it moves.
#[derive(Debug, Clone, PartialEq)]
pub struct Playback {
    /// Segments that have been shown in full; 0 is the question.
    pub shown: usize,
    /// How much of the next one is shown, below 1.
    pub part: f64,
    /// Whether time moves it.
    pub playing: bool,
}

impl Thinking {
    /// Nothing thought yet.
    pub fn new(ticket: u64, setup: Setup, puzzle: Puzzle) -> Thinking {
        Thinking {
            ticket,
            setup,
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
            },
            selected: None,
        }
    }

    /// Goes on from an earlier thinking about the same puzzle on the same device, which gives the same segments: what it
    /// has thought is there at once.
    pub fn go_on(&mut self, before: Thinking) {
        self.tracks = before.tracks;
        self.tracks.iter_mut().for_each(|track| track.stopped = None);
        self.playback = Playback {
            playing: true,
            ..before.playback
        };
        self.selected = before.selected;
    }

    /// Takes a segment of a try in. Where a vote decides, the winner's last segment comes twice.
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

    /// Whether segments may still come.
    pub fn is_running(&self) -> bool {
        self.progress == Progress::Running
    }

    /// Segments of the longest try.
    pub fn segments(&self) -> usize {
        self.tracks.iter().map(|track| track.thoughts.len()).max().unwrap_or(0)
    }

    /// The try that the large board shows.
    pub fn track(&self) -> usize {
        let last = self.tracks.len().saturating_sub(1);
        self.selected.or(self.winner).unwrap_or(0).min(last)
    }

    /// What try `track` has on its board at the place of the playback; None is the question.
    pub fn thought(&self, track: usize) -> Option<&Thought> {
        let thoughts = &self.tracks.get(track)?.thoughts;
        let number = self.showing().min(thoughts.len());
        thoughts.get(number.checked_sub(1)?)
    }

    /// The segment that is on the board, if only in part; 0 is the question.
    pub fn showing(&self) -> usize {
        let next = usize::from(self.playback.part > 0.0);
        (self.playback.shown + next).min(self.segments())
    }

    /// The grid that try `track` shows: of a segment that is shown in part, the surest of the cells that it changes are
    /// there and the others are as they were.
    pub fn grid(&self, track: usize) -> Vec<u32> {
        let Some(thought) = self.thought(track) else {
            return self.puzzle.tokens.clone();
        };
        let part = self.playback.part;
        if part <= 0.0 || self.playback.shown >= thought.number {
            return thought.grid.clone();
        }
        let before = thought.number.checked_sub(2);
        let before = before.map_or(&self.puzzle.tokens, |i| &self.tracks[track].thoughts[i].grid);
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

    /// What the rules say of a try's grid at the place of the playback; None for the question.
    pub fn verdict(&self, track: usize) -> Option<Verdict> {
        self.puzzle.judge(&self.thought(track)?.grid)
    }

    /// Whether the place is the end of the try on the large board and no segment of it will come.
    pub fn at_end(&self) -> bool {
        let track = &self.tracks[self.track()];
        let over = track.stopped.is_some() || !self.is_running();
        over && self.playback.shown >= track.thoughts.len()
    }

    /// Moves on by `seconds` at `speed` segments a second; whether there is more to come by itself.
    pub fn tick(&mut self, seconds: f64, speed: f64) -> bool {
        let (end, running) = (self.segments(), self.is_running());
        let playback = &mut self.playback;
        if !playback.playing {
            return false;
        }
        let place = playback.shown as f64 + playback.part + seconds.max(0.0) * speed;
        let place = place.min(end as f64);
        // Where the place is the newest segment's end, the board shows all of it.
        playback.shown = place as usize;
        playback.part = place.fract();
        if playback.shown == end {
            playback.part = 0.0;
            playback.playing = running;
        }
        self.playback.playing && self.playback.shown < end
    }

    /// Shows the segment `number` in full (0 is the question) and stays there.
    pub fn seek(&mut self, number: usize) {
        self.playback = Playback {
            shown: number.min(self.segments()),
            part: 0.0,
            playing: false,
        };
    }

    /// One segment on, or back.
    pub fn step(&mut self, by: isize) {
        let from = if by < 0 { self.showing() } else { self.playback.shown };
        self.seek(from.saturating_add_signed(by));
    }

    /// Plays on or stops; from the end, it begins anew.
    pub fn toggle(&mut self) {
        let playing = !self.playback.playing;
        if playing && self.playback.shown >= self.segments() && !self.is_running() {
            self.seek(0);
        }
        self.playback.playing = playing;
    }
}

#[cfg(test)]
impl Thinking {
    /// About a puzzle, by nobody.
    pub(super) fn for_tests(puzzle: Puzzle) -> Thinking {
        let setup = Setup {
            model: None,
            task: puzzle.task,
            device: hrm::executor::DeviceChoice::Cpu,
        };
        Thinking::new(1, setup, puzzle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hrm::model::Task;

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

    fn thinking(segments: usize) -> Thinking {
        let mut thinking = Thinking::for_tests(Puzzle::new(Task::Sudoku, vec![1; 81]).unwrap());
        for number in 1..=segments {
            let grid = vec![number as u32 + 1; 81];
            let stopped = (number == segments).then_some(Stop::Limit);
            thinking.add(0, Variant::default(), thought(number, grid, (0..81).collect()), stopped);
        }
        thinking
    }

    #[test]
    fn it_plays_to_the_end_and_waits_for_what_comes() {
        let mut t = thinking(2);
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
        let mut t = thinking(3);
        t.step(1);
        t.step(1);
        assert_eq!(t.thought(0).map(|t| t.number), Some(2));
        t.step(-1);
        assert_eq!(t.thought(0).map(|t| t.number), Some(1));
        t.step(-5);
        assert!(t.thought(0).is_none());
        assert_eq!(t.grid(0), vec![1; 81]);
        t.seek(99);
        assert_eq!(t.grid(0), vec![4; 81]);
        assert!(t.thought(7).is_none(), "no such try");
    }

    #[test]
    fn the_surest_cells_of_a_segment_come_first() {
        let mut t = thinking(2);
        t.seek(1);
        t.playback.playing = true;
        t.tick(0.5, 1.0);
        let grid = t.grid(0);
        assert_eq!(t.showing(), 2);
        assert_eq!((grid[80], grid[41], grid[40], grid[0]), (3, 3, 3, 2));
        assert_eq!(grid.iter().filter(|&&id| id == 3).count(), 41);
        // Back from the middle of a segment is its beginning's segment.
        t.step(-1);
        assert_eq!(t.playback.shown, 1);
    }

    #[test]
    fn a_segment_that_comes_twice_counts_once() {
        let mut t = thinking(2);
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
        t.selected = Some(9);
        assert_eq!(t.track(), 2);
    }
}
