//! Puzzles with a name, and one a day: the same as on the page.

use egui_kittest::kittest::Queryable;
use hrm::tasks::{Question, Task, maze, sudoku};
use hrm_app::egui::{Role, vec2};
use hrm_app::gallery;
use hrm_app::settings::{Theme, View};

use super::contents::{harness_of, wait};
use super::pixels::Seen;
use super::state;

/// The page's list is in its own language; names and puzzles are the same.
#[test]
fn the_list_is_that_of_the_page() {
    for task in [sudoku::TASK, maze::TASK] {
        let path = format!("../../examples/web/page/src/tasks/{task}");
        let read =
            |file: &str| std::fs::read_to_string(format!("{}/{path}/{file}.ts", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let examples = read("examples");
        let list = examples.split("export const GALLERY").nth(1).unwrap();
        let mut of_page = list
            .lines()
            .filter_map(|line| line.trim().strip_prefix("['")?.strip_suffix("'],")?.split_once("', '"));
        for named in gallery::all().iter().filter(|named| named.puzzle.task == task) {
            let (name, grid) = of_page.next().unwrap();
            assert_eq!(
                (named.name, named.puzzle.text().replace('\n', "")),
                (name, grid.to_owned())
            );
        }
        assert_eq!(of_page.next(), None);
        let daily = format!(
            "override readonly daily = {{ level: '{}' }};",
            task.daily_level().unwrap()
        );
        let givens = task.givens().map(|range| {
            let (least, most) = range.into_inner();
            format!("override readonly givens = [{least}, {most}] as const;")
        });
        for line in [Some(daily), givens].into_iter().flatten() {
            assert!(read("index").contains(&line), "{line}");
        }
    }
}

#[test]
fn a_day_has_one_puzzle() {
    let mut state = state();
    let made = |state: &mut super::State, task: Task, day: u64| {
        state.show(View::Board(task));
        state.ask_daily(day);
        super::wait(state, "the puzzle of a day", |state| {
            state.daily_puzzle(task, day).is_some()
        });
        state.daily_puzzle(task, day).unwrap().clone()
    };
    for task in [sudoku::TASK, maze::TASK] {
        let one = made(&mut state, task, 20_786);
        let other = made(&mut state, task, 20_787);
        assert_ne!(one, other);
        assert_eq!(state.daily_puzzle(task, 20_786), None, "yesterday's is gone");
        assert_eq!(made(&mut state, task, 20_786), one);
    }
}

/// A slider and a button, as on the page.
#[test]
fn a_puzzle_is_made_with_as_many_givens_as_are_wanted() {
    let mut state = state();
    state.settings.of_mut(sudoku::TASK).givens = Some(26);
    state.gallery = true;
    let mut harness = harness_of(state);
    harness.run_ok();
    harness.get_by_role_and_label(Role::Slider, "Givens");
    harness.get_by_label("Make one").click();
    harness.step();
    wait(&mut harness, "making", |contents| !contents.state.generating);
    let state = &harness.state().state;
    let blank = sudoku::TASK.blank();
    let givens = state.editor.board().tokens.iter().filter(|&&id| id != blank).count();
    assert_eq!((givens, state.gallery), (26, false));
    assert_eq!(state.editor.puzzle().unwrap().question(), Some(Question::Unique));
    // Mazes have none.
    harness.state_mut().state.show(View::Board(maze::TASK));
    harness.state_mut().state.gallery = true;
    harness.run_ok();
    assert!(harness.query_by_label("Make one").is_none());
}

#[test]
fn a_named_puzzle_is_chosen_and_every_small_picture_is_whole() {
    for (task, name) in [
        (sudoku::TASK, "AI Escargot (Inkala, 2006), 23 givens"),
        (maze::TASK, "An empty room, 15 by 15 cells"),
    ] {
        let mut state = state();
        state.show(View::Board(task));
        let mut seen = Seen::new(state, [1280.0, 1200.0], Theme::Light);
        seen.harness.get_by_label("More…").click();
        seen.harness.run_ok();
        let today = gallery::Day::today().number;
        wait(&mut seen.harness, "the puzzle of the day", |contents| {
            contents.state.daily_puzzle(task, today).is_some()
        });
        let picture = seen.picture();
        picture.keep(&format!("gallery-{task}.png"));
        seen.harness.get_by_label_contains("Puzzle of the day, ");
        let entry = seen.harness.get_by_label(name).rect();
        // The last row and column of the small board are there: a frame in the colour of its lines.
        let (side, corner) = (72.0, entry.min + vec2(8.0, 8.0));
        for at in [0.17, 0.5, 0.95].map(|part| side * part) {
            let (right, below) = (corner + vec2(side, at), corner + vec2(at, side));
            assert!(picture.has_line(right, vec2(1.0, 0.0)), "{name}: right edge at {at}");
            assert!(picture.has_line(below, vec2(0.0, 1.0)), "{name}: lower edge at {at}");
        }
        seen.harness.get_by_label(name).click();
        seen.harness.run_ok();
        let state = &seen.harness.state().state;
        assert!(!state.gallery && !state.editor.is_empty());
        let chosen = gallery::all()
            .iter()
            .find(|named| name.starts_with(named.name))
            .unwrap();
        assert_eq!(state.editor.puzzle().unwrap(), chosen.puzzle);
    }
}
