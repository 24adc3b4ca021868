//! The program `hrm-app`, which `hrm app` starts.
#![cfg_attr(windows, windows_subsystem = "windows")]

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use hrm_app::{StartOptions, run};

/// Watch a Hierarchical Reasoning Model solve puzzles, in a window.
#[derive(Debug, Parser)]
#[command(name = "hrm-app", version)]
struct Args {
    /// A file of puzzles, or a puzzle, to begin with
    input: Option<String>,
    /// Model folder, official checkpoint, a bundled model's name, or hub:OWNER/NAME [default: as last time]
    #[arg(long, short, value_name = "PATH|NAME")]
    model: Option<String>,
    /// auto, cpu, gpu, or an adapter by number or part of its name [default: as last time]
    #[arg(long, short, value_name = "DEVICE")]
    device: Option<String>,
    /// Write the window's state to a file, three times a second
    #[arg(long, value_name = "FILE", hide = true)]
    report: Option<PathBuf>,
}

fn main() -> ExitCode {
    settle_environment();
    let args = Args::parse();
    let options = StartOptions {
        input: args.input,
        model: args.model,
        device: args.device,
        report: args.report,
    };
    match run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let hint = "it needs a display (X11, Wayland) and a graphics driver; `hrm solve` needs neither";
            // Where nothing can be printed nobody can be told.
            let _ = writeln!(std::io::stderr(), "error: {}\nhint: {hint}", plain(&error.to_string()));
            ExitCode::from(3)
        }
    }
}

/// An error without the place in a library's source that it names.
fn plain(error: &str) -> String {
    let Some((before, rest)) = error.split_once("os error at ") else {
        return error.to_owned();
    };
    // A path, a line, and then what it is.
    let said = rest.split_once(": ").map_or("the system refused", |(_, said)| said);
    format!("{before}{said}")
}

/// Brings the environment in order, before anything reads it.
fn settle_environment() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let mut changes: Vec<(&str, Option<&str>)> = Vec::new();
    // Without a session's runtime folder, as for root or in a container, there is no compositor, and the layer of Mesa that
    // orders devices for one complains on standard error.
    if std::env::var_os("XDG_RUNTIME_DIR").is_none_or(|folder| folder.is_empty()) {
        changes.push(("NODEVICE_SELECT", Some("1")));
    }
    if is_stale() {
        changes.push(("WAYLAND_DISPLAY", None));
    }
    for (name, value) in changes {
        // SAFETY: this is the first thing that the process does, while it has one thread.
        match value {
            Some(value) => unsafe { std::env::set_var(name, value) },
            None => unsafe { std::env::remove_var(name) },
        }
    }
}

/// Whether a Wayland session is named that has ended, as in a terminal multiplexer that outlived it, and X11 is there.
#[cfg(unix)]
fn is_stale() -> bool {
    let text = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let Some(display) = text("WAYLAND_DISPLAY") else {
        return false;
    };
    let folder = PathBuf::from(text("XDG_RUNTIME_DIR").unwrap_or_default());
    text("DISPLAY").is_some() && std::os::unix::net::UnixStream::connect(folder.join(display)).is_err()
}

#[cfg(not(unix))]
fn is_stale() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn no_path_of_a_source_reaches_the_user() {
        let raw = "winit EventLoopError: os error at /home/x/.cargo/registry/src/winit-0.30.13/src/linux/mod.rs:765: no display";
        assert_eq!(plain(raw), "winit EventLoopError: no display");
        assert_eq!(plain("no adapter"), "no adapter");
    }
}
