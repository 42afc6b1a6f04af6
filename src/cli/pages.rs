//! `foramen completions` and `foramen man`: what a shell and `man` want to know, made from the command line itself, so
//! that it cannot say something else.

use std::path::PathBuf;

use clap::{Command, CommandFactory};
use clap_complete::Shell;

use super::{
    Cli,
    exit::{Exit, Failure, Outcome, print},
};
use crate::files::write_atomic;

/// Print the completions of a shell
///
/// Bash: `foramen completions bash > ~/.local/share/bash-completion/completions/foramen`.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// For which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Write the manual pages, one for each command
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
    let mut command = Cli::command();
    // Names the commands as their pages are called: `man foramen-grade`, as of git's commands.
    command.build();
    page(args, &command)?;
    for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
        page(args, subcommand)?;
    }
    Ok(Exit::Ok)
}

fn page(args: &Man, command: &Command) -> Result<(), Failure> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let mut bytes = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut bytes).map_err(|e| Failure::new(Exit::Error, e))?;
    write_atomic(&args.out.join(format!("{name}.1")), &bytes).map_err(|e| Failure::new(Exit::Output, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }
}
