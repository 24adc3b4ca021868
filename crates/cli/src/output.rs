//! Standard output, errors, progress, Ctrl-C.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::mem::Discriminant;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};

use super::hints;
use hrm::error::{Error, Result};
use hrm::solve::Cancel;

/// Exit code of a command that Ctrl-C ended, by the convention of shells.
pub(super) const INTERRUPTED: u8 = 130;

/// Names of standard input and output in errors.
pub(super) const STDIN: &str = "standard input";
const STDOUT: &str = "standard output";

/// Writes to standard output; colours are dropped if it is not a terminal or NO_COLOR is set.
pub(super) fn print(text: &str) -> Result<()> {
    let mut stdout = anstream::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(Error::io("write", STDOUT))
}

/// Writes bytes to standard output as they are.
pub(super) fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(bytes)
        .and_then(|()| stdout.flush())
        .map_err(Error::io("write", STDOUT))
}

/// Reads standard input to its end.
pub(super) fn read_stdin() -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut stdin = std::io::stdin().lock();
    stdin.read_to_end(&mut bytes).map_err(Error::io("read", STDIN))?;
    Ok(bytes)
}

/// Whether a path stands for standard input or output.
pub(super) fn is_stdio(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Returns a number with its noun: "1 segment", "2 segments".
pub(super) fn count_of(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

/// Writes one JSON object as a line.
pub(super) fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let line = serde_json::to_string(value).map_err(|e| Error::Input {
        what: "JSON output".into(),
        reason: e.to_string(),
    })?;
    print(&format!("{line}\n"))
}

/// Most errors of a kind that are printed.
const MOST: usize = 10;

/// Reports errors on standard error: at most ten of a kind and then how many more there are, and each hint once.
#[derive(Debug, Default)]
pub(super) struct Errors {
    kinds: HashMap<Discriminant<Error>, usize>,
    hints: Vec<&'static str>,
    code: u8,
}

impl Errors {
    pub(super) fn report(&mut self, error: &Error) {
        self.code = self.code.max(hints::exit_code(error));
        let count = self.kinds.entry(std::mem::discriminant(error)).or_default();
        *count += 1;
        if *count > MOST {
            return;
        }
        anstream::eprintln!("error: {error}");
        if let Some(hint) = hints::hint(error).filter(|hint| !self.hints.contains(hint)) {
            self.hints.push(hint);
        }
    }

    /// Prints what was left out and the hints; returns the exit code, 0 where there was no error.
    pub(super) fn finish(&mut self) -> u8 {
        let more: usize = self.kinds.drain().map(|(_, count)| count.saturating_sub(MOST)).sum();
        if more > 0 {
            anstream::eprintln!("error: and {more} more of these");
        }
        for hint in self.hints.drain(..) {
            anstream::eprintln!("hint: {}", hint.replace("COMMAND", hints::command()));
        }
        self.code
    }
}

/// Reports an error and its hint on standard error, and returns the exit code.
pub(super) fn report(error: &Error) -> u8 {
    match error {
        // Whoever was reading our output has closed it.
        Error::Io { source, path, .. } if source.kind() == ErrorKind::BrokenPipe && path.as_os_str() == STDOUT => 0,
        Error::Cancelled => INTERRUPTED,
        _ => {
            let mut errors = Errors::default();
            errors.report(error);
            errors.finish()
        }
    }
}

/// Prints a note, which is not an error, on standard error.
pub(super) fn note(text: &str) {
    anstream::eprintln!("note: {text}");
}

/// Returns a progress bar of segments on standard error, shown only on a terminal.
pub(super) fn progress(len: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::new(len);
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} {per_sec} {left}").ok();
    let style = style.unwrap_or_else(ProgressStyle::default_bar).progress_chars("=> ");
    // How much longer it takes is unknown until something is done.
    let left = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        if state.pos() > 0 {
            let _ = write!(out, "{} left", HumanDuration(state.eta()));
        }
    };
    bar.set_style(style.with_key("left", left));
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Returns a progress bar of bytes on standard error, shown only on a terminal.
#[cfg(feature = "hub")]
pub(super) fn bytes(len: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::new(len);
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta} left").ok();
    let style = style.unwrap_or_else(ProgressStyle::default_bar).progress_chars("=> ");
    bar.set_style(style);
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Turns the first Ctrl-C into a [`Cancel`]; the second ends the process.
#[derive(Debug, Clone, Default)]
pub(super) struct Interrupt(pub Cancel);

/// What Ctrl-C cancels; without it, it ends the process at once.
static CANCEL: Mutex<Option<Cancel>> = Mutex::new(None);

impl Interrupt {
    pub(super) fn listen() -> Interrupt {
        let interrupt = Interrupt::default();
        *CANCEL.lock().unwrap_or_else(PoisonError::into_inner) = Some(interrupt.0.clone());
        Interrupt::at_once();
        interrupt
    }

    /// Lets Ctrl-C end the process, which says so, until there is something to cancel.
    pub(super) fn at_once() {
        // Without a handler Ctrl-C still ends the process, only less politely; a second call finds the first's.
        let _ = ctrlc::set_handler(|| {
            let cancel = CANCEL.lock().unwrap_or_else(PoisonError::into_inner).clone();
            match cancel {
                Some(cancel) if !cancel.is_cancelled() => cancel.cancel(),
                Some(_) => std::process::exit(i32::from(INTERRUPTED)),
                None => {
                    note("interrupted");
                    std::process::exit(i32::from(INTERRUPTED))
                }
            }
        });
    }
}
