//! What to train, checked before anything starts.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{
    Checkpoint, Device, Fold, Kind, Recipe, TrainError, TrainingData,
    data::Contents,
    job::{HELDOUT, Identity, sha256},
    kind::{is_weights, is_yaml},
    recipe::{Clean, RecipeError},
};
use crate::{files, grading::ModelRole};

/// What a training starts from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Start {
    /// What the recipe says: weights, or nothing.
    #[default]
    Recipe,
    /// Nothing, whatever the recipe says.
    Scratch,
    /// A `.pt`, a name of weights to download, or the YAML of another network to train from scratch.
    File(PathBuf),
}

/// Initial weights, after resolving what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weights {
    None,
    File(PathBuf),
    /// No file: the training program knows where they are.
    Named(String),
}

/// What to train, and where.
#[derive(Debug, Clone)]
pub struct TrainOptions {
    /// The model to train.
    pub role: ModelRole,
    /// The fold that validates; the others train.
    pub fold: u32,
    /// Folder of models: gets `file`, `manifest.json`, `MODEL_CARD.md`.
    pub out: PathBuf,
    /// Name of the model's file.
    pub file: String,
    /// Folder for checkpoints and the program's own output; kept.
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
    /// What models that had not seen them said of the studies, where labels are to be cleaned.
    pub(super) opinions: Vec<PathBuf>,
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
        let kind = options.recipe.kind;
        if let Contents::Crops { side } = data.contents
            && side != options.recipe.input
        {
            let why = format!("the crops of the data set have {side} pixels");
            return Err(RecipeError::Setting { name: options.recipe.name, key: "input".to_owned(), why }.into());
        }
        let (mut weights, mut weights_id) = (Weights::None, None);
        if let Some(given) = given {
            let fail = |message: String| TrainError::Weights { file: given.clone(), message };
            match files::read_regular(&given, files::MOST_OF_MODEL) {
                Ok(bytes) => {
                    weights_id = Some(sha256(&bytes));
                    if is_yaml(&given) && kind == Kind::Detector {
                        options.recipe = options.recipe.with_architecture(&absolute(&given));
                    } else if is_weights(&given) {
                        weights = Weights::File(absolute(&given));
                    } else {
                        return Err(fail(match kind {
                            Kind::Detector => "expected weights (.pt) or a model YAML".to_owned(),
                            Kind::Crops => "expected weights (.pt) of a second stage, or imagenet".to_owned(),
                        }));
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && kind.can_fetch(&given) => {
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
        let opinions = match options.recipe.clean() {
            Some(clean) => {
                let (files, sha256) = opinions(clean)?;
                recipe["clean"] = json!({ "share": clean.share, "sha256": sha256 });
                files
            }
            None => Vec::new(),
        };
        let identity = Identity {
            recipe_sha256: sha256(recipe.to_string().as_bytes()),
            data_sha256: data.sha256.clone(),
            fold: fold.fold,
        };
        Ok(Self { options, weights, data: data.clone(), fold, opinions, identity })
    }
}

/// The tables of five folds that were trained before, and their hash.
fn opinions(clean: &Clean) -> Result<(Vec<PathBuf>, String), TrainError> {
    let folder = std::path::absolute(&clean.models).unwrap_or_else(|_| clean.models.clone());
    let table = |fold: u32| folder.join(format!("training-{}-fold{fold}", ModelRole::Crops)).join(HELDOUT);
    let files: Vec<PathBuf> = (0..5).map(table).collect();
    let mut hashes = String::new();
    for file in &files {
        let bytes = files::read_regular(file, files::MOST_OF_TABLE).map_err(|e| {
            let message = format!("cannot be read: {e}; labels are cleaned with the five folds of an earlier training");
            TrainError::Opinions { file: file.clone(), message }
        })?;
        hashes += &sha256(&bytes);
    }
    Ok((files, sha256(hashes.as_bytes())))
}
