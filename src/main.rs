//! The `hrm` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    hrm::cli::main()
}
