//! Reading puzzles from files and pasted text.

use std::path::Path;

use hrm::error::{Error, Result};
use hrm::tasks::{self, Puzzle, Task};

/// The largest file that is read, in bytes: a million puzzles fit.
const MOST_BYTES: u64 = 128 << 20;

/// The first bytes of every PNG.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The puzzles of a file.
#[derive(Debug)]
pub enum Loaded {
    /// A single puzzle, for the board.
    One(Puzzle),
    /// Many puzzles, for the list: each with its line, or why the line is not a puzzle.
    Many(Vec<(usize, Result<Puzzle>)>),
}

/// Reads a file of puzzles.
///
/// # Errors
/// [`Error::Io`]; [`Error::Input`] for a file that is too large; [`Error::Puzzle`] where there is none in it.
pub fn load(path: &Path, task: Option<Task>) -> Result<Loaded> {
    let metadata = std::fs::metadata(path).map_err(Error::io("read", path))?;
    if !metadata.is_file() {
        return Err(Error::Input {
            what: path.display().to_string(),
            reason: "expected a file of puzzles, found something else".into(),
        });
    }
    let size = metadata.len();
    if size > MOST_BYTES {
        return Err(Error::Input {
            what: path.display().to_string(),
            reason: format!("expected at most {} MiB, found {}", MOST_BYTES >> 20, size >> 20),
        });
    }
    let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
    let name = path
        .file_name()
        .map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
    read(&bytes, &name, task)
}

/// Reads the puzzles in `bytes`; errors call their source `name`.
///
/// # Errors
/// As [`load`].
pub fn read(bytes: &[u8], name: &str, task: Option<Task>) -> Result<Loaded> {
    if bytes.starts_with(PNG) {
        let mut tasks = task.map_or_else(tasks::all, |task| vec![task]).into_iter();
        let read = tasks.find_map(|task| task.read_picture(bytes, name));
        return read.unwrap_or_else(|| Err(no_picture(name))).map(Loaded::One);
    }
    let mut entries = tasks::read(bytes, name, task);
    if entries.len() == 1 || entries.iter().all(Result::is_err) {
        return entries.swap_remove(0).map(|entry| Loaded::One(entry.puzzle));
    }
    // The list shows line numbers in a column of their own.
    let rows = entries.into_iter().map(|entry| match entry {
        Ok(entry) => (entry.line, Ok(entry.puzzle)),
        Err(Error::Puzzle {
            task,
            at: Some(at),
            reason,
        }) => {
            let at_line = Error::Puzzle { task, at: None, reason };
            (at.line, Err(at_line))
        }
        Err(error) => (0, Err(error)),
    });
    Ok(Loaded::Many(rows.collect()))
}

fn no_picture(name: &str) -> Error {
    Error::Input {
        what: name.to_owned(),
        reason: "expected text, found a picture".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

    #[test]
    fn one_goes_to_the_board_and_many_to_the_list() {
        assert!(matches!(read(GRID.as_bytes(), "f", None), Ok(Loaded::One(p)) if p.text() == GRID));
        let many = format!("{GRID}\n{GRID}\n{}\n", &GRID[1..]);
        let Ok(Loaded::Many(rows)) = read(many.as_bytes(), "f", None) else {
            panic!()
        };
        let lines: Vec<(usize, bool)> = rows.iter().map(|(line, row)| (*line, row.is_ok())).collect();
        assert_eq!(lines, [(1, true), (2, true), (3, false)]);
    }

    #[test]
    fn what_copying_makes_is_read_and_nothing_is_an_error_that_says_where() {
        let table: String = GRID
            .chars()
            .map(|c| if c == '.' { ",".into() } else { format!("{c},") })
            .collect();
        let table: Vec<String> = table
            .split_inclusive(',')
            .collect::<Vec<_>>()
            .chunks(9)
            .map(|r| r.concat())
            .collect();
        assert!(matches!(
            read(table.join("\n").as_bytes(), "f", None),
            Ok(Loaded::One(_))
        ));
        let error = read(b"no puzzle", "notes.txt", None).err().map(|e| e.to_string());
        assert!(error.is_some_and(|e| e.contains("notes.txt")));
        assert!(matches!(load(Path::new("no-such-file"), None), Err(Error::Io { .. })));
    }
}
