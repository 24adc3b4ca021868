//! Evaluations: resumed, cancelled, refused, and of data that change.

use std::fs;
use std::path::Path;

use hrm::eval::{Dataset, Evaluation, Event, Record, Sample, Summary};
use hrm::executor::DeviceChoice;
use hrm::halt::Halt;
use hrm::{Options, Solver};

use super::datasets::{data, folder, npy, samples};

fn solver(tries: usize) -> Solver {
    let mut options = Options::default();
    options.device = DeviceChoice::Cpu;
    options.halt = Some(Halt::Fixed);
    (options.segments, options.tries) = (Some(2), Some(tries));
    Solver::open_blocking(&options).unwrap()
}

/// Runs an evaluation, whose future goes to any runtime; returns the figures and what was told.
fn run(evaluation: &Evaluation, solver: &Solver, data: &Dataset) -> (Summary, usize, [usize; 2], Vec<Record>) {
    fn assert_send<T: Send>(value: T) -> T {
        value
    }
    let ([mut asked, mut segments], mut records) = ([0; 2], Vec::new());
    let told = |event: Event<'_>| {
        match event {
            Event::Asked(count) => asked += count,
            Event::Segments(count) => segments += count,
            Event::Answered(record) => records.push(record.clone()),
            other => panic!("{other:?}"),
        }
        Ok(())
    };
    let (summary, left) = pollster::block_on(assert_send(evaluation.run(solver, data, told))).unwrap();
    (summary, left, [asked, segments], records)
}

#[test]
fn an_evaluation_goes_on_where_its_records_end() {
    let (folder, solver) = (tempfile::tempdir().unwrap(), solver(1));
    let few = samples(data("sudoku-check.csv")).into_iter().skip(20).take(4);
    let few = Dataset::from(few.collect::<Vec<_>>());
    let mut evaluation = Evaluation::default();
    evaluation.curve = true;
    let (mut whole, left, told, mut all) = run(&evaluation, &solver, &few);
    assert_eq!((whole.samples, left, told), (4, 0, [4, 8]));
    evaluation.records = Some(folder.path().join("records.jsonl"));
    evaluation.limit = Some(3);
    let (first, _, told, records) = run(&evaluation, &solver, &few);
    assert_eq!((first.samples, told), (3, [3, 6]));
    assert!(
        records
            .iter()
            .all(|record| record.curve.len() == 2 && record.prediction.is_none())
    );
    evaluation.limit = None;
    let (mut second, _, told, records) = run(&evaluation, &solver, &few);
    all.retain(|record| record.index == 3);
    assert_eq!((told, records), ([1, 2], all));
    (second.samples_per_s, whole.samples_per_s) = (None, None);
    assert_eq!(second, whole);
    // Cancelled, nothing is lost.
    evaluation.anew = true;
    evaluation.cancel.cancel();
    let (none, left, told, _) = run(&evaluation, &solver, &few);
    assert_eq!((none.samples, left, told), (0, 4, [4, 0]));
}

#[test]
fn a_curve_is_of_one_try_and_of_segments_that_memory_holds() {
    let mut evaluation = Evaluation::default();
    evaluation.curve = true;
    for (segments, tries, says) in [
        (2, 2, "expected a curve or several tries"),
        (usize::MAX, 1, "expected at most 1048576 segments"),
    ] {
        let mut options = Options::default();
        options.device = DeviceChoice::Cpu;
        (options.segments, options.tries) = (Some(segments), Some(tries));
        let solver = Solver::open_blocking(&options).unwrap();
        let error = pollster::block_on(evaluation.run(&solver, &Vec::new().into(), |_| Ok(()))).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
}

/// Data that are written to in mid-run give an error, and what was recorded until then is right.
#[test]
fn data_that_are_written_to_give_no_figures() {
    let all: Vec<Sample> = samples(data("sudoku-check.csv")).into_iter().take(5).collect();
    let of = |ids: fn(&Sample) -> &[u32]| {
        all.iter()
            .flat_map(|sample| ids(sample).iter().map(|&id| id as i32))
            .collect()
    };
    let (inputs, labels): (Vec<i32>, Vec<i32>) = (of(|s| &s.tokens), of(|s| s.labels.as_deref().unwrap()));
    let dir = folder(Some(("all__inputs.npy", npy("5, 81", &inputs))));
    for (name, bytes) in [
        (
            "dataset.json",
            br#"{"seq_len": 81, "vocab_size": 11, "num_puzzle_identifiers": 1, "ignore_label_id": 0}"#.to_vec(),
        ),
        ("all__labels.npy", npy("5, 81", &labels)),
        ("all__puzzle_identifiers.npy", npy("5,", &[0; 5])),
        ("all__puzzle_indices.npy", npy("6,", &[0, 1, 2, 3, 4, 5])),
    ] {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    let mut options = Options::default();
    options.device = DeviceChoice::Cpu;
    (options.segments, options.batch) = (Some(2), Some(1));
    let solver = Solver::open_blocking(&options).unwrap();
    let mut evaluation = Evaluation::default();
    let mut undisturbed = run(&evaluation, &solver, &Dataset::open(dir.path(), None).unwrap()).0;
    undisturbed.samples_per_s = None;
    type Change = fn(&Path, &[u8]);
    let changes: [Change; 4] = [
        |path, bytes| fs::write(path, bytes).unwrap(),
        |path, bytes| fs::write(path, &bytes[..bytes.len() / 2]).unwrap(),
        |path, bytes| fs::write(path, [bytes, &[0; 4]].concat()).unwrap(),
        |path, bytes| fs::write(path, [&bytes[..200], &vec![0; bytes.len() - 200]].concat()).unwrap(),
    ];
    for file in ["all__inputs.npy", "all__labels.npy"] {
        let path = dir.path().join(file);
        let bytes = fs::read(&path).unwrap();
        for (number, change) in changes.into_iter().enumerate() {
            let records = tempfile::tempdir().unwrap();
            let records = records.path().join("r.jsonl");
            evaluation.records = Some(records.clone());
            // Modification times have steps.
            std::thread::sleep(std::time::Duration::from_millis(20));
            let dataset = Dataset::open(dir.path(), None).unwrap();
            let mut answered = 0;
            let told = |event: Event<'_>| {
                answered += usize::from(matches!(event, Event::Answered(_)));
                if answered == 2 {
                    change(&path, &bytes);
                    answered += 1;
                }
                Ok(())
            };
            let error = pollster::block_on(evaluation.run(&solver, &dataset, told)).unwrap_err();
            assert!(
                error.to_string().contains("written to"),
                "{file}, change {number}: {error}"
            );
            fs::write(&path, &bytes).unwrap();
            // It goes on with the right data, and with records that say what the labels say.
            let mut whole = run(&evaluation, &solver, &Dataset::open(dir.path(), None).unwrap()).0;
            whole.samples_per_s = None;
            assert_eq!(whole, undisturbed, "{file}, change {number}");
            let text = fs::read_to_string(&records).unwrap();
            fs::write(&records, text.replacen("\"exact\":true", "\"exact\":null", 1)).unwrap();
            let dataset = Dataset::open(dir.path(), None).unwrap();
            let error = pollster::block_on(evaluation.run(&solver, &dataset, |_| Ok(()))).unwrap_err();
            assert!(error.to_string().contains("found 81 and null"), "{error}");
        }
    }
}
