//! Tells the program which commit it was built from.

use std::path::Path;
use std::process::Command;

fn main() {
    let git = |args: &[&str]| {
        let out = Command::new("git")
            .args(args)
            .output()
            .ok()
            .filter(|o| o.status.success())?;
        String::from_utf8(out.stdout)
            .ok()
            .map(|s| s.trim().to_owned())
            .filter(|s| !s.is_empty())
    };
    // In a worktree these files are elsewhere; a file that is not there would run this, and the compiler, every time.
    for file in ["HEAD", "logs/HEAD"] {
        let path = git(&["rev-parse", "--git-path", file]).filter(|path| Path::new(path).exists());
        println!("cargo::rerun-if-changed={}", path.as_deref().unwrap_or("build.rs"));
    }
    let commit = match is_packaged() {
        true => packaged(),
        false => git(&["rev-parse", "--short=12", "HEAD"]),
    };
    println!("cargo::rustc-env=HRM_COMMIT={}", commit.as_deref().unwrap_or("unknown"));
}

/// Whether this is what cargo has packaged. A repository around it is another one: some people keep their home in one.
fn is_packaged() -> bool {
    Path::new("Cargo.toml.orig").exists()
}

/// Returns the commit that cargo wrote down when it packaged this.
fn packaged() -> Option<String> {
    let info = std::fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let (_, commit) = info.split_once("\"sha1\": \"")?;
    commit.get(..12).map(str::to_owned)
}
