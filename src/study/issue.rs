//! Messages to the user about files.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that could not be read, or was read with a doubt. The rest was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// The file, `archive.zip!entry` for an entry of a zip; empty if it is not about one file.
    pub file: String,
    /// What was wrong and what became of it, in the user's terms.
    pub message: String,
    /// Nothing is missing or doubtful for it: a copy that was left out.
    #[serde(rename = "note", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_note: bool,
}

impl Issue {
    /// Something is missing or doubtful.
    pub fn new(file: impl fmt::Display, message: impl Into<String>) -> Self {
        Self { file: file.to_string(), message: message.into(), is_note: false }
    }

    /// Something to know, for which nothing is missing.
    pub fn note(file: impl fmt::Display, message: impl Into<String>) -> Self {
        Self { is_note: true, ..Self::new(file, message) }
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.file.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.file, self.message) }
    }
}
