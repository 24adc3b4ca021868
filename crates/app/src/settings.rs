//! The settings and boards that the window remembers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hrm::error::{Error, Result};
use hrm::files::write_whole;
use hrm::halt::Halt;
use hrm::tasks::{self, Task};
use serde::{Deserialize, Serialize};

use crate::editor::is_drawn;
use crate::told::Told;

/// A view of the window; files call it by its task's name, or "list".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum View {
    /// The board of a task.
    Board(Task),
    /// The list of many puzzles.
    List,
}

/// The name of [`View::List`].
const LIST: &str = "list";

impl View {
    /// Returns all views, in the order of their tabs: a board for every task, then the list.
    pub fn all() -> Vec<View> {
        let boards = tasks::all().into_iter();
        boards.map(View::Board).chain([View::List]).collect()
    }

    /// Returns the task of a board; the first task for the list, which takes that of its puzzles.
    pub fn task(self) -> Task {
        match self {
            View::Board(task) => task,
            View::List => Task::default(),
        }
    }

    /// Returns the label of its tab.
    pub fn title(self) -> &'static str {
        match self {
            View::Board(task) => task.title(),
            View::List => "List",
        }
    }
}

impl Default for View {
    /// Returns the first board.
    fn default() -> View {
        View::all().first().copied().unwrap_or(View::List)
    }
}

impl From<String> for View {
    /// Returns the view of that name, or the default if there is none.
    fn from(name: String) -> View {
        let mut views = View::all().into_iter();
        views.find(|view| String::from(*view) == name).unwrap_or_default()
    }
}

impl From<View> for String {
    fn from(view: View) -> String {
        match view {
            View::Board(task) => task.name().to_owned(),
            View::List => LIST.to_owned(),
        }
    }
}

/// A light or a dark theme.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// The system's theme.
    #[default]
    System,
    /// The light theme.
    Light,
    /// The dark theme.
    Dark,
}

/// The remembered settings of one task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskSettings {
    /// The chosen model, None for the bundled one.
    pub model: Option<String>,
    /// The level of new puzzles, None for the task's default.
    pub level: Option<String>,
    /// The rows and columns of new puzzles, None for the default.
    pub side: Option<usize>,
    /// The givens of new puzzles that are made to have so many, None for the default.
    pub givens: Option<usize>,
    /// The ids on the board, row-major; empty for a new board.
    pub board: Vec<u32>,
    /// The columns of the board, which counts where boards may be any rectangle.
    pub columns: usize,
    /// What the puzzle on the board came with.
    pub told: Option<Told>,
}

/// Everything that is remembered from one start to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The view that is shown.
    pub view: View,
    /// The theme.
    pub theme: Theme,
    /// The zoom factor, 1 for the system's size.
    pub zoom: f32,
    /// The device, as [`DeviceChoice`](hrm::executor::DeviceChoice) is written.
    pub device: String,
    /// The halting rule, None for the task's default.
    pub halt: Option<Halt>,
    /// Most segments, None for the model's default.
    pub segments: Option<usize>,
    /// Most tries, None for what suits the task.
    pub tries: Option<usize>,
    /// Playback speed, in segments a second.
    pub speed: f64,
    /// Whether cells are coloured by confidence, and changes framed.
    pub colours: bool,
    /// Whether cells that the model is unsure of show its candidates.
    pub candidates: bool,
    /// Whether the user wants less motion.
    pub calm: bool,
    /// Whether the cursor moves on when a symbol is typed.
    pub move_on: bool,
    /// Whether coloured cells have colours that people with colour blindness tell apart.
    pub safe_colours: bool,
    /// Whether digits stand on coloured cells.
    pub digits: bool,
    /// Whether a model is asked about puzzles that it does not know by name.
    pub blank_identifier: bool,
    /// Width and height of the window in points.
    pub window: Option<[f32; 2]>,
    /// The settings of each task, by its name.
    pub tasks: BTreeMap<String, TaskSettings>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            view: View::default(),
            theme: Theme::System,
            zoom: 1.0,
            device: "auto".into(),
            halt: None,
            segments: None,
            tries: None,
            speed: 2.0,
            colours: true,
            candidates: true,
            calm: false,
            move_on: true,
            safe_colours: false,
            digits: false,
            blank_identifier: false,
            window: None,
            tasks: BTreeMap::new(),
        }
    }
}

