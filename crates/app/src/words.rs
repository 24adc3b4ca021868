//! What the window says of a question and its solve, in sentences.

use std::time::Duration;

use hrm::halt::Stop;
use hrm::tasks::{Drawing, Fault, Puzzle, Question, place};
use hrm::trace::percent;

use crate::cells;
use crate::editor::is_drawn;
use crate::hint::Hint;
use crate::solve::{Progress, Solve};
use crate::state::State;

/// A cell of which the model is less sure than this is called unsure.
const SURE: f32 = 0.9;
/// The most faults that are told as sentences; further ones are only marked.
const MOST_FAULTS: usize = 3;

/// Returns the headline, and whether it is good or bad news. A grid that breaks a rule is never called a solution.
pub fn headline(solve: &Solve) -> (String, Option<bool>) {
    let number = solve.showing();
    let valid = solve.verdict(solve.track()).map(|verdict| verdict.valid);
    match (&solve.progress, valid) {
        (Progress::Failed(_), _) => ("The solver failed".to_owned(), Some(false)),
        (progress, valid) if solve.at_end() => match (valid, progress) {
            (Some(true), _) => ("Solved".to_owned(), Some(true)),
            (Some(false), _) if is_insoluble(solve) => ("Has no solution".to_owned(), Some(false)),
            (Some(false), Progress::Stopped) => ("Stopped, not solved".to_owned(), Some(false)),
            (Some(false), _) => ("Not solved".to_owned(), Some(false)),
            (None, Progress::Stopped) => ("Stopped".to_owned(), None),
            (None, _) => ("Answered".to_owned(), None),
        },
        _ if number == 0 => ("The question".to_owned(), None),
        _ if solve.is_running() => (format!("Segment {number}"), None),
        _ => (format!("Segment {number} of {}", solve.end()), None),
    }
}

/// What is said of a question: a headline, whether it is good or bad news, and the lines below.
pub type Said = (String, Option<bool>, Vec<String>);

/// Returns what is said of the question on the board before a model has answered.
pub fn asked(state: &State) -> Said {
    let editor = &state.editor;
    let (task, board) = (editor.task(), editor.board());
    let clashes = editor.clashes();
    if state.advising.is_some() {
        return ("Thinking about a hint…".to_owned(), None, Vec::new());
    }
    if let Some(hint) = state.current_hint() {
        let (headline, lines) = advice(hint);
        return (headline, None, lines);
    }
    if editor.is_empty() {
        let line = "Make a new puzzle, type, paste or open one.".to_owned();
        return ("An empty board".to_owned(), None, vec![line]);
    }
    if !clashes.is_empty() {
        return ("Not a question yet".to_owned(), Some(false), sentences(&clashes));
    }
    let givens = board.tokens.iter().filter(|&&id| id != task.blank()).count();
    let is_full = givens == board.tokens.len() && !is_drawn(task);
    if is_full && Puzzle::on(task, board.clone()).is_ok_and(|puzzle| puzzle.is_valid(&board.tokens) == Some(true)) {
        return (
            "Complete".to_owned(),
            Some(true),
            vec!["Every rule is kept.".to_owned()],
        );
    }
    let headline = match is_drawn(task) {
        true => format!("{} by {} cells", board.rows, board.columns),
        false => count(givens, "given"),
    };
    let mut lines = vec!["Press Enter to solve.".to_owned()];
    lines.extend(planned(state.settings.tries(task)));
    (headline, None, lines)
}

/// Says what follows if the first of several tries fails.
fn planned(tries: usize) -> Option<String> {
    let variants = count(tries.checked_sub(1).filter(|&n| n > 0)?, "variant");
    Some(format!(
        "If the first try fails, up to {variants} of the puzzle will be tried."
    ))
}

/// Returns the headline of a hint, and the lines below.
fn advice(hint: &Hint) -> (String, Vec<String>) {
    let at = place(hint.cell, hint.puzzle.board.columns);
    let sure = percent(hint.confidence);
    if !hint.is_told {
        let line =
            format!("Of all empty cells the model is surest here, {sure}. Hint again tells what it would write.");
        return (format!("Hint: {at}"), vec![line]);
    }
    let glyph = hint.symbol.glyph;
    let opinion = format!(
        "An opinion, {sure} sure: the model would write {glyph} there. It can be wrong; nobody has checked it."
    );
    let whole = (hint.valid == Some(false)).then(|| "Its answer as a whole breaks the rules.".to_owned());
    (
        format!("Hint: {glyph} in {at}?"),
        [opinion].into_iter().chain(whole).collect(),
    )
}

/// Returns whether the puzzle is to blame that it is not solved: no answer can keep the rules.
pub fn is_insoluble(solve: &Solve) -> bool {
    matches!(solve.question, Some(Question::None | Question::Clash(_)))
}

