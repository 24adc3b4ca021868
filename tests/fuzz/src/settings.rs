//! The settings of the window, without the window: called by the fuzzer, and by the window's tests.
#![allow(clippy::unwrap_used, reason = "a target stops at the first surprise")]

use hrm_app::settings::Settings;

/// A file of settings. One that is not understood is kept, byte for byte.
pub(crate) fn settings(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("window.json");
    std::fs::write(&path, bytes).unwrap();
    let (found, writes, told) = Settings::restore(Some(path.clone()));
    if told.is_some() {
        assert_eq!(std::fs::read(path.with_file_name("window.json.bad")).unwrap(), bytes);
        return;
    }
    found.save(&path).unwrap();
    // What was read once is in bounds, and stays the same.
    assert_eq!(Settings::load(&path).unwrap(), found);
    assert!(found.speed.is_finite() && found.zoom.is_finite() && writes.is_some());
}
