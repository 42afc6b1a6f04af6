//! Exit codes, and errors that carry one.

use std::{fmt, io::Write, process::ExitCode};

use anyhow::Context;

use crate::RESEARCH_USE_ONLY;

/// How the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All done.
    Ok = 0,
    /// An error without a code of its own.
    Error = 1,
    /// The command line is wrong (clap uses this too).
    Usage = 2,
    /// The input is missing, empty or cannot be read.
    Input = 3,
    /// A model or engine cannot be used.
    Model = 4,
    /// The output cannot be written.
    Output = 5,
    /// Some of the work was done, some failed.
    Partial = 6,
    /// No display for the window.
    NoDisplay = 7,
    /// Another program that was needed is missing or failed (Python, Ultralytics).
    Tool = 8,
    /// An archive (PACS) was not reached, or refused what it was asked for.
    Archive = 9,
}

impl Exit {
    /// Every code.
    pub const ALL: [Self; 10] = [
        Self::Ok,
        Self::Error,
        Self::Usage,
        Self::Input,
        Self::Model,
        Self::Output,
        Self::Partial,
        Self::NoDisplay,
        Self::Tool,
        Self::Archive,
    ];

    /// What it means, for help and manual.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "done",
            Self::Error => "error",
            Self::Usage => "wrong command line",
            Self::Input => "input missing or unreadable",
            Self::Model => "model or engine unusable",
            Self::Output => "output not writable",
            Self::Partial => "some of the work failed or is doubtful",
            Self::NoDisplay => "no display",
            Self::Tool => "another program failed",
            Self::Archive => "archive not reached, or it refused",
        }
    }
}

/// The codes, below the help of every command.
pub fn help() -> String {
    let codes = Exit::ALL.map(|exit| format!("{} {}", exit as u8, exit.meaning()));
    format!("Exit codes: {}", codes.join(" · "))
}

/// The same below the notice, for commands whose output could be mistaken for a finding.
pub fn help_with_notice() -> String {
    format!("{RESEARCH_USE_ONLY}\n\n{}", help())
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error that ends the program, with its exit code.
#[derive(Debug)]
pub struct Failure {
    /// The code.
    pub exit: Exit,
    /// The cause, shown on one line with its sources.
    pub error: anyhow::Error,
}

impl Failure {
    /// Wraps an error.
    pub fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self { exit, error: error.into() }
    }

    /// Whether no message is needed: the reader of our output closed the pipe (`| head`) and knows it.
    pub fn is_known(&self) -> bool {
        let is_broken_pipe = |cause: &(dyn std::error::Error + 'static)| {
            cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
        };
        self.exit == Exit::Output && self.error.chain().any(is_broken_pipe)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.error.to_string();
        for cause in self.error.chain().skip(1).map(ToString::to_string) {
            // Many messages name their cause already.
            if !text.contains(&cause) {
                text = format!("{text}: {cause}");
            }
        }
        // One error is one line, whatever a library puts into its message.
        f.write_str(text.lines().map(str::trim).collect::<Vec<_>>().join(" ").as_str())
    }
}

/// What a subcommand returns.
pub type Outcome = Result<Exit, Failure>;

/// Writes to standard output. A closed pipe (`| head`) ends the run quietly.
pub fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.context("cannot write to standard output").map_err(|e| Failure::new(Exit::Output, e))
}
