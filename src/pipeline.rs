//! A study to a grade table: which series goes to which model, in parallel, with progress and cancel.

use std::sync::Arc;

use crate::{
    cancel::Cancel,
    detector::{EngineChoice, ModelSet},
    grading::{Detection, GradeTable, Role},
    study::{Issue, Study},
};

/// How to grade.
#[derive(Debug, Clone)]
pub struct GradeOptions {
    /// Which engine.
    pub engine: EngineChoice,
    /// Boxes below this score are not kept as evidence.
    pub floor: f32,
    /// Worker threads; 0 for one per core.
    pub threads: usize,
}

/// What happens while a study is graded. Sent from worker threads.
#[derive(Debug, Clone)]
pub enum GradeEvent {
    /// Slices to do in all.
    Started {
        /// Over all roles.
        slices: usize,
    },
    /// One slice is done; its boxes.
    Slice {
        /// Which detector.
        role: Role,
        /// Evidence of this slice, low scores included.
        detections: Vec<Detection>,
    },
    /// All slices of one role are done.
    Role {
        /// Which detector.
        role: Role,
        /// The table so far.
        table: Box<GradeTable>,
    },
}

/// A model that was used.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct UsedModel {
    /// Which detector.
    pub role: Role,
    /// File name.
    pub name: String,
    /// Hex SHA-256 of the ONNX file.
    pub sha256: String,
    /// Trained on phantoms only.
    pub demo: bool,
    /// Engine name and version.
    pub engine: String,
    /// How slices became 0-255.
    pub standardize: String,
}

/// A graded study.
#[derive(Debug, Clone)]
pub struct GradedStudy {
    /// `StudyInstanceUID` as it stands in the file.
    pub study_uid: String,
    /// The 25 rows.
    pub table: GradeTable,
    /// Every box above the floor.
    pub detections: Vec<Detection>,
    /// The models that ran.
    pub models: Vec<UsedModel>,
    /// What the reader must know: missing series, failed slices, demo models.
    pub warnings: Vec<String>,
    /// Slices that could not be decoded or run.
    pub issues: Vec<Issue>,
}

/// Why a study could not be graded at all.
#[derive(Debug, thiserror::Error)]
pub enum GradeError {
    /// Cancelled by the user.
    #[error("cancelled")]
    Cancelled,
    /// A model could not be loaded.
    #[error(transparent)]
    Model(#[from] crate::detector::ModelError),
}

/// Grades one study. Blocks; `on_event` is called from worker threads.
pub fn grade(
    _study: &Study,
    _models: &ModelSet,
    _options: &GradeOptions,
    _cancel: &Cancel,
    _on_event: &(dyn Fn(GradeEvent) + Sync),
) -> Result<GradedStudy, GradeError> {
    todo!()
}

impl Default for GradeOptions {
    fn default() -> Self {
        Self { engine: EngineChoice::Auto, floor: 0.01, threads: 0 }
    }
}

/// Kept so that callers can share studies with worker threads.
pub type SharedStudy = Arc<Study>;
