//! The one error type of the library.

use std::path::{Path, PathBuf};

use crate::tasks::Task;

/// Result with [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong. Messages say what was expected, what was found and where; options are called by their
/// names in [`Options`](crate::Options).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// The action that failed: "read", "write", "open".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// No model was found where one was asked for.
    #[error("no model found: {what}: {reason}")]
    NoModel {
        /// The path or name that was requested.
        what: String,
        /// Why nothing there can be used.
        reason: String,
    },
    /// A configuration file is malformed, incomplete, or disagrees with itself or with the weights.
    #[error("configuration {}: {reason}", path.display())]
    Config {
        /// The file (or the model, where several files disagree).
        path: PathBuf,
        /// What was expected and what was found.
        reason: String,
    },
    /// A weight file violates its format (truncated, overlapping, oversized, refused opcode, …).
    #[error("weights {}: {reason}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What was expected and what was found.
        reason: String,
    },
    /// Tensors are missing, unexpected, misshapen or of the wrong type; lists all of them.
    #[error("weights {} do not fit the configuration {}: {}", path.display(), config.display(), problems.join("; "))]
    Tensors {
        /// The weight file.
        path: PathBuf,
        /// The configuration file, or what stands in for it.
        config: PathBuf,
        /// One sentence per tensor: its name, what was found and what was expected.
        problems: Vec<String>,
    },
    /// A tensor contains NaN or infinity.
    #[error("weights {}: tensor `{tensor}` holds a value that is not finite ({value} at element {index})", path.display())]
    NotFinite {
        /// The weight file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// Index of the first such element, row-major.
        index: usize,
        /// The value found.
        value: f32,
    },
    /// A puzzle could not be read.
    #[error("{}{reason}", at.as_ref().map(|a| format!("{a}: ")).unwrap_or_default())]
    Puzzle {
        /// The task whose puzzle was expected, where that is known: its [`form`](crate::tasks::Definition::form) helps.
        task: Option<Task>,
        /// Where the puzzle is, when it came from a file or a stream.
        at: Option<Location>,
        /// What was expected and what was found.
        reason: String,
    },
    /// A data set, tensor file or other input is malformed.
    #[error("{what}: {reason}")]
    Input {
        /// The file, option or argument.
        what: String,
        /// What was expected and what was found.
        reason: String,
    },
    /// Options that contradict each other, or a halting rule that the task does not support.
    #[error("{0}")]
    Usage(String),
    /// No device is available, or it is insufficient.
    #[error("device: {reason}")]
    Device {
        /// What was expected and what was found.
        reason: String,
    },
    /// The device was lost: unplugged, reset, destroyed, or its driver restarted.
    #[error("device lost: {reason}")]
    DeviceLost {
        /// What the driver reported.
        reason: String,
    },
    /// The device, or the machine, has too little memory.
    #[error("out of memory: {reason}")]
    OutOfMemory {
        /// What was needed, and where.
        reason: String,
    },
    /// wgpu or the driver refused a request: a bug in hrm, wgpu or the driver.
    #[error("device error: {reason}")]
    Gpu {
        /// What wgpu reported.
        reason: String,
    },
    /// The caller cancelled the work.
    #[error("cancelled")]
    Cancelled,
}

/// A place in a text: source, line and column, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file's name, or "standard input".
    pub source: String,
    /// Line, from 1; 0 for the whole text.
    pub line: usize,
    /// Column in characters, from 1; 0 for the whole line.
    pub column: usize,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.source)?;
        if self.line > 0 {
            write!(f, ", line {}", self.line)?;
        }
        if self.column > 0 {
            write!(f, ", column {}", self.column)?;
        }
        Ok(())
    }
}

impl Error {
    /// Returns a function that turns an I/O error on `path` into [`Error::Io`], for `map_err`.
    pub fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.as_ref().to_path_buf();
        move |source| Error::Io { action, path, source }
    }
}
