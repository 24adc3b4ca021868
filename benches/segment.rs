//! Seconds a segment on the CPU executor: the bundled model and the published size with random weights.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark may stop at the first surprise"
)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::sync::Arc;

use common::{full_size_hrm, full_size_trm_maze, full_size_trm_sudoku, random_model};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hrm::executor::{Executor, Want};
use hrm::model::{Config, Family, Model};

fn segment(c: &mut Criterion) {
    let cases = [
        ("bundled", Model::bundled("sudoku").unwrap(), &[1, 32][..]),
        ("hrm-27m-sudoku", random_model(&full_size_hrm(81, 11)), &[1, 8]),
        ("trm-sudoku", random_model(&full_size_trm_sudoku()), &[1]),
        ("hrm-27m-maze", random_model(&full_size_hrm(900, 6)), &[1]),
        ("trm-maze", random_model(&full_size_trm_maze(900, 6)), &[1]),
        (
            "urm-sudoku",
            random_model(&Config::published(Family::Urm, 81, 11)),
            &[1],
        ),
        (
            "serrm-sudoku",
            random_model(&Config::published(Family::SeRrm, 81, 11)),
            &[1],
        ),
        (
            "sotaku",
            random_model(&Config::published(Family::Sotaku, 81, 10)),
            &[1, 32],
        ),
    ];
    let mut group = c.benchmark_group("cpu-segment");
    group.sample_size(10);
    for (name, model, batches) in cases {
        let (seq_len, executor) = (model.config.seq_len, Executor::cpu(Arc::new(model), None).unwrap());
        for &slots in batches {
            let mut batch = executor.batch(slots, seq_len, None).unwrap();
            (0..slots).for_each(|slot| batch.load(slot, &vec![1; seq_len], 0, None).unwrap());
            let live: Vec<usize> = (0..slots).collect();
            group.throughput(Throughput::Elements(slots as u64));
            group.bench_function(format!("{name}/batch-{slots}"), |b| {
                b.iter(|| pollster::block_on(batch.segment(&live, Want::default())).unwrap());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, segment);
criterion_main!(benches);
