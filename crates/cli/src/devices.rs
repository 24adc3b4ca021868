//! `hrm devices`.

use serde::Serialize;

use super::output;
use hrm::error::Result;
use hrm::gpu::{AdapterReport, Remembered, adapters};

/// Arguments of `hrm devices`.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Args {
    /// Print one JSON object for each device
    #[arg(long)]
    json: bool,
    /// Also show what is remembered about each GPU's matrix products, and where
    #[arg(long, short)]
    verbose: bool,
}

/// An adapter and what is remembered about it.
#[derive(Serialize)]
struct Verbose<'a> {
    #[serde(flatten)]
    adapter: &'a AdapterReport,
    autotune: Remembered,
}

const HELP: &str = "\
When a batch brings new shapes to a GPU, the candidates for its matrix products are timed for about half a second, and the
fastest is remembered in the user's cache folder. HRM_AUTOTUNE=off turns this off: tiles then follow from sizes alone.
Answers are the same either way.";

/// The CPU executor, listed beside the adapters.
#[derive(Serialize)]
struct Cpu {
    name: &'static str,
    threads: usize,
    auto: bool,
    why: &'static str,
}

pub(super) fn devices(args: Args) -> Result<u8> {
    let adapters = pollster::block_on(adapters())?;
    let auto = !adapters.iter().any(|adapter| adapter.auto);
    let cpu = Cpu {
        name: "cpu",
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        auto,
        why: if auto {
            "auto takes it: there is no real GPU here"
        } else {
            "auto prefers a real GPU"
        },
    };
    if args.json {
        output::print_json(&cpu)?;
        let print = |adapter: &AdapterReport| match args.verbose {
            false => output::print_json(adapter),
            true => output::print_json(&Verbose {
                adapter,
                autotune: adapter.autotune(),
            }),
        };
        return adapters.iter().try_for_each(print).map(|()| 0);
    }
    let mark = |auto: bool| if auto { "*" } else { " " };
    let mut text = format!("{} cpu  {} threads\n       {}\n", mark(cpu.auto), cpu.threads, cpu.why);
    for adapter in &adapters {
        text += &format!("{} {:<4} {}\n", mark(adapter.auto), adapter.index, describe(adapter));
        if args.verbose {
            text += &format!("       {}\n", remembered(&adapter.autotune()));
        }
    }
    text += "* is what --device auto takes; --device also takes a number or a part of a name\n";
    output::print(&text)?;
    Ok(0)
}

fn remembered(Remembered { shapes, file, off }: &Remembered) -> String {
    match (file, off) {
        (Some(file), _) => format!(
            "autotune: {shapes} shapes of matrix products known, in {}",
            file.display()
        ),
        (None, off) => format!("autotune is off: {}", off.as_deref().unwrap_or("no file")),
    }
}

fn describe(adapter: &AdapterReport) -> String {
    let offers = [
        ("f16", adapter.shader_f16),
        ("subgroups", adapter.subgroups),
        ("timestamps", adapter.timestamps),
    ];
    let offers: Vec<&str> = offers
        .iter()
        .filter(|(_, offered)| *offered)
        .map(|(name, _)| *name)
        .collect();
    format!(
        "{} ({}, {})\n       driver {}\n       bindings to {} MiB, buffers to {} MiB, workgroups to {} KiB; {}\n       {}",
        adapter.name,
        adapter.kind,
        adapter.backend,
        if adapter.driver.is_empty() {
            "unnamed"
        } else {
            &adapter.driver
        },
        adapter.max_storage_buffer_binding_size >> 20,
        adapter.max_buffer_size >> 20,
        adapter.max_compute_workgroup_storage_size >> 10,
        if offers.is_empty() {
            "no optional features".to_owned()
        } else {
            offers.join(", ")
        },
        adapter.why
    )
}
