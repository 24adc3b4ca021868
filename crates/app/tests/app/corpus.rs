//! The corpus of the fuzzer of the settings, and seeded mutations of it.

use std::path::Path;

#[path = "../../../../tests/fuzz/src/replay.rs"]
mod replay;
#[path = "../../../../tests/fuzz/src/settings.rs"]
mod settings;

#[test]
fn whatever_a_file_of_settings_holds_is_in_bounds_or_kept() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz");
    replay::replay(&folder, "settings", settings::settings);
}
