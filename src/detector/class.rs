//! What a network's classes can mean: grades, for the three detectors of a series' role, or discs, for the detector of
//! levels. All else about the two kinds of model is the same, so models, detectors and boxes are generic over it.

use std::{fmt, str::FromStr};

use crate::grading::{DetectionClass, DiscClass, Level, ModelRole, Role};

/// The meaning of one class index.
pub trait Class: Copy + Ord + fmt::Debug + fmt::Display + FromStr<Err: fmt::Display> + Send + Sync + 'static {
    /// What tells one detector of this kind from another.
    type Role: Copy + Ord + fmt::Debug + Into<ModelRole> + Send + Sync + 'static;

    /// The detector that has this class.
    fn role(self) -> Self::Role;

    /// All classes of a detector, in the order that we train them.
    fn all(role: Self::Role) -> Vec<Self>;
}

impl Class for DetectionClass {
    type Role = Role;

    fn role(self) -> Role {
        self.role()
    }

    fn all(role: Role) -> Vec<Self> {
        Self::all(role)
    }
}

/// The one detector of levels: it is no series' role, for it looks at both kinds of sagittal series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Levels;

impl From<Levels> for ModelRole {
    fn from(Levels: Levels) -> Self {
        Self::Levels
    }
}

impl Class for DiscClass {
    type Role = Levels;

    fn role(self) -> Levels {
        Levels
    }

    fn all(Levels: Levels) -> Vec<Self> {
        Level::ALL.iter().copied().map(Self).collect()
    }
}
