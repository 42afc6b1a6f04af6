//! Why no detector came of a training.

use std::path::PathBuf;

use super::{PythonError, RecipeError};
use crate::{files::WriteError, grading::Role};

/// Why no detector came of it.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The data set cannot be used.
    #[error("{}: not a whole data set of `foramen dataset`: {message}", folder.display())]
    Data {
        /// Folder of the data set.
        folder: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// The data set is another detector's.
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
    /// Weights that Ultralytics should have fetched.
    #[error(
        "{name}: there is no such file here, and Ultralytics could not fetch it: {why}; give the path of a copy with \
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
    /// Ultralytics, or the driver before it, will not have it.
    #[error("{0}")]
    Refused(String),
    /// Another training is at work there.
    #[error("{}: another training is at work in this folder; wait for it, or name another with --work", .0.display())]
    Busy(PathBuf),
    /// What is there was begun with something else.
    #[error(
        "{}: what was begun there has another {what}; go on with the same, or leave --resume out to begin anew",
        work.display()
    )]
    Changed {
        /// The work folder.
        work: PathBuf,
        /// What differs from the training that was begun.
        what: String,
    },
    /// Ultralytics stopped.
    #[error("Ultralytics stopped ({status}): {words} (its whole output is in {}{})", log.display(), if *begun { "; --resume goes on from the last epoch" } else { "" })]
    Failed {
        /// How its process ended.
        status: String,
        /// The end of its output.
        words: String,
        /// Everything that it said.
        log: PathBuf,
        /// Whether there is a checkpoint.
        begun: bool,
    },
    /// The disk is full.
    #[error("{}: the disk is full; make room and go on with --resume", .0.display())]
    DiskFull(PathBuf),
    /// The ONNX file that came out is not what was asked for.
    #[error("{}: the exported model was not entered: {message}", file.display())]
    Export {
        /// Path of the file.
        file: PathBuf,
        /// What was expected and found.
        message: String,
    },
    /// A folder of models whose manifest cannot be read would lose its other models.
    #[error("{}: cannot be read: {message}; mend it or move it away", file.display())]
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
