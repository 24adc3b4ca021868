//! Autotune: times candidate products of linear layers of new shapes on the device, and remembers the fastest in the
//! user's cache folder.
//!
//! Candidates with the same scalar give the same bits; which is faster for how many rows depends on the device. Without
//! timing (on software adapters, in browsers, or if the user turns it off) [`Gemm::by_rule`] decides, and all products
//! are f32. Products in f16 give other bits, so whether a model uses them does not depend on the batch.

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
use tuning::{Setting, Tuning, scalar_of, shape};

/// Approximate time for all shapes of a batch together, once shaders are compiled. Shapes left over go by the rule
/// until the next batch.
const BATCH: Duration = Duration::from_secs(1);

/// The name of the file.
const NAME: &str = "autotune.json";

/// The fastest candidates: per shape of a layer, and, for a model's scalar, per shape of its largest layer.
type Choices = BTreeMap<String, Gemm>;

/// The choices for a device and a model.
#[derive(Debug, Default)]
pub(super) struct Tuned {
    choices: Choices,
    /// The scalar chosen for the model.
    scalar: Scalar,
}

impl Tuned {
    /// Returns the choice for a linear layer: the tuned one, or else that of the rule.
    pub(super) fn gemm(&self, linear: &Linear, target: &Target) -> Gemm {
        let scalar = scalar_of(linear, target, self.scalar);
        let known = self.choices.get(&shape(linear, target, scalar));
        let Gemm { tile, .. } = known.copied().unwrap_or_else(|| Gemm::by_rule(linear, target));
        Gemm { tile, scalar }
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

    /// Returns the choices for a plan's linear layers, timing those that are not known yet. `f16` tells whether
    /// products may be f16.
    ///
    /// # Errors
    /// Whatever wgpu reports. A file that cannot be read or written is not an error.
    pub(super) async fn tuned(
        &self,
        (gpu, pipelines): (&Device, &Pipelines),
        plan: &Plan,
        weights: &DeviceWeights,
        target: &Target<'_>,
        f16: bool,
    ) -> Result<Tuned> {
        let (Some(file), ShaderSet::Workgroup) = (&self.file, target.shader_set) else {
            return Ok(Tuned::default());
        };
        let steps = plan.load.iter().chain(&plan.segment).chain(&plan.halting);
        let linear = steps.filter_map(|step| match step {
            Step::Linear(linear) => Some(linear),
            _ => None,
        });
        let linear: Vec<&Linear> = linear.collect();
        let setting = Setting {
            gpu,
            pipelines,
            plan,
            weights,
            target: *target,
        };

        let halves = linear.iter().filter(|linear| f16 && (target.half)(linear.weight));
        let largest = halves.max_by_key(|linear| linear.flop());
        let model = largest.map(|linear| Tuning::model(target, linear));
        self.tune_new(file, model.iter().cloned(), &setting).await?;
        let chosen = model.and_then(|tuning| self.state().known.get(&tuning.shape).copied());
        let scalar = chosen.map(|gemm| gemm.scalar).unwrap_or_default();

        let layers = linear.into_iter().map(|linear| Tuning::layer(target, linear, scalar));
        self.tune_new(file, layers, &setting).await?;
        let choices = self.state().known.clone();
        Ok(Tuned { choices, scalar })
    }

    /// Times the shapes that are not known yet.
    async fn tune_new(
        &self,
        file: &Path,
        tunings: impl Iterator<Item = Tuning<'_>>,
        setting: &Setting<'_>,
    ) -> Result<()> {
        let mut new: BTreeMap<String, Tuning> = tunings.map(|tuning| (tuning.shape.clone(), tuning)).collect();
        new.retain(|shape, _| !self.state().known.contains_key(shape));
        if new.is_empty() {
            return Ok(());
        }
        self.state().known.extend(cache::read::<Choices>(file, &self.adapter));
        new.retain(|shape, _| !self.state().known.contains_key(shape));
        // Choices that cannot be remembered would be timed at every start.
        if new.is_empty() || !cache::can_be_written(file) {
            return Ok(());
        }
        // The largest first, in case time runs out.
        let mut new: Vec<Tuning> = new.into_values().collect();
        new.sort_by_key(|tuning| Reverse(tuning.flop()));
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
