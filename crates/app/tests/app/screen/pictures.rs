//! The README's pictures of the window: `UPDATE_PICTURE=1 cargo test -p hrm-app pictures` takes them anew.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::server::{Picture, Screen};
use super::{END, HARD, RETURN, folder};

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

#[test]
fn the_readmes_pictures_are_of_the_window() {
    if std::env::var_os("UPDATE_PICTURE").is_some() {
        take();
    }
    for name in ["window.png", "window.gif"] {
        let size = std::fs::metadata(docs(name)).map_or(0, |file| file.len());
        assert!(
            (1000..300_000).contains(&size),
            "{name} has {size} bytes: take it anew with UPDATE_PICTURE=1"
        );
    }
}

fn take() {
    let screen = Screen::open().unwrap();
    let settings = screen.folder.path().join("hrm/window.json");
    std::fs::create_dir_all(settings.parent().unwrap()).unwrap();
    std::fs::write(&settings, r#"{"theme": "light", "window": [820, 560], "speed": 1.0}"#).unwrap();
    let mut shown = screen.start(&["--device", "cpu", HARD]);
    shown.wait("the puzzle", |r| r["question"] == HARD);
    std::thread::sleep(Duration::from_millis(500));
    let mut frames = vec![(shown.picture(), 100)];
    shown.key(RETURN);
    shown.wait("the answer", |r| {
        r["running"] == false && r["segments"].as_u64() > Some(0)
    });
    // From the question on, as it plays, four pictures a second.
    shown.key(0xff50);
    std::thread::sleep(Duration::from_millis(300));
    shown.type_text("p");
    for _ in 0..24 {
        std::thread::sleep(Duration::from_millis(250));
        frames.push((shown.picture(), 25));
        if shown.report()["headline"] == "Solved" {
            break;
        }
    }
    shown.key(END);
    std::thread::sleep(Duration::from_millis(800));
    frames.push((shown.picture(), 300));
    frames[frames.len() - 1].0.save(&docs("window.png"));
    animation(&frames, &docs("window.gif"));
    // Mazes are only looked at.
    shown.control(u32::from('2'));
    shown.control(u32::from('n'));
    shown.wait("a maze", |r| r["question"].as_str().is_some_and(|q| q.contains('S')));
    shown.key(RETURN);
    shown.wait("its answer", |r| {
        r["running"] == false && r["segments"].as_u64() > Some(0)
    });
    shown.key(END);
    std::thread::sleep(Duration::from_millis(800));
    shown.picture().save(&folder().join("maze.png"));
    assert_eq!(shown.close(), 0);
}

/// Palette index of a pixel that has not changed, and shows what lies below.
const SEEN: u8 = 255;

/// Writes a GIF of pictures of one size, each with its time in hundredths of a second; frames hold only what changed.
fn animation(frames: &[(Picture, u16)], path: &Path) {
    let palette = palette(frames);
    let (width, height) = (frames[0].0.width, frames[0].0.height);
    let file = std::fs::File::create(path).unwrap();
    let mut colours: Vec<u8> = palette.concat();
    colours.resize(3 * 256, 0);
    let mut encoder = gif::Encoder::new(file, width as u16, height as u16, &colours).unwrap();
    encoder.set_repeat(gif::Repeat::Infinite).unwrap();
    let mut near = HashMap::new();
    let mut before: Option<Vec<u8>> = None;
    for (picture, delay) in frames {
        let mut index = |colour: &[u8; 3]| *near.entry(*colour).or_insert_with(|| nearest(&palette, colour));
        let pixels: Vec<u8> = picture.rgb.iter().map(&mut index).collect();
        let (left, top, right, bottom) = match &before {
            None => (0, 0, width, height),
            Some(before) => changed(before, &pixels, width).unwrap_or((0, 0, 1, 1)),
        };
        let places = (top..bottom).flat_map(|y| y * width + left..y * width + right);
        let same = |i: usize| before.as_ref().is_some_and(|before| before[i] == pixels[i]);
        let rows = places.map(|i| if same(i) { SEEN } else { pixels[i] });
        encoder
            .write_frame(&gif::Frame {
                delay: *delay,
                left: left as u16,
                top: top as u16,
                width: (right - left) as u16,
                height: (bottom - top) as u16,
                transparent: Some(SEEN),
                buffer: rows.collect(),
                ..gif::Frame::default()
            })
            .unwrap();
        before = Some(pixels);
    }
}

/// Returns the most used colours, merging those that the eye cannot tell apart.
fn palette(frames: &[(Picture, u16)]) -> Vec<[u8; 3]> {
    let mut counts: HashMap<[u8; 3], ([u8; 3], usize)> = HashMap::new();
    for colour in frames.iter().flat_map(|(picture, _)| &picture.rgb) {
        counts.entry(colour.map(|v| v >> 3)).or_insert((*colour, 0)).1 += 1;
    }
    let mut colours: Vec<_> = counts.into_values().collect();
    colours.sort_by_key(|(colour, count)| (std::cmp::Reverse(*count), *colour));
    colours
        .into_iter()
        .take(usize::from(SEEN))
        .map(|(colour, _)| colour)
        .collect()
}

fn nearest(palette: &[[u8; 3]], colour: &[u8; 3]) -> u8 {
    let far = |other: &[u8; 3]| -> u32 {
        other
            .iter()
            .zip(colour)
            .map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2))
            .sum()
    };
    let best = palette.iter().enumerate().min_by_key(|(_, other)| far(other));
    best.map_or(0, |(i, _)| i as u8)
}

/// Returns left, top, right and bottom of the part that differs.
fn changed(before: &[u8], after: &[u8], width: usize) -> Option<(usize, usize, usize, usize)> {
    let places = before
        .iter()
        .zip(after)
        .enumerate()
        .filter(|(_, (a, b))| a != b)
        .map(|(i, _)| (i % width, i / width));
    places.fold(None, |found, (x, y)| {
        let (l, t, r, b) = found.unwrap_or((x, y, x + 1, y + 1));
        Some((l.min(x), t.min(y), r.max(x + 1), b.max(y + 1)))
    })
}
