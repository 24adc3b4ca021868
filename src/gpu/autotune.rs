//! Autotune: times candidate products of linear layers of new shapes on the device, and remembers the fastest in the
//! user's cache folder.
//!
//! Candidates with the same scalar give the same bits; which is faster for how many rows depends on the device. Without
//! timing (on software adapters, in browsers, or if the user turns it off) [`Gemm::by_rule`] decides, and all products
//! are f32. Products in f16 and int8 give other bits, so whether a model uses them does not depend on the batch.

mod tuning;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use wgpu::{AdapterInfo, DeviceType};

use super::adapter::{self, AdapterReport};
use super::buffers::DeviceWeights;
use super::cache;
use super::device::Device;
use super::pipelines::Pipelines;
use crate::error::Result;
use crate::kernels::{Gemm, Linear, Plan, Scalar, ShaderSet, Step, Target};
use crate::model::Tensor;
use tuning::{Setting, Tuning, shape};

/// Approximate time for all shapes of a batch together, once shaders are compiled. Shapes left over go by the rule
/// until the next batch.
const BATCH: Duration = Duration::from_secs(1);

/// The name of the file.
const NAME: &str = "autotune.json";

/// The fastest candidates: per shape of a layer, and, for a model's scalar, per shape of its largest layer.
type Choices = BTreeMap<String, Gemm>;

/// The choices for a device.
#[derive(Debug, Default)]
pub(super) struct Tuned(Choices);

impl Tuned {
    /// Returns the choice for a linear layer: the tuned tile, or else that of the rule.
    pub(super) fn gemm(&self, linear: &Linear, target: &Target) -> Gemm {
        let rule = Gemm::by_rule(linear, target);
        let known = self.0.get(&shape(linear, target));
        Gemm {
            tile: known.map_or(rule.tile, |gemm| gemm.tile),
            ..rule
        }
    }
}

/// What is known about products on a device.
#[derive(Debug)]
pub(super) struct Autotune {
    /// The file of remembered choices; `None` turns tuning off.
    file: Option<PathBuf>,
    /// The device's name in the file.
    adapter: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    known: Choices,
    tried: Tried,
}

/// What has been timed on a device since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tried {
    /// Shapes whose products were timed.
    pub shapes: usize,
    /// Time spent on them.
    pub time: Duration,
}

/// What is remembered about an adapter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remembered {
    /// Shapes whose fastest product is known to this version of the program.
    pub shapes: usize,
    /// The file; `None` if tuning is off.
    pub file: Option<PathBuf>,
    /// Why tuning is off.
    pub off: Option<String>,
}

impl AdapterReport {
    fn key(&self) -> String {
        cache::key(&format!("{} ({})", self.name, self.backend), &self.driver)
    }

    /// Returns what is remembered about this adapter's products.
    pub fn autotune(&self) -> Remembered {
        match place(self.kind == adapter::kind(DeviceType::Cpu)) {
            Ok(file) => Remembered {
                shapes: cache::read::<Choices>(&file, &self.key()).len(),
                file: Some(file),
                off: None,
            },
            Err(why) => Remembered {
                shapes: 0,
                file: None,
                off: Some(why),
            },
        }
    }
}

/// Returns the file of the user's remembered choices, or why tuning is off.
fn place(software: bool) -> std::result::Result<PathBuf, String> {
    let asked = std::env::var("HRM_AUTOTUNE").unwrap_or_default();
    if ["off", "0", "no", "false"].contains(&asked.to_lowercase().as_str()) {
        return Err(format!("HRM_AUTOTUNE is `{asked}`"));
    }
    if software {
        return Err("software adapters have one tile".to_owned());
    }
    let folder = cache::folder().ok_or("this system names no cache folder")?;
    Ok(folder.join(NAME))
}

impl Autotune {
    /// Creates the tuning that the user's settings ask for.
    pub(super) fn new(info: &AdapterInfo) -> Self {
        Autotune {
            file: place(info.device_type == DeviceType::Cpu).ok(),
            adapter: cache::key(&adapter::name(info), &adapter::driver(info)),
            state: Mutex::default(),
        }
    }

    /// Uses a folder for remembered choices; `None` turns tuning off.
    pub(super) fn set_folder(&mut self, folder: Option<PathBuf>) {
        self.file = folder.map(|folder| folder.join(NAME));
    }

    /// Takes over the settings of another device's tuning.
    pub(super) fn follow(&mut self, other: &Autotune) {
        self.file = other.file.clone();
    }

