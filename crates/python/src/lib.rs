//! The interface to Python: the module `_hrm`, which the package `hrm` in `python/` stands on.
//!
//! Whatever runs a network lets other Python threads go on meanwhile, and looks between segments whether Ctrl-C was
//! pressed (`wait.rs`). Arrays that the network made are handed over, not copied; what comes in may be anything that NumPy
//! takes for an array. Errors are the exceptions of `hrm/_errors.py`.

mod answer;
mod arrays;
mod asked;
mod board;
mod errors;
mod evaluate;
mod fetch;
mod given;
mod load;
mod model;
mod options;
mod pickle;
mod puzzle;
mod run;
mod stream;
mod wait;
mod watch;

use pyo3::prelude::*;
use serde::Serialize;

/// What `hrm/__init__.py` makes the package of.
#[pymodule(name = "_hrm")]
mod module {
    #[pymodule_export]
    use super::answer::{Answer, Step, save};
    #[pymodule_export]
    use super::load::{devices, load, names};
    #[pymodule_export]
    use super::model::Model;
    #[pymodule_export]
    use super::pickle::{answer, puzzle, segment, step};
    #[pymodule_export]
    use super::puzzle::{Puzzle, read};
    #[pymodule_export]
    use super::run::Segment;
    #[pymodule_export]
    use super::stream::Stream;

    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "Python's name")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}

/// Returns a value as the lists, dictionaries and numbers of Python that its JSON is.
fn plain<'py>(py: Python<'py>, value: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    let text = serde_json::to_string(value).map_err(|error| errors::input("figures", error.to_string()))?;
    py.import("json")?.call_method1("loads", (text,))
}
