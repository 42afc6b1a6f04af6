//! Errors of a training.

use std::path::PathBuf;

use super::{PythonError, RecipeError};
use crate::{files::WriteError, grading::ModelRole};

/// Why a training gave no model.
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
    /// The data set is for another model.
    #[error("{}: the data set is for {found}, not for {wanted}", folder.display())]
    Role {
        /// Folder of the data set.
        folder: PathBuf,
        /// The model that it is for.
        found: ModelRole,
        /// The model that was to be trained.
        wanted: ModelRole,
    },
    /// Weights to start from.
    #[error("{}: {message}", file.display())]
    Weights {
        /// Path of the file.
        file: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// Weights that should have been downloaded.
    #[error(
        "{name}: no such file here, and {fetcher} could not download it: {why}; give the path of a copy with \
         --weights, or train without pretrained weights with --from-scratch"
    )]
    Fetch {
        /// The name by which they are known.
        name: String,
        /// Who should have downloaded them.
        fetcher: &'static str,
        /// What it said.
        why: String,
    },
    /// What an earlier training said of the studies, for the cleaning of labels.
    #[error("{}: {message}", file.display())]
    Opinions {
        /// Path of the table.
        file: PathBuf,
        /// What is wrong with it.
        message: String,
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
    /// The program that trains stopped.
    #[error("{trainer} stopped ({status}): {words} (its full output is in {}{})", log.display(), if *begun { "; --resume continues from the last epoch" } else { "" })]
    Failed {
        /// Who stopped.
        trainer: &'static str,
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
