//! Boards as terminal text.

use std::fmt::Write;

use anstyle::{AnsiColor, Effects, Style};

use hrm::tasks::{Cell, Drawing, Look, Ruling};

const GIVEN: Style = Style::new().effects(Effects::BOLD);
const ANSWER: Style = AnsiColor::Cyan.on_default();
const FAULT: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
const FAINT: Style = Style::new().effects(Effects::DIMMED);

/// Returns a board in a drawn box, each row ended by a line feed. With `changes`, what the segment changed is
/// underlined.
///
/// Cells that take part in a fault are red and marked `!`. The marks remain where styles are stripped, as with
/// NO_COLOR.
pub(crate) fn board(drawing: &Drawing, changes: bool) -> String {
    match drawing.ruling {
        Ruling::Grid { rows, columns } => ruled(drawing, [rows, columns], changes),
        _ => framed(drawing, changes),
    }
}

/// Draws two columns per cell: filled cells as blocks, badges bold, the model's answers coloured.
fn framed(drawing: &Drawing, changes: bool) -> String {
    let border = |left, right| format!("{left}{}{right}\n", "─".repeat(2 * drawing.columns));
    let mut board = border('┌', '┐');
    for row in drawing.cells.chunks(drawing.columns.max(1)) {
        board += "│";
        for cell in row {
            let glyph = cell.shown.glyph;
            let (style, text) = match cell.shown.look {
                _ if cell.fault => (FAULT, format!("{glyph}!")),
                Look::Solid => (FAINT, "██".to_owned()),
                Look::Open => (Style::new(), "  ".to_owned()),
                Look::Badge => (GIVEN, format!("{glyph} ")),
                _ => (ANSWER, format!("{glyph} ")),
            };
            write(&mut board, cell, changes, style, &text);
        }
        board += "│\n";
    }
    board + &border('└', '┘')
}

/// Draws three columns per cell, and a line after so many rows and columns (`every`; 0 for none inside).
///
/// Givens are bold and followed by a faint `'`; the model's answers are coloured.
fn ruled(drawing: &Drawing, every: [usize; 2], changes: bool) -> String {
    let [rows, columns] = every;
    let all = drawing.columns.max(1);
    let columns = if columns == 0 { all } else { columns };
    let border = |left, joint: &str, right| {
        let width = |start: usize| 3 * columns.min(all - start) + 1;
        let boxes: Vec<String> = (0..all)
            .step_by(columns)
            .map(|start| "─".repeat(width(start)))
            .collect();
        format!("{left}{}{right}\n", boxes.join(joint))
    };
    let mut board = border('┌', "┬", '┐');
    for (number, row) in drawing.cells.chunks(all).enumerate() {
        if number > 0 && rows > 0 && number.is_multiple_of(rows) {
            board += &border('├', "┼", '┤');
        }
        for (column, cell) in row.iter().enumerate() {
            let (style, mark, mark_style) = match cell.given {
                _ if cell.fault => (FAULT, "!", FAULT),
                true => (GIVEN, "'", FAINT),
                false => (ANSWER, " ", Style::new()),
            };
            board += if column.is_multiple_of(columns) { "│ " } else { "" };
            write(&mut board, cell, changes, style, &cell.shown.glyph.to_string());
            write(&mut board, cell, false, mark_style, mark);
            board.push(' ');
        }
        board += "│\n";
    }
    board + &border('└', "┴", '┘')
}

