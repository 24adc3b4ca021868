//! Compiles pipelines while a model's weights are uploaded and its user chooses a puzzle.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use super::context::Gpu;
use crate::kernels::Dispatch;

/// A thread that compiles pipelines. Whoever needs them waits for it, and so does dropping it: the program must not
/// exit while a driver is working.
#[derive(Debug)]
pub(super) struct Prefetch(Mutex<Option<JoinHandle<()>>>);

impl Prefetch {
    /// Starts compiling the pipelines of these dispatches. Errors are reported later: whoever needs a failed pipeline
    /// asks for it again.
    pub(super) fn begin(gpu: Arc<Gpu>, dispatches: Vec<Dispatch>) -> Prefetch {
        let compile = move || drop(gpu.pipelines.prepare(&gpu.open, dispatches.iter()));
        Prefetch(Mutex::new(
            Builder::new().name("hrm-prefetch".to_owned()).spawn(compile).ok(),
        ))
    }

    /// Waits for the thread to end.
    pub(super) fn finish(&self) {
        let thread = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        // If the thread panicked, pipelines are missing, and whoever needs them compiles them.
        drop(thread.map(JoinHandle::join));
    }
}

impl Drop for Prefetch {
    fn drop(&mut self) {
        self.finish();
    }
}

#[cfg(test)]
mod tests {
    use pollster::block_on;

    use crate::executor::DeviceChoice;
    use crate::gpu::{Gpu, GpuExecutor, adapters_to_test};
    use crate::halt::{Halt, Schedule};
    use crate::kernels::ShaderSet;
    use crate::model::Model;
    use std::sync::Arc;

    /// A segment needs no pipeline that was not compiled before there was a batch, whatever its size.
    #[test]
    fn a_segment_finds_its_pipelines_compiled() {
        // OpenGL is served from one thread, and nothing is compiled beforehand.
        for adapter in adapters_to_test().iter().filter(|adapter| adapter.backend != "gl") {
            for shader_set in [ShaderSet::Workgroup, ShaderSet::Register] {
                let choice = DeviceChoice::Index(adapter.index);
                let gpu = block_on(Gpu::open(&choice, wgpu::Features::empty())).unwrap().unwrap();
                let gpu = Arc::new(gpu.with_shader_set(shader_set).with_autotune(None));
                let model = Arc::new(Model::bundled("sudoku").unwrap());
                let executor = block_on(GpuExecutor::new(model, gpu.clone())).unwrap();
                executor.prefetch.finish();
                let before = gpu.pipelines.keys();
                for slots in [1, 64] {
                    let schedule = Schedule {
                        halt: Halt::Valid,
                        segments: 1,
                    };
                    let mut batch = executor.batch(slots, 81, schedule).unwrap();
                    batch.load(0, &[1; 81], vec![0.0; 128], None);
                    block_on(batch.segment(&[0], Default::default())).unwrap();
                }
                let halting = ["halting", "sudoku_rules", "compact"];
                let mut late = gpu.pipelines.keys();
                late.retain(|key| !before.contains(key) && !halting.contains(&key.0));
                assert!(before.len() > 5 && late.is_empty(), "{shader_set:?}: {late:?}");
            }
        }
    }
}
