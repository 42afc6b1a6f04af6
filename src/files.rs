//! Writing files whole or not at all, and reading the files that lie beside images, up to a plausible size.

use std::{
    ffi::OsStr,
    fs::{self, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

/// The most bytes that a text may have: settings, manifests, recipes, templates.
pub const MOST_OF_TEXT: u64 = 64 << 20;
/// The most bytes that a table or a list of results may have.
pub const MOST_OF_TABLE: u64 = 1 << 30;
/// The most bytes that a model may have: what its format, protobuf, can hold.
pub const MOST_OF_MODEL: u64 = 2 << 30;

/// What is in the place of a file but is not one; `None` if it is a file.
pub fn not_a_file(found: &fs::Metadata) -> Option<&'static str> {
    (!found.is_file()).then(|| if found.is_dir() { "a folder" } else { "a pipe or device" })
}

/// Opens a file of at most so many bytes. A folder, pipe or device, which may have no end, is an error; a link is followed.
///
/// # Errors
///
/// It is not there, cannot be opened, is not a file, or is larger than `most` bytes.
pub fn open_regular(path: &Path, most: u64) -> io::Result<fs::File> {
    // Checked before opening, because opening a pipe blocks until someone writes to it.
    let found = fs::metadata(path)?;
    if let Some(what) = not_a_file(&found) {
        return Err(io::Error::other(format!("it is {what}, not a file")));
    }
    if found.len() > most {
        let size = found.len() >> 20;
        return Err(io::Error::other(format!("it has {size} MiB; no such file has more than {} MiB", most >> 20)));
    }
    fs::File::open(path)
}

/// Reads a file of at most so many bytes; see [`open_regular`].
///
/// # Errors
///
/// It cannot be opened (see [`open_regular`]) or read.
pub fn read_regular(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(path, most)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a text of at most so many bytes; see [`open_regular`].
///
/// # Errors
///
/// It cannot be read (see [`open_regular`]), or is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read_regular(path, most)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", path.display())]
pub struct WriteError {
    /// The file as it was asked for, not the temporary one.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// Who may read a file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Readers {
    /// Whoever could read the file that it replaces; for a new file, as the system allows, on Unix by the umask.
    #[default]
    AsBefore,
    /// As the system allows, whatever was there before.
    Usual,
    /// Only the user (on Unix 0600), for a file that names a patient.
    Owner,
}

/// Writes `bytes` to a temporary file beside `path`, syncs it, and renames it over `path`:
/// whatever happens, `path` holds the old content or the new, never a part.
/// Missing parent folders are made. A link is followed; a device or pipe (`/dev/stdout`) is written into, not replaced.
///
/// ```
/// use foramen::files;
///
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("run 7").join("grades.csv");
/// files::write_atomic(&path, b"row_id\n")?;
/// assert_eq!(files::read_text(&path, files::MOST_OF_TABLE)?, "row_id\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// The folder cannot be made, or the disk is full, read-only or gone; the old file is still there then.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    write_for(path, bytes, Readers::AsBefore)
}

/// [`write_atomic`] with a say in who may read the file.
///
/// # Errors
///
/// As [`write_atomic`].
pub fn write_for(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), WriteError> {
    write_atomic_io(path, bytes, readers).map_err(|source| WriteError { path: path.to_owned(), source })
}

/// [`write_atomic`] of a value as indented JSON.
///
/// # Errors
///
/// As [`write_atomic`]; or `what` cannot be serialised.
pub fn write_json(path: &Path, what: &impl serde::Serialize) -> Result<(), WriteError> {
    let json =
        serde_json::to_vec_pretty(what).map_err(|error| WriteError { path: path.to_owned(), source: error.into() });
    let mut json = json?;
    json.push(b'\n');
    write_atomic(path, &json)
}

/// [`write_atomic`] of a file that must not be there yet: what is there stays, even if it appeared this very moment.
///
/// ```
/// use foramen::files::{Readers, write_new};
///
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("report.txt");
/// write_new(&path, b"first", Readers::Owner)?;
/// assert!(write_new(&path, b"second", Readers::Owner).is_err());
/// assert_eq!(std::fs::read(&path)?, b"first");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// The file is there already ([`io::ErrorKind::AlreadyExists`]), or cannot be written.
pub fn write_new(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), WriteError> {
    write_new_io(path, bytes, readers).map_err(|source| WriteError { path: path.to_owned(), source })
}

fn write_new_io(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    let file = filled(folder, bytes, readers)?;
    file.persist_noclobber(path).map_err(|e| e.error)?;
    sync_folder(folder);
    Ok(())
}

/// A file that is written bit by bit and appears whole, or not at all.
///
/// ```
/// use std::io::Write;
///
/// use foramen::files::AtomicFile;
///
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("table.csv");
/// let mut file = AtomicFile::create(&path)?;
/// writeln!(file, "study,rows")?;
/// assert!(!path.exists());
/// file.commit()?;
/// assert_eq!(std::fs::read_to_string(&path)?, "study,rows\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    readers: Readers,
    file: io::BufWriter<tempfile::NamedTempFile>,
}

