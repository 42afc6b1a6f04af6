//! A slice to detections: letterbox, inference engine, decode, NMS, and the model files
//! with what their classes mean.

pub mod manifest;

use std::{path::Path, sync::Arc};

use crate::{
    grading::{DetectionClass, Prior, Role},
    raster::{BBox, Image8, Standardize},
};

/// Which inference engine to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum EngineChoice {
    /// ONNX Runtime if its library is found and works, else rten.
    #[default]
    Auto,
    /// rten, inside the program.
    Rten,
    /// ONNX Runtime, or an error.
    #[value(name = "onnxruntime")]
    OnnxRuntime,
}

/// One detection of one image, before it is tied to a slice.
#[derive(Debug, Clone, PartialEq)]
pub struct RawDetection {
    /// What the box says.
    pub class: DetectionClass,
    /// Confidence, 0 to 1.
    pub score: f32,
    /// In pixels of the image given.
    pub bbox: BBox,
}

/// A detector's file and what is known of it. Cheap to share.
#[derive(Debug, Clone)]
pub struct Model {
    /// File name, for messages and reports.
    pub name: String,
    /// Which series it looks at.
    pub role: Role,
    /// Meaning of each class index.
    pub classes: Vec<DetectionClass>,
    /// Input (height, width).
    pub input_size: (u32, u32),
    /// Hex SHA-256 of the ONNX file.
    pub sha256: String,
    /// How slices become 0-255 for it.
    pub standardize: Standardize,
    /// What to say of a grade that it did not see.
    pub prior: Prior,
    /// Trained on phantoms only: results must say so.
    pub demo: bool,
    /// The ONNX file.
    pub onnx: Arc<[u8]>,
}

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Placeholder until the module is whole.
    #[error("{0}")]
    Other(String),
}

/// The models of a run: any number for each role.
#[derive(Debug, Clone, Default)]
pub struct ModelSet {
    /// In order of role.
    pub models: Vec<Arc<Model>>,
    /// Doubts to pass on to the user, such as "no manifest: slice_min_max assumed".
    pub warnings: Vec<String>,
}

impl ModelSet {
    /// The demo models inside the program.
    pub fn embedded() -> Result<Self, ModelError> {
        todo!()
    }

    /// Every `.onnx` below `dir`, with `manifest.json` beside them if there is one.
    pub fn from_dir(_dir: &Path) -> Result<Self, ModelError> {
        todo!()
    }

    /// The models of one role.
    pub fn of(&self, role: Role) -> impl Iterator<Item = &Arc<Model>> {
        self.models.iter().filter(move |m| m.role == role)
    }
}

/// A model loaded into an engine. One per thread.
pub struct Detector {
    _private: (),
}

impl Detector {
    /// Loads `model` with `threads` intra-op threads.
    pub fn new(_model: &Arc<Model>, _engine: EngineChoice, _threads: usize) -> Result<Self, ModelError> {
        todo!()
    }

    /// Name and version of the engine that runs, such as `rten 0.27.0`.
    pub fn engine(&self) -> &str {
        todo!()
    }

    /// What Ultralytics' `predict` would return: best class per anchor, `score > conf`, NMS at IoU 0.7.
    pub fn predict(&mut self, _image: &Image8, _conf: f32) -> Result<Vec<RawDetection>, ModelError> {
        todo!()
    }

    /// Evidence for grading: for every class its best boxes above `floor`, whether or not another class
    /// scored higher at the same place (Ultralytics' `multi_label`).
    pub fn evidence(&mut self, _image: &Image8, _floor: f32) -> Result<Vec<RawDetection>, ModelError> {
        todo!()
    }
}
