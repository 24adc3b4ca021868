//! Puzzles in the forms in which Python's users have them.

use std::path::{Path, PathBuf};

use hrm::error::Error;
use hrm::tasks::{self, Entry, Task};
use numpy::{PyArrayDescrMethods, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList, PyMapping, PyMemoryView, PyString, PyTuple};

use crate::arrays::array;
use crate::errors::{input, raise, tried, unexpected, usage};
use crate::given::{self, found, numeric, short, text};
use crate::puzzle::Puzzle;
use crate::wait::aside;

/// Reads the name of a task.
pub(crate) fn task(name: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Task>> {
    let name = name.map(|name| text("task", name)).transpose()?;
    let task = name.map(|name| short(&name).parse()).transpose();
    task.map_err(|error| usage("task", error))
}

/// How the library reads a text: as questions, or as any boards.
type Reader = fn(&[u8], &str, Option<Task>) -> Vec<hrm::error::Result<Entry>>;

/// Reads one puzzle: a [`Puzzle`], a text, a file, itself or by its path, an ARC task as a dictionary, or an array of cells.
pub(crate) fn puzzle(given: &Bound<'_, PyAny>, task: Option<Task>) -> PyResult<hrm::Puzzle> {
    one(given, task, tasks::read)
}

/// Reads one puzzle, as [`puzzle`]; a [`Puzzle`] has its task, and no other.
pub(crate) fn puzzle_of(given: &Bound<'_, PyAny>, task: Option<Task>) -> PyResult<hrm::Puzzle> {
    match made(given, task)? {
        Some(puzzle) => Ok(puzzle),
        None => puzzle(given, task),
    }
}

/// Returns what is a [`Puzzle`] already, where no other task is asked for.
fn made(given: &Bound<'_, PyAny>, task: Option<Task>) -> PyResult<Option<hrm::Puzzle>> {
    let Ok(puzzle) = given.cast::<Puzzle>() else {
        return Ok(None);
    };
    let puzzle = puzzle.get().inner();
    match task.filter(|task| *task != puzzle.task) {
        None => Ok(Some(hrm::Puzzle::clone(puzzle))),
        Some(other) => {
            let expected = format!("`{}`, the task of this puzzle", puzzle.task.name());
            Err(unexpected("task", &expected, format!("`{}`", other.name())))
        }
    }
}

/// Reads the board of an answer, in any form that a puzzle may have; it may break rules.
pub(crate) fn answer(given: &Bound<'_, PyAny>, task: Task) -> PyResult<hrm::Puzzle> {
    one(given, Some(task), tasks::read_boards)
}

fn one(given: &Bound<'_, PyAny>, task: Option<Task>, read: Reader) -> PyResult<hrm::Puzzle> {
    if let Ok(puzzle) = given.cast::<Puzzle>() {
        return Ok(hrm::Puzzle::clone(puzzle.get().inner()));
    }
    let mut entries = read_by(given, task, read)?;
    let count = entries.len();
    match entries.pop() {
        Some(entry) if count == 1 => Ok(entry.map_err(raise)?.puzzle),
        _ => Err(raise(Error::Puzzle {
            task,
            at: None,
            reason: format!("expected one puzzle, found {count}: `hrm.read` returns all of them"),
        })),
    }
}

/// Reads all puzzles of a text, a file, a dictionary or an array, of a [`Puzzle`], or of a list with one in it.
pub(crate) fn puzzles(given: &Bound<'_, PyAny>, task: Option<Task>) -> PyResult<Vec<hrm::Puzzle>> {
    if let Some(puzzle) = made(given, task)? {
        return Ok(vec![puzzle]);
    }
    if given.is_instance_of::<PyList>() || given.is_instance_of::<PyTuple>() {
        let items = given.try_iter()?.collect::<PyResult<Vec<_>>>()?;
        if items.iter().any(|item| item.is_instance_of::<Puzzle>()) {
            let each = items.iter().map(|item| puzzle_of(item, task));
            return each.collect();
        }
    }
    let entries = read_by(given, task, tasks::read)?;
    entries
        .into_iter()
        .map(|entry| Ok(entry.map_err(raise)?.puzzle))
        .collect()
}

fn read_by(given: &Bound<'_, PyAny>, task: Option<Task>, reader: Reader) -> PyResult<Vec<hrm::error::Result<Entry>>> {
    /// Shorter texts are read in less time than a thread takes to start.
    const SHORT: usize = 1 << 16;
    let py = given.py();
    let read = |bytes: Vec<u8>| match bytes.len() < SHORT {
        true => Ok(reader(&bytes, "puzzle", task)),
        false => aside(py, move || reader(&bytes, "puzzle", task)),
    };
    let read_file = |path: &Path| {
        let path = path.to_path_buf();
        let entries = aside(py, move || {
            let bytes = std::fs::read(&path).map_err(Error::io("read", &path))?;
            Ok(reader(&bytes, &path.display().to_string(), task))
        });
        entries?.map_err(raise)
    };
    if let Ok(text) = given.cast::<PyString>() {
        // The name of a file may be no text of Unicode.
        if let Ok(path) = given.extract::<PathBuf>()
            && path.exists()
        {
            return read_file(&path);
        }
        let text = unicode(text)?;
        let entries = read(text.clone().into_bytes())?;
        // No puzzle, but the name of a file that is not there.
        return match entries.iter().all(Result::is_err) && is_file_name(&text) {
            true => read_file(Path::new(&text)),
            false => Ok(entries),
        };
    }
    if let Some(bytes) = bytes(given)? {
        return read(bytes);
    }
    if given.hasattr("__fspath__")? {
        return read_file(&given::path("puzzle", given)?);
    }
    if given.hasattr("read")? {
        return read(content(given)?);
    }
    if given.is_instance_of::<PyMapping>() {
        let task = py.get_type::<PyDict>().call1((given,))?;
        // What JSON does not know, as arrays and numbers of NumPy and torch, is asked for what it does.
        let listed = py.import("operator")?.call_method1("methodcaller", ("tolist",))?;
        let options = PyDict::new(py);
        options.set_item("default", listed)?;
        let text = tried(py, py.import("json")?.call_method("dumps", (task,), Some(&options)))?;
        let text =
            text.map_err(|error| input("puzzle", format!("expected what JSON can hold, found other: {error}")))?;
        let text: String = text.extract()?;
        return read(text.into_bytes());
    }
    // Rows of a board, or puzzles, a text each; a text of one character is a cell.
    if let Ok(lines) = tried(py, given.extract::<Vec<String>>())?
        && lines.iter().any(|line| line.chars().count() > 1)
    {
        return read(lines.join("\n").into_bytes());
    }
    read(cells(given)?.into_bytes())
}

/// Whether a text can only be meant as the name of a file.
fn is_file_name(text: &str) -> bool {
    const ENDINGS: [&str; 8] = ["csv", "json", "png", "sdk", "sdm", "sudoku", "tsv", "txt"];
    let ending = Path::new(text).extension().and_then(|ending| ending.to_str());
    !text.contains('\n') && ending.is_some_and(|ending| ENDINGS.contains(&&*ending.to_ascii_lowercase()))
}

fn unicode(text: &Bound<'_, PyString>) -> PyResult<String> {
    let reason = || format!("expected a text of Unicode, found {}", found(text));
    text.extract().map_err(|_| input("puzzle", reason()))
}

/// Returns the bytes of a text or of bytes; None for anything else.
fn bytes(given: &Bound<'_, PyAny>) -> PyResult<Option<Vec<u8>>> {
    if let Ok(text) = given.cast::<PyString>() {
        return Ok(Some(unicode(text)?.into_bytes()));
    }
    if let Ok(bytes) = given.cast::<PyBytes>() {
        return Ok(Some(bytes.as_bytes().to_vec()));
    }
    if let Ok(view) = given.cast::<PyMemoryView>() {
        // That of an array of other than bytes is one.
        let form: (String, usize) = (view.getattr("format")?.extract()?, view.getattr("ndim")?.extract()?);
        let is_bytes = form.0 == "B" && form.1 == 1;
        return is_bytes.then(|| view.call_method0("tobytes")?.extract()).transpose();
    }
    Ok(given.cast::<PyByteArray>().ok().map(|bytes| bytes.to_vec()))
}

/// Reads what is left of an open file.
fn content(file: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let py = file.py();
    let reason = |found: String| input("puzzle", format!("expected a file that can be read, found {found}"));
    let content = tried(py, file.call_method0("read"))?.map_err(|error| reason(error.to_string()))?;
    bytes(&content)?.ok_or_else(|| reason(format!("one that gives {}", found(&content))))
}

/// Returns an array of cells as a text: digits of which 0 is empty, or characters.
fn cells(given: &Bound<'_, PyAny>) -> PyResult<String> {
    let array = array("puzzle", given)?;
    let found = || match array.ndim() {
        0 => found(given),
        _ => format!("{} of shape {:?}", array.dtype(), array.shape()),
    };
    let wrong = |expected: &str| input("puzzle", format!("expected {expected}, found {}", found()));
    // Whole numbers and others, texts, bytes, and objects, as tables have them.
    if array.ndim() == 0 || !b"iufUTSO".contains(&array.dtype().kind()) {
        return Err(wrong("a text, a path, or an array of digits or of characters"));
    }
    let rows: Vec<Vec<Bound<'_, PyAny>>> = match array.ndim() {
        1 => vec![array.call_method0("tolist")?.extract()?],
        2 => array.call_method0("tolist")?.extract()?,
        _ => return Err(wrong("an array of one or two axes")),
    };
    let row = |row: &Vec<Bound<'_, PyAny>>| row.iter().map(cell).collect::<PyResult<String>>();
    Ok(rows.iter().map(row).collect::<PyResult<Vec<_>>>()?.join("\n"))
}

