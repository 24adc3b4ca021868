//! Sudokus from the clipboard, as copied from a web page's table or a program's list.

use super::{CELLS, SIDE};

/// Returns the 81 characters of the one Sudoku in a copied text: cells between tabs or commas, where an empty one may
/// hold nothing; one cell per line; or any text with 81 digits and marks for empty cells (`.`, `0`, `_`, `*`, `?`,
/// `x`).
pub(super) fn paste(text: &str) -> Option<String> {
    let forms = [table(text, '\t'), table(text, ','), column(text), marks(text)];
    forms.into_iter().flatten().find(|cells| cells.len() == CELLS)
}

/// Returns the digit or `.` of a cell's text; None if it is not a cell.
fn cell(text: &str) -> Option<char> {
    let mut chars = text.trim().trim_matches(['[', ']', '"', '\'']).trim().chars();
    match (chars.next(), chars.next()) {
        (None, _) => Some('.'),
        (Some(c), None) => mark(c),
        _ => None,
    }
}

fn mark(c: char) -> Option<char> {
    match c {
        '1'..='9' => Some(c),
        '.' | '0' | '_' | '*' | '?' | 'x' | 'X' => Some('.'),
        _ => None,
    }
}

/// Reads nine rows of nine cells.
fn table(text: &str, separator: char) -> Option<String> {
    let rows: Vec<&str> = text.lines().filter(|line| line.contains(separator)).collect();
    if rows.len() != SIDE {
        return None;
    }
    let row = |line: &&str| -> Option<String> {
        let cells: Vec<&str> = line.split(separator).collect();
        // A list in a program may end its rows with another separator.
        let cells = match cells.as_slice() {
            [cells @ .., last] if cells.len() == SIDE && last.trim().is_empty() => cells,
            cells => cells,
        };
        (cells.len() == SIDE).then(|| cells.iter().map(|text| cell(text)).collect())?
    };
    rows.iter().map(row).collect()
}

/// Reads one cell per line; a page may have left out empty ones at the end.
fn column(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let cells: String = lines.iter().map(|line| cell(line)).collect::<Option<_>>()?;
    let missing = CELLS.checked_sub(cells.len())?;
    (missing < SIDE && lines.len() > SIDE).then(|| cells + &".".repeat(missing))
}

/// Reads the digits and marks of a text, whatever lies between.
fn marks(text: &str) -> Option<String> {
    Some(text.chars().filter_map(mark).collect())
}

#[cfg(test)]
mod tests {
    use crate::tasks::paste;

    const GRID: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

    fn rows(cell: impl Fn(char) -> String, separator: &str, end: &str) -> String {
        let chars: Vec<char> = GRID.chars().collect();
        let row = |row: &[char]| row.iter().map(|&c| cell(c)).collect::<Vec<_>>().join(separator);
        chars.chunks(9).map(row).collect::<Vec<_>>().join(end)
    }

    fn blank(c: char) -> String {
        c.to_string().replace('.', "")
    }

    #[test]
    fn tables_lists_and_columns_are_read() {
        let plain = |c: char| c.to_string();
        for text in [
            GRID.to_string(),
            rows(plain, "", "\n"),
            rows(blank, "\t", "\n"),
            rows(blank, "\t", "\t\r\n") + "\t\n",
            rows(blank, ",", "\n"),
            rows(blank, "\n", "\n"),
            rows(|c| plain(c).replace('.', "0"), ", ", "],\n["),
            format!("grid = [[{}]]", rows(|c| plain(c).replace('.', "0"), ", ", "], [")),
            rows(|c| plain(c).replace('.', "_"), " ", "\n"),
        ] {
            let read = paste(&text, None).map(|puzzle| puzzle.text());
            assert_eq!(read.as_deref().ok(), Some(GRID), "{text:?}: {read:?}");
        }
    }

    #[test]
    fn what_is_no_sudoku_is_refused() {
        for text in [
            "",
            "hello",
            "123",
            &GRID[1..],
            &format!("{GRID}1"),
            &rows(blank, "\t", "\n")[2..],
        ] {
            assert!(paste(text, None).is_err(), "{text:?}");
        }
        let clash = rows(blank, "\t", "\n").replacen("5\t3\t", "5\t5\t", 1);
        assert!(paste(&clash, None).is_err_and(|e| e.to_string().contains("two equal givens")));
    }
}
