//! One thing that a reader drew.

use serde::{Deserialize, Serialize};

use super::Shape;
use crate::grading::SliceId;

/// Names a mark within its study. Never given to another mark, also when the first was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MarkId(pub u64);

/// A shape on a slice, with what the reader wrote to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// What names it within its study.
    pub id: MarkId,
    /// The slice that it is drawn on.
    pub slice: SliceId,
    /// Its geometry, in pixels of the slice.
    pub shape: Shape,
    /// The text of a note or arrow; of the others a label, mostly empty.
    #[serde(default)]
    pub text: String,
}
