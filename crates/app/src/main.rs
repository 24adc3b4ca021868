//! The window as a program: `hrm-app`, which `hrm app` starts.
#![cfg_attr(windows, windows_subsystem = "windows")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use hrm::Error;
use hrm_app::{Options, run};

/// Watch a Hierarchical Reasoning Model think, in a window.
#[derive(Debug, Parser)]
#[command(name = "hrm-app", version)]
struct Args {
    /// A file of puzzles, or a puzzle, to begin with
    input: Option<String>,
    /// Model folder, official checkpoint, or a bundled model's name [default: the last one]
    #[arg(long, short, value_name = "PATH|NAME")]
    model: Option<String>,
    /// auto, cpu, gpu, or an adapter by number or part of its name [default: the last one]
    #[arg(long, short, value_name = "DEVICE")]
    device: Option<String>,
    /// Write what the window measures of itself to a file, three times a second
    #[arg(long, value_name = "FILE", hide = true)]
    report: Option<PathBuf>,
}

fn main() -> ExitCode {
    quiet_mesa();
    let args = Args::parse();
    let options = Options {
        input: args.input,
        model: args.model,
        device: args.device,
        report: args.report,
    };
    match run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            if matches!(error, Error::Window { .. }) {
                eprintln!("hint: it needs a display (X11, Wayland) and a graphics driver; `hrm solve` needs neither");
            }
            ExitCode::from(3)
        }
    }
}

/// Silences a layer of Mesa: without a session's runtime folder (root, containers) Mesa's layer that orders Vulkan devices for a compositor
/// complains on standard error. There is no compositor then, and nothing to order.
fn quiet_mesa() {
    if cfg!(target_os = "linux") && std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // SAFETY: the first thing that the process does, while it has one thread.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
    }
}
