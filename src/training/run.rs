//! One training: prepared, run, entered.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::json;

use super::{
    Checkpoint, Device, Event, Fold, Python, Recipe, TrainError, TrainingData, enter,
    job::{Identity, Job, OPSET, Workplace, sha256},
    models::read_manifest,
    process,
    python::fetched_weights,
    recipe::{is_weights, is_yaml},
    results::Figures,
};
use crate::{
    files::{self, WriteError},
    grading::Role,
};

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

/// Weights to start from, once it is known what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Weights {
    None,
    File(PathBuf),
    /// No file: Ultralytics knows where its own weights are.
    Named(String),
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

/// The model of a finished training, and how good it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The ONNX file in the folder of models.
    pub onnx: PathBuf,
    /// Ultralytics' mAP at IoU 0.5 on the validation part.
    pub map50: f64,
    /// Ultralytics' mAP at IoU 0.5 to 0.95.
    pub map: f64,
    /// `results.csv` of each stage, and its last line.
    pub results: Vec<(PathBuf, Figures)>,
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
            // What Ultralytics may know: a name of weights, and no place.
            let name = given.file_name().filter(|name| given.as_os_str() == *name && is_weights(&given));
            match files::read_regular(&given, files::MOST_OF_MODEL) {
                Ok(bytes) => {
                    weights_id = Some(sha256(&bytes));
                    if is_yaml(&given) {
                        options.recipe = options.recipe.with_architecture(&absolute(&given));
                    } else if is_weights(&given) {
                        weights = Weights::File(absolute(&given));
                    } else {
                        return Err(fail("weights (.pt) or a model YAML were expected".to_owned()));
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
        // Left out where it is as it was before there was a choice, so that such trainings are still known.
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

    /// The options, with absolute paths.
    pub fn options(&self) -> &TrainOptions {
        &self.options
    }

    pub(super) fn architecture(&self) -> &str {
        self.options.recipe.architecture(self.options.role)
    }

    /// Ultralytics' own is 0.
    pub(super) fn seed(&self) -> i64 {
        self.options.recipe.train(self.options.role).get("seed").and_then(serde_json::Value::as_i64).unwrap_or(0)
    }

    /// Whether the folder of models has this very model: the same data, recipe and fold, and the file that the
    /// manifest describes.
    ///
    /// # Errors
    ///
    /// The manifest of the folder of models cannot be read.
    pub fn is_entered(&self) -> Result<bool, TrainError> {
        let manifest = read_manifest(&self.options.out)?.unwrap_or_default();
        let entry = manifest.models.iter().find(|m| m.file == self.options.file);
        Ok(entry.is_some_and(|entry| {
            entry.fold == Some(self.identity.fold)
                && entry.training.contains(&self.identity.recipe_sha256)
                && entry.training_data.contains(&self.identity.data_sha256)
                && fs::read(self.options.out.join(&entry.file)).is_ok_and(|bytes| sha256(&bytes) == entry.sha256)
        }))
    }

    /// Trains, exports, checks, and enters the model into its folder.
    ///
    /// # Errors
    ///
    /// Another training is at work in the folder, Ultralytics refuses or fails, the disk is full, or the ONNX file
    /// that comes out is not the detector that was asked for.
    pub fn run(&self, python: &Python, on_event: &dyn Fn(Event<'_>)) -> Result<Trained, TrainError> {
        let options = &self.options;
        // Before hours of training, not after.
        read_manifest(&options.out)?;
        let place = Workplace::take(&options.work)?;
        let job = self.job();
        place.lay_out(&job)?;
        let (exported, onnx) = if let Some(finished) = place.finished(&self.identity).filter(|_| options.resume) {
            finished
        } else {
            let exported = process::run(python, &options.work, on_event)?;
            let onnx = fs::read(&exported.onnx).map_err(|source| WriteError { path: exported.onnx.clone(), source })?;
            enter::check(self, &exported, &onnx)?;
            place.finish(&self.identity, &exported, &onnx)?;
            (exported, onnx)
        };
        let tables = (1..=job.stages.len()).map(|stage| options.work.join(format!("stage{stage}/results.csv")));
        let results: Vec<_> = tables.filter_map(|table| Some((table.clone(), Figures::last(&table)?))).collect();
        let figures: Vec<Figures> = results.iter().map(|(_, figures)| figures.clone()).collect();
        enter::enter(self, &exported, &onnx, &figures)?;
        Ok(Trained { onnx: options.out.join(&options.file), map50: exported.map50, map: exported.map, results })
    }

    fn job(&self) -> Job {
        let options = &self.options;
        Job {
            identity: self.identity.clone(),
            work: options.work.clone(),
            data: self.fold.yaml.clone(),
            architecture: self.architecture().to_owned(),
            weights: match &self.weights {
                Weights::File(file) => Some(file.clone()),
                Weights::None | Weights::Named(_) => None,
            },
            pretrained: match &self.weights {
                Weights::Named(name) => Some(name.clone()),
                Weights::None | Weights::File(_) => None,
            },
            cache: fetched_weights(),
            validate: options.validate,
            checkpoint: options.checkpoint,
            device: options.device.to_string(),
            recipe: options.recipe.train(options.role),
            stages: options.recipe.stages(options.hours, options.epochs),
            input: options.recipe.input,
            opset: OPSET,
            resume: options.resume,
        }
    }
}