/// Returns a cell of an array as a character.
fn cell(cell: &Bound<'_, PyAny>) -> PyResult<String> {
    if is_missing(cell)? {
        return Ok(" ".to_owned());
    }
    if let Some(bytes) = bytes(cell)? {
        let text = String::from_utf8_lossy(&bytes);
        return match text.chars().count() {
            0 => Ok(" ".to_owned()),
            1 => Ok(text.into_owned()),
            _ => Err(input(
                "puzzle",
                format!("expected one character a cell, found \"{}\"", short(&text)),
            )),
        };
    }
    match numeric::<f64>(cell)? {
        Some(digit) if (0.0..=9.0).contains(&digit) && digit.fract() == 0.0 => Ok(format!("{}", digit.abs())),
        _ => Err(input(
            "puzzle",
            format!(
                "expected a digit a cell, 0 for an empty one, found {}: the ids of a data set are for Puzzle.from_tokens",
                found(cell)
            ),
        )),
    }
}

/// Whether this is what tables have in an empty cell: None, NaN, or the NA of pandas, which is not even unequal to itself.
fn is_missing(cell: &Bound<'_, PyAny>) -> PyResult<bool> {
    if cell.is_none() || cell.get_type().name()? == "NAType" {
        return Ok(true);
    }
    Ok(tried(cell.py(), cell.eq(cell))?.is_ok_and(|is_same| !is_same))
}
