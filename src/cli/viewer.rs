//! `foramen [PATH]`: the window.

use std::path::PathBuf;

use super::exit::{Exit, Failure, Outcome};
use crate::detector::EngineChoice;

/// What the viewer opens, and the models that it grades with.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder, file, zip or DICOMDIR to open in the viewer; the demo study if left out
    path: Option<PathBuf>,
    /// Folder of ONNX models with manifest.json, any number for each role; the demo models if left out
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Inference engine
    #[arg(long, value_enum, default_value_t)]
    engine: EngineChoice,
}

#[cfg(feature = "gui")]
pub fn run(args: Args) -> Outcome {
    if let Some(path) = args.path.as_ref().filter(|path| !path.exists()) {
        let error = anyhow::anyhow!("{}: no such file or folder", path.display());
        return Err(Failure::new(Exit::Input, error));
    }
    let with = crate::worker::GradeWith { models: args.models, engine: args.engine };
    crate::ui::run(args.path, with).map(|()| Exit::Ok).map_err(|e| Failure::new(Exit::NoDisplay, e))
}

#[cfg(not(feature = "gui"))]
pub fn run(_: Args) -> Outcome {
    Err(Failure::new(
        Exit::NoDisplay,
        anyhow::anyhow!("this build has no window (feature `gui` is off); use `foramen grade PATH` instead"),
    ))
}
