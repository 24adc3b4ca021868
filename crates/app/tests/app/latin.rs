//! The library's example of a user-defined task, in the window: one registration gives it a board, a model can be
//! chosen for it, and an untrained answer is not called solved.

#[path = "../../../../examples/latin/model.rs"]
mod model;
#[path = "../../../../examples/latin/task/mod.rs"]
mod task;

use std::sync::OnceLock;

use egui_kittest::kittest::Queryable;
use hrm::tasks::{self, Task};
use hrm_app::egui::Key;
use hrm_app::messages::Export;
use hrm_app::settings::View;

use super::contents::{harness_of, type_text, wait};

pub fn latin() -> Task {
    static LATIN: OnceLock<Task> = OnceLock::new();
    *LATIN.get_or_init(|| tasks::register(&task::Latin).unwrap())
}

#[test]
fn a_latin_square_is_typed_answered_by_an_untrained_model_and_saved() {
    let latin = latin();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latin");
    model::untrained(latin).unwrap().save(&path, None).unwrap();
    let mut harness = harness_of(super::state());
    harness.run_ok();
    harness.get_by_label("Latin square").click();
    harness.run_ok();
    assert_eq!(harness.state().state.settings.view, View::Board(latin));
    let chosen = path.to_string_lossy().into_owned();
    harness.state_mut().state.choose_model(latin, Some(chosen));
    type_text(&mut harness, "1.....3..4.....2");
    assert_eq!(harness.state().state.copy(), "1...\n..3.\n.4..\n...2");
    harness.get_by_label("row 4, column 4: 2, given");
    harness.key_press(Key::Enter);
    harness.step();
    wait(&mut harness, "an answer", |contents| {
        contents.state.solve.as_ref().is_some_and(|solve| !solve.is_running())
    });
    harness.key_press(Key::End);
    harness.run_ok();
    let solve = harness.state_mut().state.playing().unwrap();
    assert!(solve.answer.is_some(), "{:?}", solve.progress);
    // The model is untrained, so nothing may call its answer solved.
    harness.get_by_label("Not solved");
    harness.get_by_label_contains("Time line: segment 4 of 4");
    let picture = folder.path().join("latin.png");
    harness.state_mut().state.save(Export::Picture, picture.clone());
    wait(&mut harness, "the picture", |_| picture.exists());
}
