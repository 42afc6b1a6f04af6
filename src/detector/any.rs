//! A model of any kind: what its class names make it, or its task.

use std::{path::Path, sync::Arc};

use super::{
    CropModel, Model, ModelError,
    file::{self, OnnxFile},
};
use crate::grading::DiscClass;

/// A model of any kind, as its file says.
#[derive(Debug, Clone)]
pub enum AnyModel {
    /// One of the three detectors that grade.
    Grades(Model),
    /// The detector of levels.
    Discs(Model<DiscClass>),
    /// The second stage.
    Crops(CropModel),
}

impl AnyModel {
    /// Its file.
    pub fn name(&self) -> &str {
        match self {
            Self::Grades(model) => &model.name,
            Self::Discs(model) => &model.name,
            Self::Crops(model) => &model.name,
        }
    }

    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let (name, bytes) = file::read(path)?;
        Self::from_bytes(name, bytes)
    }

    /// From the bytes of an ONNX file; see [`Model::from_bytes`].
    pub fn from_bytes(name: String, onnx: Arc<[u8]>) -> Result<Self, ModelError> {
        let info = file::info(&name, &onnx)?;
        if CropModel::is_meant_by(&info) {
            return CropModel::understood(name, onnx, &info).map(Self::Crops);
        }
        let file = OnnxFile::of(&name, info)?;
        // Names that are partly discs are refused there, by name.
        if file.names.iter().any(|name| DiscClass::is_meant_by(name)) {
            Model::understood(name, onnx, &file).map(Self::Discs)
        } else {
            Model::understood(name, onnx, &file).map(Self::Grades)
        }
    }
}
