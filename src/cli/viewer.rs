//! `foramen [PATH]`: the window.

use std::path::PathBuf;

use super::exit::{Exit, Failure, Outcome};

#[cfg(feature = "gui")]
pub fn run(path: Option<PathBuf>) -> Outcome {
    crate::ui::run(path).map(|()| Exit::Ok).map_err(|e| Failure::new(Exit::Error, e))
}

#[cfg(not(feature = "gui"))]
pub fn run(_: Option<PathBuf>) -> Outcome {
    Err(Failure::new(
        Exit::NoDisplay,
        anyhow::anyhow!("this build has no window (feature `gui` is off); use `foramen grade PATH` instead"),
    ))
}
