//! One training: prepared, run, added to the folder.

use std::{fs, path::PathBuf};

use super::{
    Event, Python, TrainError, check, enter,
    job::{CleanJob, Job, OPSET, Workplace, sha256},
    models::read_manifest,
    prepare::{TrainOptions, Training, Weights},
    process,
    python::fetched_weights,
    results::Figures,
};
use crate::files::WriteError;

/// The model of a finished training, and how good it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The ONNX file in the folder of models.
    pub onnx: PathBuf,
    /// How good it is on the validation part, by the names of the measures.
    pub metrics: Vec<(String, f64)>,
    /// `results.csv` of each stage, and its last line.
    pub results: Vec<(PathBuf, Figures)>,
}

impl Training {
    /// What it was asked for.
    pub fn options(&self) -> &TrainOptions {
        &self.options
    }

    pub(super) fn architecture(&self) -> &str {
        self.options.recipe.architecture(self.options.role)
    }

    /// 0 if the recipe says nothing.
    pub(super) fn seed(&self) -> i64 {
        self.options.recipe.train(self.options.role).get("seed").and_then(serde_json::Value::as_i64).unwrap_or(0)
    }

    /// Whether the model folder already has exactly this model: the same data, recipe and fold, and the file that the
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
    /// Another training is at work in the folder, the program refuses or fails, the disk is full, or the ONNX file that
    /// comes out is not the model that was asked for.
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
            let exported = process::run(options.recipe.kind, python, &options.work, on_event)?;
            let onnx = fs::read(&exported.onnx).map_err(|source| WriteError { path: exported.onnx.clone(), source })?;
            check::check(self, &exported, &onnx)?;
            place.finish(&self.identity, &exported, &onnx)?;
            (exported, onnx)
        };
        let tables = (1..=job.stages.len()).map(|stage| options.work.join(format!("stage{stage}/results.csv")));
        let results: Vec<_> = tables.filter_map(|table| Some((table.clone(), Figures::last(&table)?))).collect();
        let figures: Vec<Figures> = results.iter().map(|(_, figures)| figures.clone()).collect();
        enter::enter(self, &exported, &onnx, &figures)?;
        Ok(Trained { onnx: options.out.join(&options.file), metrics: exported.metrics, results })
    }

    fn job(&self) -> Job {
        let options = &self.options;
        Job {
            identity: self.identity.clone(),
            kind: options.recipe.kind,
            work: options.work.clone(),
            data: self.fold.data.clone(),
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
            clean: options.recipe.clean().map(|c| CleanJob { share: c.share, files: self.opinions.clone() }),
        }
    }
}
