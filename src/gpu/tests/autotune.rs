//! Tiles and precisions that are timed and remembered: what is written and read back, unusable files, and the results.
//! Never which candidate is faster.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::common::{CASES, Golden, all, relative_l2, tiny};
use super::gpus::{executor, gpus, named, open, with_f16};
use crate::executor::{DeviceChoice, Executor, Outputs, Want};
use crate::gpu::{Gpu, GpuExecutor, Tried, adapters, wgpu};
use crate::kernels::ShaderSet;
use crate::model::{Dtype, Model};
use pollster::block_on;
use serde_json::Value;

/// Opens every adapter, with the shader set that has tiles and the given cache folder.
fn tuned(folder: &Path) -> Vec<Arc<Gpu>> {
    let with = |index| {
        let gpu = open(index).with_shader_set(ShaderSet::Workgroup);
        Arc::new(gpu.with_autotune(Some(folder.to_owned())))
    };
    // Both shader sets of an adapter follow each other.
    (0..gpus().len() / 2).map(with).collect()
}

/// Runs the first segment of `slots` puzzles; also returns what has been timed on the way.
fn segment(gpu: &Arc<Gpu>, slots: usize) -> (Vec<Outputs>, Option<Tried>) {
    segment_of(&tiny(), gpu, slots)
}

fn segment_of(model: &Arc<Model>, gpu: &Arc<Gpu>, slots: usize) -> (Vec<Outputs>, Option<Tried>) {
    let mut batch = executor(model, gpu).batch(slots, model.config.seq_len, None).unwrap();
    let live: Vec<usize> = (0..slots).collect();
    for &slot in &live {
        let token = |t: usize| ((t * 5 + slot * 3) % model.config.vocab_size) as u32;
        let tokens: Vec<u32> = (0..model.config.seq_len).map(token).collect();
        batch.load(slot, &tokens, 0, None).unwrap();
    }
    (block_on(batch.segment(&live, Want::ALL)).unwrap(), gpu.tried())
}

/// Returns how many shapes a device times for a batch.
fn shapes(gpu: &Arc<Gpu>, slots: usize) -> usize {
    segment(gpu, slots).1.unwrap().shapes
}

/// Returns how many shapes an adapter times over repeated starts, until nothing is new: one start takes at most a
/// second, which may be too short on a busy machine.
fn all_shapes(folder: &Path, adapter: usize, slots: usize) -> usize {
    let starts = (0..20).map(|_| shapes(&tuned(folder)[adapter], slots));
    let tried: Vec<usize> = starts.take_while(|&shapes| shapes > 0).collect();
    assert!(tried.len() < 20, "it never ends: {tried:?}");
    tried.iter().sum()
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
    for adapter in 0..tuned(&cache).len() {
        let known = || {
            if cache.exists() {
                choices(&mut written(&cache)).count()
            } else {
                0
            }
        };
        let before = known();
        let tried = all_shapes(&cache, adapter, 2);
        assert!(tried > 4, "{tried}");
        let mut content = written(&cache);
        assert_eq!(content["hrm"], env!("CARGO_PKG_VERSION"));
        assert_eq!(known(), before + tried);
        assert!(choices(&mut content).all(|(_, gemm)| gemm["tile"] == "small" || gemm["tile"] == "large"));
        let gpu = &tuned(&cache)[adapter];
        assert_eq!(shapes(gpu, 2), 0, "{}", named(gpu));
        assert_eq!(written(&cache), content);
        // Another number of rows is another shape, and is added to those in the file.
        let more = all_shapes(&cache, adapter, 3);
        assert_eq!((more, known()), (tried, before + tried + more));
        // A device rereads the file for shapes that it does not know, and keeps those that it does.
        assert_eq!(shapes(gpu, 3), 0);
        fs::remove_file(cache.join("autotune.json")).unwrap();
        assert_eq!(shapes(gpu, 2), 0);
        assert!(!cache.join("autotune.json").exists());
        fs::write(cache.join("autotune.json"), content.to_string()).unwrap();
    }
    if let Ok(files) = fs::read_dir(&cache) {
        assert_eq!(files.count(), 1, "something was left beside the file");
    }
}

/// The result does not depend on what is remembered.
#[test]
fn both_tiles_give_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let slots = 9;
    for adapter in 0..tuned(folder.path()).len() {
        assert!(all_shapes(folder.path(), adapter, slots) > 4);
        let outputs = ["small", "large"].map(|tile| {
            let mut content = written(folder.path());
            choices(&mut content).for_each(|(_, gemm)| gemm["tile"] = tile.into());
            fs::write(folder.path().join("autotune.json"), content.to_string()).unwrap();
            let (outputs, tried) = segment(&tuned(folder.path())[adapter], slots);
            assert_eq!(tried, Some(Tried::default()));
            assert_eq!(written(folder.path()), content);
            outputs
        });
        assert_eq!(outputs[0], outputs[1]);
    }
}

