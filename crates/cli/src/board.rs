//! Puzzles on a terminal.

use std::fmt::Write;

use anstyle::{AnsiColor, Effects, Style};

use hrm::model::Task;
use hrm::puzzle::maze::{self, FREE, GOAL, START, WALL};
use hrm::puzzle::sudoku::{SIDE, digit, glyph};
use hrm::puzzle::{Fault, Puzzle};

const GIVEN: Style = Style::new().effects(Effects::BOLD);
const ANSWER: Style = AnsiColor::Cyan.on_default();
const FAULT: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
const FAINT: Style = Style::new().effects(Effects::DIMMED);

/// The board of `prediction`, drawn as its task is; None where a task has no drawing.
pub fn board(puzzle: &Puzzle, prediction: &[u32], faults: &[Fault], changed: Option<&[bool]>) -> Option<String> {
    match puzzle.task {
        Task::Sudoku => Some(sudoku(&puzzle.tokens, prediction, faults, changed)),
        Task::Maze => Some(maze(puzzle, prediction, faults, changed)),
        Task::Arc => None,
    }
}

/// The maze of `prediction` in a drawn box, two columns a cell and a line feed behind each row.
///
/// Walls are blocks, start and goal bold, the path is coloured; cells of `faults` are red with a `!`, those `changed`
/// since the last segment underlined. The marks remain where styles are stripped.
fn maze(puzzle: &Puzzle, prediction: &[u32], faults: &[Fault], changed: Option<&[bool]>) -> String {
    let side = puzzle.side;
    let border = |left, right| format!("{left}{}{right}\n", "─".repeat(2 * side));
    let mut board = border('┌', '┐');
    for row in 0..side {
        board += "│";
        for cell in row * side..(row + 1) * side {
            let id = prediction.get(cell).copied().unwrap_or(0);
            let is_fault = faults.iter().any(|fault| fault.cells().contains(&cell));
            let (mut style, text) = match id {
                _ if is_fault => (FAULT, format!("{}!", maze::glyph(id))),
                WALL => (FAINT, "██".to_owned()),
                FREE => (Style::new(), "  ".to_owned()),
                START | GOAL => (GIVEN, format!("{} ", maze::glyph(id))),
                _ => (ANSWER, format!("{} ", maze::glyph(id))),
            };
            if changed.and_then(|changed| changed.get(cell)) == Some(&true) {
                style = style.underline();
            }
            // Writing to a string cannot fail.
            let _ = write!(board, "{style}{text}{style:#}");
        }
        board += "│\n";
    }
    board + &border('└', '┘')
}

/// The grid of `prediction` in a drawn box: 13 lines, each ended by a line feed.
///
/// `puzzle` tells the givens (bold, a faint `'` behind them) from the model's answers (coloured); the cells of
/// `faults` are red with a `!`, those `changed` since the last segment are underlined, ids that are no digit are `.`.
/// The marks remain where styles are stripped, as for NO_COLOR. A slice that is too short reads as empty cells.
fn sudoku(puzzle: &[u32], prediction: &[u32], faults: &[Fault], changed: Option<&[bool]>) -> String {
    let id = |grid: &[u32], cell: usize| grid.get(cell).copied().unwrap_or(0);
    let border = |left, joint, right| format!("{left}{0}{joint}{0}{joint}{0}{right}\n", "─".repeat(10));
    let mut board = border('┌', '┬', '┐');
    for row in 0..SIDE {
        if row > 0 && row % 3 == 0 {
            board += &border('├', '┼', '┤');
        }
        for column in 0..SIDE {
            let cell = row * SIDE + column;
            let (mut style, mark, mark_style) = if faults.iter().any(|fault| fault.cells().contains(&cell)) {
                (FAULT, "!", FAULT)
            } else if digit(id(puzzle, cell)).is_some() {
                (GIVEN, "'", FAINT)
            } else {
                (ANSWER, " ", Style::new())
            };
            if changed.and_then(|changed| changed.get(cell)) == Some(&true) {
                style = style.underline();
            }
            board += if column % 3 == 0 { "│ " } else { "" };
            let glyph = glyph(id(prediction, cell));
            // Writing to a string cannot fail.
            let _ = write!(board, "{style}{glyph}{style:#}{mark_style}{mark}{mark_style:#} ");
        }
        board += "│\n";
    }
    board + &border('└', '┴', '┘')
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUESTION: &str = "7....49.......8..64..6.2.3.84..2...............5.8.4....95....3.2...3.1..7......5";
    const ANSWER: &str = "761354982253978146498612537847126359912435678635789421189547263526893714374261895";

    fn tokens(text: &str) -> Vec<u32> {
        Puzzle::parse(text, Some(Task::Sudoku)).unwrap().tokens
    }

    fn plain(board: &str) -> String {
        anstream::adapter::strip_str(board).to_string()
    }

    #[test]
    fn a_solved_board() {
        insta::assert_snapshot!(plain(&sudoku(&tokens(QUESTION), &tokens(ANSWER), &[], None)), @r"
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
        let faults = puzzle.judge(&answer).unwrap().faults;
        insta::assert_snapshot!(plain(&sudoku(&puzzle.tokens, &answer, &faults, None)), @r"
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
        let (mut puzzle, answer) = (vec![1; 81], vec![6; 81]);
        puzzle[0] = 6;
        let mut changed = [false; 81];
        changed[1] = true;
        let board = sudoku(&puzzle, &answer, &[Fault::Empty { cell: 2 }], Some(&changed));
        let row = board.lines().nth(1).unwrap();
        insta::assert_snapshot!(row.split('│').nth(1).unwrap().trim().replace('\u{1b}', "^"), @"^[1m5^[0m^[2m'^[0m ^[4m^[36m5^[0m  ^[1m^[31m5^[0m^[1m^[31m!^[0m");
    }

    #[test]
    fn a_maze_and_its_faults() {
        let puzzle = Puzzle::parse("#####\n#S  #\n# # #\n#  G#\n#####", None).unwrap();
        let mut good = puzzle.tokens.clone();
        [7, 8, 13].into_iter().for_each(|cell| good[cell] = maze::PATH);
        insta::assert_snapshot!(plain(&maze(&puzzle, &good, &[], None)), @r"
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
        let faults = puzzle.judge(&bad).unwrap().faults;
        insta::assert_snapshot!(plain(&maze(&puzzle, &bad, &faults, None)), @r"
        ┌──────────┐
        │ !████████│
        │██S!  o!██│
        │██  ?!o ██│
        │██    G ██│
        │██████████│
        └──────────┘
        ");
        assert_eq!(maze(&puzzle, &[], &[], Some(&[])).lines().count(), 7);
    }

    #[test]
    fn short_slices_are_drawn_as_empty() {
        assert_eq!(sudoku(&[], &[], &[], None), sudoku(&[1; 81], &[1; 81], &[], Some(&[])));
    }
}
