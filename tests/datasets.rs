//! The three kinds of data sets, sound and broken.

use std::fs;
use std::path::{Path, PathBuf};

use hrm::Error;
use hrm::eval::{Dataset, Sample};
use proptest::prelude::*;

pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

pub(crate) fn samples(path: impl AsRef<Path>) -> Vec<Sample> {
    let dataset = Dataset::open(path, None).unwrap();
    assert!(dataset.problems.is_empty());
    dataset.samples().collect()
}

/// Bytes of a `.npy` file of `<i4`.
pub(crate) fn npy(shape: &str, values: &[i32]) -> Vec<u8> {
    let header = format!("{{'descr': '<i4', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    bytes
}

/// A sound folder of three examples of two puzzles, two tokens each, with `spoilt` written over one file.
pub(crate) fn folder(spoilt: Option<(&str, Vec<u8>)>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut files = vec![
        (
            "dataset.json",
            br#"{"seq_len": 2, "vocab_size": 11, "num_puzzle_identifiers": 9}"#.to_vec(),
        ),
        ("all__inputs.npy", npy("3, 2", &[1, 2, 3, 4, 5, 6])),
        ("all__labels.npy", npy("3, 2", &[2, 2, 0, 4, 5, 6])),
        ("all__puzzle_identifiers.npy", npy("2,", &[7, 8])),
        ("all__puzzle_indices.npy", npy("3,", &[0, 1, 3])),
    ];
    files.extend(spoilt);
    for (name, bytes) in files {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    dir
}

fn refused(file: &str, bytes: Vec<u8>) -> String {
    let dir = folder(Some((file, bytes)));
    let error = Dataset::open(dir.path(), None).err().unwrap();
    let of_input = matches!(
        error,
        Error::Io { .. } | Error::Puzzle { .. } | Error::Input { .. } | Error::Usage(_)
    );
    let message = error.to_string();
    assert!(of_input, "{message}");
    assert!(message.contains(file), "{message}");
    message
}

#[test]
fn the_official_folder_equals_the_same_csv() {
    let root = data("sudoku-official");
    let (folder, csv) = (samples(&root), samples(root.join("same.csv")));
    assert_eq!((folder.len(), csv.len()), (60, 60));
    for (a, b) in folder.iter().zip(&csv) {
        assert_eq!((a.index, &a.tokens, &a.labels), (b.index, &b.tokens, &b.labels));
        assert_eq!((&a.source, a.puzzle_identifier), (&None, 0));
    }
    assert_eq!(csv[0].source.as_deref(), Some("minimal"));
    assert_eq!(samples(root.join("test")), folder);
    assert_eq!(Dataset::open(&root, None).unwrap().task, Some(hrm::tasks::sudoku::TASK));
}

#[test]
fn identifiers_belong_to_puzzles_and_indices_say_where_they_begin() {
    let samples = samples(folder(None).path());
    assert_eq!(
        samples.iter().map(|s| s.puzzle_identifier).collect::<Vec<_>>(),
        [7, 8, 8]
    );
    assert_eq!(samples[1].tokens, [3, 4]);
    assert_eq!(samples[1].labels, Some(vec![0, 4]));
}

#[test]
fn labels_that_are_ignored_may_be_negative() {
    for ignored in ["null", "-100", "-1"] {
        let json = format!(r#"{{"seq_len": 2, "vocab_size": 11, "ignore_label_id": {ignored}}}"#);
        let dir = folder(Some(("dataset.json", json.into_bytes())));
        let mark = if ignored == "-1" { -1 } else { -100 };
        fs::write(
            dir.path().join("all__labels.npy"),
            npy("3, 2", &[2, mark, 3, 4, mark, 6]),
        )
        .unwrap();
        assert_eq!(samples(dir.path())[0].labels, Some(vec![2, 0]));
    }
    let labels = npy("3, 2", &[2, -7, 3, 4, 5, 6]);
    assert!(refused("all__labels.npy", labels).contains("found -7"));
}

#[test]
fn several_sets_follow_each_other_under_their_names() {
    let dir = folder(Some((
        "dataset.json",
        br#"{"seq_len": 2, "vocab_size": 11, "ignore_label_id": 0, "sets": ["all", "more"]}"#.to_vec(),
    )));
    for array in ["inputs", "labels", "puzzle_identifiers", "puzzle_indices"] {
        let from = dir.path().join(format!("all__{array}.npy"));
        fs::copy(from, dir.path().join(format!("more__{array}.npy"))).unwrap();
    }
    let samples = samples(dir.path());
    assert_eq!(samples.iter().map(|s| s.index).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    assert_eq!(samples[3].source.as_deref(), Some("more"));
}

#[test]
fn a_folder_that_is_not_sound_is_refused_with_its_reason() {
    for (file, bytes, says) in [
        (
            "all__inputs.npy",
            npy("3, 2", &[1, 2, 3, 4, 5, -1]),
            "expected ids below 11, found -1 in row 3, column 2",
        ),
        (
            "all__labels.npy",
            npy("3, 2", &[1, 2, 3, 11, 5, 6]),
            "expected ids below 11, found 11 in row 2, column 2",
        ),
        (
            "all__inputs.npy",
            npy("2, 3", &[1, 2, 3, 4, 5, 6]),
            "expected shape [2, 2], found [2, 3]",
        ),
        (
            "all__labels.npy",
            npy("2, 2", &[1, 2, 3, 4]),
            "expected shape [3, 2], found [2, 2]",
        ),
        (
            "all__inputs.npy",
            npy("6,", &[1, 2, 3, 4, 5, 6]),
            "expected 2 dimensions",
        ),
        (
            "all__inputs.npy",
            npy("3, 2", &[1, 2]),
            "expected 24 bytes of data for shape [3, 2], found 8",
        ),
        ("all__inputs.npy", b"PK\x03\x04".to_vec(), "not a .npy file"),
        (
            "all__puzzle_identifiers.npy",
            npy("2,", &[7, 9]),
            "expected identifiers below 9, found 9 in element 2",
        ),
        (
            "all__puzzle_indices.npy",
            npy("2,", &[0, 3]),
            "expected 3 indices for 2 puzzles, found 2",
        ),
        (
            "all__puzzle_indices.npy",
            npy("3,", &[0, 4, 3]),
            "expected ascending indices from 0 to 3 examples",
        ),
        ("all__puzzle_indices.npy", npy("3,", &[1, 2, 3]), "found 1 to 3"),
        ("all__puzzle_indices.npy", npy("3,", &[0, -1, 3]), "ascending"),
        ("all__puzzle_indices.npy", npy("3,", &[0, 1, 2]), "found 0 to 2"),
        ("dataset.json", b"{}".to_vec(), "seq_len"),
        ("dataset.json", b"{\"seq_len\": 2".to_vec(), "found the end"),
        (
            "dataset.json",
            br#"{"seq_len": 0, "vocab_size": 11}"#.to_vec(),
            "seq_len above 0",
        ),
        (
            "dataset.json",
            br#"{"seq_len": 2, "vocab_size": 11, "ignore_label_id": 3}"#.to_vec(),
            "found 2 and 3",
        ),
        (
            "dataset.json",
            br#"{"seq_len": 2, "vocab_size": 11, "sets": []}"#.to_vec(),
            "found `sets` empty",
        ),
        (
            "dataset.json",
            br#"{"seq_len": 2, "vocab_size": 11, "sets": ["../x"]}"#.to_vec(),
            "found \"../x\"",
        ),
    ] {
        let message = refused(file, bytes);
        assert!(message.contains(says), "{message}\n{says}");
    }
}

#[test]
fn missing_files_are_named() {
    let dir = folder(None);
    fs::remove_file(dir.path().join("all__labels.npy")).unwrap();
    let message = Dataset::open(dir.path(), None).err().unwrap().to_string();
    assert!(
        message.contains("cannot read") && message.contains("all__labels.npy"),
        "{message}"
    );
    let empty = tempfile::tempdir().unwrap();
    let message = Dataset::open(empty.path(), None).err().unwrap().to_string();
    assert!(message.contains("dataset.json"), "{message}");
    assert!(Dataset::open(empty.path().join("none.csv"), None).is_err());
}

#[test]
fn bad_rows_of_a_csv_are_reported_and_the_others_stay() {
    let good = fs::read_to_string(data("sudoku-check.csv")).unwrap();
    let mut lines: Vec<String> = good.lines().map(str::to_string).collect();
    let answer = lines[3].split(',').nth(2).unwrap().to_string();
    lines[3] = lines[3].replace(&answer, &answer[1..]);
    lines[5] = lines[5].replacen(',', ",?", 1);
    lines[7] = "minimal".to_string();
    lines[9] = lines[9].replace(lines[9].split(',').nth(2).unwrap(), "");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bad.csv");
    fs::write(&path, lines.join("\r\n") + "\r\n").unwrap();

    let dataset = Dataset::open(&path, None).unwrap();
    let problems: Vec<String> = dataset.problems.iter().map(|p| p.to_string()).collect();
    let place = path.display();
    let column = |line: &str, field: usize| line.split(',').take(field).map(|f| f.len() + 1).sum::<usize>() + 1;
    assert_eq!(
        problems,
        [
            format!(
                "{place}, line 4, column {}: expected 81 cells, found 80",
                column(&lines[3], 2)
            ),
            format!(
                "{place}, line 6, column {}: expected a digit or `.`, found `?`",
                column(&lines[5], 1)
            ),
            format!("{place}, line 8: expected a question, the record ends with column 1"),
        ]
    );
    let samples: Vec<Sample> = dataset.samples().collect();
    assert_eq!(
        (samples.len(), dataset.len, dataset.task),
        (57, 57, Some(hrm::tasks::sudoku::TASK))
    );
    assert_eq!(
        samples.iter().map(|s| s.index).take(5).collect::<Vec<_>>(),
        [0, 1, 3, 5, 7]
    );
    assert_eq!(samples.iter().find(|s| s.index == 8).unwrap().labels, None);
}

#[test]
fn one_puzzle_a_line_is_a_data_set_without_labels() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lines.txt");
    fs::write(&path, format!("{0}\n{0}\n", ".".repeat(81))).unwrap();
    let samples = samples(&path);
    assert_eq!((samples.len(), &samples[1].labels, samples[1].index), (2, &None, 1));
    fs::write(&path, "").unwrap();
    let dataset = Dataset::open(&path, None).unwrap();
    assert!(dataset.len == 0 && dataset.problems.len() == 1);
}

#[test]
fn a_file_of_two_tasks_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mixed.csv");
    fs::write(
        &path,
        format!("question,answer\n{},\n####S  G####    ,\n", ".".repeat(81)),
    )
    .unwrap();
    let message = Dataset::open(&path, None).err().unwrap().to_string();
    assert!(message.contains("line 3"), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_damaged_folder_never_panics(file in 0usize..5, at in 0usize..130, with in any::<u8>(), cut in 0usize..200) {
        let dir = folder(None);
        let names =
            ["dataset.json", "all__inputs.npy", "all__labels.npy", "all__puzzle_identifiers.npy", "all__puzzle_indices.npy"];
        let path = dir.path().join(names[file]);
        let mut bytes = fs::read(&path).unwrap();
        if let Some(byte) = bytes.get_mut(at) {
            *byte = with;
        }
        bytes.truncate(cut);
        fs::write(&path, bytes).unwrap();
        if let Ok(dataset) = Dataset::open(dir.path(), None) {
            prop_assert_eq!(dataset.samples().count(), dataset.len);
        }
    }
}
