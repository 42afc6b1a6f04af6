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
    /// The manifest lists it, and it is not in the folder.
    Missing {
        /// Its file.
        model: String,
    },
    /// The manifest says another role than its class names, which decide.
    OtherRole {
        /// Its file.
        model: String,
        /// What the manifest says.
        said: ModelRole,
        /// What its class names say.
        role: ModelRole,
    },
    /// The manifest's limits of what is familiar were fitted with other models than are in the folder.
    OtherLimits,
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
            Self::Missing { model } => {
                write!(f, "{model}: manifest.json lists it, but the file is not in the folder: it is not used")
            }
            Self::OtherRole { model, said, role } => {
                write!(f, "{model}: manifest.json says that it is {said}, but its class names are those of {role}")
            }
            Self::OtherLimits => f.write_str(
                "manifest.json: the limits of familiar studies were fitted with other models and are not used: run `foramen \
                 calibrate --familiar` again",
            ),
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
