//! The `hrm` command: a thin layer over the library [`hrm`].

mod app;
mod bench;
mod board;
mod convert;
#[cfg(feature = "gpu")]
mod devices;
mod eval;
mod generate;
mod hints;
mod image;
mod inspect;
#[cfg(test)]
#[path = "../../../examples/latin/task/mod.rs"]
mod latin;
mod options;
mod output;
mod run;
mod solve;
#[cfg(feature = "gpu")]
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use hrm::error::{Error, Result};

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

Exit codes: 0 all went well (solve: every answer is valid), 1 an answer is not valid,
2 bad usage or input, 3 model files or device.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Solve puzzles: Sudokus, mazes, files of them, or `-` for standard input
    Solve(solve::Args),
    /// Run a model on tensors and write every segment's outputs
    Run(run::Args),
    /// Accuracy over a data set: an official folder, a CSV file, or one puzzle a line
    Eval(eval::Args),
    /// Open the window: watch the model think
    App(app::Args),
    /// Make puzzles from a seed
    Generate(generate::Args),
    /// Show what a model is, and whether its files fit together
    Inspect(inspect::Args),
    /// Write a model folder from an official checkpoint or safetensors
    Convert(convert::Args),
    /// The adapters of this machine, and which one `--device auto` takes and why
    #[cfg(feature = "gpu")]
    Devices(devices::Args),
    /// Hold this machine's GPU to the CPU executor and to official outputs, kernel by kernel
    #[cfg(feature = "gpu")]
    Verify(verify::Args),
    /// Latency and throughput on this machine, beside what its hardware could do
    Bench(bench::Args),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

fn main() -> ExitCode {
    quiet_mesa();
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Solve(args) => solve::solve(args),
        Command::Run(args) => run::run(args),
        Command::Eval(args) => eval::eval(args),
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
        Command::Man => man(),
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

fn man() -> Result<u8> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(Error::io("write", "the manual page"))?;
    output::print(&String::from_utf8_lossy(&page))?;
    Ok(0)
}

/// Silences Mesa's device-select layer, which orders Vulkan devices for a compositor. Without a session's runtime
/// folder (root, containers) there is no compositor, and the layer complains on standard error.
fn quiet_mesa() {
    if cfg!(target_os = "linux") && std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // SAFETY: the first thing that the process does, while it has one thread.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
    }
}