/// The slowest and the fastest playback, in segments a second.
pub const SPEEDS: std::ops::RangeInclusive<f64> = 0.25..=32.0;
/// The most segments that can be asked for.
pub const MOST_SEGMENTS: usize = 1024;
/// The most tries that can be asked for.
pub const MOST_TRIES: usize = 64;

/// Most tries at a puzzle of a task, unless the user says otherwise; further ones run only if the first fails. People draw
/// rooms and long walls, of which the training had few: there a model sees it in several variants, as on the page.
pub fn usual_tries(task: Task) -> usize {
    match is_drawn(task) && task.rules().is_some() {
        true => 16,
        false => 1,
    }
}

/// How many givens are wanted until somebody says so.
const USUAL_GIVENS: usize = 28;

/// The most rows and columns of a board.
pub const MOST_SIDE: usize = 64;
/// The longest text in settings, in bytes: that of a path.
const MOST_TEXT: usize = 4096;
/// The largest file of settings, in bytes.
const MOST_BYTES: u64 = 1 << 20;

impl Settings {
    /// Returns the settings of a task.
    pub fn of(&self, task: Task) -> TaskSettings {
        self.tasks.get(task.name()).cloned().unwrap_or_default()
    }

    /// Returns the settings of a task, to be changed.
    pub fn of_mut(&mut self, task: Task) -> &mut TaskSettings {
        self.tasks.entry(task.name().to_owned()).or_default()
    }

    /// Returns the most tries at a puzzle of a task.
    pub fn tries(&self, task: Task) -> usize {
        self.tries.unwrap_or(usual_tries(task))
    }

    /// Returns how many givens new puzzles of a task have that are made to have so many; None where that cannot be chosen.
    pub fn givens(&self, task: Task) -> Option<usize> {
        let range = task.givens()?;
        let wanted = self.of(task).givens.unwrap_or(USUAL_GIVENS);
        Some(wanted.clamp(*range.start(), *range.end()))
    }

