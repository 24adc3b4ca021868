//! A task of one folder and one line of registry, the example's: through reading, an untrained model, judging, halting by
//! its own rule kernel on every device, voting over tries, and a picture.
#![cfg(feature = "picture")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

mod common;
#[cfg(feature = "gpu")]
#[path = "common/gpus.rs"]
mod gpus;
#[path = "../examples/latin/model.rs"]
mod model;
#[path = "../examples/latin/task/mod.rs"]
mod task;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use common::options;
use hrm::executor::Executor;
use hrm::halt::{Halt, Stop};
use hrm::picture::{Picture, Theme};
use hrm::tasks::{self, Drawing, Likelihood, Question, Task, Transform};
use hrm::trace::Trace;
use hrm::tries::Variants;
use hrm::{Options, Puzzle, Solver};
use pollster::block_on;

const SQUARE: &str = "1234\n2143\n3412\n4321";

fn latin() -> Task {
    static TASK: OnceLock<Task> = OnceLock::new();
    *TASK.get_or_init(|| tasks::register(&task::Latin).unwrap())
}

fn puzzle(text: &str) -> Puzzle {
    latin();
    Puzzle::parse(text, None).unwrap()
}

/// A model that answers every question with [`SQUARE`]: its blocks add nothing, and each position knows its digit.
fn knowing() -> hrm::model::Model {
    let answer = puzzle(SQUARE).board.tokens;
    model::model(latin(), |name, shape| {
        let mut values = vec![0.0; shape.iter().product()];
        match name {
            "embed_pos.embedding_weight" => {
                (0..answer.len()).for_each(|cell| values[cell * shape[1] + answer[cell] as usize] = 1.0)
            }
            "lm_head.weight" => (0..shape[0]).for_each(|id| values[id * shape[1] + id] = 1.0),
            _ => {}
        }
        values
    })
    .unwrap()
}

fn executors(model: hrm::model::Model) -> Vec<Executor> {
    let model = Arc::new(model);
    #[allow(unused_mut, reason = "without the GPU feature the CPU is all")]
    let mut all = vec![Executor::cpu(model.clone(), None).unwrap()];
    #[cfg(feature = "gpu")]
    all.extend(gpus::gpus().iter().map(|gpu| gpus::executor(&model, gpu)));
    all
}

#[test]
fn text_is_read_by_what_it_looks_like() {
    let square = puzzle(SQUARE);
    assert_eq!((square.task, square.text().as_str()), (latin(), SQUARE));
    assert_eq!(puzzle("1...2..........3"), puzzle("1...\n2...\n....\n...3\n"));
    let entries = tasks::read(
        b"1...2..........3\n1..............5\n11..............\n",
        "x",
        Some(latin()),
    );
    let said: Vec<String> = entries
        .into_iter()
        .map(|e| e.map_or_else(|e| e.to_string(), |e| e.puzzle.text()))
        .collect();
    assert_eq!(said[0], "1...\n2...\n....\n...3");
    assert_eq!(
        said[1],
        "x, line 2, column 16: expected one of `1`, `2`, `3`, `4`, `.`, found `5`"
    );
    assert_eq!(said[2], "x, line 3: two equal givens: 1 stands more than once in row 1");
    // A Sudoku and a maze stay what they are.
    let sudoku = format!("53{}", ".".repeat(79));
    assert_eq!(latin().sniff(&sudoku), Likelihood::No);
    assert_eq!(puzzle(&sudoku).task.name(), "sudoku");
    let table = format!("question,answer\n{},{}\n", "1..............3", SQUARE.replace('\n', ""));
    let entry = tasks::read(table.as_bytes(), "x", None).remove(0).unwrap();
    assert_eq!(
        (entry.puzzle.task, entry.answer.map(|answer| answer.len())),
        (latin(), Some(16))
    );
}

#[test]
fn the_rules_judge_and_the_question_is_judged() {
    let asked = puzzle("1...\n..4.\n....\n...1");
    let verdict = asked.judge(&puzzle(SQUARE).board.tokens).unwrap();
    assert!(verdict.valid && verdict.optimal.is_none());
    let verdict = asked.judge(&[2; 16]).unwrap();
    assert_eq!(verdict.faults[0].to_string(), "the given in row 2, column 3 changed");
    assert_eq!(verdict.faults[0].cells, [6]);
    assert_eq!(asked.question(), Some(Question::Several));
    assert_eq!(puzzle(SQUARE).question(), Some(Question::Unique));
}

