//! Drives Ultralytics: recipe, training of one fold or five, resuming after a kill, ONNX export, manifest entry, model
//! card.
//!
//! Ultralytics runs as a separate program through `driver.py`; none of it is linked. [`TrainingData::read`] and
//! [`Training::prepare`] find problems before anything is started.

mod card;
mod data;
mod device;
mod enter;
mod error;
mod job;
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
pub use models::{change_manifest, read_manifest};
pub use prepare::{Start, TrainOptions, Training};
pub use process::{Event, Progress, Stage, StageState};
pub use python::{Python, PythonError, environment, find as find_python};
pub use recipe::{Checkpoint, Preset, Recipe, RecipeError};
pub use results::Figures;
pub use run::Trained;
