//! The list of many puzzles: their answers, counts and sort order.

use std::cmp::Ordering;
use std::sync::Arc;

use hrm::error::Result;
use hrm::solve::{Answer, Solver};
use hrm::tasks::{Puzzle, Task};

/// A puzzle of the list.
#[derive(Debug, Clone)]
pub struct Row {
    /// The puzzle's line in the file, from 1.
    pub line: usize,
    /// The puzzle, or why the line could not be read.
    pub puzzle: std::result::Result<Puzzle, String>,
    /// The model's answer and the solver that gave it, once there is one.
    pub answer: Option<(Arc<Solver>, Box<Answer>)>,
}

/// The status of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The answer obeys the rules.
    Solved,
    /// The answer breaks a rule.
    Unsolved,
    /// There is an answer, and no rules to judge it by.
    Answered,
    /// There is no answer yet.
    Waiting,
    /// The line is not a puzzle.
    Unreadable,
}

impl Standing {
    /// Returns the status in words.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Solved => "solved",
            Standing::Unsolved => "not solved",
            Standing::Answered => "answered",
            Standing::Waiting => "waiting",
            Standing::Unreadable => "no puzzle",
        }
    }
}

impl Row {
    /// Returns the status of the row.
    pub fn standing(&self) -> Standing {
        match (&self.puzzle, &self.answer) {
            (Err(_), _) => Standing::Unreadable,
            (Ok(_), None) => Standing::Waiting,
            (Ok(_), Some((_, answer))) => match answer.valid() {
                Some(true) => Standing::Solved,
                Some(false) => Standing::Unsolved,
                None => Standing::Answered,
            },
        }
    }
}

/// A column of the list, by which it can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The line in the file.
    Line,
    /// The status of the row.
    Standing,
    /// The number of segments that the answer took.
    Segments,
    /// The halting logit of the answer's last segment.
    QHalt,
    /// The time that the answer took.
    Time,
}

impl Column {
    /// All columns, from the left.
    pub const ALL: [Column; 5] = [
        Column::Line,
        Column::Standing,
        Column::Segments,
        Column::QHalt,
        Column::Time,
    ];

    /// Returns the column's heading.
    pub fn name(self) -> &'static str {
        match self {
            Column::Line => "line",
            Column::Standing => "result",
            Column::Segments => "segments",
            Column::QHalt => "q_halt",
            Column::Time => "ms",
        }
    }

    fn compare(self, a: &Row, b: &Row) -> Ordering {
        // Rows without a value come last.
        let number = |row: &Row| {
            row.answer.as_ref().map_or(f64::INFINITY, |(_, answer)| match self {
                Column::Segments => answer.segments as f64,
                Column::QHalt => f64::from(answer.q_halt),
                _ => answer.elapsed.as_secs_f64(),
            })
        };
        match self {
            Column::Line => a.line.cmp(&b.line),
            Column::Standing => a.standing().cmp(&b.standing()),
            Column::Segments | Column::QHalt | Column::Time => number(a).total_cmp(&number(b)),
        }
    }
}

/// The number of rows of each status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows with a valid answer.
    pub solved: usize,
    /// Rows whose answer breaks a rule.
    pub unsolved: usize,
    /// Rows whose answer cannot be judged.
    pub answered: usize,
    /// Rows without an answer.
    pub waiting: usize,
    /// Rows that are not puzzles.
    pub unreadable: usize,
}

impl Counts {
    fn of(&mut self, standing: Standing) -> &mut usize {
        match standing {
            Standing::Solved => &mut self.solved,
            Standing::Unsolved => &mut self.unsolved,
            Standing::Answered => &mut self.answered,
            Standing::Waiting => &mut self.waiting,
            Standing::Unreadable => &mut self.unreadable,
        }
    }

    /// Returns the number of rows with an answer.
    pub fn done(self) -> usize {
        self.solved + self.unsolved + self.answered
    }