/// Opens the adapters that have f16, with the given cache folder.
fn halves(folder: &Path) -> Vec<Arc<Gpu>> {
    let with = |gpu: Gpu| Arc::new(gpu.with_autotune(Some(folder.to_owned())));
    with_f16().into_iter().map(with).collect()
}

/// Only a model that may be multiplied in f16 requests f16 from the device.
#[test]
fn what_asks_for_f16() {
    let exact = tiny().as_ref().clone();
    let half = exact.clone().rounded(Dtype::F16).unwrap();
    let back = half.clone().rounded(Dtype::F32).unwrap();
    for (index, adapter) in block_on(adapters()).unwrap().iter().enumerate() {
        for (model, may) in [(&exact, false), (&half, true), (&back, false)] {
            let choice = DeviceChoice::Index(index);
            let executor = block_on(GpuExecutor::open(Arc::new(model.clone()), &choice));
            let executor = executor.unwrap().unwrap();
            let features = executor.gpu().open.device.features();
            let asked = features.contains(wgpu::Features::SHADER_F16);
            assert_eq!(asked, may && adapter.shader_f16, "{}", adapter.name);
        }
    }
}

/// Makes a choice for all models whose precision was tried.
fn choose(folder: &Path, scalar: &str) {
    let mut content = written(folder);
    let products = choices(&mut content).filter(|(shape, _)| shape.ends_with(" products"));
    let found = products.map(|(_, gemm)| {
        assert!(
            ["f32", "f16", "int8"].iter().any(|known| gemm["scalar"] == *known),
            "{gemm}"
        );
        gemm["scalar"] = scalar.into();
    });
    assert!(found.count() > 0);
    fs::write(folder.join("autotune.json"), content.to_string()).unwrap();
}

/// Errors stay within the bound for half precision in models that allow f16; other models do not use it.
#[test]
fn f16_products_are_near_the_official_outputs() {
    let folder = tempfile::tempdir().unwrap();
    let found = halves(folder.path()).len();
    for case in ["hrm-tiny", "hrm-sudoku-small", "trm-att-tiny", "trm-mlp-tiny"] {
        let golden = Golden::load(case);
        let exact = Model::open(&golden.folder.join("checkpoint.pt"), None).unwrap();
        let mut stored = exact.rounded(Dtype::F16).unwrap();
        let rounded = Arc::new(stored.clone());
        // Like a model whose files store f16.
        stored.products = Dtype::F32;
        let stored = Arc::new(stored);
        for adapter in 0..found {
            let first = |model| {
                let gpu = &halves(folder.path())[adapter];
                golden.segments(&executor(model, gpu), 1).remove(0)
            };
            first(&rounded);
            let [f32_products, f16_products] = ["f32", "f16"].map(|scalar| {
                choose(folder.path(), scalar);
                first(&rounded)
            });
            for name in ["logits", "z_H", "z_L"] {
                let official = golden.f32s(&format!("seg1.{name}"));
                let error = relative_l2(&all(&f16_products, name), &official);
                println!("{case} {name}: {error:e}");
                assert!(error <= 2e-3, "{case} {name}: {error:e}");
                let apart = relative_l2(&all(&f16_products, name), &all(&f32_products, name));
                assert!(apart > 1e-5, "{case} {name}: {apart:e}");
            }
            assert_eq!(first(&stored), f32_products, "{case}");
        }
    }
}

/// A puzzle's result is the same whatever else is in the batch.
#[test]
fn narrow_products_are_a_choice_for_all_batches() {
    type Open = fn(&Path) -> Vec<Arc<Gpu>>;
    for (dtype, name, open) in [(Dtype::F16, "f16", halves as Open), (Dtype::I8, "int8", tuned)] {
        let folder = tempfile::tempdir().unwrap();
        let model = Arc::new(tiny().as_ref().clone().rounded(dtype).unwrap());
        for adapter in 0..open(folder.path()).len() {
            let first = |slots| {
                let gpu = &open(folder.path())[adapter];
                segment_of(&model, gpu, slots).0.swap_remove(0)
            };
            first(1);
            choose(folder.path(), name);
            assert_eq!(first(1), first(40));
            let mut content = written(folder.path());
            let shapes: Vec<&String> = choices(&mut content).map(|(shape, _)| shape).collect();
            let precisions = shapes.iter().filter(|shape| shape.ends_with(" products"));
            assert_eq!(precisions.count(), adapter + 1, "{shapes:?}");
            // Their tiles are remembered apart from those of f32 products.
            let apart = format!(" {name} products ");
            assert!(shapes.iter().any(|shape| shape.contains(&apart)), "{shapes:?}");
        }
    }
}

