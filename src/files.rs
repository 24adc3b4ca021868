//! Files that are written completely or not at all.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::error::{Error, Result};

/// Writes a file beside `path` and renames it there: readers, and memory maps of an older file, never see half of it.
///
/// # Errors
/// [`Error::Io`] when the folder does not exist or cannot be written; any error of `write`.
pub fn write_whole<W>(path: &Path, write: W) -> Result<()>
where
    W: FnOnce(&mut BufWriter<&mut File>) -> Result<()>,
{
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".hrm-");
    // A temporary file is private; this makes the result as readable as the umask lets any new file be.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder
        .tempfile_in(folder)
        .map_err(|e| Error::io("write", path)(plain(&e)))?;
    let mut out = BufWriter::new(file.as_file_mut());
    write(&mut out)?;
    out.flush().map_err(Error::io("write", path))?;
    drop(out);
    file.persist(path).map_err(|e| Error::io("write", path)(e.error))?;
    Ok(())
}

/// The system's error inside one that also names the temporary file, which is nobody's concern.
fn plain(error: &std::io::Error) -> std::io::Error {
    let said = error.to_string();
    let said = said.split(" at path ").next().unwrap_or_default();
    std::io::Error::new(error.kind(), said.to_owned())
}
