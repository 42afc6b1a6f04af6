//! Opening the file only to read it: nothing is created, renamed or migrated, and only a missing file means that there
//! is no list.

use std::{
    io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tempfile::TempDir;

use super::{
    LibraryError,
    open::{FILE, PATIENCE, is_there},
    schema::{self, Kind},
    wal::{self, beside},
};

/// A connection, and the folder of its copy if it reads a copy.
pub type Read = (Connection, Option<TempDir>);

/// Opens the file in a folder; `None` where there is none.
pub fn read(folder: &Path) -> Result<Option<Read>, LibraryError> {
    let path = folder.join(FILE);
    if !is_there(&path)? {
        return Ok(None);
    }
    let unfit = |why: &str| LibraryError::Unfit { path: path.clone(), why: why.to_owned() };
    match wal::damage(&path) {
        Ok(None) => (),
        Ok(Some(why)) => return Err(unfit(&format!("is damaged: {why}"))),
        Err(source) => return Err(LibraryError::Folder { path: beside(&path, "-wal"), source }),
    }
    let failed = |error: rusqlite::Error| match error.sqlite_error_code() {
        _ if schema::is_damage(&error) => unfit("is damaged"),
        Some(ErrorCode::ReadOnly) => unfit("was left in the middle of a change: open the window once to roll it back"),
        _ => error.into(),
    };
    let (connection, kind) = connect(&path).map_err(failed)?;
    let version = match kind {
        Kind::Ours(version) => version,
        // The window writes its tables at once, so something removed them.
        Kind::Empty => return Err(unfit("is empty")),
        Kind::Foreign => return Err(unfit("was not written by Foramen")),
    };
    if version > schema::VERSION {
        return Err(LibraryError::Newer(path));
    }
    if !schema::is_sound(&connection).map_err(failed)? {
        return Err(unfit("is damaged"));
    }
    let (connection, copy) = if version < schema::VERSION {
        let (connection, copy) = of_today(&connection).map_err(|error| match error {
            Copied::Folder(source) => LibraryError::Folder { path: std::env::temp_dir(), source },
            Copied::Database(error) if schema::is_wrong(&error) => unfit("does not match its version"),
            Copied::Database(error) => failed(error),
        })?;
        (connection, Some(copy))
    } else {
        (connection, None)
    };
    schema::check(&connection).map_err(|_| unfit("is damaged"))?;
    Ok(Some((connection, copy)))
}

/// A connection for reading, even if nothing can be written next to the file.
fn connect(path: &Path) -> rusqlite::Result<(Connection, Kind)> {
    let open = |name: PathBuf, flags| -> rusqlite::Result<(Connection, Kind)> {
        let connection = Connection::open_with_flags(name, OpenFlags::SQLITE_OPEN_NO_MUTEX | flags)?;
        connection.busy_timeout(PATIENCE)?;
        let kind = schema::kind(&connection)?;
        Ok((connection, kind))
    };
    // A pure reader does not merge a journal into the file or delete it. Without a journal, the files that SQLite
    // creates for reading are removed by any program that may write.
    let access = if has_journal(path) { OpenFlags::SQLITE_OPEN_READ_ONLY } else { OpenFlags::SQLITE_OPEN_READ_WRITE };
    let found = open(path.to_owned(), access);
    let may_be_read_only = |error: &rusqlite::Error| {
        matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
    };
    match (found, uri(path)) {
        // Without a journal, everything is in the file.
        (Err(error), Some(uri)) if may_be_read_only(&error) && !has_journal(path) => {
            open(uri, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)
        }
        (found, _) => found,
    }
}

/// Whether part of the content is in a companion file: changes still to be added or to be rolled back.
fn has_journal(path: &Path) -> bool {
    ["-wal", "-journal"].iter().any(|end| beside(path, end).symlink_metadata().is_ok_and(|found| found.len() > 0))
}

/// The name of a file, marked as immutable for SQLite.
fn uri(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let name: String = path.to_str()?.bytes().fold(String::new(), |mut name, byte| {
        use std::fmt::Write as _;
        if byte.is_ascii_alphanumeric() || b"/-_.:\\".contains(&byte) {
            name.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(name, "%{byte:02X}");
        }
        name
    });
    Some(format!("file:{name}?immutable=1").into())
}

enum Copied {
    Folder(io::Error),
    Database(rusqlite::Error),
}

impl From<rusqlite::Error> for Copied {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

/// A copy of an older file, migrated to the current version; the program that wrote it keeps its own.
fn of_today(older: &Connection) -> Result<(Connection, TempDir), Copied> {
    // Private to the user, like the file.
    let folder = tempfile::Builder::new().prefix("foramen-").tempdir().map_err(Copied::Folder)?;
    let path = folder.path().join(FILE);
    older.execute("VACUUM INTO ?1", [path.to_string_lossy()])?;
    let mut connection = Connection::open(&path)?;
    schema::migrate(&mut connection)?;
    Ok((connection, folder))
}
