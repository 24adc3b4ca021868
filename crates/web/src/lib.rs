//! The interface to JavaScript, for wasm32: exactly what the npm package `hrm-webgpu` is built on.
//!
//! A page streams `model.safetensors` into [`ModelBytes`], which is memory of the wasm module, so that JavaScript holds
//! no second copy; [`Core::open`] takes it and opens a device; [`Core::start`] begins a [`Run`], whose
//! [`next`](Run::next) returns segment after segment. Everything that takes time is a promise, and nothing holds the
//! thread for longer than half a frame at a time, not even on the CPU.
//!
//! Errors are JavaScript `Error`s with a `name` (`InvalidPuzzleError`, `ModelError`, `NoAdapterError`,
//! `DeviceLostError`, `DeviceError`, `OptionsError`), the index `puzzle` where one is known, and a `hint`.

#![cfg(target_arch = "wasm32")]

mod adapters;
mod error;
#[cfg(feature = "latin")]
#[path = "../../../examples/latin/task/mod.rs"]
mod latin;
mod options;
mod puzzles;
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
use web_time::Instant;

use error::JsError;
use hrm::error::{Error, Result};
use hrm::executor::{DeviceChoice, Executor, Outputs, Want};
use hrm::gpu::Gpu;
use hrm::model::{Dtype, Model};
use hrm::report::Report;
use hrm::tasks::Puzzle;
use options::Options;

pub use puzzles::{check, generate, read};
pub use run::Run;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(message: &str);
}

/// A panic is a defect, so its location belongs in the report.
#[wasm_bindgen(start)]
fn begin() {
    std::panic::set_hook(Box::new(|panic| console_error(&format!("hrm: {panic}"))));
    #[cfg(feature = "latin")]
    if let Err(error) = hrm::tasks::register(&latin::Latin) {
        console_error(&error.to_string());
    }
}

/// Memory of the module for a weight file.
#[wasm_bindgen]
#[derive(Debug)]
pub struct ModelBytes(Vec<u8>);

#[wasm_bindgen]
impl ModelBytes {
    /// Allocates `length` zeroed bytes.
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

    /// Writes a part of the file at its offset.
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

