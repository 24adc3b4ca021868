//! How the command presents an error of the library: a hint that knows its flags, and an exit code.

use std::io::ErrorKind;
use std::sync::OnceLock;

use hrm::error::Error;
use hrm::tasks;

/// The command that runs, for hints that name it.
static COMMAND: OnceLock<String> = OnceLock::new();

/// Remembers which command runs.
pub(super) fn set_command(name: &str) {
    let _ = COMMAND.set(name.to_owned());
}

/// Returns the command that runs: "solve".
pub(super) fn command() -> &'static str {
    COMMAND.get().map_or("help", String::as_str)
}

/// What [`hint`] says for wrong values in a file that is there.
const CORRECT: &str =
    "correct the file, or take the one that the training run wrote; `hrm inspect` shows where each setting comes from";

/// Returns the exit code for an error: 2 for bad usage or input, 3 for model files and devices.
pub(super) fn exit_code(error: &Error) -> u8 {
    match error {
        Error::Io { .. } | Error::Puzzle { .. } | Error::Input { .. } | Error::Usage(_) => 2,
        Error::Cancelled => 0,
        // Model files, devices, and whatever a later version of the library may add.
        _ => 3,
    }
}

/// Returns what to do about an error, in one sentence.
pub(super) fn hint(error: &Error) -> Option<String> {
    let hint = match error {
        Error::Puzzle { task, .. } => {
            let tasks = task.map_or_else(tasks::all, |task| vec![task]);
            let forms: Vec<String> = tasks.iter().map(|task| task.form()).collect();
            return Some(format!("{}: see `hrm solve --help`", forms.join("; ")));
        }
        other => fixed_hint(other)?,
    };
    Some(hint.replace("COMMAND", command()))
}

/// The hint where it does not depend on tasks; `COMMAND` in it stands for [`command`].
fn fixed_hint(error: &Error) -> Option<&'static str> {
    match error {
        Error::Io { source, .. } => match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Some("make room there, or name a place elsewhere")
            }
            ErrorKind::NotFound
            | ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::AlreadyExists
            | ErrorKind::InvalidFilename => Some("check the path and its permissions"),
            _ => None,
        },
        Error::NoModel { what, reason } | Error::Input { what, reason } if what.starts_with("hub:") => {
            Some(of_hub(reason))
        }
        Error::NoModel { .. } => Some(
            "give a model folder (config.json + model.safetensors), an official checkpoint with all_config.yaml beside it, or the name of a bundled model",
        ),
        Error::Config { reason, .. }
            if !["there is none", "missing", "needed"]
                .iter()
                .any(|mark| reason.contains(mark)) =>
        {
            Some(CORRECT)
        }
        Error::Config { .. } => Some(
            "put all_config.yaml (or config.json) and dataset.json of the training run beside the weights; --task fills in the sizes of a known task",
        ),
        Error::Checkpoint { reason, .. } if reason.ends_with("ones only") => {
            Some("leave --weights out to read what the file has")
        }
        Error::Checkpoint { .. } => Some("fetch the file again, or export it anew with torch.save(model.state_dict())"),
        Error::Tensors { .. } => {
            Some("use the configuration that these weights were trained with; `hrm inspect` shows both")
        }
        Error::NotFinite { .. } => Some("this training run diverged or the file is damaged: use an earlier checkpoint"),
        Error::Input { reason, .. } if reason.contains("identifier that it was trained with") => Some(
            "--identifiers names the identifiers.json that the model was trained with; --blank-identifier asks it anyway, as a puzzle that it never saw",
        ),
        Error::Input { .. } | Error::Usage(_) => Some("see `hrm COMMAND --help`"),
        Error::Device { .. } | Error::DeviceLost { .. } => Some("use --device cpu, or see `hrm devices`"),
        Error::OutOfMemory { .. } => Some("a smaller --batch needs less, and so does --dtype f16; or use --device cpu"),
        Error::Gpu { .. } => Some("use --device cpu, and report this with the output of `hrm verify`"),
        _ => None,
    }
}

/// Returns what to do where a hub did not give something.
fn of_hub(reason: &str) -> &'static str {
    let about = |marks: &[&str]| marks.iter().any(|mark| reason.contains(mark));
    if about(&["HF_HUB_OFFLINE", "no network"]) && !about(&["the proxy"]) {
        "run `hrm pull` with this name where there is a network; after that, it needs none"
    } else if about(&["without a client"]) {
        "take a released program, or build with `cargo install --path crates/cli --features hub`; files that you have fetched yourself are opened by their path"
    } else if about(&["no token", "this token"]) {
        "check the name; for a private model set HF_TOKEN to a token that may read it, and request access on its page"
    } else if about(&["the proxy"]) {
        "see https_proxy, all_proxy and no_proxy, which name the proxy"
    } else if about(&[
        "web page",
        "certificate",
        "redirects",
        "go on to",
        "found something else",
        "encoded as",
    ]) {
        "open any page in a browser on this machine to see what is asked for, or see HF_ENDPOINT, which names the hub"
    } else if about(&["begins with https://"]) {
        "see HF_ENDPOINT, which names the hub"
    } else if about(&["does not give", "broke off"]) {
        "run it again: it goes on where it was"
    } else if about(&["add one of them"]) {
        "name the file, as in hub:OWNER/NAME/FILE"
    } else if about(&["checksum", "pointer", "bytes, found"]) {
        "run it again; if that does not help, the hub, or something in between, serves the wrong file"
    } else {
        "check the name on the hub; `hrm models` lists public models"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_is_told_from_models_and_devices() {
        let device = |reason: &str| Error::Device { reason: reason.into() };
        assert_eq!(
            exit_code(&Error::Usage("segments: expected 1 or more, found 0".into())),
            2
        );
        assert_eq!(exit_code(&device("none")), 3);
        assert!(hint(&device("none")).is_some_and(|hint| hint.contains("--device")));
        let io = |kind: ErrorKind| hint(&Error::io("write", "a.png")(kind.into()));
        assert!(io(ErrorKind::StorageFull).is_some_and(|hint| hint.contains("room")));
        assert!(io(ErrorKind::PermissionDenied).is_some_and(|hint| hint.contains("permissions")));
        assert_eq!(io(ErrorKind::BrokenPipe), None);
        assert_eq!((exit_code(&Error::Cancelled), hint(&Error::Cancelled)), (0, None));
    }
}
