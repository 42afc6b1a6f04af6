//! Errors of a training.

use std::path::PathBuf;

use super::{PythonError, RecipeError};
use crate::{files::WriteError, grading::Role};

/// Why a training gave no detector.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The data set.
    #[error("{}: not a complete data set made by `foramen dataset`: {message}", folder.display())]
    Data {
        /// Folder of the data set.
        folder: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// The data set is for another detector.
    #[error("{}: the data set is for {found}, not for {wanted}", folder.display())]
    Role {
        /// Folder of the data set.
        folder: PathBuf,
        /// The detector that it is for.
        found: Role,
        /// The detector that was to be trained.
        wanted: Role,
    },
    /// Weights to start from.
    #[error("{}: {message}", file.display())]
    Weights {
        /// Path of the file.
        file: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// Weights that Ultralytics should have downloaded.
    #[error(
        "{name}: no such file here, and Ultralytics could not download it: {why}; give the path of a copy with \
         --weights, or train without pretrained weights with --from-scratch"
    )]
    Fetch {
        /// The name by which Ultralytics knows them.
        name: String,
        /// What Ultralytics said.
        why: String,
    },
    /// There is no Python to train with.
    #[error(transparent)]
    Python(#[from] PythonError),
    /// The recipe cannot be used.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// Ultralytics, or the driver before it, refuses.
    #[error("{0}")]
    Refused(String),
    /// Another training is running there.
    #[error("{}: another training is running in this folder; wait for it, or give another folder with --work", .0.display())]
    Busy(PathBuf),
    /// The work there was started with something else.
    #[error(
        "{}: the training there has a different {what}; resume with the same one, or leave out --resume to start over",
        work.display()
    )]
    Changed {
        /// The work folder.
        work: PathBuf,
        /// What differs from the training that was begun.
        what: String,
    },
    /// Ultralytics stopped.
    #[error("Ultralytics stopped ({status}): {words} (its full output is in {}{})", log.display(), if *begun { "; --resume continues from the last epoch" } else { "" })]
    Failed {
        /// How its process ended.
        status: String,
        /// The end of its output.
        words: String,
        /// Its complete output.
        log: PathBuf,
        /// Whether there is a checkpoint.
        begun: bool,
    },
    /// The disk is full.
    #[error("{}: the disk is full; free some space and continue with --resume", .0.display())]
    DiskFull(PathBuf),
    /// The exported ONNX file is not what was requested.
    #[error("{}: the exported model was not added: {message}", file.display())]
    Export {
        /// Path of the file.
        file: PathBuf,
        /// What was expected and found.
        message: String,
    },
    /// An unreadable manifest: writing a new one would lose the folder's other models.
    #[error("{}: cannot be read: {message}; fix it or move it away", file.display())]
    Manifest {
        /// Path of the file.
        file: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}
