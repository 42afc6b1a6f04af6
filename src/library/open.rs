//! Opening the file, or a new one if the old one is unusable. Nothing is ever deleted: what cannot be read is renamed.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags};

use super::{
    LibraryError, Moment,
    schema::{self, Kind},
    wal::{self, beside},
};
use crate::files;

/// The file in the folder.
pub const FILE: &str = "library.sqlite";
/// Held while the file is opened, so that only one of two programs that find it damaged sets it aside.
const LOCK: &str = "library.lock";
/// How long to wait for another program.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Why a file is unusable.
enum Unfit {
    /// It must be set aside; the reason, as the middle of a sentence.
    SetAside(String),
    /// A newer program wrote it and still uses it.
    Newer,
    /// Something else is wrong that a new file would not fix.
    Other(rusqlite::Error),
}

impl From<rusqlite::Error> for Unfit {
    fn from(error: rusqlite::Error) -> Self {
        if schema::is_damage(&error) { Self::damaged() } else { Self::Other(error) }
    }
}

impl Unfit {
    fn damaged() -> Self {
        Self::SetAside("is damaged".to_owned())
    }
}

/// Opens or creates the file. The text, if any, is a message for the reader.
pub fn open(folder: &Path) -> Result<(Connection, Option<String>), LibraryError> {
    let path = folder.join(FILE);
    let fail = |source| LibraryError::Folder { path: folder.to_owned(), source };
    make_folder(folder).map_err(fail)?;
    // A dangling link may lead to a disk that is not mounted now: another file in its place would hide it.
    is_there(&path)?;
    let _lock = lock(&folder.join(LOCK)).map_err(fail)?;
    make_private(&path).map_err(fail)?;
    match connect(&path) {
        Ok(connection) => Ok((connection, None)),
        Err(Unfit::Other(error)) => Err(error.into()),
        Err(Unfit::Newer) => Err(LibraryError::Newer(path)),
        Err(Unfit::SetAside(why)) => {
            let aside = set_aside(&path).map_err(fail)?;
            make_private(&path).map_err(fail)?;
            let connection = connect(&path).map_err(|unfit| match unfit {
                Unfit::Other(error) => error.into(),
                Unfit::Newer => LibraryError::Newer(path.clone()),
                Unfit::SetAside(why) => fail(io::Error::other(format!("the new file {why}"))),
            })?;
            let name = aside.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let message = format!(
                "The worklist {why}, so a new one was started. The old one is kept as {name} in {}",
                folder.display()
            );
            Ok((connection, Some(message)))
        }
    }
}

/// Whether there is a file, possibly through a link. Anything else there is an error: it is never waited for, as a pipe
/// would be, and never replaced.
pub fn is_there(path: &Path) -> Result<bool, LibraryError> {
    let fail = |source| LibraryError::Folder { path: path.to_owned(), source };
    let not_a_file = |what| LibraryError::NotAFile { path: path.to_owned(), what };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // A disk that is not mounted now, or a file whose journal was left behind: something was stored here.
            if let Some(link) = path.ancestors().find(|folder| folder.is_symlink() && !folder.exists()) {
                let what = "a link that leads nowhere";
                return Err(LibraryError::NotAFile { path: link.to_owned(), what });
            }
            if beside(path, "-wal").symlink_metadata().is_ok_and(|found| found.len() > 0) {
                return Err(LibraryError::Unfit {
                    path: path.to_owned(),
                    why: "is missing, but its journal exists".to_owned(),
                });
            }
            return Ok(false);
        }
        Err(error) => return Err(fail(error)),
        Ok(_) => (),
    }
    match fs::metadata(path) {
        Ok(found) => files::not_a_file(&found).map_or(Ok(true), |what| Err(not_a_file(what))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(not_a_file("a link that leads nowhere")),
        Err(error) => Err(fail(error)),
    }
}

/// A list that only lasts as long as the program.
pub fn in_memory() -> Result<Connection, LibraryError> {
    let mut connection = Connection::open_in_memory()?;
    prepare(&mut connection)?;
    Ok(connection)
}

fn connect(path: &Path) -> Result<Connection, Unfit> {
    // SQLite would take the intact part of its journal for all of it, and delete the rest.
    if let Ok(Some(why)) = wal::damage(path) {
        return Err(Unfit::SetAside(format!("is damaged ({why})")));
    }
    let mut connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    match schema::kind(&connection)? {
        Kind::Foreign => return Err(Unfit::SetAside("was not written by Foramen".to_owned())),
        Kind::Ours(version) if version > schema::VERSION => return Err(Unfit::Newer),
        Kind::Ours(_) => {
            if !schema::is_sound(&connection)? {
                return Err(Unfit::damaged());
            }
        }
        Kind::Empty => (),
    }
    // Readers and a writer do not wait for each other. A file system that does not support this keeps the older mode.
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    prepare(&mut connection)?;
    schema::check(&connection).map_err(|_| Unfit::damaged())?;
    Ok(connection)
}

/// A decision that the reader sees as saved is on disk even if the power fails: hence FULL.
fn prepare(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA synchronous = FULL;")?;
    schema::migrate(connection)
}

/// Renames the file and SQLite's companion files: an old journal next to a new file would be read into it.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let stamp = Moment::now().stamp();
    let free = |count: u32| {
        let more = if count == 0 { String::new() } else { format!("-{count}") };
        Some(beside(path, &format!(".damaged-{stamp}{more}"))).filter(|aside| !aside.exists())
    };
    let aside = (0..).find_map(free).unwrap_or_else(|| beside(path, ".damaged"));
    for end in ["-wal", "-shm"] {
        match fs::rename(beside(path, end), beside(&aside, end)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => (),
        }
    }
    fs::rename(path, &aside)?;
    Ok(aside)
}

/// Waits for another program for a while, then continues without the lock: SQLite has locks of its own.
fn lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(false);
    let file = private(&mut options).open(path)?;
    let deadline = Instant::now() + PATIENCE;
    while matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(file)
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// It contains patient names: no other user of this computer may read it. SQLite gives its companion files the same
/// permissions.
fn make_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    private(&mut options).open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The file may belong to another owner who shares it on purpose.
        let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o600));
    }
    Ok(())
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}
