//! `foramen completions` and `foramen man`: shell completions and man pages, generated from the command line
//! definition, so that they cannot differ from it.

use std::path::PathBuf;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::roff::{Roff, roman};

use super::{
    Cli,
    exit::{self, Exit, Failure, Outcome, print},
};
use crate::files::write_atomic;

/// Print shell completions
///
/// Bash: `foramen completions bash > ~/.local/share/bash-completion/completions/foramen`.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Write man pages, one for each command
#[derive(Debug, clap::Args)]
pub struct Man {
    /// Folder to write into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub fn completions(args: &Completions) -> Outcome {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), env!("CARGO_PKG_NAME"), &mut bytes);
    print(&bytes).map(|()| Exit::Ok)
}

pub fn man(args: &Man) -> Outcome {
    // `foramen help` prints the text of the pages; it has no page of its own.
    let mut command = Cli::command().disable_help_subcommand(true);
    // Names the commands like their pages, as git does: `man foramen-grade`.
    command.build();
    page(args, &command)?;
    for subcommand in command.get_subcommands() {
        page(args, subcommand)?;
    }
    Ok(Exit::Ok)
}

fn page(args: &Man, command: &Command) -> Result<(), Failure> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let bytes = render(command).map_err(|e| Failure::new(Exit::Error, e))?;
    write_atomic(&args.out.join(format!("{name}.1")), &bytes).map_err(|e| Failure::new(Exit::Output, e))
}

/// Rendered section by section, because `clap_mangen` would put the text below the help under "EXTRA".
fn render(command: &Command) -> std::io::Result<Vec<u8>> {
    let man = clap_mangen::Man::new(command.clone());
    let mut bytes = Vec::new();
    man.render_title(&mut bytes)?;
    man.render_name_section(&mut bytes)?;
    man.render_synopsis_section(&mut bytes)?;
    man.render_description_section(&mut bytes)?;
    man.render_options_section(&mut bytes)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut bytes)?;
    }
    below_the_help(command).to_writer(&mut bytes)?;
    if command.get_version().is_some() {
        man.render_version_section(&mut bytes)?;
    }
    Ok(bytes)
}

fn below_the_help(command: &Command) -> Roff {
    let mut roff = Roff::new();
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let notes = text.strip_suffix(&exit::help()).unwrap_or(&text).trim();
    if !notes.is_empty() {
        roff.control("SH", ["NOTES"]).text([roman(notes)]);
    }
    roff.control("SH", ["EXIT STATUS"]);
    for exit in Exit::ALL {
        roff.control("TP", []).text([roman((exit as u8).to_string())]).text([roman(exit.meaning())]);
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }
}
