//! `manifest.json`: what is known of the model files beside it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{
    files::{WriteError, write_json},
    grading::{Calibrations, Familiar, Mixtures, ModelRole, Prior},
    raster::Standardize,
};

/// `manifest.json`, in the folder of the models.
pub const MANIFEST_NAME: &str = "manifest.json";

/// The whole file.
///
/// ```
/// use foramen::{detector::manifest::Manifest, grading::ModelRole};
///
/// let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/manifest.json"));
/// let manifest: Manifest = serde_json::from_str(text)?;
/// assert_eq!(manifest.format, 1);
/// // Those that grade have seen only phantoms.
/// assert!(manifest.models.iter().all(|entry| entry.demo || entry.role == ModelRole::Levels));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this format: 1.
    pub format: u32,
    /// One entry per model file.
    pub models: Vec<ManifestEntry>,
    /// How studies look to these models that are like those they were trained on; written by `foramen calibrate --familiar`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub familiar: Option<Familiar>,
}

/// What is known of one model file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManifestEntry {
    /// File name, beside the manifest.
    pub file: String,
    /// Hex SHA-256 of the file.
    pub sha256: String,
    /// Which model it is: `levels`, `nfn`, `scs`, `ss` or `crops`.
    pub role: ModelRole,
    /// How slices became 0-255 when its data set was written.
    pub standardize: Standardize,
    /// What to say of a grade that it did not see; the contest's prevalence if left out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub prior: Prior,
    /// Probabilities from scores, by the way boxes are aggregated; fitted on studies not trained on.
    #[serde(default, skip_serializing_if = "Calibrations::is_empty")]
    pub calibration: Calibrations,
    /// Of the second stage: how its answers and the boxes' become one, by the role of the boxes; fitted on studies not
    /// trained on.
    #[serde(default, skip_serializing_if = "Mixtures::is_empty")]
    pub mixture: Mixtures,
    /// The fold that it was not trained on, where it is one of five.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fold: Option<u32>,
    /// Trained on phantoms, among others or alone: results must say so.
    pub demo: bool,
    /// Class names in the order of the class index, as in the ONNX file; none of the second stage.
    #[serde(default)]
    pub classes: Vec<String>,
    /// What it was trained on, for people.
    pub training_data: String,
    /// How: program, version, settings, for people.
    pub training: String,
    /// What it scored and on what, for people.
    pub metric: String,
    /// Under which licence the weights may be used.
    pub licence: String,
}

/// 25 rows of numbers that the program knows anyway are left out.
fn is_default(prior: &Prior) -> bool {
    *prior == Prior::default()
}

impl Default for Manifest {
    fn default() -> Self {
        Self { format: 1, models: Vec::new(), familiar: None }
    }
}

impl Manifest {
    /// With `entry` in it, in place of the entry of the same file if there is one.
    #[must_use]
    pub fn with(mut self, entry: ManifestEntry) -> Self {
        self.models.retain(|m| m.file != entry.file);
        self.models.push(entry);
        self.models.sort_by(|a, b| a.file.cmp(&b.file));
        self
    }

    /// Writes `manifest.json` into `dir`, whole or not at all.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(&self, dir: &Path) -> Result<(), WriteError> {
        write_json(&dir.join(MANIFEST_NAME), self)
    }
}
