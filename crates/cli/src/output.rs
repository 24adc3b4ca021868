//! Standard output, errors, progress, Ctrl-C.

use std::borrow::Cow;
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

/// What is said of answers whose network left the range of numbers.
pub(super) const NOT_FINITE: &str =
    "the network's numbers are not finite: the training run diverged, or its weights are too large for this precision";

/// Returns the text as a terminal may show it: what files hold can be part of it, and must not command the terminal. Only
/// line ends and tabs are left.
fn shown(text: &str) -> Cow<'_, str> {
    escaped(text, |_| None)
}

/// As [`shown`], but leaves colours, which are this program's: there must be nothing in the text that a file could colour.
fn coloured(text: &str) -> Cow<'_, str> {
    escaped(text, |from| {
        let from = from.strip_prefix("\x1b[")?;
        let end = from.find(|c: char| !c.is_ascii_digit() && c != ';')?;
        from[end..].starts_with('m').then_some(end + 3)
    })
}

/// Escapes what commands a terminal, except where `left` tells the length of a sequence that is left.
fn escaped(text: &str, left: impl Fn(&str) -> Option<usize>) -> Cow<'_, str> {
    let commands = |c: char| commands(c) && c != '\n' && c != '\t';
    if !text.contains(commands) {
        return Cow::Borrowed(text);
    }
    let (mut safe, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(commands) {
        let (before, from) = rest.split_at(at);
        safe.push_str(before);
        let sequence = left(from);
        let len = sequence.unwrap_or_else(|| from.chars().next().map_or(0, char::len_utf8));
        match sequence {
            Some(_) => safe.push_str(&from[..len]),
            None => safe.extend(from[..len].chars().flat_map(char::escape_unicode)),
        }
        rest = &from[len..];
    }
    Cow::Owned(safe + rest)
}

/// Returns a text that may contain names from a file as one line, with line ends escaped.
pub(super) fn one_line(text: &str) -> String {
    shown(text).replace('\n', "\\n")
}

/// Whether a terminal acts on a character instead of showing it: it controls, or turns the order of others around.
fn commands(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Writes a line to standard error. Where that is not possible nobody can be told, and the work goes on.
pub(super) fn say(line: &str) {
    let _ = writeln!(anstream::stderr(), "{}", shown(line));
}

/// Writes to standard output.
pub(super) fn print(text: &str) -> Result<()> {
    print_safe(&shown(text))
}

/// Writes boards or help to standard output, with the colours that the program gave them; these are dropped if it is not a
/// terminal or NO_COLOR is set.
pub(super) fn print_coloured(text: &str) -> Result<()> {
    print_safe(&coloured(text))
}

fn print_safe(text: &str) -> Result<()> {
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
    // JSON escapes some of what commands a terminal, and can escape the rest: it says the same.
    let mut safe = String::with_capacity(line.len() + 1);
    for c in line.chars() {
        match commands(c) {
            true => safe += &format!("\\u{:04x}", u32::from(c)),
            false => safe.push(c),
        }
    }
    safe.push('\n');
    print_safe(&safe)
}

/// Most errors of a kind that are printed.
const MOST: usize = 10;

/// Reports errors on standard error: at most ten of a kind and then how many more there are, and each hint once.
#[derive(Debug, Default)]
pub(super) struct Errors {
    kinds: HashMap<Discriminant<Error>, usize>,
    hints: Vec<String>,
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
        say(&format!("error: {}", one_line(&error.to_string())));
        if let Some(hint) = hints::hint(error).filter(|hint| !self.hints.contains(hint)) {
            self.hints.push(hint);
        }
    }

    /// Prints what was left out and the hints; returns the exit code, 0 where there was no error.
    pub(super) fn finish(&mut self) -> u8 {
        let more: usize = self.kinds.drain().map(|(_, count)| count.saturating_sub(MOST)).sum();
        if more > 0 {
            say(&format!("error: and {more} more of these"));
        }
        for hint in self.hints.drain(..) {
            say(&format!("hint: {hint}"));
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
    say(&format!("note: {text}"));
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
    keep_ticking(&bar);
    bar
}

/// Returns a progress bar of bytes on standard error, shown only on a terminal; how many it will be may be unknown.
pub(super) fn bytes(len: Option<u64>, what: &str) -> ProgressBar {
    let (bar, template) = match len {
        Some(len) => (
            ProgressBar::new(len),
            "{msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta} left",
        ),
        None => (ProgressBar::no_length(), "{msg} {bytes} {bytes_per_sec}"),
    };
    let style = ProgressStyle::with_template(template).ok();
    let style = style.unwrap_or_else(ProgressStyle::default_bar).progress_chars("=> ");
    bar.set_style(style);
    bar.set_message(what.to_owned());
    keep_ticking(&bar);
    bar
}

/// Draws a bar again and again, so that it is seen to live; where the system gives no thread, when something happens.
fn keep_ticking(bar: &ProgressBar) {
    if bar.is_hidden() {
        return;
    }
    let bar = bar.downgrade();
    let tick = move || {
        while let Some(bar) = bar.upgrade().filter(|bar| !bar.is_finished()) {
            bar.tick();
            drop(bar);
            std::thread::sleep(Duration::from_millis(200));
        }
    };
    drop(std::thread::Builder::new().name("hrm-progress".to_owned()).spawn(tick));
}

/// Turns the first Ctrl-C into a [`Cancel`]; the second ends the process.
#[derive(Debug, Clone, Default)]
pub(super) struct Interrupt(pub Cancel);

/// What Ctrl-C cancels; without it, it ends the process at once.
static CANCEL: Mutex<Option<Cancel>> = Mutex::new(None);

impl Interrupt {
    pub(super) fn listen() -> Interrupt {
        let interrupt = Interrupt::default();
        Interrupt::cancels(&interrupt.0);
        interrupt
    }

    /// Makes `cancel` what the first Ctrl-C cancels.
    pub(super) fn cancels(cancel: &Cancel) {
        *CANCEL.lock().unwrap_or_else(PoisonError::into_inner) = Some(cancel.clone());
        Interrupt::at_once();
    }

    /// Ends the process, and takes along what is half written.
    fn exit() -> ! {
        hrm::files::discard_unfinished();
        std::process::exit(i32::from(INTERRUPTED))
    }

    /// Lets Ctrl-C end the process, which says so, until there is something to cancel.
    pub(super) fn at_once() {
        // Without a handler Ctrl-C still ends the process, only less politely; a second call finds the first's.
        let _ = ctrlc::set_handler(|| {
            let cancel = CANCEL.lock().unwrap_or_else(PoisonError::into_inner).clone();
            match cancel {
                Some(cancel) if !cancel.is_cancelled() => cancel.cancel(),
                Some(_) => Interrupt::exit(),
                None => {
                    note("interrupted");
                    Interrupt::exit()
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_commands_a_terminal_but_the_colours_of_boards() {
        let red = "\x1b[1;31mred\x1b[0m";
        assert_eq!(coloured(red), red);
        assert_eq!(shown(red), "\\u{1b}[1;31mred\\u{1b}[0m");
        for (text, safe) in [
            ("a\tb\n", "a\tb\n"),
            ("\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}"),
            ("\x1b[2J\x1b[H", "\\u{1b}[2J\\u{1b}[H"),
            ("\u{9b}2J\r\x08", "\\u{9b}2J\\u{d}\\u{8}"),
            ("\x1b[", "\\u{1b}["),
            ("\x1b[31", "\\u{1b}[31"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("é漢", "é漢"),
        ] {
            assert_eq!((&*shown(text), &*coloured(text)), (safe, safe));
        }
    }
}