/// In int8 a GPU computes nearly what the CPU does, and both stay as near the official outputs. Where it is not chosen, or
/// nothing is timed, the model says so.
#[test]
fn int8_products_are_near_those_of_the_cpu() {
    let folder = tempfile::tempdir().unwrap();
    // Every fourth case: each takes several seconds on a software adapter, and the kernels' own tests compare every number.
    for (case, files) in CASES.iter().step_by(4) {
        let golden = Golden::load(case);
        let model = Model::open(&golden.folder.join(files[0]), None).unwrap();
        let model = Arc::new(model.rounded(Dtype::I8).unwrap());
        let on_cpu = golden
            .segments(&Executor::cpu(model.clone(), None).unwrap(), 1)
            .remove(0);
        for adapter in 0..tuned(folder.path()).len() {
            let warned = |executor: &Executor| executor.model().warnings.iter().any(|warning| warning.contains("int8"));
            assert!(warned(&executor(&model, &Arc::new(open(adapter)))));
            let on_gpu = || executor(&model, &tuned(folder.path())[adapter]);
            on_gpu();
            let [f32, int8] = [("f32", true), ("int8", false)].map(|(scalar, warns)| {
                choose(folder.path(), scalar);
                let executor = on_gpu();
                assert_eq!(warned(&executor), warns, "{case}, {scalar}");
                golden.segments(&executor, 1).remove(0)
            });
            for name in golden.outputs().filter(|name| !name.starts_with('q')) {
                let [f32, int8, on_cpu] = [&f32, &int8, &on_cpu].map(|outputs| all(outputs, name));
                let official = relative_l2(&int8, &golden.f32s(&format!("seg1.{name}")));
                let (apart, near) = (relative_l2(&int8, &f32), relative_l2(&int8, &on_cpu));
                println!(
                    "{case} {name}: {official:e} from the official ones, {near:e} from the CPU, {apart:e} from f32"
                );
                assert!(official < 0.06 && apart > 1e-5 && near < 0.03, "{case} {name}");
            }
        }
    }
}

/// An unusable file counts as empty, and is replaced.
#[test]
fn a_file_that_cannot_be_used_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("autotune.json");
    for adapter in 0..tuned(folder.path()).len() {
        let shapes = || all_shapes(folder.path(), adapter, 1);
        let _ = fs::remove_file(&file);
        let tried = shapes();
        let mut foreign = written(folder.path());
        foreign["hrm"] = "0.0.1 (another)".into();
        let mut unknown = written(folder.path());
        choices(&mut unknown).for_each(|(_, gemm)| gemm["tile"] = "gigantic".into());
        let good = fs::read(&file).unwrap();
        for bad in [
            foreign.to_string().into_bytes(),
            unknown.to_string().into_bytes(),
            good[..good.len() / 2].to_vec(),
            vec![0xff; 2 << 20],
        ] {
            fs::write(&file, &bad).unwrap();
            assert_eq!(
                shapes(),
                tried,
                "{:?}",
                String::from_utf8_lossy(&bad[..bad.len().min(40)])
            );
            assert_eq!(choices(&mut written(folder.path())).count(), tried);
        }
    }
}

/// If nothing could be remembered nothing is timed, and that is not an error.
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
            let software = block_on(Gpu::open(&DeviceChoice::Index(i / 2), wgpu::Features::empty()))
                .unwrap()
                .unwrap();
            assert_eq!(software.tried(), None, "a software adapter tries nothing by itself");
        }
    }
    // Nor is anything timed for the shader set that has one tile.
    for index in 0..gpus().len() / 2 {
        let gpu = open(index).with_shader_set(ShaderSet::Register);
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

/// A device that is reopened after its loss keeps its folder and its features.
#[test]
fn a_reopened_device_remembers() {
    let folder = tempfile::tempdir().unwrap();
    for (adapter, gpu) in tuned(folder.path()).into_iter().enumerate() {
        all_shapes(folder.path(), adapter, 1);
        gpu.open.device.destroy();
        let reopened = Arc::new(block_on(gpu.reopen()).unwrap());
        assert_eq!(shapes(&reopened, 1), 0);
        assert!(shapes(&reopened, 2) > 0);
    }
    for gpu in halves(folder.path()) {
        gpu.open.device.destroy();
        let features = block_on(gpu.reopen()).unwrap().open.device.features();
        assert!(features.contains(wgpu::Features::SHADER_F16));
    }
}
