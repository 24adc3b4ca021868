//! ARC in the window: a task from a file with its examples, drawn, asked, and shown as it forms.

use std::path::Path;

use egui_kittest::kittest::Queryable;
use hrm::model::{Config, Family, Model, Tensor, Weights};
use hrm::tasks::arc;
use hrm_app::egui::{Event, Key, Modifiers, PointerButton};
use hrm_app::messages::Export;
use hrm_app::settings::View;
use hrm_app::state::State;

use super::contents::{harness_of, type_text, wait};

const TASK: &str = r#"{"train": [{"input": [[1, 2]], "output": [[3], [4]]}, {"input": [[0, 0, 0]], "output": [[9]]}],
 "test": [{"input": [[5, 6], [7, 8]]}]}"#;

/// A small untrained model that knows one task by name, its answers mostly boards.
fn model(folder: &Path) {
    let config = Config::published(Family::Trm, 900, 12).with(|c| {
        (c.hidden_size, c.num_heads, c.puzzle_emb_ndim) = (16, 2, 16);
        (c.h_cycles, c.l_cycles, c.l_layers, c.expansion) = (1, 1, 1, 1.0);
        (c.halt_max_steps, c.num_puzzle_identifiers) = (3, 3);
        c.task = Some(arc::TASK);
    });
    let mut random = fastrand::Rng::with_seed(4);
    let tensors = config.tensors().into_iter().map(|(name, shape)| {
        let values = (0..shape.iter().product()).map(|_| random.f32() - 0.5).collect();
        (name, Tensor::from_f32(shape, values).unwrap())
    });
    let weights = Weights::new("untrained", tensors);
    Model::from_parts(config, weights).unwrap().save(folder, None).unwrap();
    std::fs::write(
        folder.join("identifiers.json"),
        r#"["<blank>", "a1", "a1|||t1|||0213456789"]"#,
    )
    .unwrap();
}

