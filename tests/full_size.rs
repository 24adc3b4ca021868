//! The published sizes with random weights: one segment of one cycle each, on CPU and GPU, within 2 GiB.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

mod common;

use std::sync::Arc;

use common::{published_sizes, random_model, relative_l2};
#[cfg(feature = "gpu")]
use hrm::executor::DeviceChoice;
use hrm::executor::{Executor, Want};
use hrm::model::{Family, Model};

/// A line of the process's memory account, in bytes; None where the system keeps none.
fn memory(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().unwrap() * 1024)
}

/// Logits and the states after one segment.
fn one_segment(executor: &Executor) -> Vec<Vec<f32>> {
    let config = &executor.model().config;
    let mut batch = executor.batch(1, config.seq_len, None).unwrap();
    let tokens: Vec<u32> = (0..config.seq_len).map(|i| (i % config.vocab_size) as u32).collect();
    batch.load(0, &tokens, 0, None).unwrap();
    let outputs = pollster::block_on(batch.segment(&[0], Want::ALL)).unwrap().remove(0);
    let states = [outputs.logits, outputs.z_h, outputs.z_l];
    states.into_iter().flatten().collect()
}

/// The best adapter, where there is one: CI must have one.
#[cfg(feature = "gpu")]
fn on_gpu(model: Arc<Model>) -> Option<Executor> {
    match pollster::block_on(Executor::open(model, &DeviceChoice::Gpu, None)) {
        Ok(executor) => Some(executor),
        Err(error) => {
            common::skips::skipped(&format!("the published sizes on a GPU: {error}"));
            None
        }
    }
}

#[cfg(not(feature = "gpu"))]
fn on_gpu(_: Arc<Model>) -> Option<Executor> {
    None
}

/// One test, so that the sizes do not add up.
#[test]
fn full_sizes_run_within_two_gibibytes() {
    let folder = tempfile::tempdir().unwrap();
    for (name, config, parameters) in published_sizes() {
        // Weights and buffers have their sizes with one cycle as with all.
        let config = config.with(|c| (c.h_cycles, c.l_cycles) = (1, 1));
        let model = random_model(&config);
        assert_eq!(model.config.parameters(), parameters, "{name}");
        model.save(folder.path(), None).unwrap();
        drop(model);
        // From the file, as users have it: what is mapped is no copy.
        let before = memory("RssAnon:");
        let model = Model::open(folder.path(), None).unwrap();
        if let (Some(before), Some(loaded)) = (before, memory("RssAnon:")) {
            assert!(
                loaded.saturating_sub(before) < 4 << 20,
                "{name}: loading copies the file, {before} to {loaded}"
            );
        }
        let model = Arc::new(model);
        let ours = one_segment(&Executor::cpu(model.clone(), None).unwrap());
        // Sotaku has no logit of an empty cell.
        let ids = config.vocab_size - usize::from(config.family == Family::Sotaku);
        assert_eq!(ours[0].len(), config.seq_len * ids);
        assert!(ours.iter().flatten().all(|v| v.is_finite()) && ours[0].iter().any(|l| l.abs() > 1e-3));
        if let Some(gpu) = on_gpu(model) {
            for (found, ours) in one_segment(&gpu).iter().zip(&ours) {
                let error = relative_l2(found, ours);
                assert!(error <= 2e-5, "{name} on {}: {error:e}", gpu.device_name());
            }
        }
    }
    if let Some(peak) = memory("VmHWM:") {
        assert!(peak < 2 << 30, "peak memory {peak}");
    }
}
