//! What is doubtful about a model although it can be used.

use std::fmt;

use crate::{grading::ModelRole, raster::Standardize};

/// A doubt about one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelWarning {
    /// The manifest beside it does not list it.
    NotInManifest {
        /// Its file.
        model: String,
        /// What is assumed for its pixels.
        standardize: Standardize,
    },
    /// The manifest lists another file under its name: the SHA-256 differs.
    OtherFile {
        /// Its file.
        model: String,
    },
    /// It does not know every class of its role: it can't rule out what it can't see.
    LacksClasses {
        /// Its file.
        model: String,
        /// Its role.
        role: ModelRole,
        /// The names of the classes that it can never detect.
        missing: Vec<String>,
        /// How many classes the role has.
        all: usize,
    },
}

impl fmt::Display for ModelWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInManifest { model, standardize } => {
                write!(f, "{model}: it is not in manifest.json: {standardize} is assumed for its pixels")
            }
            Self::OtherFile { model } => {
                write!(f, "{model}: the file is not the one that manifest.json describes (its SHA-256 differs)")
            }
            Self::LacksClasses { model, role, missing, all } => {
                write!(
                    f,
                    "{model}: it has only {} of the {all} classes for {} and can never detect the others: {}",
                    all - missing.len(),
                    role.label(),
                    missing.join(", ")
                )
            }
        }
    }
}
