//! Tiles that are tried and remembered: what is written and read back, what is wrong with a file, and equal bits. Never
//! which tile is the faster.
#![cfg(feature = "gpu")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

mod common;
#[path = "common/gpus.rs"]
mod gpus;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use common::tiny;
use gpus::{executor, gpus, named, open};
use hrm::executor::{DeviceChoice, Outputs, Want};
use hrm::gpu::{Gpu, Tried, adapters, wgpu};
use hrm::kernels::Variant;
use pollster::block_on;
use serde_json::Value;

/// Every adapter, with the shaders that have tiles and the cache folder of choice.
fn tuned(folder: &Path) -> Vec<Arc<Gpu>> {
    let with = |index| {
        let gpu = open(index).with_variant(Variant::Workgroup);
        Arc::new(gpu.with_autotune(Some(folder.to_owned())))
    };
    // Both variants of an adapter follow each other.
    (0..gpus().len() / 2).map(with).collect()
}

/// The first segment of so many puzzles, and what has been tried on the way.
fn segment(gpu: &Arc<Gpu>, slots: usize) -> (Vec<Outputs>, Option<Tried>) {
    let model = tiny();
    let mut batch = executor(&model, gpu).batch(slots, model.config.seq_len).unwrap();
    let live: Vec<usize> = (0..slots).collect();
    for &slot in &live {
        let token = |t: usize| ((t * 5 + slot * 3) % model.config.vocab_size) as u32;
        let tokens: Vec<u32> = (0..model.config.seq_len).map(token).collect();
        batch.load(slot, &tokens, 0).unwrap();
    }
    (block_on(batch.segment(&live, Want::ALL)).unwrap(), gpu.tried())
}

fn shapes(gpu: &Arc<Gpu>, slots: usize) -> usize {
    segment(gpu, slots).1.unwrap().shapes
}

fn written(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("autotune.json")).unwrap()).unwrap()
}

/// All choices of the file.
fn choices(content: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    let adapters = content["adapters"].as_object_mut().unwrap().values_mut();
    adapters.flat_map(|adapter| adapter.as_object_mut().unwrap().iter_mut())
}

#[test]
fn what_was_tried_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    // Made where it is missing.
    let cache = folder.path().join("cache/hrm");
    for (first, again) in tuned(&cache).iter().zip(tuned(&cache)) {
        let known = |content: &mut Value| choices(content).count();
        let before = if cache.exists() { known(&mut written(&cache)) } else { 0 };
        let tried = shapes(first, 2);
        assert!(tried > 4, "{tried} on {}", named(first));
        let mut content = written(&cache);
        assert_eq!(content["hrm"], hrm::VERSION);
        assert_eq!(known(&mut content), before + tried);
        assert!(choices(&mut content).all(|(_, tile)| *tile == "small" || *tile == "large"));
        // The same device, and one that is opened anew, know them.
        assert_eq!(shapes(first, 2), tried);
        assert_eq!(shapes(&again, 2), 0);
        assert_eq!(written(&cache), content);
        // Another number of rows is another shape, and joins those that are there.
        let more = shapes(&again, 3);
        assert_eq!((more, known(&mut written(&cache))), (tried, before + tried + more));
    }
    if let Ok(files) = fs::read_dir(&cache) {
        assert_eq!(files.count(), 1, "something was left beside the file");
    }
}

/// The result does not depend on what is remembered.
#[test]
fn both_tiles_give_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("autotune.json");
    let slots = 9;
    for i in 0..tuned(folder.path()).len() {
        let run = || segment(&tuned(folder.path())[i], slots);
        let (outputs, tried) = run();
        assert!(tried.unwrap().shapes > 4);
        for tile in ["small", "large"] {
            let mut content = written(folder.path());
            choices(&mut content).for_each(|(_, choice)| *choice = tile.into());
            fs::write(&file, content.to_string()).unwrap();
            assert_eq!(run(), (outputs.clone(), Some(Tried::default())), "{tile}");
            assert_eq!(written(folder.path()), content);
        }
    }
}

/// It is taken for empty, and replaced.
#[test]
fn a_file_that_cannot_be_used_costs_a_trial() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("autotune.json");
    for i in 0..tuned(folder.path()).len() {
        let shapes = || shapes(&tuned(folder.path())[i], 1);
        let tried = shapes();
        let mut foreign = written(folder.path());
        foreign["hrm"] = "0.0.1 (another)".into();
        let mut unknown = written(folder.path());
        choices(&mut unknown).for_each(|(_, tile)| *tile = "gigantic".into());
        let good = fs::read(&file).unwrap();
        for bad in [
            foreign.to_string().into_bytes(),
            unknown.to_string().into_bytes(),
            good[..good.len() / 2].to_vec(),
            b"[1, 2]".to_vec(),
            vec![0xff; 2 << 20],
            Vec::new(),
        ] {
            fs::write(&file, &bad).unwrap();
            assert_eq!(
                shapes(),
                tried,
                "{:?}",
                String::from_utf8_lossy(&bad[..bad.len().min(40)])
            );
            assert_eq!(shapes(), 0);
        }
    }
}

/// Nothing is tried where nothing could be remembered, and that is no error.
#[test]
fn without_a_folder_the_rule_serves() {
    let folder = tempfile::tempdir().unwrap();
    let in_the_way = folder.path().join("file");
    fs::write(&in_the_way, "").unwrap();
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("autotune.json")).unwrap();
    for place in [in_the_way.as_path(), directory.path()] {
        for gpu in tuned(place) {
            assert_eq!(shapes(&gpu, 1), 0);
        }
    }
}

#[test]
fn it_can_be_off() {
    let folder = tempfile::tempdir().unwrap();
    for (i, gpu) in gpus().iter().enumerate() {
        assert_eq!(segment(gpu, 1).1, None);
        if gpu.info().device_type == wgpu::DeviceType::Cpu {
            let software = block_on(Gpu::open(&DeviceChoice::Index(i / 2), 0)).unwrap().unwrap();
            assert_eq!(software.tried(), None, "a software adapter tries nothing by itself");
        }
    }
    // Nor do the shaders that have one tile.
    for index in 0..gpus().len() / 2 {
        let gpu = open(index).with_variant(Variant::Register);
        let gpu = Arc::new(gpu.with_autotune(Some(folder.path().to_owned())));
        assert_eq!(shapes(&gpu, 1), 0);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    for adapter in block_on(adapters()).unwrap().iter().filter(|a| a.kind == "software") {
        let remembered = adapter.autotune();
        assert!(
            remembered.file.is_none() && remembered.off.is_some() && remembered.shapes == 0,
            "{remembered:?}"
        );
    }
}

/// A device that is opened again after its loss goes on with the same folder.
#[test]
fn a_reopened_device_remembers() {
    let folder = tempfile::tempdir().unwrap();
    for gpu in tuned(folder.path()) {
        assert!(shapes(&gpu, 1) > 0);
        gpu.device().destroy();
        let reopened = Arc::new(block_on(gpu.reopen()).unwrap());
        assert_eq!(shapes(&reopened, 1), 0);
        assert!(shapes(&reopened, 2) > 0);
    }
}
