//! Saving pictures, animations, data and results.

use std::io::Write;
use std::path::{Path, PathBuf};

use hrm::error::{Error, Result};
use hrm::files::write_whole;
use hrm::picture::{self, Picture};
use hrm::report::Report;

use crate::list::List;
use crate::messages::{Event, Export};
use crate::solve::Solve;
use crate::state::State;

impl State {
    /// Saves an export in a thread of its own.
    pub fn save(&mut self, export: Export, path: PathBuf) {
        if export == Export::Results {
            match self.list.clone() {
                Some(list) => self.write(path, move |path| write_results(&list, path)),
                None => self.complain("there is no list to save"),
            }
            return;
        }
        match self.playing().cloned() {
            Some(solve) if solve.segments() > 0 => {
                let theme = match self.dark {
                    true => picture::Theme::Dark,
                    false => picture::Theme::Light,
                };
                let (safe, digits) = (self.settings.safe_colours, self.settings.digits);
                self.write(path, move |path| {
                    let until = segments(&solve, export);
                    let picture = Picture {
                        puzzle: &solve.puzzle,
                        thoughts: &solve.tracks[solve.track()].thoughts[..until],
                        theme,
                        safe_colours: safe,
                        digits,
                    };
                    write_solve(&solve, export, picture, path)
                });
            }
            _ => self.complain("there is nothing to save yet: solve a puzzle first"),
        }
    }

    fn write(&self, path: PathBuf, write: impl FnOnce(&Path) -> Result<()> + Send + 'static) {
        self.worker
            .outbox()
            .spawn(move || Event::Saved(write(&path).map(|()| path)));
    }
}

/// Returns how many segments of the try that is shown an export has.
fn segments(solve: &Solve, export: Export) -> usize {
    let all = solve.tracks[solve.track()].thoughts.len();
    match (export, solve.showing()) {
        // The question is not a segment; while it is shown, the last segment is drawn.
        (Export::Picture, shown @ 1..) => shown.min(all),
        _ => all,
    }
}

/// Writes the segments of the try that is shown.
fn write_solve(solve: &Solve, export: Export, picture: Picture<'_>, path: &Path) -> Result<()> {
    let bytes = match export {
        Export::Picture => picture.png()?,
        Export::Animation => picture.gif()?,
        Export::Json | Export::Results => {
            let Some((solver, answer)) = &solve.answer else {
                let reason = "there is no answer to save yet: wait until the solver has finished";
                return Err(Error::Usage(reason.into()));
            };
            let trace = &solve.tracks[answer.attempt].thoughts;
            json(&Report::new(solver, answer, Some(trace)), path)?
        }
    };
    write_whole(path, |out| out.write_all(&bytes).map_err(Error::io("write", path)))
}

/// Writes the answers so far, in the order of the file.
fn write_results(list: &List, path: &Path) -> Result<()> {
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
