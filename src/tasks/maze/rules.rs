//! The rules of mazes.

use super::paths::{Paths, around};
use super::{FREE, GOAL, PATH, START, WALL, glyph};
use crate::tasks::{Fault, FaultKind, Question, place};

/// Counts the cells that hold `id`.
fn count(grid: &[u32], id: u32) -> usize {
    grid.iter().filter(|&&found| found == id).count()
}

/// Returns the cells of the start and the goal; a fault unless there is exactly one of each.
pub(super) fn ends(grid: &[u32]) -> Result<(usize, usize), Fault> {
    let place = |id| grid.iter().position(|&found| found == id);
    let (starts, goals) = (count(grid, START), count(grid, GOAL));
    match place(START).zip(place(GOAL)) {
        Some(ends) if (starts, goals) == (1, 1) => Ok(ends),
        _ => {
            let message = format!("expected one `S` and one `G`, found {starts} and {goals}");
            Err(Fault::new(FaultKind::Board, message, []))
        }
    }
}

/// Returns the neighbours of a cell that hold the start, the goal or the path.
fn chained(answer: &[u32], cell: usize, side: usize) -> impl Iterator<Item = usize> {
    around(cell, side).filter(|&other| (START..=PATH).contains(&answer[other]))
}

/// Returns how many cells of the chain a cell with this id must touch: the ends one, the path two; None outside the
/// chain.
fn touching(id: u32) -> Option<usize> {
    match id {
        START | GOAL => Some(1),
        PATH => Some(2),
        _ => None,
    }
}

/// Whether an answer may hold `id` in a cell where the question has `asked`.
fn is_kept(asked: u32, id: u32) -> bool {
    match id {
        WALL..=GOAL => id == asked,
        PATH => asked == FREE,
        _ => false,
    }
}

/// Returns the cells on the way from the start to the end of its chain, without the start.
fn walk(answer: &[u32], side: usize) -> Vec<usize> {
    let mut on_way = vec![false; answer.len()];
    let mut way = Vec::new();
    let mut here = answer.iter().position(|&id| id == START);
    while let Some(cell) = here {
        on_way[cell] = true;
        here = chained(answer, cell, side).find(|&next| !on_way[next]);
        way.extend(here);
    }
    way
}

/// Whether `answer` is a way through `question`, both `[side · side]`, so that [`faults`] finds none.
pub(crate) fn is_valid(question: &[u32], answer: &[u32]) -> bool {
    let side = question.len().isqrt();
    let fits = side * side == question.len() && answer.len() == question.len();
    fits && ends(answer).is_ok()
        && question.iter().zip(answer).all(|(&asked, &id)| is_kept(asked, id))
        && (0..answer.len())
            .all(|cell| touching(answer[cell]).is_none_or(|needed| chained(answer, cell, side).count() == needed))
        // No cells lie apart: the walk from the start visits all of them.
        && walk(answer, side).len() == count(answer, PATH) + 1
}

/// Returns the faults of `answer`, both `[side · side]`: changed cells, then cells where the path breaks off or
/// branches; only without any of these, cells of the path that lie apart.
pub(crate) fn faults(question: &[u32], answer: &[u32]) -> Vec<Fault> {
    let side = question.len().isqrt();
    if answer.len() != question.len() || side * side != question.len() {
        return vec![Fault::length(question.len(), answer.len())];
    }
    if let Err(fault) = ends(question) {
        return vec![fault];
    }
    let changed = |cell: usize| {
        let (asked, found) = (question[cell], answer[cell]);
        let message = || format!("`{}` in {} became `{}`", glyph(asked), place(cell, side), glyph(found));
        (!is_kept(asked, found)).then(|| Fault::new(FaultKind::Changed, message(), [cell]))
    };
    let broken = |cell: usize| {
        let found = chained(answer, cell, side).count();
        let what = match touching(answer[cell])? {
            needed if found < needed => "breaks off",
            needed if found > needed => "branches or touches itself",
            _ => return None,
        };
        let message = format!("the path {what} in {}", place(cell, side));
        Some(Fault::new(FaultKind::Conflict, message, [cell]))
    };
    let mut faults: Vec<Fault> = (0..answer.len()).filter_map(changed).collect();
    faults.extend((0..answer.len()).filter_map(broken));
    if faults.is_empty() {
        let way = walk(answer, side);
        let apart = (0..answer.len()).filter(|cell| answer[*cell] == PATH && !way.contains(cell));
        let cells: Vec<usize> = apart.collect();
        if let Some(&first) = cells.first() {
            let message = format!(
                "{} cells of the path lie apart, from {} on",
                cells.len(),
                place(first, side)
            );
            faults.push(Fault::new(FaultKind::Conflict, message, cells));
        }
    }
    faults
}

/// Whether an answer is valid and shortest: a breadth-first search of the question needs as many moves.
pub(crate) fn is_shortest(question: &[u32], answer: &[u32]) -> bool {
    is_valid(question, answer) && shortest(question) == Some(count(answer, PATH) + 1)
}

/// Returns the length in moves of the shortest way through `question` `[side · side]`; None if there is none, or start
/// or goal is missing.
pub(super) fn shortest(question: &[u32]) -> Option<usize> {
    let (start, goal) = ends(question).ok()?;
    Paths::from(question, start).moves(goal)
}

/// Judges the question; its solutions are its shortest paths.
pub(super) fn question(grid: &[u32]) -> Question {
    let (start, goal) = match ends(grid) {
        Ok(ends) => ends,
        Err(fault) => return Question::Clash(vec![fault]),
    };
    let (from, to) = (Paths::from(grid, start), Paths::from(grid, goal));
    let Some(shortest) = from.moves(goal) else {
        return Question::None;
    };
    // One cell at each distance from the start means one path.
    let through = |&cell: &usize| {
        from.moves(cell)
            .zip(to.moves(cell))
            .is_some_and(|(a, b)| a + b == shortest)
    };
    match (0..grid.len()).filter(through).count() == shortest + 1 {
        true => Question::Unique,
        false => Question::Several,
    }
}
