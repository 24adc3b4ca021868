//! What can be saved: pictures, the thinking as data, results.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::batch::Batch;
use super::state::State;
use super::thinking::Thinking;
use super::worker::Event;
use hrm::error::{Error, Result};
use hrm::files::write_whole;
use hrm::picture::{Look, Picture};
use hrm::report::Report;

/// Something to save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// The segment that is shown.
    Picture,
    /// All segments up to the last.
    Film,
    /// The answer and every segment, as `hrm solve --json --trace` prints them.
    Json,
    /// The answers of the list, a JSON object a line.
    Results,
}

impl Export {
    /// On its button.
    pub fn name(self) -> &'static str {
        match self {
            Export::Picture => "PNG",
            Export::Film => "GIF",
            Export::Json => "JSON",
            Export::Results => "JSON lines",
        }
    }

    /// What it is.
    pub fn what(self) -> &'static str {
        match self {
            Export::Picture => "Save the shown segment as a picture",
            Export::Film => "Save the thinking as an animation",
            Export::Json => "Save the answer and all segments as data",
            Export::Results => "Save the results",
        }
    }

    /// The name that a dialog proposes.
    pub fn file_name(self) -> &'static str {
        match self {
            Export::Picture => "thinking.png",
            Export::Film => "thinking.gif",
            Export::Json => "thinking.json",
            Export::Results => "results.jsonl",
        }
    }
}

impl State {
    /// Saves something, apart from the window.
    pub fn save(&mut self, export: Export, path: PathBuf) {
        let look = self.settings.look;
        if export == Export::Results {
            match self.list.clone() {
                Some(list) => self.write(path, move |path| results(&list, path)),
                None => self.complain("there is no list to save"),
            }
            return;
        }
        match self.playing().cloned() {
            Some(thinking) if thinking.segments() > 0 => {
                let look = if look == super::settings::Look::Dark {
                    Look::Dark
                } else {
                    Look::Light
                };
                self.write(path, move |path| thinking_to(&thinking, export, look, path));
            }
            _ => self.complain("there is no thinking to save yet: let the model think first"),
        }
    }

    fn write(&self, path: PathBuf, write: impl FnOnce(&Path) -> Result<()> + Send + 'static) {
        self.worker
            .outbox()
            .spawn(move || Event::Saved(write(&path).map(|()| path)));
    }
}

/// Writes the thinking of the try that is shown.
fn thinking_to(thinking: &Thinking, export: Export, look: Look, path: &Path) -> Result<()> {
    let thoughts = &thinking.tracks[thinking.track()].thoughts;
    let until = match (export, thinking.showing()) {
        // The question alone is no segment: then it is the last one.
        (Export::Picture, shown @ 1..) => shown.min(thoughts.len()),
        _ => thoughts.len(),
    };
    let picture = Picture {
        puzzle: &thinking.puzzle,
        thoughts: &thoughts[..until],
        look,
    };
    let bytes = match export {
        Export::Picture => picture.png()?,
        Export::Film => picture.gif()?,
        Export::Json | Export::Results => {
            let Some((solver, answer)) = &thinking.answer else {
                let reason = "there is no answer to save yet: let the model think to the end";
                return Err(Error::Usage(reason.into()));
            };
            let trace = &thinking.tracks[answer.attempt].thoughts;
            json(&Report::new(solver, answer, Some(trace)), path)?
        }
    };
    write_whole(path, |out| out.write_all(&bytes).map_err(Error::io("write", path)))
}

/// Writes the answers so far, in the order of the file.
fn results(list: &Batch, path: &Path) -> Result<()> {
    write_whole(path, |out| {
        for row in &list.rows {
            let Some((solver, answer)) = &row.answer else { continue };
            out.write_all(&json(&Report::new(solver, answer, None), path)?)
                .map_err(Error::io("write", path))?;
        }
        Ok(())
    })
}

fn json(report: &Report, path: &Path) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(report).map_err(|e| Error::io("write", path)(e.into()))?;
    line.push(b'\n');
    Ok(line)
}
