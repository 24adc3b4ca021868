//! The interface to JavaScript, for wasm32: what the npm package `hrm-webgpu` is written over, and no more than that.
//!
//! A page streams `model.safetensors` into [`ModelBytes`], which is memory of the wasm module, so that no second copy
//! is in JavaScript; [`Core::open`] takes it and opens a device; [`Core::start`] begins a [`Run`], whose
//! [`next`](Run::next) hands out segment after segment. Everything that takes time is a promise, and nothing holds the
//! thread for longer than half a frame at a time, on the CPU neither.
//!
//! Errors are JavaScript `Error`s with a `name` (`InvalidPuzzleError`, `ModelError`, `NoAdapterError`,
//! `DeviceLostError`, `DeviceError`, `OptionsError`), where it is known with the index `puzzle`, and a `hint`.

#![cfg(target_arch = "wasm32")]

mod adapters;
mod error;
mod options;
mod run;
mod types;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use js_sys::{Array, Promise};
use serde::Serialize;
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

use error::JsError;
use hrm::error::{Error, Result};
use hrm::executor::{DeviceChoice, Executor, Outputs, Want};
use hrm::gpu::GpuExecutor;
use hrm::model::{Dtype, Model};
use hrm::report::Report;
use hrm::tasks::Puzzle;
use options::Options;

pub use run::Run;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(message: &str);
}

/// A panic is a defect: its place is for the report of it.
#[wasm_bindgen(start)]
fn begin() {
    std::panic::set_hook(Box::new(|panic| console_error(&format!("hrm: {panic}"))));
}

/// Room for a weight file, in the memory of the module.
#[wasm_bindgen]
#[derive(Debug)]
pub struct ModelBytes(Vec<u8>);

#[wasm_bindgen]
impl ModelBytes {
    /// Room for `length` bytes, zeros.
    #[wasm_bindgen(constructor)]
    pub fn new(length: f64) -> std::result::Result<ModelBytes, JsValue> {
        let mut bytes = Vec::new();
        let wanted = whole(length)?;
        bytes
            .try_reserve_exact(wanted)
            .map_err(|_| JsError::model(format!("a model of {wanted} bytes does not fit the memory of a page")))?;
        bytes.resize(wanted, 0);
        Ok(ModelBytes(bytes))
    }

    /// Puts a part of the file in its place.
    pub fn write(&mut self, offset: f64, chunk: &js_sys::Uint8Array) -> std::result::Result<(), JsValue> {
        let (start, length, room) = (whole(offset)?, chunk.length() as usize, self.0.len());
        let end = start.checked_add(length).filter(|end| *end <= room);
        let end = end.ok_or_else(|| {
            JsError::model(format!(
                "the file is longer than announced: {length} bytes from {start} on, room for {room}"
            ))
        })?;
        chunk.copy_to(&mut self.0[start..end]);
        Ok(())
    }