/// Returns the lines below the headline: why the solve halted, which rules are broken and where.
pub fn details(solve: &Solve) -> Vec<String> {
    let mut lines = Vec::new();
    if let Progress::Failed(reason) = &solve.progress {
        lines.push(reason.clone());
    }
    let track = &solve.tracks[solve.track()];
    if !solve.at_end() {
        lines.extend(account(solve));
        return lines;
    }
    if track.thoughts.is_empty() {
        // It ended before there was anything to tell of.
        return lines;
    }
    let segments = count(track.thoughts.len(), "segment");
    let other;
    let why = match track.stopped {
        Some(Stop::Valid) => "halted because the answer obeys the rules (halting rule: valid)",
        Some(Stop::Learned) => "halted because the model chose to (halting rule: learned)",
        Some(Stop::Stable) => "halted because the model chose to and nothing changed (halting rule: stable)",
        Some(Stop::Still) => "halted because nothing changed any more (halting rule: still)",
        Some(Stop::Limit) => "which is the limit",
        Some(stop) => {
            other = stop.to_string();
            &other
        }
        None => "stopped by you",
    };
    lines.push(format!("{segments}, {why}. {}.", time(solve.seconds)));
    lines.extend(no_board(solve));
    if is_insoluble(solve) {
        lines.push("No answer can keep the rules, whoever thinks about it.".to_owned());
    }
    let remark = solve
        .question
        .as_ref()
        .filter(|_| !is_insoluble(solve))
        .and_then(|question| solve.puzzle.task.remark(question));
    lines.extend(remark.map(|remark| format!("Know that {remark}.")));
    let optimum = solve.puzzle.task.rules().and_then(|rules| rules.optimum());
    let optimal = solve.verdict(solve.track()).and_then(|verdict| verdict.optimal);
    if let (Some(false), Some(optimum)) = (optimal, optimum) {
        lines.push(format!("It is {}.", optimum.said[1]));
    }
    let faults = cells::shown_faults(solve, solve.track());
    lines.extend(sentences(&faults));
    lines
}

/// Returns faults as sentences, as far as they can be read.
fn sentences(faults: &[Fault]) -> Vec<String> {
    let mut lines: Vec<String> = faults
        .iter()
        .take(MOST_FAULTS)
        .map(|fault| format!("{}.", capital(&fault.to_string())))
        .collect();
    if faults.len() > MOST_FAULTS {
        lines.push(format!("And {} more faults.", faults.len() - MOST_FAULTS));
    }
    lines
}

/// Says how far a solve has come that runs on a device.
pub fn progress(solve: &Solve, device: &str) -> String {
    match solve.segments() {
        // Nothing tells how long its driver compiles.
        0 if device != "cpu" => "preparing; on a GPU the first solve takes longer…".to_owned(),
        0 => "preparing…".to_owned(),
        done => match solve.tracks.len() {
            1 => format!("{} so far", count(done, "segment")),
            tries => format!("{} so far, in {tries} tries", count(done, "segment")),
        },
    }
}

/// Says so where an answer, which may have any shape, has no cells.
fn no_board(solve: &Solve) -> Option<String> {
    let thought = solve.thought(solve.track())?;
    let is_empty = solve.puzzle.answer(&thought.grid).tokens.is_empty();
    is_empty.then(|| "Its answer is no board: the first cell lies outside of one.".to_owned())
}

/// Says in a sentence what the shown segment did; None for the question.
pub fn account(solve: &Solve) -> Option<String> {
    let thought = solve.thought(solve.track())?;
    if let Some(said) = no_board(solve) {
        return Some(said);
    }
    // Of all of the segment, however much of it the board shows already.
    let drawing = Drawing::thought(&solve.puzzle, thought);
    let models = || drawing.cells.iter().filter(|cell| !cell.given);
    let changed = models().filter(|cell| cell.changed).count();
    let unsure = models()
        .filter(|cell| cell.confidence.is_some_and(|sure| sure < SURE))
        .count();
    let wish = if thought.q_halt > 0.0 {
        " It would stop now."
    } else {
        ""
    };
    Some(match (thought.number, unsure, changed) {
        (1, ..) => format!("A first guess at {}, {unsure} unsure.{wish}", count(changed, "cell")),
        (_, 0, 0) => format!("Sure of every cell, no change of mind.{wish}"),
        (_, 0, _) => format!("Sure of every cell, it changed its mind about {changed}.{wish}"),
        (_, _, 0) => format!("{} unsure, no change of mind.{wish}", count(unsure, "cell")),
        _ => format!(
            "{} unsure, it changed its mind about {changed}.{wish}",
            count(unsure, "cell")
        ),
    })
}