#[test]
fn a_task_is_opened_with_its_examples_asked_drawn_and_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    model(&path("model"));
    std::fs::write(path("a1.json"), TASK).unwrap();
    let two = TASK.replace("[7, 8]]}", "[7, 8]]}, {\"input\": [[3]]}");
    std::fs::write(path("b2.json"), two).unwrap();

    let mut harness = harness_of(super::state());
    let chosen = path("model").to_string_lossy().into_owned();
    harness.state_mut().state.choose_model(arc::TASK, Some(chosen));
    harness.state_mut().state.load(path("a1.json"));
    wait(&mut harness, "the task", |contents| {
        contents.state.settings.view == View::Board(arc::TASK)
    });
    assert_eq!(harness.state().state.copy(), "56\n78");
    harness.get_by_label("a1: examples");
    harness.get_by_label("Example 1: 1×2 cells become 2×1");
    harness.get_by_label("Example 2: 1×3 cells become 1×1");
    harness.get_by_label("row 2, column 1: orange");

    harness.key_press(Key::Enter);
    harness.step();
    wait(&mut harness, "an answer", |contents| {
        contents.state.solve.as_ref().is_some_and(|solve| !solve.is_running())
    });
    for number in [Key::End, Key::Home, Key::End] {
        harness.key_press(number);
        harness.run_ok();
    }
    let state = &mut harness.state_mut().state;
    let solve = state.playing().unwrap();
    assert!(solve.answer.is_some(), "{:?}", solve.progress);
    let answer = solve.puzzle.answer(&solve.grid(0));
    assert!(answer.tokens.len() > 4, "{answer:?}");
    harness.get_by_label("Answered");
    harness.state_mut().state.settings.digits = true;
    harness.state_mut().state.settings.safe_colours = true;
    harness.run_ok();
    for (export, begins) in [(Export::Picture, &b"\x89PNG"[..]), (Export::Animation, b"GIF89a")] {
        let saved = path(export.file_name());
        harness.state_mut().state.save(export, saved.clone());
        wait(&mut harness, "the picture", |_| saved.exists());
        assert!(std::fs::read(saved).unwrap().starts_with(begins));
    }

    // A press on an answer of another shape shows the question; the next draws, and the name stays.
    harness.get_by_label("green (3)").click();
    harness.run_ok();
    let place = harness.state().board.unwrap();
    let mut press = |at| {
        for pressed in [true, false] {
            harness.event(Event::PointerMoved(at));
            harness.event(Event::PointerButton {
                pos: at,
                button: PointerButton::Primary,
                pressed,
                modifiers: Modifiers::NONE,
            });
            harness.step();
        }
        harness.run_ok();
        harness.state().state.copy()
    };
    assert_eq!(press(place.min + (place.size() * 0.1)), "56\n78");
    assert_eq!(press(place.min + (place.size() * 0.1)), "36\n78");
    harness.key_press(Key::ArrowDown);
    type_text(&mut harness, "1");
    assert_eq!(harness.state().state.copy(), "36\n18");
    assert_eq!(
        harness.state().state.editor.puzzle().unwrap().name.as_deref(),
        Some("a1")
    );

    // At the next start they are there again, and so is what was drawn.
    let settings = harness.state_mut().state.updated_settings().clone();
    let again = serde_json::from_str(&serde_json::to_string(&settings).unwrap()).unwrap();
    let mut next = harness_of(State::new(again, None, std::sync::Arc::new(|| {})));
    next.run_ok();
    next.get_by_label("a1: examples");
    next.get_by_label("Example 1: 1×2 cells become 2×1");
    let [before, after] = [&harness, &next].map(|harness| harness.state().state.editor.puzzle().unwrap());
    assert_eq!(after, before);

    // A model that does not know a task says so, unless it is asked all the same.
    harness.state_mut().state.load(path("b2.json"));
    wait(&mut harness, "two tests", |contents| {
        contents
            .state
            .editor
            .origin()
            .is_some_and(|o| o.name.as_deref() == Some("b2"))
    });
    assert_eq!(harness.state().state.list.as_ref().map(|list| list.rows.len()), Some(2));
    for (unknown, says) in [(false, "task b2: model model has no identifier for it"), (true, "")] {
        harness.state_mut().state.settings.blank_identifier = unknown;
        harness.state_mut().state.message = None;
        harness.state_mut().state.solve();
        wait(&mut harness, "an end", |contents| !contents.state.is_running());
        let message = harness
            .state()
            .state
            .message
            .as_ref()
            .map_or("", |message| &message.text);
        assert!(
            message.starts_with(says) && message.is_empty() == says.is_empty(),
            "{message}"
        );
    }
    // Pasted, a task has no name, but examples.
    harness.event(Event::Paste(TASK.into()));
    harness.run_ok();
    harness.get_by_label("The rule: examples");
}

/// The first thing to be seen is a question of the bundled model's, and there are more of each family.
#[test]
fn the_bundled_model_has_questions_of_its_own_and_answers_them() {
    let mut harness = harness_of(super::state());
    harness.state_mut().state.show(View::Board(arc::TASK));
    harness.run_ok();
    harness.get_by_label_contains(": examples");
    harness.get_by_label_contains("Example 3: ");
    harness.state_mut().state.settings.of_mut(arc::TASK).level = Some("gravity".to_owned());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::N);
    harness.step();
    wait(&mut harness, "a new question", |contents| !contents.state.generating);
    let puzzle = harness.state().state.editor.puzzle().unwrap();
    let name = puzzle.name.clone().unwrap();
    assert!(name.starts_with("gravity") || name == "shift-down", "{name}");
    assert_eq!(puzzle.demonstrations.len(), 3);
    harness.key_press(Key::Enter);
    harness.step();
    wait(&mut harness, "an answer", |contents| {
        contents.state.solve.as_ref().is_some_and(|solve| !solve.is_running())
    });
    for key in [Key::End, Key::Home, Key::ArrowRight] {
        harness.key_press(key);
        harness.run_ok();
    }
    let solve = harness.state_mut().state.playing().unwrap();
    let answer = solve.puzzle.answer(&solve.grid(0));
    // The shape is that of the question, as it is for every task of this family.
    assert_eq!((answer.rows, answer.columns), (puzzle.board.rows, puzzle.board.columns));
}
