//! A slice to detections: letterbox, inference engine, decode, NMS, and the model files
//! with what their classes mean.

mod any;
mod class;
mod crop_model;
mod crop_shape;
mod decode;
mod engine;
mod file;
mod graph;
mod letterbox;
pub mod manifest;
mod model;
mod onnx;
mod set;
mod warning;

use std::{path::PathBuf, sync::Arc};

use crate::{
    grading::DetectionClass,
    raster::{BBox, Image8},
};
pub use any::AnyModel;
pub use class::{Class, Levels};
pub use crop_model::{CropGrade, CropGrader, CropModel};
pub use crop_shape::{CELLS, CropShape};
pub use decode::{Candidate, RawOutput};
pub use engine::describe as describe_engine;
use engine::{Engine, Network};
pub use letterbox::Letterbox;
pub use model::Model;
pub use set::ModelSet;
pub use warning::ModelWarning;

/// Which inference engine to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum EngineChoice {
    /// ONNX Runtime if its library is found and works, else rten.
    #[default]
    Auto,
    /// rten, pure Rust inside the program; always there.
    Rten,
    /// ONNX Runtime; an error if it is not available.
    #[value(name = "onnxruntime")]
    OnnxRuntime,
}

/// One detection of one image, before it is tied to a slice.
#[derive(Debug, Clone, PartialEq)]
pub struct RawDetection<C = DetectionClass> {
    /// What the box says: by default grade and severity, by the model's class names.
    pub class: C,
    /// Confidence, 0 to 1; not a probability of disease.
    pub score: f32,
    /// In pixel edges of the image that the detector was given.
    pub bbox: BBox,
}

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file or folder cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// The file or folder that was to be read.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder holds no `.onnx` file.
    #[error("{}: no .onnx file in this folder", .0.display())]
    NoModels(PathBuf),
    /// Built without models.
    #[error("this build contains no models; use --models DIR")]
    NoneEmbedded,
    /// A `manifest.json` that cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What the JSON parser said, with line and column.
        source: serde_json::Error,
    },
    /// Not a detector that we can read.
    #[error("model {name}: {problem}")]
    Refused {
        /// File name of the model.
        name: String,
        /// What was expected and found.
        problem: String,
    },
    /// The engine cannot load or run it, or what comes out of it is no detector's output.
    #[error("model {name}: {message}")]
    Engine {
        /// File name of the model.
        name: String,
        /// What the engine said.
        message: String,
    },
}

/// A model loaded into an engine. One per thread.
///
/// ```
/// use std::path::Path;
///
/// use foramen::{
///     detector::{Detector, EngineChoice, ModelSet},
///     grading::Role,
///     phantom, study,
/// };
///
/// let models = ModelSet::from_dir(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models"))?;
/// let model = models.of(Role::Scs).next().unwrap();
/// let mut detector = Detector::new(model, EngineChoice::Rten, 1)?;
///
/// let study = study::scan_memory(phantom::study_in_memory(1)).studies.remove(0);
/// let series = study.series_of(Role::Scs).next().unwrap();
/// let middle = &series.slices[series.slices.len() / 2];
/// // As the model's data set was written: upright, 0 to 255.
/// let image = model.standardize.image(&middle.decode()?, None).turned(middle.turn);
/// let boxes = detector.predict(&image, 0.25)?;
/// for b in &boxes {
///     println!("{} {:.2} {:?}", b.class, b.score, b.bbox.center());
/// }
/// assert!(!boxes.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Detector<C: Class = DetectionClass> {
    model: Arc<Model<C>>,
    engine: Box<dyn Engine>,
    /// `[3, height, width]`, kept from image to image.
    input: Vec<f32>,
}

impl<C: Class> Detector<C> {
    /// Loads `model` with `threads` intra-op threads.
    ///
    /// # Errors
    ///
    /// The engine is not there or too old (ONNX Runtime, asked for by name), or cannot load the model.
    pub fn new(model: &Arc<Model<C>>, engine: EngineChoice, threads: usize) -> Result<Self, ModelError> {
        let (height, width) = model.input_size;
        let input = [1, 3, height as usize, width as usize];
        let network = Network { name: &model.name, onnx: &model.onnx, input };
        Ok(Self { model: model.clone(), engine: engine::load(&network, engine, threads)?, input: Vec::new() })
    }

    /// Name and version of the engine that runs, such as `rten 0.27.0`.
    pub fn engine(&self) -> &str {
        self.engine.name()
    }

    /// What Ultralytics' `predict` would return: best class per anchor, `score > conf`, NMS at IoU 0.7.
    ///
    /// # Errors
    ///
    /// The engine fails while it runs, or what comes out of it is no YOLOv8 output or holds NaN.
    pub fn predict(&mut self, image: &Image8, conf: f32) -> Result<Vec<RawDetection<C>>, ModelError> {
        self.detect(image, |output| output.predict(conf))
    }

    /// What Ultralytics' validation takes mAP from: every class above `conf`, several of one anchor if they are, NMS
    /// at `IoU` 0.7, at most 300 boxes.
    ///
    /// # Errors
    ///
    /// The engine fails while it runs, or what comes out of it is no YOLOv8 output or holds NaN.
    pub fn multi_label(&mut self, image: &Image8, conf: f32) -> Result<Vec<RawDetection<C>>, ModelError> {
        self.detect(image, |output| output.multi_label(conf))
    }

    /// Evidence for grading: for every class its best boxes above `floor`, whether or not another class
    /// scored higher at the same place (Ultralytics' `multi_label`).
    ///
    /// # Errors
    ///
    /// The engine fails while it runs, or what comes out of it is no YOLOv8 output or holds NaN.
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
            .ok_or_else(|| failed(format!("its output has {} numbers, which is not a YOLOv8 output", values.len())))?;
        // Nothing scores above a threshold then, and "nothing was seen" would be a lie.
        if !values.iter().all(|value| value.is_finite()) {
            return Err(failed("its output contains NaN or infinite values".to_owned()));
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