    /// Returns the number of rows with a puzzle, answered or not.
    pub fn puzzles(self) -> usize {
        self.done() + self.waiting
    }
}

/// The puzzles of a file.
#[derive(Debug, Clone)]
pub struct List {
    /// The file's name.
    pub name: String,
    /// The rows, in the order of the file.
    pub rows: Vec<Row>,
    /// The ticket of the order that is answering the list, while it runs.
    pub ticket: Option<u64>,
    /// The selected row, as an index into [`List::order`].
    pub cursor: usize,
    /// Whether the selected row is still to be brought into sight.
    pub(crate) seek: bool,
    sort: (Column, bool),
    order: Vec<usize>,
    counts: Counts,
    /// Whether answers have arrived since the list was sorted.
    stale: bool,
}

impl List {
    /// Returns a list of puzzles, none of them answered.
    pub fn new(name: String, puzzles: Vec<(usize, Result<Puzzle>)>) -> List {
        let rows = puzzles.into_iter().map(|(line, puzzle)| Row {
            line,
            puzzle: puzzle.map_err(|error| error.to_string()),
            answer: None,
        });
        let rows: Vec<Row> = rows.collect();
        let mut counts = Counts::default();
        rows.iter().for_each(|row| *counts.of(row.standing()) += 1);
        List {
            name,
            order: (0..rows.len()).collect(),
            rows,
            ticket: None,
            cursor: 0,
            seek: false,
            sort: (Column::Line, true),
            counts,
            stale: false,
        }
    }

    /// Returns the task of the puzzles, by the first of them.
    pub fn task(&self) -> Option<Task> {
        let first = self.rows.iter().find_map(|row| row.puzzle.as_ref().ok());
        first.map(|puzzle| puzzle.task)
    }

    /// Returns the puzzles without an answer, each with its row's number.
    pub fn waiting(&self) -> Vec<(usize, Puzzle)> {
        let rows = self.rows.iter().enumerate().filter(|(_, row)| row.answer.is_none());
        rows.filter_map(|(i, row)| Some((i, row.puzzle.as_ref().ok()?.clone())))
            .collect()
    }

    /// Discards all answers.
    pub fn reset(&mut self) {
        for row in &mut self.rows {
            row.answer = None;
        }
        let unreadable = self.counts.unreadable;
        self.counts = Counts {
            waiting: self.rows.len() - unreadable,
            unreadable,
            ..Counts::default()
        };
        self.stale = true;
    }

    /// Stores the answer to the puzzle of row `number`.
    pub fn answer(&mut self, number: usize, solver: Arc<Solver>, answer: Box<Answer>) {
        let Some(row) = self.rows.get_mut(number) else { return };
        let before = row.standing();
        row.answer = Some((solver, answer));
        let after = row.standing();
        *self.counts.of(before) -= 1;
        *self.counts.of(after) += 1;
        self.stale = true;
    }

    /// Selects the row at a place of the order, or the last one, and brings it into sight.
    pub fn select(&mut self, place: usize) {
        self.cursor = place.min(self.rows.len().saturating_sub(1));
        self.seek = true;
    }

    /// Returns the number of rows of each status.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Returns the column that the list is sorted by, and whether in ascending order.
    pub fn sorted_by(&self) -> (Column, bool) {
        self.sort
    }

    /// Sorts by a column, or reverses the order if the list is sorted by it already.
    pub fn sort_by(&mut self, column: Column) {
        let upwards = self.sort.0 != column || !self.sort.1;
        self.sort = (column, upwards);
        self.sort_again();
    }

    /// Sorts again if answers have arrived since; returns whether it did.
    pub fn refresh(&mut self) -> bool {
        let stale = self.stale && self.sort.0 != Column::Line;
        if stale {
            self.sort_again();
        }
        stale
    }

    fn sort_again(&mut self) {
        let (column, upwards) = self.sort;
        let rows = &self.rows;
        self.order.sort_by(|&a, &b| {
            let order = column.compare(&rows[a], &rows[b]);
            let order = if upwards { order } else { order.reverse() };
            order.then(a.cmp(&b))
        });
        self.stale = false;
    }

