//! `hrm man`: manual pages of the program and of each of its commands.

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::{Cli, output};
use hrm::error::{Error, Result};

/// Prints the page of a command, or of the program.
pub(super) fn man(name: Option<&str>) -> Result<u8> {
    let mut command = Cli::command();
    command.build();
    if let Some(name) = name {
        let found = command
            .get_subcommands()
            .find(|known| known.get_name() == name)
            .cloned();
        command = found.ok_or_else(|| {
            let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
            Error::Usage(format!("expected one of {}, found `{name}`", names.join(", ")))
        })?;
        command = command.display_name(format!("hrm-{name}"));
    }
    let page = page(command).map_err(Error::io("write", "the manual page"))?;
    output::print(&String::from_utf8_lossy(&page))?;
    Ok(0)
}

fn page(command: Command) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let man = Man::new(command.clone()).title(name.to_uppercase());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if !examples.is_empty() {
        let mut section = Roff::new();
        section.control("SH", ["EXAMPLES"]);
        // As they stand: filled lines would run into each other.
        section.control("nf", []);
        for line in examples.lines().filter(|line| *line != "Examples:") {
            section.text([roman(line)]);
        }
        section.control("fi", []);
        section.to_writer(&mut page)?;
    }
    if command.get_version().is_some() {
        man.render_version_section(&mut page)?;
    }
    Ok(page)
}
