//! The worklist: every study that was ever opened, its state, and what is stored with it, in one SQLite file.
//!
//! A study is identified by its `StudyInstanceUID`, so that it stays the same when its folder moves. Several programs
//! may use the file at the same time. The file holds patient names, and only its owner may read it.

mod acts;
mod entry;
mod error;
mod fold;
mod moved;
mod open;
mod place;
mod query;
mod read;
mod record;
mod schema;
mod stored;
#[cfg(test)]
mod tests;
mod uids;
mod wal;

use std::path::{Path, PathBuf};

use rusqlite::Connection;

pub use crate::moment::Moment;
pub use acts::Appended;
pub use entry::{Entry, StudyState, Summary};
pub use error::LibraryError;
pub use moved::find_below;
pub use place::{Place, StudySource};
pub use query::{Listing, Order, Query};
pub use record::Recorded;
pub use stored::{Document, RoleOverrides, Stored};

/// The variable that names the folder of the list, instead of the system's default.
pub const DATA_DIR: &str = "FORAMEN_DATA_DIR";

/// The worklist, opened.
///
/// ```
/// use foramen::{
///     library::{Library, Query, StudySource, StudyState},
///     study::Study,
/// };
///
/// let mut library = Library::in_memory()?;
/// let study = Study { uid: "1.2.3".into(), description: "LWS".to_owned(), ..Study::default() };
/// library.record(&study, &StudySource::Paths(vec!["/data/anna".into()]))?;
/// library.set_state(&study.uid, StudyState::Graded)?;
///
/// let found = library.list(&Query { text: "lws".to_owned(), ..Query::default() })?;
/// assert_eq!(found.entries.len(), 1);
/// assert_eq!(found.entries[0].state, StudyState::Graded);
/// # Ok::<(), foramen::library::LibraryError>(())
/// ```
#[derive(Debug)]
pub struct Library {
    connection: Connection,
    /// Holds the copy that is read instead of an older file.
    _copy: Option<tempfile::TempDir>,
}

impl Library {
    /// Opens the list in a folder, or creates one. The text, if any, is a message for the reader: that the old file was
    /// unusable, and under which name it is kept.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened or created. A file of a newer program, and anything that is not a file, is left
    /// unchanged.
    pub fn open(folder: &Path) -> Result<(Self, Option<String>), LibraryError> {
        open::open(folder).map(|(connection, message)| (Self { connection, _copy: None }, message))
    }

    /// Opens the list in a folder to read it, and changes nothing there; `None` where there is none.
    ///
    /// # Errors
    ///
    /// If there is something in its place that cannot be read as a list: it must not be mistaken for an empty one.
    pub fn read(folder: &Path) -> Result<Option<Self>, LibraryError> {
        read::read(folder).map(|read| read.map(|(connection, copy)| Self { connection, _copy: copy }))
    }

    /// A list that lasts as long as the program.
    ///
    /// # Errors
    ///
    /// SQLite refuses; not to be expected.
    pub fn in_memory() -> Result<Self, LibraryError> {
        open::in_memory().map(|connection| Self { connection, _copy: None })
    }
}

/// Where the list is kept: in the folder that `FORAMEN_DATA_DIR` names, else in the user's own data folder. None on a
/// system without one.
pub fn default_folder() -> Option<PathBuf> {
    let named = std::env::var_os(DATA_DIR).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    named.or_else(|| Some(directories::ProjectDirs::from("", "", "foramen")?.data_dir().to_owned()))
}
