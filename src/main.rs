//! The `hrm` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    quiet_mesa();
    hrm::cli::main()
}

/// Without a session's runtime folder (root, containers) Mesa's layer that orders Vulkan devices for a compositor
/// complains on standard error. There is no compositor then, and nothing to order.
fn quiet_mesa() {
    if cfg!(target_os = "linux") && std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // SAFETY: the first thing that the process does, while it has one thread.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
    }
}
