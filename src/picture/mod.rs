//! Pictures of the thinking: a GIF of all segments, a PNG of one.
//!
//! What the model answered is coloured by how sure it is of it, from pale to full; what changed in a segment lights up;
//! givens are bold, and the cells of broken rules red.

mod board;
mod canvas;
mod encode;
mod look;

use std::collections::BTreeSet;

pub use look::Look;

use crate::error::{Error, Result};
use crate::model::Task;
use crate::puzzle::Puzzle;
use crate::trace::Thought;
use board::Frame;
use canvas::Fonts;

/// How long a GIF takes altogether, at least and at most for one frame, and how long its last frame stays; in
/// hundredths of a second.
const ALL: usize = 1000;
const FRAME: [usize; 2] = [8, 70];
const LAST: u16 = 300;

/// A puzzle and what was thought of it.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    /// The question.
    pub puzzle: &'a Puzzle,
    /// The segments, of which the last is the answer.
    pub thoughts: &'a [Thought],
    /// Light or dark.
    pub look: Look,
}

impl Picture<'_> {
    /// The answer, as a PNG file.
    ///
    /// # Errors
    /// [`Error::Usage`] for a puzzle that cannot be drawn, or without any segment.
    pub fn png(&self) -> Result<Vec<u8>> {
        let last = self.thoughts.len().checked_sub(1).ok_or_else(nothing)?;
        let fonts = self.fonts()?;
        encode::png(&self.frame(last, false).draw(&fonts, &self.look.palette()))
    }

    /// The thinking as a GIF file that repeats: the question, every segment, and the answer for a while.
    ///
    /// # Errors
    /// As [`Picture::png`].
    pub fn gif(&self) -> Result<Vec<u8>> {
        let last = self.thoughts.len().checked_sub(1).ok_or_else(nothing)?;
        let (fonts, palette) = (self.fonts()?, self.look.palette());
        let delay = (ALL / self.thoughts.len()).clamp(FRAME[0], FRAME[1]) as u16;
        let question = Frame {
            puzzle: self.puzzle,
            thought: None,
            faults: BTreeSet::new(),
            changes: false,
            number: 0,
            count: self.thoughts.len(),
            verdict: None,
        };
        let mut frames = vec![(question.draw(&fonts, &palette), FRAME[1] as u16)];
        let segments = (0..=last).map(|i| (self.frame(i, true).draw(&fonts, &palette), delay));
        frames.extend(segments);
        frames.push((self.frame(last, false).draw(&fonts, &palette), LAST));
        encode::gif(&frames)
    }

    fn fonts(&self) -> Result<Fonts> {
        if self.puzzle.task == Task::Arc {
            return Err(Error::Usage("pictures of ARC puzzles are not supported yet".into()));
        }
        Fonts::new()
    }

    /// Segment `i`; the last one, without the colours of change, tells how it ended.
    fn frame(&self, i: usize, changes: bool) -> Frame<'_> {
        let thought = &self.thoughts[i];
        let verdict = self.puzzle.judge(&thought.grid).filter(|_| !changes);
        let faults = verdict.iter().flat_map(|v| &v.faults);
        Frame {
            puzzle: self.puzzle,
            thought: Some(thought),
            faults: faults.flat_map(|fault| fault.cells().iter().copied()).collect(),
            // The first segment answers every cell: that is no news.
            changes: changes && i > 0,
            number: thought.number,
            count: self.thoughts.last().map_or(0, |last| last.number),
            verdict: (!changes).then(|| verdict.as_ref().map(|v| v.valid)),
        }
    }
}

fn nothing() -> Error {
    Error::Usage("a picture needs one segment at least, found none".into())
}
