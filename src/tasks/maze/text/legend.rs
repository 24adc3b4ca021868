//! Which characters of a text are walls, free cells and ends.

use crate::tasks::maze::{FREE, GOAL, PATH, START, WALL};

/// Characters that mean the same in every maze. Ends may be lower-case letters.
const CERTAIN: [(u32, &str); 5] = [
    (WALL, "#█▓▒■⬛🧱%"),
    (FREE, " .·□░⬜_\u{a0}"),
    (START, "Ss🟩🟢🏁"),
    (GOAL, "Gg🟥🔴🚩🎯"),
    (PATH, "o"),
];

/// Characters that take on a meaning if no certain character with it occurs; the first that occurs counts.
const POSSIBLE: [(u32, &str); 3] = [(WALL, "WwXx+"), (START, "Aa"), (GOAL, "EeFfBb")];

/// The meaning of the characters of a maze.
#[derive(Debug)]
pub(super) struct Legend {
    /// The character chosen for each meaning in [`POSSIBLE`], if one occurs.
    chosen: [Option<char>; 3],
    /// Whether 1 and 0 are walls and free cells.
    has_digits: bool,
}

impl Legend {
    /// Chooses among the possible characters that occur in `lines`.
    pub(super) fn of<'a>(lines: impl Iterator<Item = &'a str> + Clone) -> Legend {
        let has = |c: char| lines.clone().any(|line| line.contains(c));
        let is_certain = |id: u32| {
            CERTAIN
                .iter()
                .any(|(certain, chars)| *certain == id && chars.chars().any(has))
        };
        let mut chosen = POSSIBLE.map(|(id, possible)| match is_certain(id) {
            true => None,
            false => possible.chars().find(|c| has(*c)),
        });
        // A is a start beside B, and B a goal beside A.
        let [_, start, goal] = &mut chosen;
        if start.is_some() != goal.is_some_and(|c| matches!(c, 'B' | 'b')) {
            *start = None;
            *goal = goal.filter(|c| !matches!(c, 'B' | 'b'));
        }
        // Digits alone are a maze only where its ends are marked; beside free cells of another sign only ones are walls.
        let has_start = is_certain(START) || chosen[1].is_some();
        let has_goal = is_certain(GOAL) || chosen[2].is_some();
        let has_digits = has_start && has_goal && !is_certain(WALL) && has('1') && has('0') != is_certain(FREE);
        if has_digits {
            chosen[0] = None;
        }
        Legend { chosen, has_digits }
    }

    /// Returns the id that a character stands for.
    pub(super) fn id(&self, c: char) -> Option<u32> {
        match c {
            '1' if self.has_digits => return Some(WALL),
            '0' if self.has_digits => return Some(FREE),
            _ => {}
        }
        let certain = CERTAIN.iter().find(|(_, chars)| chars.contains(c));
        let mut possible = POSSIBLE.iter().zip(&self.chosen);
        let chosen = || possible.find(|(_, chosen)| **chosen == Some(c)).map(|((id, _), _)| *id);
        certain.map(|(id, _)| *id).or_else(chosen)
    }
}

/// Returns whether a character can be a cell of some maze.
pub(super) fn is_symbol(c: char) -> bool {
    let certain = CERTAIN.iter().chain(&POSSIBLE).any(|(_, chars)| chars.contains(c));
    certain || matches!(c, '0' | '1')
}
