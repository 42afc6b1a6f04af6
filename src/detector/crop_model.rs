//! The second stage: a network that grades crops around known places, all 25 of a study at once.
//!
//! Its contract, in the ONNX file itself: one input `[1, 25 x slices, side, side]`, 0 to 1, and -1 all over where a slice
//! does not exist; one output `[1, 25, 4]`: three probabilities, and how strange the crops look to it.

use std::{path::Path, sync::Arc};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{
    EngineChoice, ModelError, ModelWarning,
    crop_shape::{CELLS, CropShape},
    engine::{self, Engine, Network},
    file, graph,
    manifest::ManifestEntry,
    onnx::OnnxInfo,
};
use crate::{
    grading::{Mixture, Mixtures, Probabilities, Role},
    raster::Standardize,
};

/// `task` in the metadata of such a file.
const TASK: &str = "grade_crops";
/// Per cell: three probabilities and the strangeness.
const ANSWERS: usize = 4;

/// A second stage's file and what is known of it. Cheap to share.
#[derive(Debug, Clone)]
pub struct CropModel {
    /// File name, for messages and reports.
    pub name: String,
    /// What it is given.
    pub shape: CropShape,
    /// Hex SHA-256 of the ONNX file.
    pub sha256: String,
    /// How slices become 0-255 for it.
    pub standardize: Standardize,
    /// How its answers and the boxes' become one; empty until fitted.
    pub mixture: Mixtures,
    /// The fold that it was not trained on, where it is one of five.
    pub fold: Option<u32>,
    /// Trained on phantoms, among others or alone: results must say so.
    pub demo: bool,
    /// The bytes of the ONNX file.
    pub onnx: Arc<[u8]>,
}

/// What the file says of its input, as JSON under the key `foramen` of its metadata.
#[derive(Deserialize)]
struct Contract {
    #[serde(rename = "contract")]
    version: u32,
    side: u32,
    width_mm: f64,
    slices: usize,
}

impl CropModel {
    /// Reads and checks a file; see [`Self::from_bytes`].
    ///
    /// # Errors
    ///
    /// The file cannot be read or is too large, or is refused by [`Self::from_bytes`].
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let (name, bytes) = file::read(path)?;
        Self::from_bytes(name, bytes)
    }

    /// From the bytes of an ONNX file. Without a manifest: `slice_percentile`, no mixture, not a demo.
    ///
    /// # Errors
    ///
    /// It is no second stage, its contract is another, or its shapes or operators are not what that says.
    pub fn from_bytes(name: String, onnx: Arc<[u8]>) -> Result<Self, ModelError> {
        let info = file::info(&name, &onnx)?;
        Self::understood(name, onnx, &info)
    }

    /// What a file says, checked: contract, shapes, operators.
    pub(super) fn understood(name: String, onnx: Arc<[u8]>, info: &OnnxInfo) -> Result<Self, ModelError> {
        let refuse = |problem: String| ModelError::Refused { name: name.clone(), problem };
        let shape = contract(info).map_err(refuse)?;
        if let Some(why) = graph::objection(&onnx) {
            return Err(refuse(why));
        }
        Ok(Self {
            shape,
            sha256: hex::encode(Sha256::digest(&onnx)),
            standardize: Standardize::SlicePercentile,
            mixture: Mixtures::new(),
            fold: None,
            demo: false,
            onnx,
            name,
        })
    }

    /// Whether a file says of itself that it is one.
    pub(super) fn is_meant_by(info: &OnnxInfo) -> bool {
        info.metadata("task") == Some(TASK)
    }

    /// Takes over what a manifest says of the file; returns a doubt if the manifest is about another file.
    pub(super) fn apply(&mut self, entry: &ManifestEntry) -> Option<ModelWarning> {
        self.standardize = entry.standardize;
        self.mixture.clone_from(&entry.mixture);
        self.fold = entry.fold;
        self.demo = entry.demo;
        (entry.sha256 != self.sha256).then(|| ModelWarning::OtherFile { model: self.name.clone() })
    }

    /// How its answers for a role's condition and the boxes' become one.
    pub fn mixture(&self, role: Role) -> Mixture {
        self.mixture.get(&role).copied().unwrap_or(Mixture::ALONE)
    }

    pub(super) const fn network(&self) -> Network<'_> {
        let CropShape { side, slices, .. } = self.shape;
        Network { name: self.name.as_str(), onnx: &self.onnx, input: [1, CELLS * slices, side as usize, side as usize] }
    }
}

