//! `--image`: the answer as PNG, the thinking as GIF.

use std::path::Path;

use super::{HARD, Ran, hrm, questions};

fn draw(path: &Path, args: &[&str]) -> Ran {
    let drawn = ["solve", "--device", "cpu", "--image", path.to_str().unwrap()];
    hrm([&drawn[..], args].concat(), "")
}

/// A frame's pixels as colours, and how long it stays, in hundredths of a second.
type Frame = (Vec<[u8; 3]>, u16);

/// Width, height and the frames.
fn frames(path: &Path) -> (u16, u16, Vec<Frame>) {
    let file = std::fs::File::open(path).unwrap();
    let mut decoder = gif::DecodeOptions::new()
        .read_info(std::io::BufReader::new(file))
        .unwrap();
    let (width, height) = (decoder.width(), decoder.height());
    let palette = decoder.global_palette().unwrap().to_vec();
    let mut frames = Vec::new();
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        let colour = |i: &u8| [0, 1, 2].map(|c| palette[3 * usize::from(*i) + c]);
        frames.push((frame.buffer.iter().map(colour).collect(), frame.delay));
    }
    (width, height, frames)
}

#[test]
fn a_gif_shows_the_question_every_segment_and_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("thinking.gif");
    let ran = draw(&path, &["--json", HARD]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let object = ran.json().remove(0);
    assert!(object.get("trace").is_none());
    let (width, height, frames) = frames(&path);
    assert_eq!(frames.len() as u64, 2 + object["segments"].as_u64().unwrap());
    assert!(
        frames
            .iter()
            .all(|(pixels, _)| pixels.len() == usize::from(width) * usize::from(height))
    );
    for pair in frames.windows(2) {
        assert_ne!(pair[0].0, pair[1].0);
    }
    // Read at a glance, then the answer for a while; and small enough to be sent around.
    assert!(frames[1].1 < 100 && frames.last().unwrap().1 >= 200);
    assert!(std::fs::metadata(&path).unwrap().len() < 200_000);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing else is left behind");
}

#[test]
fn a_png_shows_the_answer_in_both_looks() {
    let folder = tempfile::tempdir().unwrap();
    let read = |look: &str| {
        let path = folder.path().join(format!("{look}.PNG"));
        assert_eq!(draw(&path, &["--quiet", "--look", look, HARD]).code, 0);
        let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap()));
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert!(info.width > 300 && info.height > info.width);
        pixels.iter().map(|&v| f64::from(v)).sum::<f64>() / pixels.len() as f64
    };
    let (light, dark) = (read("light"), read("dark"));
    assert!(light > 180.0 && dark < 80.0, "{light} and {dark}");
}

#[test]
fn one_puzzle_is_drawn_and_many_are_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.gif");
    let puzzles = questions("givens36");
    let ran = draw(&path, &[&puzzles[0], &puzzles[1]]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(
        ran.stderr.starts_with("error: --image draws one puzzle, found 2"),
        "{}",
        ran.stderr
    );
    assert!(!path.exists());
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taken.gif");
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join("file"), "").unwrap();
    let ran = draw(&path, &["--segments", "1", HARD]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("taken.gif is a folder"), "{}", ran.stderr);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
