//! Boards as text: rows of digits, an empty line between boards, `# NAME` above a board whose task has a name.

use super::{BLACK, Board, SIDE, TASK};
use crate::error::Result;
use crate::tasks::Puzzle;
use crate::tasks::text::{Entry, Text};

/// Returns the ids of a row of digits, which may stand apart.
pub(super) fn cells(line: &str) -> std::result::Result<Vec<u32>, (usize, char)> {
    let cells = line
        .chars()
        .enumerate()
        .filter(|(_, c)| !c.is_whitespace() && *c != ',');
    cells
        .map(|(at, c)| c.to_digit(10).map(|colour| colour + BLACK).ok_or((at, c)))
        .collect()
}

/// Reads the boards of a text.
pub(super) fn read(text: &Text<'_>) -> Vec<Result<Entry>> {
    let lines: Vec<(usize, &str)> = (1..).zip(text.content.lines()).collect();
    let blocks = lines.split(|(_, line)| line.trim().is_empty());
    let mut name = None;
    let mut entries = Vec::new();
    for block in blocks {
        let titles = block
            .iter()
            .take_while(|(_, line)| line.trim_start().starts_with('#'))
            .count();
        let (titles, rows) = block.split_at(titles);
        if let Some((_, title)) = titles.last() {
            name = Some(title.trim().trim_start_matches('#').trim().to_owned());
        }
        if let Some((line, _)) = rows.first() {
            let puzzle = board(text, rows).and_then(|board| Puzzle::on(TASK, board));
            let name = name.take().filter(|name| !name.is_empty());
            entries.push(puzzle.map(|puzzle| Entry {
                puzzle: Puzzle { name, ..puzzle },
                line: *line,
                source: None,
                answer: None,
            }));
        }
    }
    entries
}

fn board(text: &Text<'_>, rows: &[(usize, &str)]) -> Result<Board> {
    let mut board = Board::filled(0, 0, 0);
    for (line, row) in rows {
        let cells = cells(row).map_err(|(at, c)| text.foreign(*line, at + 1, c))?;
        if board.rows == 0 {
            board.columns = cells.len();
        }
        let expected = match board.rows {
            SIDE => format!("at most {SIDE} rows"),
            0 if !(1..=SIDE).contains(&cells.len()) => format!("1 to {SIDE} colours"),
            _ if cells.len() != board.columns => format!("{} colours, as above", board.columns),
            _ => {
                board.rows += 1;
                board.tokens.extend(cells);
                continue;
            }
        };
        let found = match board.rows {
            SIDE => "more".to_owned(),
            _ => cells.len().to_string(),
        };
        return Err(text.error(*line, 0, format!("expected {expected}, found {found}")));
    }
    Ok(board)
}