fn contract(info: &OnnxInfo) -> Result<CropShape, String> {
    let task = info.metadata("task").unwrap_or("nothing");
    if task != TASK {
        return Err(format!("it is made for the task '{task}', not '{TASK}'"));
    }
    let text =
        info.metadata("foramen").ok_or("it has no `foramen` metadata; `foramen train --role crops` writes it")?;
    let Contract { version, side, width_mm, slices } =
        serde_json::from_str(text).map_err(|e| format!("its `foramen` metadata cannot be read: {e}"))?;
    if version != 1 {
        return Err(format!("its contract is version {version}; this program knows version 1"));
    }
    let shape = CropShape { side, pitch: width_mm / f64::from(side.max(1)), slices };
    shape.check()?;
    let ([input], [output]) = (info.inputs.as_slice(), info.outputs.as_slice()) else {
        return Err(format!(
            "it has {} inputs and {} outputs; one each was expected",
            info.inputs.len(),
            info.outputs.len()
        ));
    };
    if !input.is_f32 || !output.is_f32 {
        return Err("its input or output is not 32-bit floats".to_owned());
    }
    let expected = [1, (CELLS * slices) as i64, i64::from(side), i64::from(side)];
    if input.shape != expected {
        return Err(format!("its input is {:?}; {expected:?} was expected", input.shape));
    }
    let expected = [1, CELLS as i64, ANSWERS as i64];
    if output.shape != expected {
        return Err(format!("its output is {:?}; {expected:?} was expected", output.shape));
    }
    Ok(shape)
}

/// What the network says of one cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CropGrade {
    /// Of the three severities.
    pub probabilities: Probabilities,
    /// How far the crops are from those that it was trained on; 1 is passed by one in a hundred of crops like those.
    pub strangeness: f32,
}

/// A second stage loaded into an engine.
pub struct CropGrader {
    model: Arc<CropModel>,
    engine: Box<dyn Engine>,
}

impl CropGrader {
    /// Loads `model` with `threads` intra-op threads.
    ///
    /// # Errors
    ///
    /// The engine is not there or too old (ONNX Runtime, asked for by name), or cannot load the model.
    pub fn new(model: &Arc<CropModel>, engine: EngineChoice, threads: usize) -> Result<Self, ModelError> {
        Ok(Self { model: model.clone(), engine: engine::load(&model.network(), engine, threads)? })
    }

    /// Name and version of the engine that runs.
    pub fn engine(&self) -> &str {
        self.engine.name()
    }

    /// Grades a study's crops, which `Crops::input` gives; `None` for cells that are not `shown`: whose own series has no
    /// slice at their place.
    ///
    /// # Errors
    ///
    /// The engine fails while it runs, or what comes out of it is no grade.
    pub fn grade(&mut self, crops: &[f32], shown: [bool; CELLS]) -> Result<[Option<CropGrade>; CELLS], ModelError> {
        let failed = |message: String| ModelError::Engine { name: self.model.name.clone(), message };
        let values = self.engine.run(crops).map_err(failed)?;
        let (cells, rest) = values.as_chunks::<ANSWERS>();
        if cells.len() != CELLS || !rest.is_empty() {
            return Err(failed(format!("its output has {} numbers, not {}", values.len(), CELLS * ANSWERS)));
        }
        let mut grades = [None; CELLS];
        for (cell, &[a, b, c, strangeness]) in cells.iter().enumerate().filter(|(cell, _)| shown[*cell]) {
            let probabilities = Probabilities::normalized([a, b, c]).map_err(|e| failed(e.to_string()))?;
            if !strangeness.is_finite() {
                return Err(failed("its output contains NaN or infinite values".to_owned()));
            }
            grades[cell] = Some(CropGrade { probabilities, strangeness });
        }
        Ok(grades)
    }
}
