//! `hrm app`, and a double-click on the binary.

use std::path::PathBuf;
use std::process::ExitCode;

use super::output;
use crate::app::{Options, run};
use crate::error::Result;

/// Arguments of `hrm app`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
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

pub(super) fn app(args: Args) -> Result<u8> {
    run(Options {
        input: args.input,
        model: args.model,
        device: args.device,
        report: args.report,
    })?;
    Ok(0)
}

/// Whether a file manager has started the program: no arguments, a display, and nobody who types or reads.
pub(super) fn is_double_click() -> bool {
    std::env::args_os().len() == 1 && has_display() && is_alone()
}

/// File managers give a program no terminal and no input.
#[cfg(unix)]
fn is_alone() -> bool {
    let same = |input: std::fs::Metadata, null: std::fs::Metadata| {
        use std::os::unix::fs::MetadataExt;
        (input.dev(), input.ino()) == (null.dev(), null.ino())
    };
    let no_input = std::fs::metadata("/dev/stdin").and_then(|input| Ok(same(input, std::fs::metadata("/dev/null")?)));
    no_input.unwrap_or(false) && !std::io::IsTerminal::is_terminal(&std::io::stdout())
}

/// Windows gives a program that was not started from a console one of its own.
#[cfg(windows)]
fn is_alone() -> bool {
    unsafe extern "system" {
        fn GetConsoleProcessList(processes: *mut u32, room: u32) -> u32;
    }
    let mut process = 0;
    // SAFETY: the list has room for one process, as is said.
    unsafe { GetConsoleProcessList(&mut process, 1) == 1 }
}

fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

pub(super) fn double_clicked() -> ExitCode {
    match run(Options::default()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => ExitCode::from(output::report(&error)),
    }
}
