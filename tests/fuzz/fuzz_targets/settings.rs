#![no_main]
//! The window's settings, without the window.
#[allow(dead_code)]
#[path = "../../../crates/app/src/settings.rs"]
mod settings;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("window.json");
    std::fs::write(&path, bytes).expect("a file");
    let (found, writes, told) = settings::Settings::restore(Some(path.clone()));
    if told.is_some() {
        let kept = std::fs::read(path.with_file_name("window.json.bad")).expect("what was there is kept");
        assert_eq!(kept, bytes);
    } else {
        found.save(&path).expect("a file");
        // What was read once is in bounds, and stays the same.
        assert_eq!(settings::Settings::load(&path).expect("its own file"), found);
        assert!(found.speed.is_finite() && found.zoom.is_finite() && writes.is_some());
    }
});
