//! The one error type of the library.

use std::path::{Path, PathBuf};

/// Result with [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong. Messages say what was expected, what was found and where; options go by the names that
/// [`SolverBuilder`](crate::solve::SolverBuilder) gives them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried: "read", "write", "open".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// No model was found where one was asked for.
    #[error("no model found: {what}: {reason}")]
    NoModel {
        /// The path or name that was asked for.
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
    /// A weight file is not what its format demands (truncated, overlapping, oversized, refused opcode, …).
    #[error("weights {}: {reason}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What was expected and what was found.
        reason: String,
    },
    /// Tensors are missing, unexpected, misshapen or of the wrong type: all of them, one a line.
    #[error("weights {} do not fit the configuration {}: {}", path.display(), config.display(), problems.join("; "))]
    Tensors {
        /// The weight file.
        path: PathBuf,
        /// The configuration file, or what stands for it.
        config: PathBuf,
        /// One sentence a tensor: its name, what was found and what was expected.
        problems: Vec<String>,
    },
    /// A tensor holds NaN or infinity.
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
        /// Where, when it came from a file or a stream.
        at: Option<Location>,
        /// What was expected and what was found.
        reason: String,
    },
    /// A data set, tensor file or other input does not have the form it should have.
    #[error("{what}: {reason}")]
    Input {
        /// The file, option or argument.
        what: String,
        /// What was expected and what was found.
        reason: String,
    },
    /// Options that do not go together, or a halting rule that the task cannot obey.
    #[error("{0}")]
    Usage(String),
    /// No device could be had, or it does not suffice.
    #[error("device: {reason}")]
    Device {
        /// What was expected and what was found.
        reason: String,
    },
    /// The device was lost: unplugged, reset, its driver restarted, or destroyed.
    #[error("device lost: {reason}")]
    DeviceLost {
        /// What the driver said.
        reason: String,
    },
    /// The device has no memory left.
    #[error("out of device memory: {reason}")]
    OutOfMemory {
        /// What wgpu said.
        reason: String,
    },
    /// wgpu or the driver refused something that hrm asked for: a defect of one of the three.
    #[error("device error: {reason}")]
    Gpu {
        /// What wgpu said.
        reason: String,
    },
    /// The caller cancelled the work.
    #[error("cancelled")]
    Cancelled,
}

/// A place in a text: file, line and column, counted from 1.
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
    /// An [`Error::Io`] for `path`.
    pub fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.as_ref().to_path_buf();
        move |source| Error::Io { action, path, source }
    }
}
