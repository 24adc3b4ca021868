//! `--image`.

use std::io::Write;
use std::path::{Path, PathBuf};

use hrm::error::{Error, Result};
use hrm::files::write_whole;
use hrm::picture::Picture;

/// A file to draw to, whose extension gives the format.
#[derive(Debug, Clone)]
pub(super) struct Image {
    path: PathBuf,
    moving: bool,
}

impl Image {
    /// Rejects, before any work is done, a name that is neither PNG nor GIF, or whose folder is missing.
    pub(super) fn new(path: PathBuf) -> std::result::Result<Self, String> {
        let extension = path.extension().and_then(|e| e.to_str()).map(str::to_lowercase);
        let moving = match extension.as_deref() {
            Some("gif") => true,
            Some("png") => false,
            _ => return Err("expected a name that ends in .gif or .png".into()),
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        match folder {
            Some(folder) if !folder.is_dir() => Err(format!("there is no folder {}", folder.display())),
            _ => Ok(Image { path, moving }),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Draws the picture and writes it, whole or not at all.
    pub(super) fn write(&self, picture: &Picture) -> Result<()> {
        let file = if self.moving { picture.gif() } else { picture.png() }?;
        write_whole(&self.path, |out| {
            out.write_all(&file).map_err(Error::io("write", &self.path))
        })
    }
}