#[test]
fn its_own_kernel_halts_a_model_on_every_device() {
    let solved = puzzle("1...\n..4.\n....\n...1");
    let wrong = puzzle("2...\n....\n....\n....");
    for executor in executors(knowing()) {
        let solver = Solver::on(executor, &options(|o| o.halt = Some(Halt::Valid))).unwrap();
        let answer = solver.solve_blocking(&solved).unwrap();
        assert_eq!(
            (answer.stopped, answer.segments, answer.valid()),
            (Stop::Valid, 1, Some(true))
        );
        assert_eq!(answer.text(), SQUARE);
        let answer = solver.solve_blocking(&wrong).unwrap();
        assert_eq!(
            (answer.stopped, answer.segments, answer.valid()),
            (Stop::Limit, 4, Some(false))
        );
    }
    let solver = |executor| Solver::on(executor, &Options::default()).unwrap();
    let cpu = Executor::cpu(Arc::new(model::untrained(latin()).unwrap()), None).unwrap();
    let reference = solver(cpu).solve_blocking(&solved).unwrap();
    for executor in executors(model::untrained(latin()).unwrap()) {
        let answer = solver(executor).solve_blocking(&solved).unwrap();
        assert_eq!((answer.stopped, answer.valid()), (Stop::Limit, Some(false)));
        assert_eq!(answer.prediction, reference.prediction);
    }
}

#[test]
fn tries_vote_and_are_undone() {
    // The model answers each image of the question with the same square: undone, the eight are not all alike.
    let eight = options(|o| (o.tries, o.variants) = (Some(Transform::DIHEDRAL), Some(Variants::Symmetry)));
    let solver = Solver::on(Executor::cpu(Arc::new(knowing()), None).unwrap(), &eight).unwrap();
    let turned = Transform::dihedral(4, 4, 4);
    let mirrored = Puzzle::new(latin(), turned.apply(&puzzle(SQUARE).board.tokens)).unwrap();
    let answer = solver.solve_blocking(&mirrored).unwrap();
    assert!(
        answer.tries > 1 && answer.attempt > 0,
        "another try than the first one solved it"
    );
    assert_eq!(answer.valid(), Some(true));
    assert_eq!(answer.text(), mirrored.text());
    // None is right: the vote decides.
    let impossible = puzzle("2...\n.3..\n..2.\n....");
    let answer = solver.solve_blocking(&impossible).unwrap();
    assert_eq!((answer.tries, answer.valid()), (Transform::DIHEDRAL, Some(false)));
    assert!(answer.votes >= 1);
}

#[test]
fn it_is_drawn_without_knowing_it() {
    let asked = puzzle("1...\n..4.\n....\n...1");
    let drawing = Drawing::new(&asked, &[2; 16]).with_faults(&BTreeSet::from([1]));
    assert_eq!((drawing.rows, drawing.columns, drawing.cells.len()), (4, 4, 16));
    assert!(drawing.cells[0].given && !drawing.cells[1].given && drawing.cells[1].fault);
    assert_eq!((drawing.cells[6].asked.glyph, drawing.cells[6].shown.name), ('4', "1"));

    let executor = Executor::cpu(Arc::new(knowing()), None).unwrap();
    let mut batch = executor.batch(1, 16, None).unwrap();
    batch.load(0, &asked.sample().tokens, 0, None).unwrap();
    let outputs = block_on(batch.segment(&[0], hrm::executor::Want::ALL))
        .unwrap()
        .remove(0);
    let mut trace = Trace::new(&executor.model().config);
    trace.add(1, &outputs);
    let picture = Picture {
        puzzle: &asked,
        thoughts: &trace.thoughts,
        theme: Theme::Light,
        safe_colours: false,
        digits: false,
    };
    let png = picture.png().unwrap();
    let reader = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
    // 4 cells of 103 units and a margin of 16 on both sides, at two pixels a unit.
    assert_eq!(reader.info().width, 2 * 444);
    assert!(picture.gif().unwrap().starts_with(b"GIF89a"));
}
