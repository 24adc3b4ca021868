//! What is to be solved: from arguments, files and standard input, as it comes.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use super::output::{STDIN, is_stdio};
use super::stream::{send_all, stream};
use hrm::error::{Error, Location, Result};
use hrm::tasks::{self, Entry, Likelihood, Puzzle, Task};

/// A puzzle of the input, or what is wrong in its place.
#[derive(Debug)]
pub(super) struct Item {
    /// Where it stands, for messages.
    pub place: String,
    /// The line that it begins in, from 1; 0 where that is unknown.
    pub line: usize,
    pub asked: Result<Arc<Puzzle>>,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Next {
    Item(Item),
    /// Nothing yet.
    Later,
    End,
}

/// The items of all inputs, in order. They are read by a thread, so that answers need not wait for the end of an input.
#[derive(Debug)]
pub(super) struct Feed {
    items: VecDeque<Item>,
    rest: Option<Receiver<Item>>,
    /// The first puzzle.
    found: Option<Arc<Puzzle>>,
}

/// Most items that wait to be asked.
const AHEAD: usize = 4096;
/// How long an open input may be silent after its first puzzle before that one is answered as one of several.
const SILENCE: Duration = Duration::from_millis(100);
/// Largest text that is read, in bytes.
pub(super) const LARGEST: u64 = 1 << 30;

impl Feed {
    /// Begins to read the inputs: puzzles, files, and `-` or nothing for standard input.
    ///
    /// # Errors
    /// [`Error::Usage`] where nothing is given and standard input is a terminal.
    pub(super) fn open(inputs: &[OsString], task: Option<Task>) -> Result<Feed> {
        let mut inputs = inputs.to_vec();
        if inputs.is_empty() {
            if std::io::stdin().is_terminal() {
                return Err(Error::Usage(
                    "expected a puzzle: its text, a file, or `-` for standard input".into(),
                ));
            }
            inputs.push("-".into());
        }
        if let Some(rows) = rows(&inputs, task) {
            inputs = vec![rows.into()];
        }
        let (send, receive) = sync_channel(AHEAD);
        let read = move || {
            // Nobody listens any more where this fails.
            let _ = inputs.iter().try_for_each(|input| read(input, task, &send));
        };
        let thread = std::thread::Builder::new().name("hrm-input".to_owned());
        thread.spawn(read).map_err(Error::io("start a thread for", STDIN))?;
        Ok(Feed {
            items: VecDeque::new(),
            rest: Some(receive),
            found: None,
        })
    }

    /// Returns the next item, if there is one already.
    pub(super) fn next(&mut self) -> Next {
        self.receive(Duration::ZERO);
        match self.items.pop_front() {
            Some(item) => Next::Item(item),
            None if self.rest.is_some() => Next::Later,
            None => Next::End,
        }
    }

    /// Waits a while for an item; returns whether there may be one.
    pub(super) fn wait(&mut self) -> bool {
        if self.items.is_empty() {
            self.receive(SILENCE);
        }
        !self.items.is_empty() || self.rest.is_some()
    }

    /// Waits for the first puzzle and for what follows it closely; returns the puzzle, if there is one.
    pub(super) fn first(&mut self) -> Option<Arc<Puzzle>> {
        while self.found.is_none() && self.rest.is_some() {
            self.receive(SILENCE);
        }
        if self.items.len() < 2 {
            self.receive(SILENCE);
        }
        while self.rest.is_some() && self.receive(Duration::ZERO) {}
        self.found.clone()
    }

    /// Returns how many items there are, if all have been read.
    pub(super) fn count(&self) -> Option<usize> {
        self.rest.is_none().then_some(self.items.len())
    }

    /// Returns how many items have been read.
    pub(super) fn seen(&self) -> usize {
        self.items.len()
    }

