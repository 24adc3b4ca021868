//! What the window remembers: choices, and the boards.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use hrm::error::{Error, Result};
use hrm::files::write_whole;
use hrm::halt::Halt;
use hrm::puzzle::sudoku::Difficulty;

/// What is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// The Sudoku board.
    #[default]
    Sudoku,
    /// The maze board.
    Maze,
    /// The list of many puzzles.
    List,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Look {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Everything that outlives the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// What is shown.
    pub view: View,
    /// Light or dark.
    pub look: Look,
    /// Size of everything, 1 for the system's.
    pub zoom: f32,
    /// The device, as `--device` takes it.
    pub device: String,
    /// The Sudoku model, None for the bundled one.
    pub sudoku_model: Option<String>,
    /// The maze model, None for the bundled one.
    pub maze_model: Option<String>,
    /// The halting rule, None for the task's default.
    pub halt: Option<Halt>,
    /// Most segments, None for the model's.
    pub segments: Option<usize>,
    /// Most tries.
    pub tries: usize,
    /// Segments shown a second.
    pub speed: f64,
    /// Whether cells are coloured by confidence and change.
    pub colours: bool,
    /// Whether the cursor moves on when a digit is typed.
    pub move_on: bool,
    /// Of the next new Sudoku.
    pub difficulty: Difficulty,
    /// Rows of the next new maze.
    pub maze_side: usize,
    /// Width and height of the window in points.
    pub window: Option<[f32; 2]>,
    /// The Sudoku on the board.
    pub sudoku: Vec<u32>,
    /// The maze on the board.
    pub maze: Vec<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            view: View::Sudoku,
            look: Look::System,
            zoom: 1.0,
            device: "auto".into(),
            sudoku_model: None,
            maze_model: None,
            halt: None,
            segments: None,
            tries: 1,
            speed: 2.0,
            colours: true,
            move_on: true,
            difficulty: Difficulty::Medium,
            maze_side: 15,
            window: None,
            sudoku: Vec::new(),
            maze: Vec::new(),
        }
    }
}

/// Slowest and fastest playback, in segments a second.
pub const SPEEDS: std::ops::RangeInclusive<f64> = 0.25..=32.0;
/// Most segments that can be asked for.
pub const MOST_SEGMENTS: usize = 1024;
/// Most tries that can be asked for.
pub const MOST_TRIES: usize = 16;

impl Settings {
    /// Reads a file; defaults where there is none.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Input`] for a file that holds something else.
    pub fn load(path: &Path) -> Result<Settings> {
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Settings::default()),
            read => read.map_err(Error::io("read", path))?,
        };
        let settings: Settings = serde_json::from_str(&text).map_err(|error| Error::Input {
            what: path.display().to_string(),
            reason: format!("the window's settings are needed: {error}"),
        })?;
        Ok(settings.within_bounds())
    }

    /// A file can say anything.
    fn within_bounds(mut self) -> Settings {
        let number = |value: f64, least: f64, most: f64, default: f64| match value.is_finite() {
            true => value.clamp(least, most),
            false => default,
        };
        self.speed = number(self.speed, *SPEEDS.start(), *SPEEDS.end(), 2.0);
        self.zoom = number(f64::from(self.zoom), 0.5, 4.0, 1.0) as f32;
        self.tries = self.tries.clamp(1, MOST_TRIES);
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

    /// Where the window's settings lie; None where the system has no place for them.
    pub fn path() -> Option<PathBuf> {
        dirs::config_dir().map(|folder| folder.join("hrm").join("window.json"))
    }
}

/// A change is written when nothing has followed it for so long.
const PAUSE: Duration = Duration::from_millis(500);

/// Writes settings apart from the window, and the last ones before it ends.
pub struct Saver {
    settings: Option<Sender<Settings>>,
    thread: Option<JoinHandle<()>>,
    saved: Settings,
}

impl Saver {
    /// For a file that holds `saved`, or None to remember nothing.
    pub fn start(path: Option<PathBuf>, saved: Settings) -> Saver {
        let (settings, changes) = channel();
        let spawn = |path| {
            std::thread::Builder::new()
                .name("hrm-settings".into())
                .spawn(move || write_changes(&changes, path))
                .ok()
        };
        Saver {
            settings: Some(settings),
            thread: path.and_then(spawn),
            saved,
        }
    }

    /// Hands them over if they have changed.
    pub fn save(&mut self, settings: &Settings) {
        if *settings != self.saved {
            self.saved = settings.clone();
            if let Some(changes) = &self.settings {
                // A folder that cannot be written costs the memory, not the window.
                let _ = changes.send(settings.clone());
            }
        }
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        self.settings = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn write_changes(changes: &Receiver<Settings>, path: PathBuf) {
    let mut latest: Option<Settings> = None;
    loop {
        match changes.recv_timeout(PAUSE) {
            Ok(settings) => latest = Some(settings),
            Err(reason) => {
                if let Some(settings) = latest.take() {
                    let _ = settings.save(&path);
                }
                if reason == RecvTimeoutError::Disconnected {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_settings_are_there_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hrm/window.json");
        assert_eq!(Settings::load(&path).unwrap(), Settings::default());
        let mut saver = Saver::start(Some(path.clone()), Settings::default());
        let mut settings = Settings::default();
        for id in 1..5 {
            settings.sudoku = vec![id; 81];
            saver.save(&settings);
        }
        drop(saver);
        assert_eq!(Settings::load(&path).unwrap(), settings);
    }

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
        assert_eq!((settings.tries, settings.segments), (1, Some(1)));
    }
}
