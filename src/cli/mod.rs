//! The command line: one file per subcommand; clap args → library call → exit code.

mod dataset;
mod detect;
mod evaluate;
mod exit;
mod grade;
mod inspect;
mod phantom;
mod progress;
mod train;
mod viewer;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

pub use exit::{Exit, Failure};

/// Reads lumbar-spine MRI, grades stenosis with three detectors, and shows why.
/// Research use only - not for diagnosis.
#[derive(Debug, Parser)]
#[command(name = "foramen", version, about, after_help = exit::HELP)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Folder, file, zip or DICOMDIR to open in the viewer; the demo study if left out
    path: Option<PathBuf>,
    /// Log more (-v info, -vv debug); debug logs may hold file paths
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    Inspect(inspect::Args),
    Grade(grade::Args),
    Detect(detect::Args),
    Evaluate(evaluate::Args),
    Phantom(phantom::Args),
    Dataset(dataset::Args),
    Train(train::Args),
}

/// Runs the program on `std::env::args`.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    start_log(cli.verbose);
    let result = match cli.command {
        None => viewer::run(cli.path),
        Some(Command::Inspect(args)) => inspect::run(&args),
        Some(Command::Grade(args)) => grade::run(&args),
        Some(Command::Detect(args)) => detect::run(&args),
        Some(Command::Evaluate(args)) => evaluate::run(&args),
        Some(Command::Phantom(args)) => phantom::run(&args),
        Some(Command::Dataset(args)) => dataset::run(&args),
        Some(Command::Train(args)) => train::run(&args),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprintln!("foramen: {failure}");
            failure.exit.into()
        }
    }
}

/// The models in `dir`, or the demo models.
fn load_models(dir: Option<&std::path::Path>) -> Result<crate::detector::ModelSet, Failure> {
    use crate::detector::ModelSet;
    dir.map_or_else(ModelSet::embedded, ModelSet::from_dir).map_err(|error| Failure::new(Exit::Model, error))
}

/// Warnings go to stderr by default; `-v` and `RUST_LOG` show more. No patient data below debug.
fn start_log(verbose: u8) {
    use tracing_subscriber::EnvFilter;
    let level = match verbose {
        0 => "warn",
        1 => "foramen=info,warn",
        _ => "foramen=debug,info",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    // A second start (tests) keeps the first subscriber.
    let _ =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).try_init();
}
