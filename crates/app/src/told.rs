//! What a puzzle came with besides its board, as settings remember it.

use hrm::tasks::{Board, Puzzle, Task};
use serde::{Deserialize, Serialize};

use crate::editor::can_hold;

/// The most examples that are remembered, and the longest name in bytes: the settings' file stays small.
const MOST_EXAMPLES: usize = 64;
const MOST_NAME: usize = 256;

/// Name and examples of a puzzle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    /// The name under which a model may know it.
    pub name: Option<String>,
    /// The number of the question among those of this name, from 0.
    pub part: usize,
    /// The row of the puzzle embedding.
    pub identifier: Option<u32>,
    /// Boards and what becomes of them, in rows as the task writes them.
    pub examples: Vec<[String; 2]>,
}

impl Told {
    /// Returns what a puzzle came with; None if that is too much to be remembered.
    pub fn of(puzzle: &Puzzle) -> Option<Told> {
        let text = |board: &Board| puzzle.task.text(board);
        let examples = puzzle.demonstrations.iter();
        let told = Told {
            name: puzzle.name.clone(),
            part: puzzle.part,
            identifier: puzzle.identifier,
            examples: examples.map(|(from, to)| [text(from), text(to)]).collect(),
        };
        told.is_small().then_some(told)
    }

    fn is_small(&self) -> bool {
        self.examples.len() <= MOST_EXAMPLES && self.name.as_ref().is_none_or(|name| name.len() <= MOST_NAME)
    }

    /// Returns the puzzle on a board with all that it came with; None if that makes no sense, as in a file of settings that
    /// somebody has edited.
    pub fn puzzle(self, task: Task, board: Board) -> Option<Puzzle> {
        if !self.is_small() {
            return None;
        }
        let mut puzzle = Puzzle::on(task, board).ok()?;
        let pairs = self.examples.iter();
        let pairs = pairs.map(|[from, to]| Some((read(task, from)?, read(task, to)?)));
        puzzle.demonstrations = pairs.collect::<Option<_>>()?;
        (puzzle.name, puzzle.part, puzzle.identifier) = (self.name, self.part, self.identifier);
        Some(puzzle)
    }
}

/// Reads the rows of a board.
fn read(task: Task, text: &str) -> Option<Board> {
    let rows: Vec<Vec<u32>> = text.lines().map(|line| task.cells(line).ok()).collect::<Option<_>>()?;
    let columns = rows.first().map_or(0, Vec::len);
    let board = Board {
        rows: rows.len(),
        columns,
        tokens: rows.concat(),
    };
    let is_board = columns > 0 && rows.iter().all(|row| row.len() == columns);
    (is_board && can_hold(task, &board)).then_some(board)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hrm::tasks::arc;

    fn puzzle() -> Puzzle {
        let json =
            r#"{"train": [{"input": [[0, 1]], "output": [[9], [8]]}], "test": [{"input": [[5]]}, {"input": [[6]]}]}"#;
        let mut entries = hrm::tasks::read(json.as_bytes(), "a1.json", Some(arc::TASK));
        entries.pop().unwrap().unwrap().puzzle
    }

    #[test]
    fn what_a_puzzle_came_with_comes_back() {
        let mut puzzle = puzzle();
        puzzle.identifier = Some(7);
        let told = Told::of(&puzzle).unwrap();
        assert_eq!(told.examples, [["01".to_owned(), "9\n8".to_owned()]]);
        assert_eq!((told.name.as_deref(), told.part), (Some("a1"), 1));
        let text = serde_json::to_string(&told).unwrap();
        let read: Told = serde_json::from_str(&text).unwrap();
        assert_eq!(read.puzzle(arc::TASK, puzzle.board.clone()), Some(puzzle));
    }

    #[test]
    fn what_makes_no_sense_is_left() {
        let board = puzzle().board;
        let told = |text: &str| Told {
            examples: vec![[text.to_owned(), "1".to_owned()]],
            ..Told::default()
        };
        let long = "1".repeat(31);
        for text in ["x", "12\n1", long.as_str(), ""] {
            assert_eq!(told(text).puzzle(arc::TASK, board.clone()), None, "{text}");
        }
        assert!(told("12\n34").puzzle(arc::TASK, board.clone()).is_some());
        let mut many = puzzle();
        many.demonstrations = vec![many.demonstrations[0].clone(); 65];
        assert_eq!(Told::of(&many), None);
        many.demonstrations.truncate(1);
        many.name = Some("n".repeat(300));
        assert_eq!(Told::of(&many), None);
    }
}
