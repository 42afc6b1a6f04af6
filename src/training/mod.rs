//! Drives a program that trains: recipe, training of one fold or five, resuming after a kill, ONNX export, manifest entry,
//! model card.
//!
//! Detectors are trained by Ultralytics, the second stage by a program of our own ([`Kind`]); both are Python programs
//! that run separately, from the work folder's `driver.py`, and say in the same lines how far they are. None of
//! Ultralytics is linked. [`TrainingData::read`] and [`Training::prepare`] find problems before anything is started.

mod card;
mod check;
mod crop_data;
mod data;
mod device;
mod enter;
mod error;
mod job;
mod kind;
mod models;
mod prepare;
mod process;
mod python;
mod recipe;
mod results;
mod run;

pub use data::{Fold, TrainingData};
pub use device::{Device, ParseDeviceError};
pub use error::TrainError;
pub use kind::Kind;
pub use models::{change_manifest, read_manifest};
pub use prepare::{Start, TrainOptions, Training};
pub use process::{Event, Progress, Stage, StageState};
pub use python::{Python, PythonError, environment, find as find_python};
pub use recipe::{Checkpoint, Preset, Recipe, RecipeError};
pub use results::Figures;
pub use run::Trained;
