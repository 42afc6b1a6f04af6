//! A model file before it is known which detector it is: what it says of itself.

use std::{path::Path, sync::Arc};

use super::{
    ModelError,
    onnx::{OnnxInfo, python_names},
};
use crate::files;

/// Its name and its bytes.
pub fn read(path: &Path) -> Result<(String, Arc<[u8]>), ModelError> {
    let bytes = files::read_regular(path, files::MOST_OF_MODEL)
        .map_err(|source| ModelError::Unreadable { path: path.to_owned(), source })?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok((name, bytes.into()))
}

/// Shapes and metadata, whatever the model is made for.
pub fn info(name: &str, onnx: &[u8]) -> Result<OnnxInfo, ModelError> {
    OnnxInfo::read(onnx)
        .ok_or_else(|| ModelError::Refused { name: name.to_owned(), problem: "it is not an ONNX file".to_owned() })
}

/// What the file says of itself.
pub struct OnnxFile {
    pub info: OnnxInfo,
    /// Of the classes, by index.
    pub names: Vec<String>,
}

impl OnnxFile {
    /// What is the same of every detector.
    pub fn read(name: &str, onnx: &[u8]) -> Result<Self, ModelError> {
        Self::of(name, info(name, onnx)?)
    }

    /// The same of what was read.
    pub fn of(name: &str, info: OnnxInfo) -> Result<Self, ModelError> {
        let refuse = |problem: String| ModelError::Refused { name: name.to_owned(), problem };
        if let Some(task) = info.metadata("task").filter(|task| *task != "detect") {
            return Err(refuse(format!("it is made for the task '{task}', not 'detect'")));
        }
        let names = info.metadata("names").ok_or_else(|| {
            refuse(
                "it has no `names` metadata; export it with Ultralytics (`model.export(format=\"onnx\")`)".to_owned(),
            )
        })?;
        let names = python_names(names)
            .ok_or_else(|| refuse(format!("its `names` metadata cannot be read: {}", begin(names))))?;
        Ok(Self { info, names })
    }
}

/// The beginning of a text that may be of any length.
fn begin(text: &str) -> String {
    const MOST: usize = 120;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}
