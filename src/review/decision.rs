//! What a reader says of one cell.

use serde::{Deserialize, Serialize};

use crate::{
    grading::{Severity, SliceId},
    raster::BBox,
};

/// What a reader says of a cell of the grade table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", content = "severity", rename_all = "snake_case")]
pub enum Decision {
    /// The program's severity, with which the reader agrees. It stays when the study is graded again.
    Accepted(Severity),
    /// Another severity than the program's, or one where the program has none.
    Changed(Severity),
    /// The images do not tell.
    NotAssessable,
}

impl Decision {
    /// The severity, if one is stated.
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Self::Accepted(severity) | Self::Changed(severity) => Some(severity),
            Self::NotAssessable => None,
        }
    }

    /// As a reader writes it.
    pub fn label(self) -> String {
        match self {
            Self::Accepted(severity) => format!("{}, accepted", severity.label()),
            Self::Changed(severity) => format!("{}, changed", severity.label()),
            Self::NotAssessable => "Not assessable".to_owned(),
        }
    }
}

/// A box on a slice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Region {
    /// The frame that it lies on.
    pub slice: SliceId,
    /// In pixel edges of the slice as it is stored in the file.
    pub bbox: BBox,
}

/// Which box shows what a cell says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "box", content = "region", rename_all = "snake_case")]
pub enum BoxChoice {
    /// The detector's box, as the evidence has it.
    #[default]
    Model,
    /// The reader drew it, or moved the detector's.
    Reader(Region),
    /// None: the reader took it away.
    Removed,
}
