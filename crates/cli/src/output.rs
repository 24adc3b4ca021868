//! Standard output, errors, progress, Ctrl-C.

use std::io::{ErrorKind, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::hints;
use hrm::error::{Error, Result};
use hrm::solve::Cancel;

/// Exit code of a command that Ctrl-C ended, by the convention of shells.
pub(super) const INTERRUPTED: u8 = 130;

/// Name of standard output in errors.
const STDOUT: &str = "standard output";

/// Writes to standard output; colours are dropped if it is not a terminal or NO_COLOR is set.
pub(super) fn print(text: &str) -> Result<()> {
    let mut stdout = anstream::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(Error::io("write", STDOUT))
}

/// Writes one JSON object as a line.
pub(super) fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let line = serde_json::to_string(value).map_err(|e| Error::Input {
        what: "JSON output".into(),
        reason: e.to_string(),
    })?;
    print(&format!("{line}\n"))
}

/// Reports an error and its hint on standard error, and returns the exit code.
pub(super) fn report(error: &Error) -> u8 {
    match error {
        // Whoever was reading our output has closed it.
        Error::Io { source, path, .. } if source.kind() == ErrorKind::BrokenPipe && path.as_os_str() == STDOUT => 0,
        Error::Cancelled => INTERRUPTED,
        _ => {
            anstream::eprintln!("error: {error}");
            if let Some(hint) = hints::hint(error) {
                anstream::eprintln!("hint: {hint}");
            }
            hints::exit_code(error)
        }
    }
}

/// Prints a note, which is not an error, on standard error.
pub(super) fn note(text: &str) {
    anstream::eprintln!("note: {text}");
}

/// Returns a progress bar on standard error, shown only on a terminal.
pub(super) fn progress(len: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::new(len);
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} {per_sec} {eta} left").ok();
    bar.set_style(style.unwrap_or_else(ProgressStyle::default_bar).progress_chars("=> "));
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Turns the first Ctrl-C into a [`Cancel`]; the second ends the process.
#[derive(Debug, Clone, Default)]
pub(super) struct Interrupt(pub Cancel);

impl Interrupt {
    pub(super) fn listen() -> Interrupt {
        let interrupt = Interrupt::default();
        let cancel = interrupt.0.clone();
        // Without a handler Ctrl-C still ends the process, only less politely.
        let _ = ctrlc::set_handler(move || {
            if cancel.is_cancelled() {
                std::process::exit(i32::from(INTERRUPTED));
            }
            cancel.cancel();
        });
        interrupt
    }
}
