//! What users can do with the window, and what happens to their puzzles.

use hrm::halt::Halt;
use hrm::tasks::{Question, maze, sudoku};
use hrm_app::messages::Export;
use hrm_app::settings::View;
use hrm_app::solve::Progress;
use hrm_app::words::{details, headline};

use super::{HARD, HARDEST, State, state, wait};

fn idle(state: &State) -> bool {
    !state.is_running()
}

#[test]
fn a_pasted_puzzle_is_solved_and_said_to_be() {
    let mut state = state();
    state.paste(HARD);
    state.solve();
    wait(&mut state, "solving", idle);
    let solve = state.playing().unwrap();
    solve.seek(usize::MAX);
    assert_eq!(headline(solve), ("Solved".into(), Some(true)));
    assert_eq!(solve.question, Some(Question::Unique));
    assert_eq!(solve.puzzle.is_valid(&solve.grid(0)), Some(true));
    // While looking back, it is not called a solution.
    solve.seek(1);
    assert!(headline(solve).0.starts_with("Segment 1 of"));
}

#[test]
fn what_is_not_solved_is_never_called_so_and_more_thought_is_what_was_thought_and_more() {
    let mut state = state();
    state.settings.segments = Some(2);
    state.paste(HARDEST);
    state.solve();
    wait(&mut state, "two segments", idle);
    let solve = state.playing().unwrap();
    solve.seek(usize::MAX);
    assert_eq!(headline(solve), ("Not solved".into(), Some(false)));
    let said = details(solve).join("\n");
    assert!(said.contains("stands more than once in"), "{said}");
    let before = solve.tracks[0].thoughts.clone();
    state.more_segments();
    assert_eq!(
        state.playing().unwrap().tracks[0].thoughts,
        before,
        "what was thought stays"
    );
    wait(&mut state, "eight segments", idle);
    let solve = state.playing().unwrap();
    assert_eq!(solve.tracks[0].thoughts.len(), 8);
    assert_eq!(solve.tracks[0].thoughts[..2], before[..]);
}

#[test]
fn tries_run_side_by_side() {
    let mut state = state();
    state.settings.segments = Some(2);
    state.paste(HARDEST);
    state.solve();
    wait(&mut state, "one try", idle);
    state.more_tries();
    wait(&mut state, "sixteen tries", idle);
    let solve = state.playing().unwrap();
    assert_eq!((solve.tracks.len(), solve.progress.clone()), (16, Progress::Ended));
    assert!(solve.winner.is_some());
    assert!(solve.tracks.iter().all(|track| !track.thoughts.is_empty()));
}

