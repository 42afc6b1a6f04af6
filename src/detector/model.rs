//! One model file, understood and checked before anything runs.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use sha2::{Digest, Sha256};

use super::{
    Class, ModelError,
    file::{self, OnnxFile},
    graph,
    manifest::ManifestEntry,
    onnx::OnnxInfo,
    warning::ModelWarning,
};
use crate::{
    grading::{Calibrations, DetectionClass, GradeId, Prior},
    raster::Standardize,
};

/// A detector's file and what is known of it. Cheap to share.
#[derive(Debug, Clone)]
pub struct Model<C: Class = DetectionClass> {
    /// File name, for messages and reports.
    pub name: String,
    /// Which detector it is, and so at which series it looks.
    pub role: C::Role,
    /// Meaning of each class index.
    pub classes: Vec<C>,
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
    /// Reads and checks an ONNX file of a detector that grades; see [`Self::from_bytes`].
    ///
    /// # Errors
    ///
    /// The file cannot be read or is too large, or is refused by [`Self::from_bytes`].
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let (name, bytes) = file::read(path)?;
        Self::from_bytes(name, bytes)
    }

    /// From the bytes of an ONNX file. Without a manifest: `slice_min_max`, the contest's prevalence, not a demo.
    ///
    /// # Errors
    ///
    /// It is no ONNX file of a YOLOv8 detector: class names, shapes, number type or operators are others.
    pub fn from_bytes(name: String, onnx: Arc<[u8]>) -> Result<Self, ModelError> {
        let file = OnnxFile::read(&name, &onnx)?;
        Self::understood(name, onnx, &file)
    }

    /// Whether it has any class of a grade.
    pub fn knows(&self, id: GradeId) -> bool {
        self.classes.iter().any(|class| class.grade == id)
    }
}

impl<C: Class> Model<C> {
    /// What a file says, checked: class names, shapes, operators.
    pub(super) fn understood(name: String, onnx: Arc<[u8]>, file: &OnnxFile) -> Result<Self, ModelError> {
        let refuse = |problem: String| ModelError::Refused { name: name.clone(), problem };
        let classes: Vec<C> = file
            .names
            .iter()
            .map(|name| name.parse())
            .collect::<Result<_, _>>()
            .map_err(|e: C::Err| refuse(e.to_string()))?;
        let roles: BTreeSet<C::Role> = classes.iter().map(|c| c.role()).collect();
        let (Some(&role), 1) = (roles.first(), roles.len()) else {
            return Err(refuse("its classes belong to more than one role".to_owned()));
        };
        if classes.iter().collect::<BTreeSet<_>>().len() != classes.len() {
            return Err(refuse("two of its classes mean the same".to_owned()));
        }
        let input_size = shapes(&file.info, classes.len()).map_err(refuse)?;
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

    /// The classes of its role that it does not have.
    pub fn missing_classes(&self) -> Vec<C> {
        C::all(self.role).into_iter().filter(|class| !self.classes.contains(class)).collect()
    }

    /// The doubt about a model that does not know every class of its role.
    pub fn lack(&self) -> Option<ModelWarning> {
        let missing: Vec<String> = self.missing_classes().iter().map(ToString::to_string).collect();
        (!missing.is_empty()).then(|| ModelWarning::LacksClasses {
            model: self.name.clone(),
            role: self.role.into(),
            missing,
            all: C::all(self.role).len(),
        })
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