impl AtomicFile {
    /// Begins a file that will be at `path`. Missing parent folders are made.
    ///
    /// # Errors
    ///
    /// The folder cannot be made or written to.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        Self::create_for(path, Readers::AsBefore)
    }

    /// [`Self::create`] with a say in who may read the file.
    ///
    /// # Errors
    ///
    /// As [`Self::create`].
    pub fn create_for(path: &Path, readers: Readers) -> Result<Self, WriteError> {
        let begin = || {
            fs::create_dir_all(folder_of(path))?;
            temporary_in(folder_of(path), readers)
        };
        let file = begin().map_err(|source| WriteError { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), readers, file: io::BufWriter::new(file) })
    }

    /// Puts it in its place, over what was there.
    ///
    /// # Errors
    ///
    /// The file cannot be written or renamed; what was at its path stays.
    pub fn commit(self) -> Result<(), WriteError> {
        let Self { path, readers, file } = self;
        let end = || {
            let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.as_file().sync_all()?;
            if readers == Readers::AsBefore {
                let _ = keep_permissions(&path, file.as_file());
            }
            file.persist(&path).map_err(|e| e.error)?;
            sync_folder(folder_of(&path));
            Ok(())
        };
        end().map_err(|source| WriteError { path: path.clone(), source })
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Removes half-written files that a killed program left in a folder: our temporary files that are an hour old and not
/// locked by any program. If the file system has no locks, only the hour decides: our writes take seconds.
pub fn remove_litter(folder: &Path) {
    let is_old = |path: &Path| {
        let modified = fs::metadata(path).and_then(|m| m.modified()).ok();
        modified.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > OLD)
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let is_ours = is_temporary(&name) && entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_ours && is_old(&path) && !is_held(&path) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Whether a file's name is one that we give to half-written files.
pub fn is_temporary(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(TEMPORARY.as_bytes())
}

/// Whether a running program holds the lock of a temporary file.
fn is_held(path: &Path) -> bool {
    // Over NFS a lock needs a writable file.
    let Ok(file) = fs::File::options().read(true).write(true).open(path) else { return true };
    match file.try_lock() {
        Ok(()) => false,
        Err(TryLockError::WouldBlock) => true,
        Err(TryLockError::Error(error)) => !has_no_locks(&error),
    }
}

/// Whether a lock was refused because the file system does not support locks: some network file systems, or NFS without
/// its lock daemon.
pub fn has_no_locks(error: &io::Error) -> bool {
    // ENOLCK, which the standard library has no name for.
    let no_lock = if cfg!(any(target_os = "linux", target_os = "android")) { 37 } else { 77 };
    error.kind() == io::ErrorKind::Unsupported || (cfg!(unix) && error.raw_os_error() == Some(no_lock))
}

/// How the names of temporary files begin.
const TEMPORARY: &str = ".foramen-";
/// No write takes that long, unless the computer slept.
const OLD: Duration = Duration::from_hours(1);

/// A temporary file, locked until it is moved into place or abandoned, so that another program does not take it for a
/// leftover.
fn temporary_in(folder: &Path, readers: Readers) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    // It is private by default.
    #[cfg(unix)]
    if readers != Readers::Owner {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder)?;
    // On systems other than Unix a lock would keep readers out for a moment after the file is in place.
    if cfg!(unix) {
        // Without locks, the age has to do.
        let _ = file.as_file().try_lock();
    }
    Ok(file)
}

/// The folder of the user's settings: `FORAMEN_CONFIG_DIR`, else the system's default.
pub fn config_folder() -> Option<PathBuf> {
    let chosen = std::env::var_os("FORAMEN_CONFIG_DIR").filter(|v| !v.is_empty()).map(PathBuf::from);
    chosen.or_else(|| directories::ProjectDirs::from("", "", "foramen").map(|dirs| dirs.config_dir().to_owned()))
}

/// Whether the path exists but is neither a file nor a folder: a device, a pipe.
pub fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

fn write_atomic_io(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    if is_special(path) {
        return fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let target = if path.is_symlink() { path.canonicalize()? } else { path.to_owned() };
    let path = target.as_path();
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    let file = filled(folder, bytes, readers)?;
    if readers == Readers::AsBefore {
        let _ = keep_permissions(path, file.as_file());
    }
    file.persist(path).map_err(|e| e.error)?;
    sync_folder(folder);
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A temporary file with the content, synced to disk.
fn filled(folder: &Path, bytes: &[u8], readers: Readers) -> io::Result<tempfile::NamedTempFile> {
    let mut file = temporary_in(folder, readers)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Syncs the new name to disk too. Not every system and file system can do that; the file itself is safe without it.
fn sync_folder(folder: &Path) {
    if cfg!(unix) {
        let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
    }
}

/// Whoever could read a file may read its replacement. For another owner's file this may be refused, and then only this
/// is lost.
fn keep_permissions(replaced: &Path, file: &fs::File) -> io::Result<()> {
    match fs::metadata(replaced) {
        Ok(old) if cfg!(unix) => file.set_permissions(old.permissions()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_litter() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("grades.csv");
        write_atomic(&path, b"old").unwrap();
        // A folder in the way of the rename: the write fails after the temporary file was filled.
        let blocked = dir.path().join("folder");
        fs::create_dir(&blocked).unwrap();
        fs::write(blocked.join("x"), "x").unwrap();
        assert!(write_atomic(&blocked, b"new").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_file_written_bit_by_bit_appears_when_it_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("table.csv");
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"a,b\n").unwrap();
        assert!(!path.exists());
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"a,b\n");
        drop(AtomicFile::create(&path).unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"a,b\n", "one that is given up leaves the old file");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "and no litter");
    }

    #[test]
    fn litter_is_old_and_of_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let made = |name: &str, at: SystemTime| {
            let path = dir.path().join(name);
            fs::File::create(&path).unwrap().set_modified(at).unwrap();
            path
        };
        let now = SystemTime::now();
        let of_a_dead_program = made(".foramen-dead", now - 2 * OLD);
        // By a clock that was set back, or of a computer whose clock is ahead, a file is of tomorrow.
        let kept =
            [made(".foramen-new", now), made(".foramen-tomorrow", now + 30 * OLD), made("scan.dcm", now - 2 * OLD)];
        let path = dir.path().join("table.csv");
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"a,b\n").unwrap();
        file.file.get_ref().as_file().set_modified(now - 2 * OLD).unwrap();
        remove_litter(dir.path());
        assert!(!of_a_dead_program.exists());
        assert!(kept.iter().all(|path| path.exists()));
        // The computer slept for hours in the middle of a write, and another program was quicker to wake.
        #[cfg(unix)]
        file.commit().unwrap();
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn no_lock_daemon_is_no_lock_and_no_right_is_an_error() {
        // What NFS answers to flock where nothing keeps locks: ENOLCK.
        assert!(has_no_locks(&io::Error::from_raw_os_error(37)));
        assert!(has_no_locks(&io::ErrorKind::Unsupported.into()));
        assert!(!has_no_locks(&io::ErrorKind::PermissionDenied.into()));
    }

    #[test]
    fn what_is_there_is_not_written_over_unless_asked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new folder").join("report.pdf");
        write_new(&path, b"first", Readers::Usual).unwrap();
        let refused = write_new(&path, b"second", Readers::Usual).unwrap_err();
        assert_eq!(refused.source.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        write_atomic(&path, b"third").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"third");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no litter");
    }

    #[test]
    #[cfg(unix)]
    fn links_are_followed_and_pipes_stay_pipes() {
        use std::os::unix::fs::{FileTypeExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let (file, link, pipe) = (dir.path().join("file"), dir.path().join("link"), dir.path().join("pipe"));
        fs::write(&file, "old").unwrap();
        symlink(&file, &link).unwrap();
        write_atomic(&link, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");

        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read(pipe).unwrap()
        });
        write_atomic(&pipe, b"through").unwrap();
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo(), "the pipe was replaced");
        assert_eq!(reader.join().unwrap(), b"through");
    }

    #[test]
    fn only_a_file_of_a_size_that_it_can_have_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.csv");
        fs::write(&file, "abc").unwrap();
        assert_eq!(read_text(&file, 3).unwrap(), "abc");
        assert!(read_text(&file, 2).unwrap_err().to_string().contains("no such file has more"));
        assert!(read_regular(dir.path(), 9).unwrap_err().to_string().contains("a folder"));
        assert_eq!(read_regular(&dir.path().join("none"), 9).unwrap_err().kind(), io::ErrorKind::NotFound);
        // Large, and nothing of it is on the disk.
        let sparse = dir.path().join("sparse.csv");
        fs::File::create(&sparse).unwrap().set_len(64 << 30).unwrap();
        assert!(read_text(&sparse, MOST_OF_TABLE).is_err());
        #[cfg(unix)]
        {
            let pipe = dir.path().join("pipe");
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
            for endless in [pipe.as_path(), Path::new("/dev/zero")] {
                assert!(read_text(endless, 9).unwrap_err().to_string().contains("a pipe or device"));
            }
        }
    }
}
