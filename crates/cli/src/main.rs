//! The `hrm` command: a thin layer over the library [`hrm`].

mod app;
mod bench;
mod board;
mod convert;
#[cfg(feature = "gpu")]
mod devices;
mod eval;
mod fetch;
mod figures;
mod generate;
mod hints;
mod image;
mod input;
mod inspect;
#[cfg(test)]
#[path = "../../../examples/latin/task/mod.rs"]
mod latin;
mod man;
mod merge;
mod models;
mod options;
mod output;
mod paint;
mod place;
mod progress;
mod pull;
mod run;
mod session;
mod show;
mod solve;
mod stream;
#[cfg(feature = "gpu")]
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use hrm::error::Result;

/// Version and commit, as `hrm --version` shows them.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("HRM_COMMIT"), ")");

/// Run Hierarchical Reasoning Models (HRM, TRM) on the machine in front of you.
#[derive(Debug, Parser)]
#[command(name = "hrm", version = VERSION, arg_required_else_help = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  hrm solve .........4.....85..7...1.......2.9.3..9..57...38.6.2.......23...954.......678....
  hrm solve puzzles.txt --json
  hrm eval test.csv --model my-model/
  hrm inspect checkpoint
  hrm puzzle.txt                    the same as hrm solve puzzle.txt

Exit codes: 0 all went well (solve: every answer is valid), 1 an answer is not valid,
2 bad usage or input, 3 model files or device, 130 interrupted.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Solve puzzles: Sudokus, mazes, ARC tasks, files of them, or `-` for standard input
    Solve(solve::Args),
    /// Run a model on tensors and write every segment's outputs
    Run(run::Args),
    /// Measure accuracy over a data set: an official folder, a CSV file, or one puzzle a line
    Eval(eval::Args),
    /// Join the records of `hrm eval --shard` into one file
    Merge(merge::Args),
    /// Fetch a model or a data set from a hub
    Pull(pull::Args),
    /// List public models with their published scores, or compare one with its score
    Models(models::Args),
    /// Open the window: watch the model think
    App(app::Args),
    /// Make puzzles from a seed
    Generate(generate::Args),
    /// Show what a model is, and whether its files fit together
    Inspect(inspect::Args),
    /// Write a model folder from an official checkpoint or safetensors
    Convert(convert::Args),
    /// List the adapters of this machine, and which one `--device auto` takes and why
    #[cfg(feature = "gpu")]
    Devices(devices::Args),
    /// Compare this machine's GPU with the CPU executor and with official outputs, kernel by kernel
    #[cfg(feature = "gpu")]
    Verify(verify::Args),
    /// Measure latency and throughput on this machine, beside what its hardware could do
    Bench(bench::Args),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the licences of what the program contains
    Licences,
    /// Print the manual page of the program, or of one of its commands
    Man {
        /// The command
        command: Option<String>,
    },
}

fn main() -> ExitCode {
    quiet_mesa();
    #[cfg(unix)]
    meet_limits();
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    // A puzzle or a file in the place of a command is to be solved.
    let is_command = |name: &OsString| Cli::command().find_subcommand(name).is_some() || name == "help";
    if arguments.get(1).is_some_and(|name| !is_command(name)) && input::is_asked(&arguments[1..]) {
        arguments.insert(1, "solve".into());
    }
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            // It repeats arguments, which may be names of files.
            output::say(error.render().to_string().trim_end());
            return ExitCode::from(2);
        }
        // Help, and the version: unlike clap, it tells where they cannot be written.
        Err(error) => {
            let printed = output::print_coloured(&error.render().ansi().to_string());
            return ExitCode::from(printed.map_or_else(|error| output::report(&error), |()| 0));
        }
    };
    output::Interrupt::at_once();
    if let Some(name) = arguments.get(1).and_then(|name| name.to_str()) {
        hints::set_command(name);
    }
    let result = match cli.command {
        Command::Solve(args) => solve::solve(args),
        Command::Run(args) => run::run(args),
        Command::Eval(args) => eval::eval(args),
        Command::Merge(args) => merge::merge(args),
        Command::Pull(args) => pull::pull(args),
        Command::Models(args) => models::models(args),
        Command::App(args) => app::app(args),
        Command::Generate(args) => generate::generate(args),
        Command::Inspect(args) => inspect::inspect(args),
        Command::Convert(args) => convert::convert(args),
        #[cfg(feature = "gpu")]
        Command::Devices(args) => devices::devices(args),
        #[cfg(feature = "gpu")]
        Command::Verify(args) => verify::verify(args),
        Command::Bench(args) => bench::bench(args),
        Command::Completions { shell } => completions(shell),
        Command::Licences => output::print(include_str!("../THIRD-PARTY.txt")).map(|()| 0),
        Command::Man { command } => man::man(command.as_deref()),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => ExitCode::from(output::report(&error)),
    }
}

fn completions(shell: clap_complete::Shell) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "hrm", &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(0)
}

/// Lets a limit on the size of files be an error of the write that meets it, and not the end of the process.
#[cfg(unix)]
fn meet_limits() {
    // SAFETY: no handler is installed: the signal is ignored.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Silences Mesa's device-select layer, which orders Vulkan devices for a compositor. Without a session's runtime
/// folder (root, containers) there is no compositor, and the layer complains on standard error.
fn quiet_mesa() {
    if cfg!(target_os = "linux") && std::env::var_os("XDG_RUNTIME_DIR").is_none_or(|folder| folder.is_empty()) {
        // SAFETY: the first thing that the process does, while it has one thread.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
    }
}
