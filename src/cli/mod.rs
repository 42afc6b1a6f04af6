//! The command line: one file per subcommand; clap args → library call → exit code.

#[cfg(feature = "network")]
mod archive;
mod bench;
mod calibrate;
mod dataset;
mod detect;
mod evaluate;
mod exit;
mod grade;
mod grading;
mod inspect;
mod pages;
mod phantom;
mod progress;
mod report;
mod train;
mod viewer;

use std::{io::IsTerminal, path::PathBuf, process::ExitCode};

use anyhow::anyhow;
use clap::{Parser, Subcommand};

use crate::{
    cancel::Cancel,
    study::{self, Scan},
};

pub use exit::{Exit, Failure};

/// Reads lumbar-spine MRI, grades stenosis with three detectors, and shows why.
/// Research use only - not for diagnosis.
#[derive(Debug, Parser)]
#[command(name = "foramen", version, after_help = exit::help(), args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    viewer: viewer::Args,
    /// Log more (-v info, -vv debug); debug logs may hold file paths
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(after_help = exit::help())]
    Inspect(inspect::Args),
    #[command(after_help = exit::help_with_notice())]
    Grade(grade::Args),
    #[command(after_help = exit::help_with_notice())]
    Report(report::Args),
    #[command(after_help = exit::help_with_notice())]
    Detect(detect::Args),
    #[command(after_help = exit::help())]
    Evaluate(evaluate::Args),
    #[command(after_help = exit::help())]
    Phantom(phantom::Args),
    #[command(after_help = exit::help())]
    Dataset(dataset::Args),
    #[command(after_help = exit::help())]
    Train(train::Args),
    #[command(after_help = exit::help())]
    Calibrate(calibrate::Args),
    #[command(after_help = exit::help())]
    Bench(bench::Args),
    #[cfg(feature = "network")]
    #[command(after_help = exit::help())]
    Echo(archive::echo::Args),
    #[cfg(feature = "network")]
    #[command(after_help = exit::help())]
    Query(archive::query::Args),
    #[cfg(feature = "network")]
    #[command(after_help = exit::help())]
    Retrieve(archive::retrieve::Args),
    #[cfg(feature = "network")]
    #[command(after_help = exit::help())]
    Send(archive::send::Args),
    #[command(after_help = exit::help())]
    Completions(pages::Completions),
    #[command(after_help = exit::help())]
    Man(pages::Man),
}

/// Runs the program on `std::env::args`.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    start_log(cli.verbose);
    start_threads();
    let result = match cli.command {
        None => viewer::run(cli.viewer),
        Some(Command::Inspect(args)) => inspect::run(&args),
        Some(Command::Grade(args)) => grade::run(&args),
        Some(Command::Report(args)) => report::run(&args),
        Some(Command::Detect(args)) => detect::run(&args),
        Some(Command::Evaluate(args)) => evaluate::run(&args),
        Some(Command::Phantom(args)) => phantom::run(&args),
        Some(Command::Dataset(args)) => dataset::run(&args),
        Some(Command::Train(args)) => train::run(&args),
        Some(Command::Calibrate(args)) => calibrate::run(&args),
        Some(Command::Bench(args)) => bench::run(args),
        #[cfg(feature = "network")]
        Some(Command::Echo(args)) => archive::echo::run(&args),
        #[cfg(feature = "network")]
        Some(Command::Query(args)) => archive::query::run(&args),
        #[cfg(feature = "network")]
        Some(Command::Retrieve(args)) => archive::retrieve::run(&args),
        #[cfg(feature = "network")]
        Some(Command::Send(args)) => archive::send::run(&args),
        Some(Command::Completions(args)) => pages::completions(&args),
        Some(Command::Man(args)) => pages::man(&args),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            if !failure.is_known() {
                eprintln!("foramen: {failure}");
            }
            failure.exit.into()
        }
    }
}

/// Looks for images below `paths`; if there are none, fails with what was found instead.
fn scan(paths: &[PathBuf]) -> Result<Scan, Failure> {
    let scan = study::scan(paths, &Cancel::default(), &|_, _| ()).map_err(|e| Failure::new(Exit::Input, e))?;
    tracing::debug!("{} files looked at, {} studies, {} issues", scan.files, scan.studies.len(), scan.issues.len());
    if !scan.studies.is_empty() {
        return Ok(scan);
    }
    let named = paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ");
    let error = match (scan.issues.as_slice(), scan.files) {
        ([only], 0 | 1) => anyhow!("{only}"),
        ([], 0) => anyhow!("{named}: no files in it"),
        (issues, files) => {
            for issue in issues {
                eprintln!("foramen: {issue}");
            }
            anyhow!("{named}: no DICOM image among {files} file{}", if files == 1 { "" } else { "s" })
        }
    };
    Err(Failure::new(Exit::Input, error))
}

/// Under a limit on address space (`ulimit -v`) not every core gets a thread that reads headers: each thread takes some
/// of it, and without any left no thread can start.
fn start_threads() {
    const EACH: u64 = 96 << 20;
    let Some(left) = study::available_addresses() else { return };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(usize::try_from(left / EACH).unwrap_or(cores)).max(1);
    // One pool at most is ever built: a second start (tests) keeps the first.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
}

/// Our warnings go to stderr by default; `-v` and `RUST_LOG` show more. Library messages about a file are for `-v`
/// only: what the user needs to know is reported in our own words. No patient data below debug.
fn start_log(verbose: u8) {
    use tracing_subscriber::EnvFilter;
    let level = match verbose {
        0 => "foramen=warn,off",
        1 => "foramen=info,warn",
        _ => "foramen=debug,info",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    // A second start (tests) keeps the first subscriber.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .try_init();
}