    /// Returns what has been timed; `None` if tuning is off.
    pub(super) fn tried(&self) -> Option<Tried> {
        self.file.is_some().then(|| self.state().tried)
    }

    /// Returns the scalar for a model that may be multiplied in the one that its weights are stored in: the choice for its
    /// largest layer, whose candidates are timed if it is not known yet; `None` where nothing is timed.
    ///
    /// # Errors
    /// Whatever wgpu reports, or `tensor`.
    pub(super) async fn scalar(
        &self,
        (gpu, pipelines): (&Device, &Pipelines),
        plan: &Plan,
        tensor: impl Fn(&str) -> Result<Tensor>,
        target: &Target<'_>,
    ) -> Result<Option<Scalar>> {
        let (Some(file), ShaderSet::Workgroup) = (&self.file, target.shader_set) else {
            return Ok(None);
        };
        let layers = plan.layers().map(|(_, layer)| layer);
        let narrow = layers.filter(|layer| (target.stored)(layer.weight) != Scalar::F32);
        let Some(tuning) = narrow
            .max_by_key(|layer| layer.flop())
            .map(|layer| Tuning::model(target, layer))
        else {
            return Ok(None);
        };
        let shape = tuning.shape.clone();
        let new = self.unknown(file, [tuning]);
        if let [tuning] = &new[..] {
            // Weights are uploaded in the form in which they will be used, once that is known.
            let weights = DeviceWeights::upload(gpu, plan, &tuning.dispatches(target).concat(), tensor).await?;
            let setting = Setting {
                gpu,
                pipelines,
                plan,
                weights: &weights,
                target: *target,
            };
            self.time(file, new, &setting).await?;
        }
        Ok(self.state().known.get(&shape).map(|gemm| gemm.scalar))
    }

    /// Returns the choices for a plan's linear layers, timing those that are not known yet.
    ///
    /// # Errors
    /// Whatever wgpu reports. A file that cannot be read or written is not an error.
    pub(super) async fn tuned(
        &self,
        (gpu, pipelines): (&Device, &Pipelines),
        plan: &Plan,
        weights: &DeviceWeights,
        target: &Target<'_>,
    ) -> Result<Tuned> {
        let (Some(file), ShaderSet::Workgroup) = (&self.file, target.shader_set) else {
            return Ok(Tuned::default());
        };
        let steps = plan.load.iter().chain(&plan.segment).chain(&plan.halting);
        let linear = steps.filter_map(|step| match step {
            Step::Linear(linear) => Some(linear),
            _ => None,
        });
        let setting = Setting {
            gpu,
            pipelines,
            plan,
            weights,
            target: *target,
        };

        let new = self.unknown(file, linear.map(|linear| Tuning::layer(target, linear)));
        self.time(file, new, &setting).await?;
        Ok(Tuned(self.state().known.clone()))
    }

    /// Returns the shapes that are to be timed, since they are not known yet: the largest first, in case time runs out.
    fn unknown<'t>(&self, file: &Path, tunings: impl IntoIterator<Item = Tuning<'t>>) -> Vec<Tuning<'t>> {
        let tunings = tunings.into_iter().map(|tuning| (tuning.shape.clone(), tuning));
        let mut new: BTreeMap<String, Tuning> = tunings.collect();
        let known = |shape: &String| self.state().known.contains_key(shape);
        new.retain(|shape, _| !known(shape));
        if !new.is_empty() {
            self.state().known.extend(cache::read::<Choices>(file, &self.adapter));
            new.retain(|shape, _| !known(shape));
        }
        // Choices that cannot be remembered would be timed at every start.
        if !new.is_empty() && !cache::can_be_written(file) {
            new.clear();
        }
        let mut new: Vec<Tuning> = new.into_values().collect();
        new.sort_by_key(|tuning| Reverse(tuning.flop()));
        new
    }

    /// Times shapes, as far as there is time.
    async fn time(&self, file: &Path, new: Vec<Tuning<'_>>, setting: &Setting<'_>) -> Result<()> {
        if new.is_empty() {
            return Ok(());
        }
        let (begun, mut timed, mut found) = (Instant::now(), Duration::ZERO, Choices::new());
        for tuning in new {
            if timed < BATCH {
                let (choice, time) = tuning.fastest(setting).await?;
                timed += time;
                found.insert(tuning.shape, choice);
            }
        }
        // If this fails, the next start times the same shapes again.
        let _ = cache::change(file, &self.adapter, |known: &mut Choices| known.extend(found.clone()));
        let mut state = self.state();
        state.tried.shapes += found.len();
        state.tried.time += begun.elapsed();
        state.known.extend(found);
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