#[test]
fn wrong_input_is_a_sentence_and_the_board_stays() {
    let mut state = state();
    state.paste(HARD);
    for (text, says) in [
        ("nonsense", "not a puzzle"),
        (&HARD.replacen("4.....85", "44....85", 1), "two equal givens"),
        (&HARD[1..], "not a puzzle"),
    ] {
        state.message = None;
        state.paste(text);
        let message = state.message.clone().unwrap();
        assert!(message.is_error && message.text.contains(says), "{message:?}");
        assert_eq!(state.copy(), HARD);
    }
    for (name, bytes) in [
        ("notes.txt", b"hello".as_slice()),
        ("empty.txt", b""),
        ("image.png", b"\x89PNG\r\n\x1a\n"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        state.message = None;
        state.load(path);
        wait(&mut state, name, |state| state.message.is_some());
        assert!(state.message.as_ref().is_some_and(|m| m.is_error));
        assert_eq!(state.copy(), HARD);
    }
    state.message = None;
    state.load("no-such-file.txt".into());
    wait(&mut state, "no file", |state| state.message.is_some());
}

#[test]
fn an_empty_board_clashes_and_odd_questions_are_named() {
    let mut state = state();
    state.solve();
    assert!(
        state
            .message
            .as_ref()
            .is_some_and(|m| m.is_error && m.text.contains("empty"))
    );
    state.put(0, 5, false);
    state.put(1, 5, false);
    state.solve();
    assert!(
        state
            .message
            .as_ref()
            .is_some_and(|m| m.text.contains("4 stands more than once in row 1"))
    );
    assert!(state.solve.is_none());
    state.put(1, 6, false);
    state.settings.segments = Some(1);
    state.solve();
    wait(&mut state, "two givens", idle);
    let solve = state.playing().unwrap();
    solve.seek(usize::MAX);
    let said = details(solve).join(" ");
    assert!(said.contains("this puzzle has more than one solution"), "{said}");
    // Row 1 lacks only a 9, which column 9 has already.
    state.paste(&format!("12345678.{}........9{}", ".".repeat(27), ".".repeat(36)));
    state.solve();
    wait(&mut state, "no solution", idle);
    let solve = state.playing().unwrap();
    solve.seek(usize::MAX);
    // The puzzle is to blame, not the model.
    assert_eq!(headline(solve).0, "Has no solution");
    let said = details(solve).join(" ");
    assert!(said.contains("No answer can keep the rules"), "{said}");
}

/// A state in the middle of a solve that would take 1024 segments.
fn long_solve() -> State {
    let mut state = state();
    state.settings.halt = Some(Halt::Fixed);
    state.settings.segments = Some(1024);
    state.paste(HARDEST);
    state.solve();
    wait(&mut state, "a segment", |state| {
        state.solve.as_ref().is_some_and(|t| t.segments() > 0)
    });
    state
}

#[test]
fn another_puzzle_ends_the_solve_and_undo_brings_the_board_back() {
    let mut state = long_solve();
    state.put(1, 3, false);
    assert!(state.solve.is_none() && !state.is_running());
    state.edit(|editor| {
        editor.undo();
    });
    assert_eq!(state.copy(), HARDEST);
    state.edit(|editor| {
        editor.undo();
    });
    assert_eq!(state.copy(), ".".repeat(81));
    state.edit(|editor| {
        editor.redo();
    });
    assert_eq!(state.copy(), HARDEST);
}

#[test]
fn stopping_keeps_what_was_thought() {
    let mut state = long_solve();
    state.stop();
    wait(&mut state, "stopping", idle);
    let solve = state.playing().unwrap();
    assert_eq!(solve.progress, Progress::Stopped);
    assert!(solve.segments() < 1024);
    solve.seek(usize::MAX);
    assert_ne!(headline(solve).1, None);
}

#[test]
fn a_model_that_cannot_be_opened_leaves_the_one_that_is() {
    let mut state = state();
    wait(&mut state, "opening", |state| state.opened.is_some());
    state.choose_model(sudoku::TASK, Some("no-such-model".into()));
    wait(&mut state, "not opening", |state| state.message.is_some());
    let text = state.message.clone().unwrap().text;
    assert!(text.contains("no-such-model") && text.contains("stays"), "{text}");
    assert_eq!(state.settings.of(sudoku::TASK).model, None);
    state.paste(HARD);
    state.solve();
    wait(&mut state, "solving", idle);
    assert!(state.solve.as_ref().is_some_and(|t| t.winner.is_some()));
}

#[test]
fn a_list_stops_goes_on_and_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.txt");
    let text: String = (0..30)
        .map(|i| format!("{}\n", if i % 3 == 0 { HARD } else { HARDEST }))
        .collect();
    std::fs::write(&path, text + &HARD[1..] + "\n").unwrap();
    let mut state = state();
    state.settings.segments = Some(16);
    state.load(path);
    wait(&mut state, "loading", |state| state.list.is_some());
    assert_eq!(state.settings.view, View::List);
    assert!(state.message.as_ref().is_some_and(|m| m.text.contains("1 of 31")));
    state.solve();
    wait(&mut state, "an answer", |state| {
        state.list.as_ref().is_some_and(|l| l.counts().done() > 0)
    });
    state.stop();
    wait(&mut state, "stopping", idle);
    let done = state.list.as_ref().unwrap().counts().done();
    assert!(done < 31);
    state.solve();
    wait(&mut state, "going on", idle);
    let list = state.list.as_ref().unwrap();
    let counts = list.counts();
    assert_eq!((counts.done(), counts.waiting, counts.unreadable), (30, 0, 1));
    assert!(counts.solved >= 10);
    let saved = folder.path().join("results.jsonl");
    state.save(Export::Results, saved.clone());
    wait(&mut state, "saving", |state| {
        state.message.as_ref().is_some_and(|m| m.text.starts_with("Saved"))
    });
    let lines = std::fs::read_to_string(saved).unwrap();
    assert_eq!(lines.lines().count(), 30);
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["puzzle"], &first["valid"], &first["device"]),
        (&HARD.into(), &true.into(), &"cpu".into())
    );
}