/// Returns a text that begins with a capital letter.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Returns a number with its noun: "1 cell", "2 cells".
pub fn count(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

/// Returns a duration as "12 ms" or "3.4 s".
fn time(seconds: f64) -> String {
    let time = Duration::from_secs_f64(seconds.clamp(0.0, 1e9));
    match time.as_millis() {
        0..1000 => format!("{} ms", time.as_millis().max(1)),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hrm::tasks::sudoku;
    use hrm::trace::Thought;
    use hrm::tries::Variant;

    fn solve(confidence: f32) -> Solve {
        let mut solve = Solve::for_tests(Puzzle::new(sudoku::TASK, vec![1; 81]).unwrap());
        for (number, changed) in [(1, (0..81).collect()), (2, vec![5]), (3, Vec::new())] {
            let thought = Thought {
                number,
                grid: vec![2; 81],
                changed,
                q_halt: if number == 3 { 1.0 } else { -1.0 },
                q_continue: 0.0,
                confidence: Some(vec![confidence; 81]),
                probabilities: None,
                z_h: None,
                z_l: None,
            };
            solve.add(0, Variant::default(), thought, None);
        }
        solve
    }

    #[test]
    fn a_segment_is_a_sentence() {
        let says = |confidence: f32, number: usize| {
            let mut solve = solve(confidence);
            solve.seek(number);
            account(&solve)
        };
        assert_eq!(says(0.5, 0), None);
        let table = [
            (0.5, 1, "A first guess at 81 cells, 81 unsure."),
            (0.5, 2, "81 cells unsure, it changed its mind about 1."),
            (0.5, 3, "81 cells unsure, no change of mind. It would stop now."),
            (0.99, 2, "Sure of every cell, it changed its mind about 1."),
            (0.99, 3, "Sure of every cell, no change of mind. It would stop now."),
        ];
        for (confidence, number, expected) in table {
            assert_eq!(says(confidence, number).as_deref(), Some(expected));
        }
        // It counts the whole segment while the board still fills.
        let mut solve = solve(0.5);
        (solve.playback.shown, solve.playback.part) = (0, 0.3);
        assert_eq!(account(&solve).as_deref(), Some(table[0].2));
    }

    #[test]
    fn what_has_no_solution_is_not_blamed_on_the_model() {
        let mut solve = solve(0.5);
        solve.progress = Progress::Ended;
        solve.seek(3);
        assert_eq!(headline(&solve).0, "Not solved");
        solve.question = Some(Question::None);
        assert_eq!(headline(&solve), ("Has no solution".to_owned(), Some(false)));
        assert!(
            details(&solve)
                .iter()
                .any(|line| line.contains("No answer can keep the rules"))
        );
    }

    #[test]
    fn a_solve_that_was_stopped_at_once_says_nothing_of_segments() {
        let mut solve = Solve::for_tests(Puzzle::new(sudoku::TASK, vec![1; 81]).unwrap());
        solve.progress = Progress::Stopped;
        assert_eq!(headline(&solve).0, "Stopped");
        assert!(details(&solve).is_empty());
    }

    #[test]
    fn who_waits_is_told_for_what() {
        let mut solve = Solve::for_tests(Puzzle::new(sudoku::TASK, vec![1; 81]).unwrap());
        assert_eq!(progress(&solve, "cpu"), "preparing…");
        assert!(progress(&solve, "llvmpipe (Vulkan)").contains("first solve takes longer"));
        solve.tracks = self::solve(0.5).tracks;
        assert_eq!(progress(&solve, "llvmpipe (Vulkan)"), "3 segments so far");
        solve.tracks.push(solve.tracks[0].clone());
        assert_eq!(progress(&solve, "cpu"), "3 segments so far, in 2 tries");
        let says = "If the first try fails, up to 15 variants of the puzzle will be tried.";
        assert_eq!((planned(1), planned(16).as_deref()), (None, Some(says)));
    }

    #[test]
    fn a_hint_is_an_opinion() {
        let mut hint = Hint {
            puzzle: Puzzle::new(sudoku::TASK, vec![1; 81]).unwrap(),
            cell: 7,
            symbol: sudoku::TASK.symbol(3),
            confidence: 0.8,
            valid: Some(false),
            is_told: false,
        };
        let (headline, lines) = advice(&hint);
        assert_eq!(headline, "Hint: row 1, column 8");
        assert!(lines[0].contains("surest here, 80 %"), "{lines:?}");
        hint.is_told = true;
        let (headline, lines) = advice(&hint);
        assert_eq!(headline, "Hint: 2 in row 1, column 8?");
        assert!(
            lines[0].contains("would write 2") && lines[1].contains("breaks the rules"),
            "{lines:?}"
        );
    }

    #[test]
    fn times_are_short() {
        assert_eq!([time(0.0), time(0.0126), time(3.44)], ["1 ms", "12 ms", "3.4 s"]);
    }
}
