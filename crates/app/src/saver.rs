//! Settings on their way to the file.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::settings::Settings;

/// The pause after a change before it is written.
const PAUSE: Duration = Duration::from_millis(500);

/// Writes settings in a thread of its own, and the latest ones before it ends.
pub struct Saver {
    settings: Option<Sender<Settings>>,
    thread: Option<JoinHandle<()>>,
    saved: Settings,
}

impl Saver {
    /// Starts a saver for a file that holds `saved`; without a path, nothing is remembered.
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

    /// Saves the settings if they have changed.
    pub fn save(&mut self, settings: &Settings) {
        if *settings != self.saved {
            self.saved = settings.clone();
            if let Some(changes) = &self.settings {
                // If the file cannot be written, the settings are forgotten and the window goes on.
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
    use hrm::tasks::Task;

    use super::*;

    #[test]
    fn the_last_settings_are_there_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hrm/window.json");
        assert_eq!(Settings::load(&path).unwrap(), Settings::default());
        let mut saver = Saver::start(Some(path.clone()), Settings::default());
        let mut settings = Settings::default();
        for id in 1..5 {
            settings.of_mut(Task::default()).board = vec![id; 81];
            saver.save(&settings);
        }
        drop(saver);
        assert_eq!(Settings::load(&path).unwrap(), settings);
    }
}
