//! Drives Ultralytics: recipe, training, ONNX export, manifest entry, model card.
//!
//! Ultralytics runs as a program of its own through `driver.py`; nothing of it is linked.

mod card;
mod python;
mod recipe;
mod run;

pub use python::{PythonError, environment, find as find_python};
pub use recipe::{Preset, Recipe, RecipeError};
pub use run::{Progress, TrainError, TrainOptions, Trained, train};
