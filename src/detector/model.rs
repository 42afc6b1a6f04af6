//! One model file, understood and checked before anything runs.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use sha2::{Digest, Sha256};

use super::{
    ModelError, graph,
    manifest::ManifestEntry,
    onnx::{OnnxInfo, python_names},
    warning::ModelWarning,
};
use crate::{
    files,
    grading::{Calibrations, DetectionClass, GradeId, Prior, Role},
    raster::Standardize,
};

/// A detector's file and what is known of it. Cheap to share.
#[derive(Debug, Clone)]
pub struct Model {
    /// File name, for messages and reports.
    pub name: String,
    /// Which series it looks at.
    pub role: Role,
    /// Meaning of each class index.
    pub classes: Vec<DetectionClass>,
    /// Height and width of the input, pixels; multiples of 32.
    pub input_size: (u32, u32),
    /// Hex SHA-256 of the ONNX file.
    pub sha256: String,
    /// How slices become 0-255 for it.
    pub standardize: Standardize,
    /// What to say of a grade that it did not see.
    pub prior: Prior,
    /// Probabilities from scores, by the way boxes are aggregated.
    pub calibration: Calibrations,
    /// The fold that it was not trained on, where it is one of five.
    pub fold: Option<u32>,
    /// Trained on phantoms, among others or alone: results must say so.
    pub demo: bool,
    /// The bytes of the ONNX file.
    pub onnx: Arc<[u8]>,
}

/// A larger input than this is no detector of ours.
const MAX_INPUT: i64 = 4096;

impl Model {
    /// Reads and checks an ONNX file; see [`Self::from_bytes`].
    ///
    /// # Errors
    ///
    /// The file cannot be read or is too large, or is refused by [`Self::from_bytes`].
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let bytes = files::read_regular(path, files::MOST_OF_MODEL)
            .map_err(|source| ModelError::Unreadable { path: path.to_owned(), source })?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Self::from_bytes(name, bytes.into())
    }

    /// From the bytes of an ONNX file. Without a manifest: `slice_min_max`, the contest's prevalence, not a demo.
    ///
    /// # Errors
    ///
    /// It is no ONNX file of a YOLOv8 detector: class names, shapes, number type or operators are others.
    pub fn from_bytes(name: String, onnx: Arc<[u8]>) -> Result<Self, ModelError> {
        let refuse = |problem: String| ModelError::Refused { name: name.clone(), problem };
        let info = OnnxInfo::read(&onnx).ok_or_else(|| refuse("it is not an ONNX file".to_owned()))?;
        if let Some(task) = info.metadata("task").filter(|task| *task != "detect") {
            return Err(refuse(format!("it was made for the task '{task}', not 'detect'")));
        }
        let names = info.metadata("names").ok_or_else(|| {
            refuse(
                "it has no `names` metadata; export it with Ultralytics (`model.export(format=\"onnx\")`)".to_owned(),
            )
        })?;
        let names = python_names(names)
            .ok_or_else(|| refuse(format!("its `names` metadata cannot be read: {}", begin(names))))?;
        let classes: Vec<DetectionClass> = names
            .iter()
            .map(|name| name.parse())
            .collect::<Result<_, _>>()
            .map_err(|e: crate::grading::ParseClassError| refuse(e.to_string()))?;
        let roles: BTreeSet<Role> = classes.iter().map(|c| c.role()).collect();
        let (Some(&role), 1) = (roles.first(), roles.len()) else {
            return Err(refuse("its classes belong to more than one role".to_owned()));
        };
        if classes.iter().collect::<BTreeSet<_>>().len() != classes.len() {
            return Err(refuse("two of its classes mean the same".to_owned()));
        }
        let input_size = shapes(&info, classes.len()).map_err(refuse)?;
        if let Some(why) = graph::objection(&onnx) {
            return Err(refuse(why));
        }
        Ok(Self {
            role,
            classes,
            input_size,
            sha256: hex::encode(Sha256::digest(&onnx)),
            standardize: Standardize::SliceMinMax,
            prior: Prior::default(),
            calibration: Calibrations::new(),
            fold: None,
            demo: false,
            onnx,
            name,
        })
    }

    /// Whether it has any class of a grade.
    pub fn knows(&self, id: GradeId) -> bool {
        self.classes.iter().any(|class| class.grade == id)
    }

    /// The classes of its role that it does not have.
    pub fn missing_classes(&self) -> Vec<DetectionClass> {
        DetectionClass::all(self.role).into_iter().filter(|class| !self.classes.contains(class)).collect()
    }

    /// The doubt about a model that does not know every class of its role.
    pub fn lack(&self) -> Option<ModelWarning> {
        let missing: Vec<DetectionClass> = self.missing_classes().into_iter().collect();
        let (model, role) = (self.name.clone(), self.role);
        (!missing.is_empty()).then_some(ModelWarning::LacksClasses { model, role, missing })
    }

    /// Takes over what a manifest says of the file; returns a doubt if the manifest is about another file.
    pub fn apply(&mut self, entry: &ManifestEntry) -> Option<ModelWarning> {
        self.standardize = entry.standardize;
        self.prior = entry.prior.clone();
        self.calibration.clone_from(&entry.calibration);
        self.fold = entry.fold;
        self.demo = entry.demo;
        (entry.sha256 != self.sha256).then(|| ModelWarning::OtherFile { model: self.name.clone() })
    }
}

/// (height, width) of the input, if the shapes are those of a YOLOv8 detector.
fn shapes(info: &OnnxInfo, classes: usize) -> Result<(u32, u32), String> {
    let ([input], [output, ..]) = (info.inputs.as_slice(), info.outputs.as_slice()) else {
        return Err(format!("it has {} inputs; one image was expected", info.inputs.len()));
    };
    if !input.is_f32 || !output.is_f32 {
        return Err("it does not use 32-bit floats; export it with half=False".to_owned());
    }
    let &[1, 3, height, width] = input.shape.as_slice() else {
        return Err(format!("its input is {:?}; expected [1, 3, height, width] (dynamic=False)", input.shape));
    };
    let is_size = |side: i64| (32..=MAX_INPUT).contains(&side) && side % 32 == 0;
    if !is_size(height) || !is_size(width) {
        return Err(format!("its input is {height} x {width}; multiples of 32 were expected"));
    }
    let anchors: i64 = [8, 16, 32].iter().map(|stride| (height / stride) * (width / stride)).sum();
    let expected = [1, 4 + classes as i64, anchors];
    if output.shape != expected {
        return Err(format!(
            "its output is {:?}; {expected:?} was expected for {classes} classes (YOLOv8, nms=False)",
            output.shape
        ));
    }
    Ok((height as u32, width as u32))
}

/// The beginning of a text that may be of any length.
fn begin(text: &str) -> String {
    const MOST: usize = 120;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}
