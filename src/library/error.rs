//! Why the worklist could not be read or written, in terms for the reader.

use std::{io, path::PathBuf};

use rusqlite::ErrorCode;

/// Why the worklist could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The folder or the file cannot be created.
    #[error("the worklist cannot be stored in {}: {source}", path.display())]
    Folder {
        /// Path of the folder or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something else is where the file should be.
    #[error("the worklist, {}, is {what}, not a file", path.display())]
    NotAFile {
        /// Path of the file of the list.
        path: PathBuf,
        /// What it is: `a folder`, `a pipe or device`.
        what: &'static str,
    },
    /// The file cannot be read as a worklist.
    #[error("the worklist, {}, {why}", path.display())]
    Unfit {
        /// Path of the file of the list.
        path: PathBuf,
        /// Why, as the end of a sentence: `is damaged`.
        why: String,
    },
    /// Only a newer program can read it.
    #[error("the worklist, {}, was written by a newer Foramen than this one, and is left unchanged", .0.display())]
    Newer(PathBuf),
    /// Another program holds the file for longer than we wait.
    #[error("the worklist is locked by another program")]
    Busy,
    /// SQLite refuses a statement.
    #[error("the worklist cannot be read or written: {0}")]
    Database(#[source] rusqlite::Error),
    /// A study that is not, or no longer, in the list.
    #[error("the study is not in the worklist")]
    Unknown,
    /// A person has signed it, so its state follows from the review.
    #[error("the report of this study is signed: reopen it in its review, with a reason")]
    Signed,
    /// An act of the audit trail that this program cannot read.
    #[error(
        "the review of this study cannot be read (act {seq}: {source}); it was written by a newer Foramen, or damaged"
    )]
    Act {
        /// Its place in the trail, from 1.
        seq: u64,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A study that cannot be distinguished from others.
    #[error("the study has no StudyInstanceUID, so the worklist cannot remember it")]
    NoUid,
}

impl From<rusqlite::Error> for LibraryError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::Database(error),
        }
    }
}