    /// The SHA-256 of all bytes, in hexadecimal.
    pub fn sha256(&self) -> String {
        Sha256::digest(&self.0)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// A number of bytes, as JavaScript has it.
fn whole(value: f64) -> std::result::Result<usize, JsError> {
    if value >= 0.0 && value.fract() == 0.0 {
        // What is too large for the memory becomes the largest number, for which there is no room either.
        Ok(value as usize)
    } else {
        Err(JsError::model(format!("a number of bytes is needed, found {value}")))
    }
}

/// A model on a device.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core(Rc<Opened>);

/// What a core and its runs share.
#[derive(Debug)]
struct Opened {
    /// Another one after the device was lost.
    executor: RefCell<Executor>,
    device: Device,
}

/// What [`Core::device`] tells.
#[derive(Debug, Clone, Serialize)]
struct Device {
    kind: &'static str,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// What [`Core::model`] tells.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct About {
    task: Option<hrm::tasks::Task>,
    parameters: usize,
    segments: usize,
    seq_len: usize,
    dtype: Dtype,
}

#[wasm_bindgen]
impl Core {
    /// Opens a model on a device: the text of its `config.json`, the bytes of its `model.safetensors` (which are
    /// taken, whether this succeeds or not), and "auto", "webgpu" or "cpu". "auto" is a real GPU by WebGPU, else the
    /// CPU, and `device().reason` then says why.
    #[wasm_bindgen(unchecked_return_type = "Core")]
    pub async fn open(
        config: String,
        weights: ModelBytes,
        #[wasm_bindgen(unchecked_param_type = "DeviceChoice")] device: String,
    ) -> std::result::Result<Core, JsValue> {
        let choice = options::device(&device)?;
        let model = Model::from_bytes("model", &config, weights.0).map_err(JsError::from)?;
        let (executor, device) = open(Arc::new(model), choice).await.map_err(JsError::opening)?;
        Ok(Core(Rc::new(Opened {
            executor: RefCell::new(executor),
            device,
        })))
    }

    /// The devices that this browser offers, the CPU last; `auto` marks the one that "auto" takes.
    #[wasm_bindgen(unchecked_return_type = "DeviceInfo[]")]
    pub async fn devices() -> std::result::Result<JsValue, JsValue> {
        Ok(types::object(&adapters::devices().await))
    }

    /// The device that it runs on.
    #[wasm_bindgen(unchecked_return_type = "Device")]
    pub fn device(&self) -> JsValue {
        types::object(&self.0.device)
    }

    /// The model.
    #[wasm_bindgen(unchecked_return_type = "ModelInfo")]
    pub fn model(&self) -> JsValue {
        let executor = self.0.executor.borrow();
        let model = executor.model();
        let largest = model.weights.iter().max_by_key(|(_, tensor)| tensor.len());
        types::object(&About {
            task: model.config.task,
            parameters: model.parameters(),
            segments: model.config.halt_max_steps,
            seq_len: model.config.seq_len,
            dtype: largest.map_or(Dtype::F32, |(_, tensor)| tensor.dtype()),
        })
    }

    /// Begins to solve. Puzzles and options are checked at once; nothing runs before [`Run::next`] is called.
    pub fn start(
        &self,
        puzzles: Vec<String>,
        #[wasm_bindgen(unchecked_param_type = "RunOptions | undefined")] options: JsValue,
    ) -> std::result::Result<Run, JsValue> {
        let executor = self.0.executor.borrow().clone();
        let options = Options::read(&options)?;
        let solver = options.solver(executor)?;
        let config = &solver.model().config;
        let puzzle = |(index, text): (usize, &String)| {
            let checked = Puzzle::parse(text, config.task).and_then(|puzzle| solver.check(&puzzle).map(|()| puzzle));
            checked.map_err(|error| JsError::puzzle(index, &error, config).into())
        };
        let puzzles: std::result::Result<Vec<_>, JsValue> = puzzles.iter().enumerate().map(puzzle).collect();
        Ok(Run::new(self.0.clone(), options, puzzles?))
    }

    /// Compiles what the first puzzle would wait for.
    #[wasm_bindgen(js_name = warmUp, unchecked_return_type = "Promise<void>")]
    pub fn warm_up(&self) -> Promise {
        let core = self.0.clone();
        future_to_promise(async move {
            let executor = core.ready().await.map_err(JsError::from)?;
            let solver = Options::default().solver(executor)?;
            solver.warm_up().await.map_err(JsError::from)?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Bytes of buffers and images that are on the GPU for this model and its runs; 0 on the CPU.
    #[wasm_bindgen(js_name = gpuBytes)]
    pub fn gpu_bytes(&self) -> f64 {
        self.0.executor.borrow().gpu_bytes() as f64
    }

    /// Tensors in, tensors out, as `hrm run`: exactly `segments` segments of puzzles given as tokens, `[B, seqLen]`,
    /// without halting. By segment and sample the raw outputs.
    #[wasm_bindgen(unchecked_return_type = "Promise<TraceSegment[][]>")]
    pub fn trace(&self, inputs: Vec<u32>, identifiers: Vec<u32>, segments: usize) -> Promise {
        let core = self.0.clone();
        future_to_promise(async move {
            let traced = core.trace(&inputs, &identifiers, segments).await;
            let segment = |samples: &Vec<Outputs>| samples.iter().map(types::outputs).collect::<Array>();
            let segments = traced.map_err(JsError::from)?;
            Ok(segments.iter().map(segment).collect::<Array>().into())
        })
    }
}

impl Opened {
    /// The executor, on a device opened anew where it was lost.
    async fn ready(&self) -> Result<Executor> {
        let executor = self.executor.borrow().clone();
        if !executor.is_lost() {
            return Ok(executor);
        }
        let rebuilt = executor.rebuild().await?;
        self.executor.replace(rebuilt.clone());
        Ok(rebuilt)
    }

    /// Takes over an executor whose device is there, where the own one's is not.
    fn take_over(&self, executor: &Executor) {
        if self.executor.borrow().is_lost() && !executor.is_lost() {
            self.executor.replace(executor.clone());
        }
    }

    /// An answer as JavaScript sees it.
    fn answer(&self, report: &Report) -> JsValue {
        let answer = types::object(report);
        types::set(&answer, "qHalt", report.q_halt);
        types::set(&answer, "device", &*self.device.name);
        for name in ["q_halt", "model"] {
            // A plain object gives every property up.
            let _ = js_sys::Reflect::delete_property(answer.unchecked_ref::<js_sys::Object>(), &name.into());
        }
        answer
    }

    async fn trace(&self, inputs: &[u32], identifiers: &[u32], segments: usize) -> Result<Vec<Vec<Outputs>>> {
        let executor = self.ready().await?;
        let seq_len = executor.model().config.seq_len;
        let samples = inputs.chunks(seq_len.max(1));
        let mut batch = executor.batch(samples.len(), seq_len)?;
        for (slot, tokens) in samples.enumerate() {
            let identifier = identifiers.get(slot).copied().unwrap_or(0);
            batch.load(slot, tokens, identifier as usize)?;
        }
        let live: Vec<usize> = (0..batch.slots()).collect();
        let mut all = Vec::new();
        for _ in 0..segments {
            all.push(batch.segment(&live, Want::ALL).await?);
        }
        Ok(all)
    }
}

/// The executor of choice, and what to tell of its device.
async fn open(model: Arc<Model>, choice: DeviceChoice) -> Result<(Executor, Device)> {
    let mut reason = None;
    if choice != DeviceChoice::Cpu {
        // Asked once: of every request in vain Chromium complains on the console.
        let Some(adapter) = adapters::adapter().await else {
            if choice == DeviceChoice::Auto {
                return cpu(model, Some(adapters::NONE.into()));
            }
            return Err(Error::Device {
                reason: adapters::NONE.into(),
            });
        };
        if choice == DeviceChoice::Auto && adapter.software {
            return cpu(model, Some(adapters::SOFTWARE.into()));
        }
        match GpuExecutor::open(model.clone(), &choice).await {
            Ok(Some(gpu)) => {
                let device = Device {
                    kind: "webgpu",
                    name: adapter.name,
                    reason: None,
                };
                return Ok((Executor::gpu(gpu), device));
            }
            Err(error) if choice == DeviceChoice::Auto => reason = Some(error.to_string()),
            Err(error) => return Err(error),
            Ok(None) => reason = Some(adapters::SOFTWARE.into()),
        }
    }
    cpu(model, reason)
}

fn cpu(model: Arc<Model>, reason: Option<String>) -> Result<(Executor, Device)> {
    let device = Device {
        kind: "cpu",
        name: adapters::CPU.into(),
        reason,
    };
    Ok((Executor::cpu(model, None)?, device))
}
