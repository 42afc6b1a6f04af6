//! What to train, checked before anything starts.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{
    Checkpoint, Device, Fold, Recipe, TrainError, TrainingData,
    job::{Identity, sha256},
    recipe::{is_weights, is_yaml},
};
use crate::{files, grading::Role};

/// What a training starts from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Start {
    /// What the recipe says: weights, or nothing.
    #[default]
    Recipe,
    /// Nothing, whatever the recipe says.
    Scratch,
    /// A `.pt`, a name of one that Ultralytics fetches, or the YAML of another network to train from scratch.
    File(PathBuf),
}

/// Initial weights, after resolving what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weights {
    None,
    File(PathBuf),
    /// No file: Ultralytics knows where its own weights are.
    Named(String),
}

/// What to train, and where.
#[derive(Debug, Clone)]
pub struct TrainOptions {
    /// The detector to train.
    pub role: Role,
    /// The fold that validates; the others train.
    pub fold: u32,
    /// Folder of models: gets `file`, `manifest.json`, `MODEL_CARD.md`.
    pub out: PathBuf,
    /// Name of the model's file.
    pub file: String,
    /// Folder for checkpoints and Ultralytics' own output; kept.
    pub work: PathBuf,
    /// Network, settings and stages.
    pub recipe: Recipe,
    /// The weights to start from, if any.
    pub start: Start,
    /// Whether it validates after each epoch.
    pub validate: bool,
    /// The checkpoint that becomes the model.
    pub checkpoint: Checkpoint,
    /// The processor or GPUs that train.
    pub device: Device,
    /// Time for all stages; without it the recipe's epochs.
    pub hours: Option<f64>,
    /// Epochs of each stage instead of the recipe's.
    pub epochs: Option<u32>,
    /// Go on where a killed run in `work` stopped; pass over what is in `out` already.
    pub resume: bool,
}

/// A training that has been looked over and can begin.
#[derive(Debug, Clone)]
pub struct Training {
    pub(super) options: TrainOptions,
    pub(super) weights: Weights,
    pub(super) data: TrainingData,
    pub(super) fold: Fold,
    pub(super) identity: Identity,
}

impl Training {
    /// Checks what can be checked without Python.
    ///
    /// # Errors
    ///
    /// The fold cannot be trained, or the weights to start from cannot be read or are none.
    pub fn prepare(data: &TrainingData, mut options: TrainOptions) -> Result<Self, TrainError> {
        let fold = data.fold(options.fold)?.clone();
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        options.work = absolute(&options.work);
        let given = match &options.start {
            Start::Recipe => options.recipe.weights(options.role).map(PathBuf::from),
            Start::Scratch => None,
            Start::File(given) => Some(given.clone()),
        };
        let (mut weights, mut weights_id) = (Weights::None, None);
        if let Some(given) = given {
            let fail = |message: String| TrainError::Weights { file: given.clone(), message };
            // What Ultralytics may know: a name of weights, not a path.
            let name = given.file_name().filter(|name| given.as_os_str() == *name && is_weights(&given));
            match files::read_regular(&given, files::MOST_OF_MODEL) {
                Ok(bytes) => {
                    weights_id = Some(sha256(&bytes));
                    if is_yaml(&given) {
                        options.recipe = options.recipe.with_architecture(&absolute(&given));
                    } else if is_weights(&given) {
                        weights = Weights::File(absolute(&given));
                    } else {
                        return Err(fail("expected weights (.pt) or a model YAML".to_owned()));
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && name.is_some() => {
                    let name = given.display().to_string();
                    weights_id = Some(format!("by name: {name}"));
                    weights = Weights::Named(name);
                }
                Err(error) => return Err(fail(format!("cannot be read: {error}"))),
            }
        }
        let mut recipe = json!({
            "architecture": options.recipe.architecture(options.role),
            "train": options.recipe.train(options.role),
            "stages": options.recipe.stages(options.hours, options.epochs),
            "input": options.recipe.input,
            "weights": weights_id,
        });
        // Left out if it has the value from before there was a choice, so that such trainings are still recognised.
        if options.validate || options.checkpoint != Checkpoint::Last {
            recipe["validate"] = json!(options.validate);
            recipe["checkpoint"] = json!(options.checkpoint);
        }
        let identity = Identity {
            recipe_sha256: sha256(recipe.to_string().as_bytes()),
            data_sha256: data.sha256.clone(),
            fold: fold.fold,
        };
        Ok(Self { options, weights, data: data.clone(), fold, identity })
    }
}
