//! One entry of the audit trail.

use serde::{Deserialize, Serialize};

use super::Draft;

/// Who did what, and when, with which program and models before the eyes. Never changed once written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Act {
    /// The place in the trail of the study, from 1, without gaps.
    pub seq: u64,
    /// What it was before it had its place.
    #[serde(flatten)]
    pub draft: Draft,
}

impl Draft {
    /// The act that it becomes at place `seq` of its trail.
    pub fn at(self, seq: u64) -> Act {
        Act { seq, draft: self }
    }
}
