//! The README's picture is a real run. `UPDATE_PICTURE=1 cargo test --test cli picture` draws it anew.

use super::{HARD, command, masked, repository};

#[test]
fn the_picture_is_a_real_run() {
    let mut command = command();
    let output = command
        .args(["solve", "--device", "cpu", HARD])
        .env("CLICOLOR_FORCE", "1")
        .output()
        .unwrap();
    let mut transcript = format!("$ hrm solve {HARD}\n").into_bytes();
    transcript.extend(output.stdout);
    transcript.extend(output.stderr);
    let transcript = String::from_utf8(transcript).unwrap();
    let picture = anstyle_svg::Term::new().render_svg(&transcript);

    let path = repository().join("docs/solve.svg");
    if std::env::var_os("UPDATE_PICTURE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &picture).unwrap();
    }
    assert_eq!(masked(&std::fs::read_to_string(path).unwrap()), masked(&picture));
}
