//! What each cell of a board shows, as plain data: for drawing and for screen readers.

use super::state::State;
use super::thinking::Thinking;
use hrm::model::Task;
use hrm::puzzle::{Fault, maze, sudoku};
use hrm::trace::Thought;

/// Where a cell's content comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Nothing is there.
    Empty,
    /// It belongs to the question.
    Given,
    /// The model put it there.
    Model,
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The id that it shows.
    pub id: u32,
    /// Where that comes from.
    pub origin: Origin,
    /// How sure the model is of it, where it is the model's.
    pub confidence: Option<f32>,
    /// Whether the shown segment changed it.
    pub changed: bool,
    /// Whether it breaks a rule.
    pub fault: bool,
}

/// The cells of the board of a task, as its question or the thinking about it has them.
pub fn board(state: &State, task: Task) -> Vec<Cell> {
    match state.thinking_of(task) {
        Some(thinking) => track(thinking, thinking.track()),
        None => {
            let editor = state.editor(task);
            let clashes = editor.clashes();
            let cell = |(cell, &id): (usize, &u32)| Cell {
                fault: clashes.iter().any(|fault| fault.cells().contains(&cell)),
                ..plain(task, id)
            };
            editor.tokens().iter().enumerate().map(cell).collect()
        }
    }
}

/// The cells of a try at the place of the playback.
pub fn track(thinking: &Thinking, track: usize) -> Vec<Cell> {
    let task = thinking.puzzle.task;
    let grid = thinking.grid(track);
    let thought = thinking.thought(track);
    let faults = shown_faults(thinking, track);
    let changed = |cell: usize| thought.is_some_and(|t| t.changed.binary_search(&cell).is_ok());
    let question = &thinking.puzzle.tokens;
    let cells = grid.iter().zip(question).enumerate().map(|(i, (&id, &asked))| {
        let cell = Cell {
            fault: faults.iter().any(|fault| fault.cells().contains(&i)),
            ..plain(task, id)
        };
        if id == asked || thought.is_none() {
            // A given that a segment keeps is no change, though the first segment predicts it anew.
            return cell;
        }
        Cell {
            origin: Origin::Model,
            confidence: thought.and_then(|t| t.confidence.as_ref()?.get(i).copied()),
            changed: changed(i),
            ..cell
        }
    });
    cells.collect()
}

/// Faults are shown where the playback rests: on the way nearly everything is wrong.
pub fn shown_faults(thinking: &Thinking, track: usize) -> Vec<Fault> {
    if thinking.playback.playing || thinking.playback.part > 0.0 {
        return Vec::new();
    }
    thinking
        .verdict(track)
        .map(|verdict| verdict.faults)
        .unwrap_or_default()
}

fn plain(task: Task, id: u32) -> Cell {
    let empty = match task {
        Task::Maze => id == maze::FREE,
        Task::Sudoku | Task::Arc => sudoku::digit(id).is_none(),
    };
    Cell {
        id,
        origin: if empty { Origin::Empty } else { Origin::Given },
        confidence: None,
        changed: false,
        fault: false,
    }
}

/// What a screen reader says of a cell.
pub fn label(task: Task, side: usize, number: usize, cell: &Cell) -> String {
    let place = format!("row {}, column {}", number / side.max(1) + 1, number % side.max(1) + 1);
    let what = match (task, cell.id) {
        (Task::Maze, maze::WALL) => "wall".to_owned(),
        (Task::Maze, maze::FREE) => "free".to_owned(),
        (Task::Maze, maze::START) => "start".to_owned(),
        (Task::Maze, maze::GOAL) => "goal".to_owned(),
        (Task::Maze, maze::PATH) => "path".to_owned(),
        (Task::Sudoku, id) => sudoku::digit(id).map_or("empty".to_owned(), |digit| digit.to_string()),
        _ => "nothing that belongs there".to_owned(),
    };
    let mut label = format!("{place}: {what}");
    match cell.origin {
        Origin::Given if task == Task::Sudoku => label += ", given",
        Origin::Model => label += ", by the model",
        Origin::Given | Origin::Empty => {}
    }
    if let Some(sure) = cell.confidence {
        label += &format!(", {} sure", percent(sure));
    }
    if cell.changed {
        label += ", changed";
    }
    if cell.fault {
        label += ", breaks a rule";
    }
    label
}