    /// Returns the numbers of the rows in the order in which they are listed.
    pub fn order(&self) -> &[usize] {
        &self.order
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hrm::halt::Stop;
    use std::time::Duration;

    const SOLVED: &str = "761354982253978146498612537847126359912435678635789421189547263526893714374261895";

    fn answer(text: &str, segments: usize, q_halt: f32) -> Box<Answer> {
        let puzzle = Puzzle::parse(&SOLVED.replace('7', "."), None).unwrap();
        let prediction = text.bytes().map(|b| u32::from(b - b'0') + 1).collect::<Vec<_>>();
        let mut answer = Answer::new(puzzle, prediction);
        (answer.segments, answer.all_segments) = (segments, segments);
        (answer.stopped, answer.q_halt) = (Stop::Valid, q_halt);
        answer.elapsed = Duration::from_millis(segments as u64);
        Box::new(answer)
    }

    fn solver() -> Arc<Solver> {
        static SOLVER: std::sync::OnceLock<Arc<Solver>> = std::sync::OnceLock::new();
        let open = || {
            let mut options = hrm::Options::default();
            options.device = hrm::executor::DeviceChoice::Cpu;
            Solver::open_blocking(&options)
        };
        SOLVER.get_or_init(|| Arc::new(open().unwrap())).clone()
    }

    fn list() -> List {
        let puzzle = || Puzzle::parse(&SOLVED.replace('7', "."), None);
        let rows = vec![
            (1, puzzle()),
            (2, puzzle()),
            (4, Puzzle::parse("12", None)),
            (5, puzzle()),
        ];
        List::new("list".into(), rows)
    }

    #[test]
    fn answers_are_counted_and_what_waits_is_known() {
        let mut list = list();
        assert_eq!((list.counts().waiting, list.counts().unreadable), (3, 1));
        list.answer(0, solver(), answer(SOLVED, 3, 1.0));
        list.answer(3, solver(), answer(&SOLVED.replace('7', "1"), 2, -1.0));
        let counts = list.counts();
        assert_eq!((counts.solved, counts.unsolved, counts.waiting), (1, 1, 1));
        assert_eq!((counts.done(), counts.puzzles()), (2, 3));
        assert_eq!(list.waiting().iter().map(|(i, _)| *i).collect::<Vec<_>>(), [1]);
        list.answer(0, solver(), answer(SOLVED, 4, 1.0));
        assert_eq!(list.counts().solved, 1, "an answer that comes twice counts once");
        list.answer(99, solver(), answer(SOLVED, 4, 1.0));
        list.reset();
        assert_eq!(list.counts(), self::list().counts());
    }

    #[test]
    fn every_column_sorts_both_ways() {
        let mut list = list();
        list.answer(0, solver(), answer(SOLVED, 3, 1.0));
        list.answer(3, solver(), answer(&SOLVED.replace('7', "1"), 2, 4.0));
        for (column, up, down) in [
            (Column::Standing, [0, 3, 1, 2], [2, 1, 3, 0]),
            (Column::Segments, [3, 0, 1, 2], [1, 2, 0, 3]),
            (Column::QHalt, [0, 3, 1, 2], [1, 2, 3, 0]),
            (Column::Time, [3, 0, 1, 2], [1, 2, 0, 3]),
            (Column::Line, [0, 1, 2, 3], [3, 2, 1, 0]),
        ] {
            list.sort_by(column);
            assert_eq!(list.order(), up, "{column:?}");
            list.sort_by(column);
            assert_eq!(list.order(), down, "{column:?}");
        }
        list.sort_by(Column::Segments);
        list.answer(1, solver(), answer(SOLVED, 1, 1.0));
        assert!(list.refresh() && !list.refresh());
        assert_eq!(list.order(), [1, 3, 0, 2]);
    }
}
