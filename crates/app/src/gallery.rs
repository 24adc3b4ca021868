//! Puzzles with a name of their own, the same as on the page, and days, each of which has a puzzle.

use std::sync::OnceLock;

use hrm::tasks::Puzzle;

/// A line with a name after "= ", then the puzzle, and so on.
const LIST: &str = include_str!("gallery.txt");

/// A puzzle with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// The name.
    pub name: &'static str,
    /// The puzzle.
    pub puzzle: Puzzle,
}

/// Returns all puzzles with a name.
pub fn all() -> &'static [Named] {
    static ALL: OnceLock<Vec<Named>> = OnceLock::new();
    ALL.get_or_init(|| LIST.trim_start_matches("= ").split("\n= ").filter_map(named).collect())
}

fn named(entry: &'static str) -> Option<Named> {
    let (name, text) = entry.split_once('\n')?;
    let puzzle = Puzzle::parse(text, None).ok()?;
    Some(Named { name, puzzle })
}

/// A day, which begins at midnight where the user is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// Days since 1970, the seed of its puzzle.
    pub number: u64,
    /// The date in words: "29 November 2026".
    pub date: String,
}

impl Day {
    /// Returns the day that it is now.
    pub fn today() -> Day {
        Day::of(jiff::Zoned::now().date())
    }

    fn of(date: jiff::civil::Date) -> Day {
        let since = jiff::civil::date(1970, 1, 1).duration_until(date);
        Day {
            number: u64::try_from(since.as_hours() / 24).unwrap_or_default(),
            date: date.strftime("%-d %B %Y").to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hrm::tasks::{Question, maze, sudoku};

    #[test]
    fn every_entry_is_a_puzzle_with_one_solution_or_a_maze_with_a_way() {
        assert_eq!(all().len(), LIST.matches("= ").count());
        for task in [sudoku::TASK, maze::TASK] {
            let mut count = 0;
            for named in all().iter().filter(|named| named.puzzle.task == task) {
                let question = named.puzzle.question();
                // Rooms have many ways.
                let is_right = question == Some(Question::Unique) || task == maze::TASK;
                assert!(
                    is_right && question != Some(Question::None),
                    "{}: {question:?}",
                    named.name
                );
                count += 1;
            }
            assert!(count >= 3, "{task}");
            assert!(task.levels().contains(&task.daily_level().unwrap()));
        }
    }

    #[test]
    fn a_day_has_a_number_and_a_date() {
        let day = Day::of(jiff::civil::date(2026, 11, 29));
        assert_eq!((day.number, day.date.as_str()), (20_786, "29 November 2026"));
        assert_eq!(Day::of(jiff::civil::date(1960, 1, 1)).number, 0);
    }
}
