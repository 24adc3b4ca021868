//! Compiles WGSL with the Vulkan driver that is found, for a GPU that need not be there, and writes what the driver
//! tells: `compilers OUT SHADER.wgsl…` makes a file `OUT/SHADER.txt` of each, `compilers --metal OUT SHADER.wgsl…` one
//! of naga's Metal. A shader's file name carries its constants: `linear_small,HALF=1,VECTORS=1,WHOLE=1.wgsl`. Called by `probe.py`.

mod translation;
mod vulkan;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use translation::Shader;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1).peekable();
    let metal = args.next_if(|arg| arg == "--metal").is_some();
    let Some(out) = args.next().map(PathBuf::from) else {
        println!("usage: compilers [--metal] OUT SHADER.wgsl…");
        return Ok(());
    };
    let device = if metal { None } else { Some(vulkan::Device::open()?) };
    for path in args.map(PathBuf::from) {
        let shader = Shader::read(&path)?;
        let text = match &device {
            None => shader.metal()?,
            Some(device) if shader.needs_f16() && !device.has_f16 => continue,
            Some(device) => listing(device, &shader)?,
        };
        let suffix = if metal { "metal" } else { "txt" };
        fs::write(out.join(format!("{}.{suffix}", name(&path)?)), text)?;
    }
    Ok(())
}

fn name(path: &Path) -> Result<&str> {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    stem.ok_or_else(|| format!("{}: no name", path.display()).into())
}

/// Returns the driver's statistics, a line each, and its listings, each below a line `=== NAME`.
fn listing(device: &vulkan::Device, shader: &Shader) -> Result<String> {
    let compiled = device.compile(shader).map_err(|e| format!("{}: {e}", shader.name))?;
    let mut text = String::new();
    writeln!(text, "Device: {}\nSubgroup: {}", device.name, compiled.subgroup)?;
    for (name, value) in &compiled.statistics {
        writeln!(text, "{name}: {value}")?;
    }
    for (name, body) in &compiled.listings {
        writeln!(text, "=== {name}\n{body}")?;
    }
    Ok(text)
}