    /// Returns the SHA-256 of all bytes, in hexadecimal.
    pub fn sha256(&self) -> String {
        Sha256::digest(&self.0)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// Converts a number of bytes from JavaScript.
fn whole(value: f64) -> std::result::Result<usize, JsError> {
    if value >= 0.0 && value.fract() == 0.0 {
        // Numbers that are too large saturate; no memory has room for those either.
        Ok(value as usize)
    } else {
        Err(JsError::model(format!("a number of bytes is needed, found {value}")))
    }
}

/// A model on a device.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core(Rc<Opened>);

/// State shared by a core and its runs.
#[derive(Debug)]
struct Opened {
    /// The current executor; replaced after the device was lost.
    executor: RefCell<Executor>,
    device: RefCell<Device>,
}

/// The value of [`Core::device`].
#[derive(Debug, Clone, Serialize)]
struct Device {
    kind: &'static str,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The value of [`Core::model`].
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
    /// Opens a model on a device. Takes the text of its `config.json`, the bytes of its `model.safetensors` (consumed
    /// whether this succeeds or not), and "auto", "webgpu" or "cpu". "auto" selects a real GPU through WebGPU, or else
    /// the CPU; `device().reason` then says why. Nothing is timed here: see [`Core::time_segment`]. `identifiers` is the text of `identifiers.json`, for models that know
    /// puzzles by name.
    #[wasm_bindgen(unchecked_return_type = "Core")]
    pub async fn open(
        config: String,
        weights: ModelBytes,
        #[wasm_bindgen(unchecked_param_type = "DeviceChoice")] device: String,
        identifiers: Option<String>,
    ) -> std::result::Result<Core, JsValue> {
        let choice = options::device(&device)?;
        let mut model = Model::from_bytes("model", &config, weights.0).map_err(JsError::from)?;
        if let Some(names) = identifiers {
            model = model.with_identifiers(names.as_bytes()).map_err(JsError::from)?;
        }
        let (executor, device) = open(Arc::new(model), choice).await.map_err(JsError::opening)?;
        Ok(Core(Rc::new(Opened {
            executor: RefCell::new(executor),
            device: RefCell::new(device),
        })))
    }

    /// Lists the devices that this browser offers, the CPU last; `auto` marks the one that "auto" selects.
    #[wasm_bindgen(unchecked_return_type = "DeviceInfo[]")]
    pub async fn devices() -> std::result::Result<JsValue, JsValue> {
        Ok(types::object(&adapters::devices().await))
    }

    /// Returns the device that the model runs on.
    #[wasm_bindgen(unchecked_return_type = "Device")]
    pub fn device(&self) -> JsValue {
        types::object(&*self.0.device.borrow())
    }

    /// Returns what is known about the model.
    #[wasm_bindgen(unchecked_return_type = "ModelInfo")]
    pub fn model(&self) -> JsValue {
        let executor = self.0.executor.borrow();
        let model = executor.model();
        let largest = model
            .weights
            .iter()
            .max_by_key(|(_, tensor)| tensor.shape().iter().product::<usize>());
        types::object(&About {
            task: model.config.task,
            parameters: model.config.parameters(),
            segments: model.config.halt_max_steps,
            seq_len: model.config.seq_len,
            dtype: largest.map_or(Dtype::F32, |(_, tensor)| tensor.dtype()),
        })
    }

    /// Starts a run. Puzzles and options are checked at once; nothing is computed before [`Run::next`] is called.
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

    /// Compiles pipelines that the first puzzle would otherwise wait for.
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

    /// Times a segment of a puzzle on the core's device, or on the CPU: the shortest of up to three, in milliseconds. What a
    /// GPU needs for its first is not counted. Segments slower than `enough` are not repeated.
    #[wasm_bindgen(js_name = timeSegment, unchecked_return_type = "Promise<number>")]
    pub fn time_segment(&self, on_cpu: bool, enough: f64) -> Promise {
        let core = self.0.clone();
        future_to_promise(async move {
            let time = core.time_segment(on_cpu, enough).await;
            Ok(time.map_err(JsError::from)?.into())
        })
    }

    /// Computes on the CPU from now on, for a reason that [`Core::device`] then tells.
    #[wasm_bindgen(js_name = moveToCpu)]
    pub fn move_to_cpu(&self, reason: String) -> std::result::Result<(), JsValue> {
        let model = self.0.executor.borrow().model().clone();
        let (executor, device) = cpu(model, Some(reason)).map_err(JsError::from)?;
        self.0.executor.replace(executor);
        self.0.device.replace(device);
        Ok(())
    }

    /// Returns the bytes of buffers and images on the GPU for this model and its runs; 0 on the CPU.
    #[wasm_bindgen(js_name = gpuBytes)]
    pub fn gpu_bytes(&self) -> f64 {
        self.0.executor.borrow().gpu().map_or(0, Gpu::bytes) as f64
    }

    /// Runs exactly `segments` segments of puzzles given as tokens `[B, seqLen]`, without halting, like `hrm run`.
    /// Returns the raw outputs by segment and sample.
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
    /// Returns the executor, on a reopened device if it was lost.
    async fn ready(&self) -> Result<Executor> {
        let executor = self.executor.borrow().clone();
        if !is_lost(&executor) {
            return Ok(executor);
        }
        let rebuilt = executor.rebuild().await?;
        self.executor.replace(rebuilt.clone());
        Ok(rebuilt)
    }

    /// Adopts an executor whose device works, if this one's was lost.
    fn take_over(&self, executor: &Executor) {
        if is_lost(&self.executor.borrow()) && !is_lost(executor) {
            self.executor.replace(executor.clone());
        }
    }

    /// Returns an answer as JavaScript sees it.
    fn answer(&self, report: &Report) -> JsValue {
        let answer = types::object(report);
        types::set(&answer, "qHalt", report.q_halt);
        types::set(&answer, "device", &*self.device.borrow().name);
        for name in ["q_halt", "model"] {
            // Deleting a property of a plain object cannot fail.
            let _ = js_sys::Reflect::delete_property(answer.unchecked_ref::<js_sys::Object>(), &name.into());
        }
        answer
    }

    async fn time_segment(&self, on_cpu: bool, enough: f64) -> Result<f64> {
        let own = self.ready().await?;
        let executor = match on_cpu {
            true => Executor::cpu(own.model().clone(), None)?,
            false => own,
        };
        let seq_len = executor.model().config.seq_len;
        let mut batch = executor.batch(1, seq_len, None)?;
        batch.load(0, &vec![0; seq_len], 0, None)?;
        let mut shortest = f64::INFINITY;
        if !on_cpu {
            batch.segment(&[0], Want::default()).await?;
        }
        for _ in 0..3 {
            let start = Instant::now();
            batch.segment(&[0], Want::default()).await?;
            shortest = shortest.min(start.elapsed().as_secs_f64() * 1e3);
            if shortest > enough {
                break;
            }
        }
        Ok(shortest)
    }

    async fn trace(&self, inputs: &[u32], identifiers: &[u32], segments: usize) -> Result<Vec<Vec<Outputs>>> {
        let executor = self.ready().await?;
        let seq_len = executor.model().config.seq_len;
        let samples = inputs.chunks(seq_len.max(1));
        let live: Vec<usize> = (0..samples.len()).collect();
        let mut batch = executor.batch(samples.len(), seq_len, None)?;
        for (slot, tokens) in samples.enumerate() {
            let identifier = identifiers.get(slot).copied().unwrap_or(0);
            batch.load(slot, tokens, identifier as usize, None)?;
        }
        let mut all = Vec::new();
        for _ in 0..segments {
            all.push(batch.segment(&live, Want::ALL).await?);
        }
        Ok(all)
    }
}

fn is_lost(executor: &Executor) -> bool {
    executor.gpu().is_some_and(Gpu::is_lost)
}

/// Opens the chosen executor; also returns the description of its device.
async fn open(model: Arc<Model>, choice: DeviceChoice) -> Result<(Executor, Device)> {
    let mut reason = None;
    if choice != DeviceChoice::Cpu {
        // Asked once: Chromium logs to the console for every request that fails.
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
        match Executor::open(model.clone(), &choice, None).await {
            Ok(executor) if executor.gpu().is_some() => {
                let device = Device {
                    kind: "webgpu",
                    name: adapter.name,
                    reason: None,
                };
                return Ok((executor, device));
            }
            Ok(executor) => reason = executor.why_cpu().map(str::to_owned),
            Err(error) if choice == DeviceChoice::Auto => reason = Some(error.to_string()),
            Err(error) => return Err(error),
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
