//! `hrm app`: starts the window, which is a program of its own, `hrm-app`.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::Command;

use super::{fetch, output};
use hrm::error::{Error, Result};

/// Arguments of `hrm app`, passed on; a model on a hub is fetched before.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(super) struct Args {
    /// A file of puzzles, or a puzzle, to begin with; `hrm app --help` lists the options
    #[arg(allow_hyphen_values = true, trailing_var_arg = true, value_name = "ARGS")]
    args: Vec<OsString>,
}

/// Returns the path of the window's program: beside this one if it is there, else to be found on the PATH.
fn program() -> PathBuf {
    let name = format!("hrm-app{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe()
        .ok()
        .and_then(|own| Some(own.parent()?.join(&name)));
    beside.filter(|path| path.is_file()).unwrap_or_else(|| name.into())
}

/// Fetches a model that an argument names on a hub: the window may be built without a client, and finds it in the cache.
fn fetch_named(argument: &OsString) -> Result<()> {
    let text = argument.to_str().unwrap_or_default();
    let name = text.split_once('=').map_or(text, |(_, value)| value);
    hrm_hub::model(name.into(), &*fetch::watch(false)).map(drop)
}

/// Runs the window and returns its exit code.
pub(super) fn app(args: Args) -> Result<u8> {
    let program = program();
    args.args.iter().try_for_each(fetch_named)?;
    match Command::new(&program).args(args.args).status() {
        // A window that was killed has no exit code.
        Ok(status) => Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(3)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            output::say(
                "error: the window's program, hrm-app, is neither beside hrm nor on the path\n\
                 hint: `cargo install --path crates/app` installs it; `cargo run --release -p hrm-app` runs it from a clone",
            );
            Ok(3)
        }
        Err(error) => Err(Error::io("run", program)(error)),
    }
}
