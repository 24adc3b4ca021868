//! Which tile a linear layer is computed in, and whether in f16: tried on the device where its shape is new, and
//! remembered in the user's cache folder.
//!
//! Both tiles give the same bits; which one is faster on how many rows is the device's matter. [`Linear::tile`] is the
//! rule that serves all devices without a trial: in software, in browsers, and where the user wants none. There all
//! products are f32, too. Those in f16 give other bits: whether a model has them does not depend on the batch.

mod file;
mod trial;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use wgpu::{AdapterInfo, DeviceType};

use super::adapter::{self, AdapterReport};
use super::buffers::DeviceWeights;
use super::device::Gpu;
use crate::error::Result;
use crate::kernels::{Linear, Plan, Real, Step, Target, Tile, Variant};
use trial::{Bench, Trial, shape};

/// For all shapes of a batch together, about, once shaders are compiled. What is left goes by the rule until the next
/// batch.
const BATCH: Duration = Duration::from_secs(1);

/// What was tried, by shape.
type Choices = BTreeMap<String, Choice>;

/// What turned out to be the faster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Choice {
    /// For a linear layer of that shape.
    Tile(Tile),
    /// For a model whose largest linear layer is that.
    Real(Real),
}

/// What suits a device.
#[derive(Debug, Default)]
pub(super) struct Tuned {
    choices: Choices,
    /// What linear layers multiply.
    pub real: Real,
}

impl Tuned {
    /// The tile of a linear layer, where one is known to suit.
    pub(super) fn tile(&self, linear: &Linear, target: &Target) -> Option<Tile> {
        let target = Target {
            real: self.real,
            ..*target
        };
        match self.choices.get(&shape(linear, &target)) {
            Some(Choice::Tile(tile)) => Some(*tile),
            _ => None,
        }
    }
}

/// What a device knows of its tiles.
#[derive(Debug)]
pub(super) struct Autotune {
    /// Remembers; where there is none, nothing is tried.
    file: Option<PathBuf>,
    /// What the device is called in the file.
    adapter: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    known: Choices,
    tried: Tried,
}

/// What has been tried on a device since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tried {
    /// Shapes of which tiles, or f32 and f16, were timed.
    pub shapes: usize,
    /// What that took.
    pub time: Duration,
}

/// What is remembered of an adapter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remembered {
    /// Shapes whose faster tile is known, or whether f16 is faster, to this version of the program.
    pub shapes: usize,
    /// The file; `None` where nothing is tried.
    pub file: Option<PathBuf>,
    /// Why nothing is tried.
    pub off: Option<String>,
}

impl AdapterReport {
    /// What is remembered of its tiles.
    pub fn autotune(&self) -> Remembered {
        match place(self.kind == adapter::kind(DeviceType::Cpu)) {
            Ok(file) => Remembered {
                shapes: file::read(&file, &called(&self.name, &self.backend, &self.driver)).len(),
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

/// Where a user's choices are remembered, or why nothing is tried.
fn place(software: bool) -> std::result::Result<PathBuf, String> {
    let asked = std::env::var("HRM_AUTOTUNE").unwrap_or_default();
    if ["off", "0", "no", "false"].contains(&asked.to_lowercase().as_str()) {
        return Err(format!("HRM_AUTOTUNE is `{asked}`"));
    }
    if software {
        return Err("software adapters have one tile".to_owned());
    }
    let cache = dirs::cache_dir().ok_or("this system names no cache folder")?;
    Ok(file::path(&cache.join("hrm")))
}

/// A driver may change what is fast.
fn called(name: &str, backend: &str, driver: &str) -> String {
    format!("{name} ({backend}), {driver}")
}

impl Autotune {
    /// As the user wants it.
    pub(super) fn new(info: &AdapterInfo) -> Self {
        Autotune {
            file: place(info.device_type == DeviceType::Cpu).ok(),
            adapter: called(&info.name, &info.backend.to_string(), &adapter::driver(info)),
            state: Mutex::default(),
        }
    }

    /// With its file in that folder, or off.
    pub(super) fn set_folder(&mut self, folder: Option<PathBuf>) {
        self.file = folder.map(|folder| file::path(&folder));
    }

    /// Goes on where another left off.
    pub(super) fn follow(&mut self, other: &Autotune) {
        self.file = other.file.clone();
    }

    /// What has been tried; `None` where it is off.
    pub(super) fn tried(&self) -> Option<Tried> {
        self.file.is_some().then(|| self.state().tried)
    }

    /// What suits a plan's linear layers for a target: what is known, and what is tried now. `f16` tells whether products
    /// may be that.
    ///
    /// # Errors
    /// What wgpu reports. That nothing can be read or remembered is none.
    pub(super) async fn tuned(
        &self,
        gpu: &Gpu,
        plan: &Plan,
        weights: &DeviceWeights,
        target: &Target<'_>,
        f16: bool,
    ) -> Result<Tuned> {
        let (Some(file), Variant::Workgroup) = (&self.file, target.variant) else {
            return Ok(Tuned::default());
        };
        let steps = plan.load.iter().chain(&plan.segment).chain(&plan.halting);
        let linear = steps.filter_map(|step| match step {
            Step::Linear(linear) => Some(linear),
            _ => None,
        });
        let linear: Vec<&Linear> = linear.collect();
        let mut bench = Bench {
            gpu,
            plan,
            weights,
            target: Target { ..*target },
        };

        let halves = linear.iter().filter(|linear| f16 && (target.half)(linear.weight));
        let precision = halves
            .max_by_key(|linear| linear.flop())
            .map(|linear| Trial::real(linear));
        self.try_new(file, precision.iter().cloned(), &bench).await?;
        let chosen = precision.and_then(|trial| self.state().known.get(&trial.shape).copied());
        let real = match chosen {
            Some(Choice::Real(real)) => real,
            _ => Real::F32,
        };

        bench.target.real = real;
        let tiles = linear.into_iter().map(|linear| Trial::tile(&bench.target, linear));
        self.try_new(file, tiles, &bench).await?;
        let choices = self.state().known.clone();
        Ok(Tuned { choices, real })
    }

    /// Tries what is not known yet.
    async fn try_new(&self, file: &Path, trials: impl Iterator<Item = Trial<'_>>, bench: &Bench<'_>) -> Result<()> {
        let mut new: BTreeMap<String, Trial> = trials.map(|trial| (trial.shape.clone(), trial)).collect();
        new.retain(|shape, _| !self.state().known.contains_key(shape));
        if new.is_empty() {
            return Ok(());
        }
        self.state().known.extend(file::read(file, &self.adapter));
        new.retain(|shape, _| !self.state().known.contains_key(shape));
        // What cannot be remembered would be tried at every start.
        if new.is_empty() || !file::can_be_written(file) {
            return Ok(());
        }
        // Where time runs out, it was spent on those that matter most.
        let mut new: Vec<Trial> = new.into_values().collect();
        new.sort_by_key(|trial| Reverse(trial.flop()));
        let (begun, mut timed, mut found) = (Instant::now(), Duration::ZERO, Choices::new());
        for trial in new {
            if timed < BATCH {
                let (choice, time) = trial.faster(bench).await?;
                timed += time;
                found.insert(trial.shape, choice);
            }
        }
        // The next start tries again what could not be written.
        let _ = file::add(file, &self.adapter, &found);
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
