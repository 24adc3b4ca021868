//! bindgen INPUT.wasm FOLDER NAME: writes NAME.js, NAME.d.ts and NAME_bg.wasm, an ES module for the web.

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let mut arg = |what: &str| args.next().with_context(|| format!("{what} is missing"));
    let (input, folder, name) = (arg("INPUT.wasm")?, arg("FOLDER")?, arg("NAME")?);
    Bindgen::new()
        .input_path(input)
        .web(true)?
        .typescript(true)
        .omit_default_module_path(false)
        .out_name(&name)
        .generate(folder)
}
