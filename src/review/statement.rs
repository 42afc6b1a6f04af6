//! What is said of a cell in the end: the reader's word where there is one, else the program's.

use super::{CellReview, Decision};
use crate::grading::{Assessment, Grade, Severity};

/// What is said of a cell. "Not seen", "not assessed", "not assessable", "doubtful" and
/// "Normal/Mild" are five different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// A severity is stated.
    Severity {
        /// How narrow it is.
        severity: Severity,
        /// A person says so; else the detector's likeliest.
        by_reader: bool,
    },
    /// A person says that the images do not tell.
    NotAssessable,
    /// The images are so unlike those that the models know that the row says more about the level than about the patient.
    Doubtful,
    /// The detector looked and drew no box.
    NotSeen,
    /// No detector looked: a series or model is missing, or failed.
    NotAssessed {
        /// Such as `no Sagittal T2/STIR series`.
        reason: String,
    },
}

impl Statement {
    /// The reader's word where there is one, else the program's.
    pub fn of(grade: &Grade, cell: &CellReview) -> Self {
        match cell.decision {
            Some(Decision::Accepted(severity) | Decision::Changed(severity)) => {
                Self::Severity { severity, by_reader: true }
            }
            Some(Decision::NotAssessable) => Self::NotAssessable,
            None => Self::of_model(grade),
        }
    }

    /// What the program says of a row, whatever a reader says.
    pub fn of_model(grade: &Grade) -> Self {
        match &grade.assessment {
            Assessment::Detected { .. } if grade.is_doubtful() => Self::Doubtful,
            Assessment::Detected { probabilities, .. } => {
                Self::Severity { severity: probabilities.most_likely(), by_reader: false }
            }
            Assessment::Prior { .. } => Self::NotSeen,
            Assessment::NotAssessed { reason } => Self::NotAssessed { reason: reason.clone() },
        }
    }

    /// The severity, if one is stated.
    pub const fn severity(&self) -> Option<Severity> {
        match self {
            Self::Severity { severity, .. } => Some(*severity),
            _ => None,
        }
    }

    /// Whether it is moderate or severe, and so belongs in the impression.
    pub fn is_finding(&self) -> bool {
        self.severity().is_some_and(|severity| severity != Severity::NormalMild)
    }

    /// As a reader writes it.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Severity { severity, .. } => severity.label(),
            Self::NotAssessable => "Not assessable",
            Self::Doubtful => "Doubtful",
            Self::NotSeen => "Not seen",
            Self::NotAssessed { .. } => "Not assessed",
        }
    }
}