    /// Reads a settings file; returns the defaults if there is none.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; [`Error::Input`] if it holds something else.
    pub fn load(path: &Path) -> Result<Settings> {
        let odd = |reason: String| Error::Input {
            what: path.display().to_string(),
            reason: format!("expected the window's settings: {reason}"),
        };
        match path.metadata() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Settings::default()),
            Ok(found) if !found.is_file() => return Err(odd("found no plain file".into())),
            Ok(found) if found.len() > MOST_BYTES => return Err(odd(format!("found {} bytes", found.len()))),
            _ => {}
        }
        let text = std::fs::read(path).map_err(Error::io("read", path))?;
        let settings: Settings = serde_json::from_slice(&text).map_err(|error| odd(error.to_string()))?;
        Ok(settings.within_bounds())
    }

    /// Reads a settings file as [`Settings::load`] does. One that holds something else, which a newer version may have
    /// written, is kept aside. Returns also where settings may be written from now on, and what to tell.
    pub fn restore(path: Option<PathBuf>) -> (Settings, Option<PathBuf>, Option<String>) {
        let loaded = path.as_deref().map_or(Ok(Settings::default()), Settings::load);
        let error = match loaded {
            Ok(settings) => return (settings, path, None),
            Err(error) => error,
        };
        let aside = path
            .as_deref()
            .filter(|_| matches!(error, Error::Input { .. }))
            .and_then(|path| {
                let mut name = path.file_name()?.to_owned();
                name.push(".bad");
                let aside = path.with_file_name(name);
                // What was kept aside before stays, too.
                let free = !aside.exists() && std::fs::rename(path, &aside).is_ok();
                free.then_some(aside)
            });
        let (path, told) = match aside {
            Some(aside) => (
                path,
                format!("defaults are used, and the file is kept as {}", aside.display()),
            ),
            None => (None, "defaults are used, and nothing is remembered".to_owned()),
        };
        (Settings::default(), path, Some(format!("{error}; {told}")))
    }

    /// Brings values into their ranges: a file can hold anything.
    fn within_bounds(mut self) -> Settings {
        let number = |value: f64, least: f64, most: f64, default: f64| match value.is_finite() {
            true => value.clamp(least, most),
            false => default,
        };
        self.speed = number(self.speed, *SPEEDS.start(), *SPEEDS.end(), 2.0);
        self.zoom = number(f64::from(self.zoom), 0.5, 4.0, 1.0) as f32;
        let short = |text: &String| text.len() <= MOST_TEXT;
        if !short(&self.device) {
            self.device = Settings::default().device;
        }
        for task in self.tasks.values_mut() {
            task.model = task.model.take().filter(short);
            task.level = task.level.take().filter(short);
            task.side = task.side.map(|side| side.clamp(1, MOST_SIDE));
            if task.board.len() > MOST_SIDE * MOST_SIDE {
                task.board.clear();
            }
        }
        self.tries = self.tries.map(|n| n.clamp(1, MOST_TRIES));
        self.segments = self.segments.map(|n| n.clamp(1, MOST_SEGMENTS));
        self.window = self
            .window
            .map(|size| size.map(|s| number(s.into(), 200.0, 8000.0, 800.0) as f32));
        self
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        }
        write_whole(path, |out| {
            let write = serde_json::to_writer_pretty(out, self).map_err(std::io::Error::from);
            write.map_err(Error::io("write", path))
        })
    }

    /// Returns the path of the settings file; None if the system has no folder for settings.
    pub fn path() -> Option<PathBuf> {
        dirs::config_dir().map(|folder| folder.join("hrm").join("window.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_file_is_named_and_odd_values_are_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("window.json");
        std::fs::write(&path, "[1]").unwrap();
        assert!(Settings::load(&path).is_err_and(|e| e.to_string().contains("window.json")));
        std::fs::write(
            &path,
            r#"{"speed": 1e9, "zoom": 0, "tries": 0, "segments": 0, "unknown": 1}"#,
        )
        .unwrap();
        let settings = Settings::load(&path).unwrap();
        assert_eq!((settings.speed, settings.zoom), (32.0, 0.5));
        assert_eq!((settings.tries, settings.segments), (Some(1), Some(1)));
        let long = "x".repeat(100_000);
        let board = vec!["2"; 65 * 65].join(",");
        let text = format!(
            r#"{{"device": "{long}", "tasks": {{"maze": {{"side": 100000, "model": "{long}", "level": "{long}", "board": [{board}]}}}}}}"#
        );
        std::fs::write(&path, text).unwrap();
        let settings = Settings::load(&path).unwrap();
        let maze = TaskSettings {
            side: Some(MOST_SIDE),
            ..TaskSettings::default()
        };
        assert_eq!((settings.device.as_str(), &settings.tasks["maze"]), ("auto", &maze));
    }

    /// As many as on the page, whose list of tasks is in its own language.
    #[test]
    fn what_is_drawn_by_hand_is_tried_in_variants() {
        let mut settings = Settings::default();
        for (task, tries) in [(tasks::sudoku::TASK, 1), (tasks::maze::TASK, 16), (tasks::arc::TASK, 1)] {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/web/page/src/tasks");
            let page = std::fs::read_to_string(format!("{folder}/{task}/index.ts")).unwrap();
            let own = page.contains(&format!("override readonly tries = {tries};"));
            assert_eq!((settings.tries(task), own), (tries, tries > 1), "{task}");
            assert_eq!(page.contains("override readonly tries"), own, "{task}");
        }
        settings.tries = Some(3);
        assert_eq!(settings.tries(tasks::maze::TASK), 3);
    }

    /// Whatever is in the file: it is not lost, and no start fails.
    #[test]
    fn a_file_that_is_not_understood_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("window.json");
        let bad = folder.path().join("window.json.bad");
        let whole = serde_json::to_string(&Settings::default()).unwrap();
        let large = format!("{whole}{}", " ".repeat(1 << 20));
        for text in [&whole[..40], r#"{"theme": "sepia"}"#, "", "\0\u{1}", "[1]", &large] {
            std::fs::write(&path, text).unwrap();
            let (settings, writes, told) = Settings::restore(Some(path.clone()));
            assert_eq!((settings, writes), (Settings::default(), Some(path.clone())));
            assert!(told.is_some_and(|told| told.contains("window.json.bad")), "{text}");
            assert_eq!(std::fs::read_to_string(&bad).unwrap(), text);
            // A second one finds the place taken: then nothing is written at all.
            std::fs::write(&path, "{").unwrap();
            let (_, writes, _) = Settings::restore(Some(path.clone()));
            assert_eq!((writes, std::fs::read_to_string(&bad).unwrap().as_str()), (None, text));
            std::fs::remove_file(&bad).unwrap();
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let (_, writes, told) = Settings::restore(Some(path.clone()));
        assert!(writes.is_some() && told.is_some() && bad.is_dir());
    }
}