#[test]
fn a_solve_is_saved_as_picture_animation_and_data() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = state();
    state.save(Export::Picture, folder.path().join("too-early.png"));
    assert!(state.message.as_ref().is_some_and(|m| m.is_error));
    state.paste(HARD);
    state.solve();
    wait(&mut state, "solving", idle);
    for (export, begins) in [
        (Export::Picture, b"\x89PNG".as_slice()),
        (Export::Animation, b"GIF89a"),
        (Export::Json, b"{\"task\":\"sudoku\""),
    ] {
        let path = folder.path().join(export.file_name());
        state.message = None;
        state.save(export, path.clone());
        wait(&mut state, export.name(), |state| state.message.is_some());
        let bytes = std::fs::read(path).unwrap();
        assert!(bytes.starts_with(begins), "{export:?}: {:?}", state.message);
    }
    let json = std::fs::read(folder.path().join("solve.json")).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let segments = state.playing().unwrap().segments();
    assert_eq!(report["trace"].as_array().map(Vec::len), Some(segments));
    state.message = None;
    state.save(Export::Animation, folder.path().join("no/such/folder.gif"));
    wait(&mut state, "no folder", |state| {
        state.message.as_ref().is_some_and(|m| m.is_error)
    });
}

#[test]
fn a_new_puzzle_has_one_solution() {
    let mut state = state();
    state.generate();
    wait(&mut state, "making", |state| !state.generating);
    let puzzle = state.editor.puzzle().unwrap();
    assert_eq!(puzzle.question(), Some(Question::Unique));
    state.generate();
    wait(&mut state, "making another", |state| !state.generating);
    assert_ne!(state.editor.puzzle().unwrap(), puzzle);
}

#[test]
fn a_maze_is_made_drawn_into_and_answered() {
    let mut state = state();
    state.show(View::Board(maze::TASK));
    state.generate();
    wait(&mut state, "making", |state| !state.generating);
    let made = state.editor.puzzle().unwrap();
    assert_eq!((made.board.rows, made.question()), (15, Some(Question::Unique)));
    state.solve();
    wait(&mut state, "answering", idle);
    let solve = state.playing().unwrap();
    assert!(solve.answer.is_some(), "{:?}", solve.progress);
    solve.seek(usize::MAX);
    let valid = solve.puzzle.is_valid(&solve.grid(solve.track()));
    assert_eq!(headline(solve).0 == "Solved", valid == Some(true));
    // A maze of another size does not fit the bundled model: a sentence, and the board stays.
    state.paste("#####\n#S G#\n#   #\n#   #\n#####");
    state.solve();
    wait(&mut state, "refusing", idle);
    assert!(
        state.message.as_ref().is_some_and(|m| m.is_error),
        "{:?}",
        state.message
    );
    assert_eq!(state.editor.board().rows, 5);
}

/// What people draw is unlike the mazes of its training: a model gets several tries at it without being asked.
#[test]
fn a_room_as_people_draw_it_is_solved() {
    let mut state = state();
    let room = hrm_app::gallery::all()
        .iter()
        .find(|named| named.name == "An empty room");
    state.put_puzzle(room.unwrap().puzzle.clone());
    state.solve();
    wait(&mut state, "its tries", idle);
    let solve = state.playing().unwrap();
    solve.seek(usize::MAX);
    assert_eq!(headline(solve).0, "Solved", "{} tries", solve.tracks.len());
}

#[test]
fn the_boards_are_there_at_the_next_start() {
    let mut state = state();
    state.paste(HARD);
    let settings = state.updated_settings().clone();
    drop(state);
    let next = super::State::new(settings, None, std::sync::Arc::new(|| {}));
    assert_eq!(next.copy(), HARD);
}

/// Who opens the window for the first time finds a puzzle on each board, and what was saved stays as it was.
#[test]
fn no_board_begins_empty() {
    let mut state = state();
    state.settings.of_mut(hrm::tasks::sudoku::TASK).board = vec![1; 81];
    let mut state = State::new(state.settings.clone(), None, std::sync::Arc::new(|| {}));
    state.begin_boards();
    for view in View::all() {
        let View::Board(task) = view else { continue };
        // The dry run's task makes none.
        if task.generate(&hrm::tasks::Recipe::default()).is_err() {
            continue;
        }
        state.show(view);
        assert_eq!(state.editor.task(), task);
        assert_eq!(
            state.editor.is_empty(),
            task == hrm::tasks::sudoku::TASK,
            "{}",
            task.name()
        );
    }
}