/// "98 %"; what is not quite certain never reads as 100 %.
pub fn percent(part: f32) -> String {
    let percent = (part * 100.0).clamp(0.0, 100.0);
    if percent > 99.0 && percent < 99.995 {
        format!("{:.2} %", (percent * 100.0).floor() / 100.0)
    } else {
        format!("{percent:.0} %")
    }
}

/// What the model holds possible in a cell: ids and their probabilities, the likeliest first.
pub fn candidates(thought: &Thought, cell: usize) -> Vec<(u32, f32)> {
    let Some(all) = &thought.probabilities else {
        return Vec::new();
    };
    let vocab = all.len() / thought.grid.len().max(1);
    let of_cell = all.chunks_exact(vocab.max(1)).nth(cell).unwrap_or_default();
    let mut ids: Vec<(u32, f32)> = of_cell.iter().enumerate().map(|(id, &p)| (id as u32, p)).collect();
    ids.sort_by(|a, b| b.1.total_cmp(&a.1));
    ids.retain(|(_, p)| *p >= 0.001);
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use hrm::puzzle::Puzzle;
    use hrm::tries::Variant;

    #[test]
    fn a_cell_says_what_it_is() {
        let mut cell = plain(Task::Sudoku, 6);
        assert_eq!(label(Task::Sudoku, 9, 10, &cell), "row 2, column 2: 5, given");
        cell = Cell {
            origin: Origin::Model,
            confidence: Some(0.98),
            changed: true,
            fault: true,
            ..cell
        };
        let said = label(Task::Sudoku, 9, 0, &cell);
        assert_eq!(
            said,
            "row 1, column 1: 5, by the model, 98 % sure, changed, breaks a rule"
        );
        assert_eq!(
            label(Task::Maze, 5, 7, &plain(Task::Maze, maze::GOAL)),
            "row 2, column 3: goal"
        );
        assert_eq!(
            label(Task::Sudoku, 9, 0, &plain(Task::Sudoku, 0)),
            "row 1, column 1: empty"
        );
    }

    #[test]
    fn certainty_is_not_rounded_up() {
        assert_eq!(
            [percent(1.0), percent(0.9999), percent(0.5), percent(f32::NAN.max(0.0))],
            ["100 %", "99.99 %", "50 %", "0 %"]
        );
    }

    #[test]
    fn givens_the_models_cells_and_faults_are_told_apart() {
        let mut tokens = vec![1; 81];
        tokens[0] = 3;
        let mut thinking = Thinking::for_tests(Puzzle::new(Task::Sudoku, tokens).unwrap());
        let mut grid = vec![2; 81];
        grid[0] = 3;
        let thought = Thought {
            number: 1,
            grid,
            changed: (0..81).collect(),
            q_halt: 0.0,
            q_continue: 0.0,
            confidence: Some(vec![0.5; 81]),
            probabilities: Some((0..81 * 11).map(|i| if i % 11 == 2 { 0.5 } else { 0.05 }).collect()),
            z_h: None,
            z_l: None,
        };
        assert_eq!(candidates(&thought, 80)[0], (2, 0.5));
        assert!(candidates(&thought, 81).is_empty());
        thinking.add(0, Variant::default(), thought, None);
        thinking.seek(1);
        let cells = track(&thinking, 0);
        assert_eq!(
            (cells[0].origin, cells[0].confidence, cells[0].changed),
            (Origin::Given, None, false)
        );
        assert_eq!(
            (cells[1].origin, cells[1].confidence, cells[1].changed),
            (Origin::Model, Some(0.5), true)
        );
        assert!(cells[1].fault && !cells[0].fault);
        thinking.playback.playing = true;
        assert!(track(&thinking, 0).iter().all(|cell| !cell.fault));
        thinking.seek(0);
        assert_eq!(track(&thinking, 0)[1].origin, Origin::Empty);
    }
}