fn write(board: &mut String, cell: &Cell, changes: bool, style: Style, text: &str) {
    let style = if changes && cell.changed {
        style.underline()
    } else {
        style
    };
    // Writing to a string cannot fail.
    let _ = write!(board, "{style}{text}{style:#}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use hrm::tasks::{Puzzle, sudoku};

    const QUESTION: &str = "7....49.......8..64..6.2.3.84..2...............5.8.4....95....3.2...3.1..7......5";
    const ANSWER: &str = "761354982253978146498612537847126359912435678635789421189547263526893714374261895";

    fn tokens(text: &str) -> Vec<u32> {
        Puzzle::parse(text, Some(sudoku::TASK)).unwrap().board.tokens
    }

    fn drawn(puzzle: &Puzzle, prediction: &[u32]) -> String {
        let faults = puzzle
            .judge(prediction)
            .map(|verdict| verdict.faults)
            .unwrap_or_default();
        let cells = faults.iter().flat_map(|fault| fault.cells.iter().copied()).collect();
        plain(&board(&Drawing::new(puzzle, prediction).with_faults(&cells), false))
    }

    fn plain(board: &str) -> String {
        anstream::adapter::strip_str(board).to_string()
    }

    #[test]
    fn a_solved_board() {
        insta::assert_snapshot!(drawn(&Puzzle::parse(QUESTION, None).unwrap(), &tokens(ANSWER)), @r"
        ┌──────────┬──────────┬──────────┐
        │ 7' 6  1  │ 3  5  4' │ 9' 8  2  │
        │ 2  5  3  │ 9  7  8' │ 1  4  6' │
        │ 4' 9  8  │ 6' 1  2' │ 5  3' 7  │
        ├──────────┼──────────┼──────────┤
        │ 8' 4' 7  │ 1  2' 6  │ 3  5  9  │
        │ 9  1  2  │ 4  3  5  │ 6  7  8  │
        │ 6  3  5' │ 7  8' 9  │ 4' 2  1  │
        ├──────────┼──────────┼──────────┤
        │ 1  8  9' │ 5' 4  7  │ 2  6  3' │
        │ 5  2' 6  │ 8  9  3' │ 7  1' 4  │
        │ 3  7' 4  │ 2  6  1  │ 8  9  5' │
        └──────────┴──────────┴──────────┘
        ");
    }

    #[test]
    fn faults_are_marked_and_no_digit_is_a_dot() {
        let puzzle = Puzzle::parse(QUESTION, None).unwrap();
        let mut answer = tokens(ANSWER);
        answer[0] = 3;
        answer[80] = 0;
        insta::assert_snapshot!(drawn(&puzzle, &answer), @r"
        ┌──────────┬──────────┬──────────┐
        │ 2! 6  1  │ 3  5  4' │ 9' 8  2! │
        │ 2! 5  3  │ 9  7  8' │ 1  4  6' │
        │ 4' 9  8  │ 6' 1  2' │ 5  3' 7  │
        ├──────────┼──────────┼──────────┤
        │ 8' 4' 7  │ 1  2' 6  │ 3  5  9  │
        │ 9  1  2  │ 4  3  5  │ 6  7  8  │
        │ 6  3  5' │ 7  8' 9  │ 4' 2  1  │
        ├──────────┼──────────┼──────────┤
        │ 1  8  9' │ 5' 4  7  │ 2  6  3' │
        │ 5  2' 6  │ 8  9  3' │ 7  1' 4  │
        │ 3  7' 4  │ 2  6  1  │ 8  9  .! │
        └──────────┴──────────┴──────────┘
        ");
    }

    #[test]
    fn givens_answers_faults_and_changes_have_their_own_styles() {
        let mut question = vec![1; 81];
        question[0] = 6;
        let puzzle = Puzzle::new(sudoku::TASK, question).unwrap();
        let mut drawing = Drawing::new(&puzzle, &[6; 81]);
        (drawing.cells[1].changed, drawing.cells[2].fault) = (true, true);
        let board = board(&drawing, true);
        let row = board.lines().nth(1).unwrap();
        insta::assert_snapshot!(row.split('│').nth(1).unwrap().trim().replace('\u{1b}', "^"), @"^[1m5^[0m^[2m'^[0m ^[4m^[36m5^[0m  ^[1m^[31m5^[0m^[1m^[31m!^[0m");
    }

    #[test]
    fn a_maze_and_its_faults() {
        let puzzle = Puzzle::parse("#####\n#S  #\n# # #\n#  G#\n#####", None).unwrap();
        let mut good = puzzle.board.tokens.clone();
        [7, 8, 13].into_iter().for_each(|cell| good[cell] = 5);
        insta::assert_snapshot!(drawn(&puzzle, &good), @r"
        ┌──────────┐
        │██████████│
        │██S o o ██│
        │██  ██o ██│
        │██    G ██│
        │██████████│
        └──────────┘
        ");
        let mut bad = good;
        (bad[0], bad[7], bad[12]) = (2, 2, 0);
        insta::assert_snapshot!(drawn(&puzzle, &bad), @r"
        ┌──────────┐
        │ !████████│
        │██S!  o!██│
        │██  ?!o ██│
        │██    G ██│
        │██████████│
        └──────────┘
        ");
        assert_eq!(drawn(&puzzle, &[]).lines().count(), 7);
    }

    /// Only its folder and its line in the registry know of this task.
    #[test]
    fn a_task_of_a_program_of_ones_own() {
        let task = hrm::tasks::register(&crate::latin::Latin).unwrap();
        let puzzle = Puzzle::parse("1...\n2...\n....\n...1", Some(task)).unwrap();
        let answer = Puzzle::parse("1234\n2143\n3412\n4321", Some(task)).unwrap();
        insta::assert_snapshot!(drawn(&puzzle, &answer.board.tokens), @r"
        ┌─────────────┐
        │ 1' 2  3  4  │
        │ 2' 1  4  3  │
        │ 3  4  1  2  │
        │ 4  3  2  1' │
        └─────────────┘
        ");
    }

    #[test]
    fn a_board_without_boxes_has_lines_around_alone() {
        let puzzle = Puzzle::parse(QUESTION, None).unwrap();
        let mut drawing = Drawing::question(&puzzle);
        drawing.ruling = Ruling::Grid { rows: 0, columns: 0 };
        let board = plain(&board(&drawing, false));
        let lines: Vec<&str> = board.lines().collect();
        assert_eq!(lines.len(), 11);
        assert_eq!(lines[0], format!("┌{}┐", "─".repeat(28)));
        assert_eq!(lines[1], "│ 7' .  .  .  .  4' 9' .  .  │");
    }

    #[test]
    fn short_slices_are_drawn_as_empty() {
        let puzzle = Puzzle::new(sudoku::TASK, vec![1; 81]).unwrap();
        let empty = |prediction: &[u32]| plain(&board(&Drawing::new(&puzzle, prediction), true));
        assert_eq!(empty(&[]), empty(&[1; 81]));
    }
}
