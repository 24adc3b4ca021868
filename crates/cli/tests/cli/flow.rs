//! What happens while it happens: open pipes, traces, Ctrl-C.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

use super::{HARD, command, questions};

fn start(args: &[&str]) -> Child {
    let mut command = Command::new(command().get_program());
    command.args(["solve", "--device", "cpu"]).args(args);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn interrupt(child: &Child) {
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.unwrap().success());
}

/// Each answer is there before the next puzzle is typed.
#[test]
fn an_open_pipe_gets_its_answers() {
    let header = "source,question\n";
    for (heading, row) in [("", ""), (header, "mine,")] {
        let mut child = start(&["-q", "-"]);
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdin.write_all(heading.as_bytes()).unwrap();
        for puzzle in &questions("givens36")[..3] {
            stdin.write_all(format!("{row}{puzzle}\n").as_bytes()).unwrap();
            stdin.flush().unwrap();
            let mut answer = String::new();
            stdout.read_line(&mut answer).unwrap();
            let kept = puzzle.chars().zip(answer.chars()).all(|(q, a)| q == '.' || q == a);
            assert!(answer.trim_end().len() == 81 && kept, "{answer}");
        }
        drop(stdin);
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn a_trace_is_seen_as_it_comes_and_an_interruption_leaves_the_best_grid() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("so-far.gif");
    let long = [
        "--trace",
        "--halt",
        "fixed",
        "--segments",
        "4294967295",
        "--image",
        image.to_str().unwrap(),
        HARD,
    ];
    let mut child = start(&long);
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("segment 6") {
        line.clear();
        assert!(stdout.read_line(&mut line).unwrap() > 0);
    }
    interrupt(&child);
    stdout.read_to_string(&mut line).unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{stderr}");
    assert!(
        stderr.contains("note: interrupted after ") && stderr.contains("this is the best grid so far: solved"),
        "{stderr}"
    );
    assert!(std::fs::metadata(image).unwrap().len() > 0);
}

#[test]
fn an_interruption_is_told_in_its_place() {
    // No grid is ever valid, so that it goes on for ever.
    let impossible = format!("12345678.{}9{}", ".".repeat(17), ".".repeat(54));
    let easy = &questions("givens36")[0];
    let mut child = start(&["--json", "--segments", "4294967295", easy, &impossible, easy]);
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    stdout.read_line(&mut text).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    interrupt(&child);
    stdout.read_to_string(&mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let objects: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), 3, "{text}");
    assert_eq!(
        (&objects[0]["valid"], &objects[2]["valid"]),
        (&true.into(), &true.into())
    );
    let open = &objects[1];
    assert_eq!(
        (&open["stopped"], &open["valid"]),
        (&"interrupted".into(), &false.into())
    );
    assert!(
        open["error"].as_str().unwrap().starts_with("interrupted after "),
        "{open}"
    );
    assert_eq!(open["answer"].as_str().unwrap().len(), 81);
}