    /// Waits so long for one more item, or for the end; returns whether one came.
    fn receive(&mut self, wait: Duration) -> bool {
        let Some(rest) = &self.rest else { return false };
        match rest.recv_timeout(wait) {
            Ok(item) => {
                self.found = self.found.take().or_else(|| item.asked.as_ref().ok().cloned());
                self.items.push_back(item);
                true
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => {
                self.rest = None;
                false
            }
        }
    }
}

/// Whether an argument is a puzzle, a file of them, what may be meant as one, or `-`, rather than a misspelt command.
pub(super) fn is_asked(arguments: &[OsString]) -> bool {
    let Some(first) = arguments.first() else { return false };
    let text = first.to_str().unwrap_or_default();
    let is_option = |argument: &OsString| argument.as_encoded_bytes().starts_with(b"-") && argument != "-";
    if is_option(first) {
        return arguments[1..]
            .iter()
            .any(|argument| !is_option(argument) && is_asked(std::slice::from_ref(argument)));
    }
    let is_file = Path::new(first).is_file() || text == "-" || text.contains(['.', '/', '\\']);
    let given: Vec<OsString> = arguments
        .iter()
        .take_while(|argument| argument.as_encoded_bytes().first() != Some(&b'-'))
        .cloned()
        .collect();
    is_file || is_puzzle(text) || rows(&given, None).is_some()
}

/// The one puzzle of which several arguments are the rows.
fn rows(inputs: &[OsString], task: Option<Task>) -> Option<String> {
    if inputs.len() < 2
        || inputs
            .iter()
            .any(|input| is_stdio(Path::new(input)) || Path::new(input).exists())
    {
        return None;
    }
    let rows: Option<Vec<&str>> = inputs.iter().map(|input| input.to_str()).collect();
    let rows = rows?;
    let text = rows.join("\n");
    let is_one = |text: &str| matches!(tasks::read(text.as_bytes(), "", task)[..], [Ok(_)]);
    (!rows.iter().any(|row| is_one(row)) && is_one(&text)).then_some(text)
}

/// Whether an argument is meant to be a puzzle, even if a character is wrong.
fn is_puzzle(input: &str) -> bool {
    let is_long = input.chars().count() >= 40 && !input.contains(['/', '\\']);
    let is_certain = || tasks::all().iter().any(|task| task.sniff(input) == Likelihood::Certain);
    is_long || input.contains('\n') || (input.len() > 8 && is_certain())
}

pub(super) type Sent = std::result::Result<(), std::sync::mpsc::SendError<Item>>;

/// Sends what one input holds.
fn read(input: &OsStr, task: Option<Task>, send: &SyncSender<Item>) -> Sent {
    let path = Path::new(input);
    let wrong = |error: Error| Item {
        place: path.display().to_string(),
        line: 0,
        asked: Err(error),
    };
    if is_stdio(path) {
        return stream(std::io::stdin().lock(), task, send);
    }
    if let Some(files) = tasks::all().iter().find_map(|task| task.files(path)) {
        let send_file = |file: PathBuf| read(file.as_os_str(), task, send);
        return files.into_iter().try_for_each(send_file);
    }
    let text = input.to_str().filter(|text| is_puzzle(text) && !path.exists());
    let (bytes, name) = match text {
        Some(text) => (text.as_bytes().to_vec(), "puzzle".to_owned()),
        None => match file(path) {
            Ok(bytes) => (bytes, path.display().to_string()),
            Err(error) => return send.send(wrong(error)),
        },
    };
    if let Some(puzzle) = picture(&bytes, &name, task) {
        return send.send(Item {
            place: name,
            line: 0,
            asked: puzzle.map(Arc::new),
        });
    }
    send_all(piece(&bytes, &name, 0, 0, task), send)
}

/// The puzzle in a picture of a board, where a task reads pictures.
fn picture(bytes: &[u8], name: &str, task: Option<Task>) -> Option<Result<Puzzle>> {
    let mut tasks = task.map_or_else(tasks::all, |task| vec![task]).into_iter();
    let is_png = bytes.starts_with(b"\x89PNG");
    is_png.then(|| tasks.find_map(|task| task.read_picture(bytes, name)))?
}

/// Reads a file to its end.
fn file(path: &Path) -> Result<Vec<u8>> {
    let input = |reason: &str| Error::Input {
        what: path.display().to_string(),
        reason: reason.to_owned(),
    };
    if path.as_os_str().is_empty() {
        return Err(Error::Usage(
            "expected a puzzle, a file or `-`, found an empty text".to_owned(),
        ));
    }
    if path.is_dir() {
        return Err(input("expected a puzzle or a file, found a folder"));
    }
    let (mut file, mut bytes) = (std::fs::File::open(path).map_err(Error::io("read", path))?, Vec::new());
    let read = Read::by_ref(&mut file).take(LARGEST).read_to_end(&mut bytes);
    read.map_err(Error::io("read", path))?;
    match bytes.len() as u64 == LARGEST {
        true => Err(input("expected a text below 1 GiB, found more")),
        false => Ok(bytes),
    }
}

/// The items of a text that follows `before` lines, of which the first `skipped` of this one were read already.
pub(super) fn piece(bytes: &[u8], name: &str, before: usize, skipped: usize, task: Option<Task>) -> Vec<Item> {
    let placed = |line: usize| if line > skipped { line - skipped + before } else { line };
    let item = |entry: Result<Entry>| match entry {
        Ok(entry) => Item {
            line: placed(entry.line),
            place: match &entry.puzzle.name {
                Some(task) => format!("{name}, task {task}, test {}", entry.puzzle.part + 1),
                None => format!("{name}, line {}", placed(entry.line)),
            },
            asked: Ok(Arc::new(entry.puzzle)),
        },
        Err(Error::Puzzle {
            task,
            at: Some(at),
            reason,
        }) => {
            let at = Location {
                line: placed(at.line),
                ..at
            };
            Item {
                line: at.line,
                place: at.to_string(),
                asked: Err(Error::Puzzle {
                    task,
                    at: Some(at),
                    reason,
                }),
            }
        }
        Err(error) => Item {
            line: 0,
            place: name.to_owned(),
            asked: Err(error),
        },
    };
    tasks::read(bytes, name, task).into_iter().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EASY: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

    #[test]
    fn arguments_are_told_from_commands() {
        let asked = |text: &str| {
            let arguments: Vec<OsString> = text.split(' ').map(OsString::from).collect();
            is_asked(&arguments)
        };
        let rows: Vec<&str> = (0..9).map(|row| &EASY[9 * row..][..9]).collect();
        let option_first = format!("--json {EASY}");
        for text in [
            EASY,
            &EASY[..80],
            &rows.join(" "),
            &option_first,
            "-",
            "Cargo.toml --quiet",
            "-q Cargo.toml",
            "nowhere.txt",
            "a/b",
        ] {
            assert!(asked(text), "{text}");
        }
        for text in ["solv", "frobnicate", "--help", "--version", "-q solv", ""] {
            assert!(!asked(text), "{text}");
        }
    }
}
