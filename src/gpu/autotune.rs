//! Which tile a linear layer is computed in: tried on the device where its shape is new, and remembered in the user's
//! cache folder.
//!
//! Both tiles give the same bits; which one is faster on how many rows is the device's matter. [`Linear::tile`] is the
//! rule that serves all devices without a trial: in software, in browsers, and where the user wants none.

mod file;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use wgpu::{AdapterInfo, DeviceType};

use super::adapter::{self, AdapterReport};
use super::buffers::DeviceWeights;
use super::device::Gpu;
use super::listing::Listing;
use super::program;
use crate::error::Result;
use crate::kernels::{Join, Linear, Plan, Step, Target, Tile, Variant};

/// For all shapes of a batch together, about, once shaders are compiled. What is left goes by the rule until the next
/// batch.
const BATCH: Duration = Duration::from_secs(1);

/// For one shape, about.
const SHAPE: Duration = Duration::from_millis(60);

/// Least time between two looks at the clock: far longer than a submission takes by itself, far shorter than a frame.
const TURN: f64 = 0.002;

/// The share of the rule's time that another tile must stay below: less may be chance.
const WORTH: f64 = 0.97;

/// Tiles by shape.
type Choices = BTreeMap<String, Tile>;

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
    /// Shapes whose tiles were timed.
    pub shapes: usize,
    /// What that took.
    pub time: Duration,
}

/// What is remembered of an adapter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remembered {
    /// Shapes whose faster tile is known, to this version of the program.
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

    /// The tiles of a plan's linear layers for a target, by shape: those that are known, and those that are tried now.
    ///
    /// # Errors
    /// What wgpu reports. That nothing can be read or remembered is none.
    pub(super) async fn tiles(
        &self,
        gpu: &Gpu,
        plan: &Plan,
        weights: &DeviceWeights,
        target: &Target<'_>,
    ) -> Result<Choices> {
        let (Some(file), Variant::Workgroup) = (&self.file, target.variant) else {
            return Ok(Choices::new());
        };
        let steps = plan.load.iter().chain(&plan.segment).chain(&plan.halting);
        let linear = steps.filter_map(|step| match step {
            Step::Linear(linear) => Some((shape(linear, target), linear)),
            _ => None,
        });
        let mut new: BTreeMap<String, &Linear> = linear.collect();
        new.retain(|shape, _| !self.state().known.contains_key(shape));
        if new.is_empty() {
            return Ok(self.state().known.clone());
        }
        self.state().known.extend(file::read(file, &self.adapter));
        new.retain(|shape, _| !self.state().known.contains_key(shape));
        // What cannot be remembered would be tried at every start.
        if !new.is_empty() && file::can_be_written(file) {
            // Where time runs out, it was spent on those that matter most.
            let mut new: Vec<(String, &Linear)> = new.into_iter().collect();
            new.sort_by_key(|(_, linear)| Reverse(linear.flop()));
            let trials = new.into_iter().map(|(shape, linear)| Trial {
                listing: listing(plan, target, linear),
                rule: linear.tile(target.samples),
                shape,
            });
            let (begun, mut timed, mut found) = (Instant::now(), Duration::ZERO, Choices::new());
            for trial in trials {
                if timed < BATCH {
                    let (tile, time) = trial.faster(gpu, plan, weights, target.samples).await?;
                    timed += time;
                    found.insert(trial.shape, tile);
                }
            }
            // The next start tries again what could not be written.
            let _ = file::add(file, &self.adapter, &found);
            let mut state = self.state();
            state.tried.shapes += found.len();
            state.tried.time += begun.elapsed();
            state.known.extend(found);
        }
        Ok(self.state().known.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a tile is chosen for: rows, inputs and outputs of a dispatch, how the weight is stored, and what becomes of the
/// product.
pub(super) fn shape(linear: &Linear, target: &Target) -> String {
    let rows = target.samples * linear.rows;
    let weight = if (target.half)(linear.weight) { "f16" } else { "f32" };
    let join = match linear.join {
        Join::Store => "store",
        Join::Rope { .. } => "rope",
        Join::Swiglu => "swiglu",
        Join::Residual { .. } => "residual",
    };
    format!("{rows}x{}x{} {weight} {join}", linear.inputs, linear.outputs)
}

/// A layer in all tiles.
struct Trial {
    shape: String,
    /// The tile by the rule.
    rule: Tile,
    /// A dispatch for each of [`Tile::ALL`].
    listing: Listing,
}

fn listing(plan: &Plan, target: &Target, linear: &Linear) -> Listing {
    let steps = [Step::Linear(linear.clone())];
    let dispatches = Tile::ALL.into_iter().flat_map(|tile| {
        let tile = &|_: &Linear| Some(tile);
        Target { tile, ..*target }.list(&steps, &plan.io).0
    });
    Listing {
        segment: dispatches.collect(),
        ..Default::default()
    }
}

impl Trial {
    /// The tile of the rule, unless another is clearly ahead; and how long they were timed.
    async fn faster(
        &self,
        gpu: &Gpu,
        plan: &Plan,
        weights: &DeviceWeights,
        samples: usize,
    ) -> Result<(Tile, Duration)> {
        // On buffers of its own: a residual sum changes what it adds to. They are freed before the batch has its own.
        let groups = program::record(gpu, plan, &self.listing, weights, samples, |_| false).await?;
        let Some(group) = groups.first() else {
            return Ok((self.rule, Duration::ZERO));
        };
        let samples = group.slots.len();
        group.list(gpu, &(0..samples).collect::<Vec<usize>>());

        let flop = group.segment().iter().map(|step| step.flop).max().unwrap_or(0);
        let most = (gpu.pace.budget() / (flop * samples as u64).max(1)).max(1);
        // Some drivers compile when a shader is first dispatched, and memory is cleared when it is first used.
        for step in group.segment() {
            step.clocked(gpu, samples, 1).await?;
        }
        let (begun, mut times) = (Instant::now(), 1);
        let mut best = Tile::ALL.map(|tile| (tile, f64::INFINITY));
        // In turns, since a device's clock may change. The first turns are short, to see how long a dispatch takes: later
        // ones, which a submission weighs less in, undercut them.
        while begun.elapsed() < SHAPE {
            let mut longest = 0.0f64;
            for (step, (_, best)) in group.segment().iter().zip(&mut best) {
                let seconds = step.clocked(gpu, samples, times).await?;
                *best = best.min(seconds / times as f64);
                longest = longest.max(seconds);
            }
            if longest < TURN {
                times = (2 * times).min(most);
            }
        }
        let by_rule = best.iter().find(|(tile, _)| *tile == self.rule);
        let bar = WORTH * by_rule.map_or(0.0, |(_, seconds)| *seconds);
        let ahead = best.iter().find(|(_, seconds)| *seconds < bar);
        let tile = ahead.map_or(self.rule, |(tile, _)| *tile);
        Ok((tile, begun.elapsed()))
    }
}
