//! A slice to detections: letterbox, inference engine, decode, NMS, and the model files
//! with what their classes mean.

mod class;
mod decode;
mod engine;
mod file;
mod graph;
mod letterbox;
pub mod manifest;
mod model;
mod onnx;
mod set;

use std::{path::PathBuf, sync::Arc};

use crate::{
    grading::DetectionClass,
    raster::{BBox, Image8},
};
pub use class::{Class, Levels};
pub use decode::{Candidate, RawOutput};
use engine::Engine;
pub use engine::describe as describe_engine;
pub use file::AnyModel;
pub use letterbox::Letterbox;
pub use model::Model;
pub use set::ModelSet;

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
pub struct RawDetection<C = DetectionClass> {
    /// What the box says.
    pub class: C,
    /// Confidence, 0 to 1.
    pub score: f32,
    /// In pixels of the image given.
    pub bbox: BBox,
}

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file or folder cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A folder without models.
    #[error("{}: no .onnx file in this folder", .0.display())]
    NoModels(PathBuf),
    /// Built without models.
    #[error("this build holds no models; use --models DIR")]
    NoneEmbedded,
    /// The manifest.
    #[error("{}: cannot be read: {source}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// Not a detector that we can read.
    #[error("model {name}: {problem}")]
    Refused {
        /// The file.
        name: String,
        /// What was expected and found.
        problem: String,
    },
    /// The engine.
    #[error("model {name}: {message}")]
    Engine {
        /// The file.
        name: String,
        /// What the engine said.
        message: String,
    },
}

/// A model loaded into an engine. One per thread.
pub struct Detector<C: Class = DetectionClass> {
    model: Arc<Model<C>>,
    engine: Box<dyn Engine>,
    /// `[3, height, width]`, kept from image to image.
    input: Vec<f32>,
}

impl<C: Class> Detector<C> {
    /// Loads `model` with `threads` intra-op threads.
    pub fn new(model: &Arc<Model<C>>, engine: EngineChoice, threads: usize) -> Result<Self, ModelError> {
        Ok(Self { model: model.clone(), engine: engine::load(model, engine, threads)?, input: Vec::new() })
    }

    /// Name and version of the engine that runs, such as `rten 0.27.0`.
    pub fn engine(&self) -> &str {
        self.engine.name()
    }

    /// What Ultralytics' `predict` would return: best class per anchor, `score > conf`, NMS at IoU 0.7.
    pub fn predict(&mut self, image: &Image8, conf: f32) -> Result<Vec<RawDetection<C>>, ModelError> {
        self.detect(image, |output| output.predict(conf))
    }

    /// What Ultralytics' validation takes mAP from: every class above `conf`, several of one anchor if they are, NMS
    /// at `IoU` 0.7, at most 300 boxes.
    pub fn multi_label(&mut self, image: &Image8, conf: f32) -> Result<Vec<RawDetection<C>>, ModelError> {
        self.detect(image, |output| output.multi_label(conf))
    }

    /// Evidence for grading: for every class its best boxes above `floor`, whether or not another class
    /// scored higher at the same place (Ultralytics' `multi_label`).
    pub fn evidence(&mut self, image: &Image8, floor: f32) -> Result<Vec<RawDetection<C>>, ModelError> {
        self.detect(image, |output| output.evidence(floor))
    }

    fn detect(
        &mut self,
        image: &Image8,
        select: impl FnOnce(&RawOutput<'_>) -> Vec<Candidate>,
    ) -> Result<Vec<RawDetection<C>>, ModelError> {
        let (height, width) = self.model.input_size;
        let letterbox = Letterbox::new((image.width(), image.height()), (width, height));
        self.fill(&letterbox.apply(image));
        let failed = |message: String| ModelError::Engine { name: self.model.name.clone(), message };
        let values = self.engine.run(&self.input).map_err(failed)?;
        let output = RawOutput::new(&values, self.model.classes.len())
            .ok_or_else(|| failed(format!("{} numbers came out; that is no YOLOv8 output", values.len())))?;
        // Nothing scores above a threshold then, and "nothing was seen" would be a lie.
        if !values.iter().all(|value| value.is_finite()) {
            return Err(failed("what comes out of it are no numbers (NaN or infinite)".to_owned()));
        }
        let classes = &self.model.classes;
        let boxes = decode::to_image(select(&output), &letterbox);
        Ok(boxes.map(|c| RawDetection { class: classes[c.class], score: c.score, bbox: c.bbox }).collect())
    }

    /// Grey to three equal channels of 0 to 1.
    fn fill(&mut self, pixels: &[u8]) {
        self.input.clear();
        self.input.extend(pixels.iter().map(|&v| f32::from(v) / 255.0));
        self.input.extend_from_within(..);
        self.input.extend_from_within(..pixels.len());
    }
}
