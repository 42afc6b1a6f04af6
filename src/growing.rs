//! A folder that is either complete or absent.
//!
//! It is built next to its final location under another name, `<name>.partial`, and renamed when it is finished. An
//! existing empty folder, which may be a mounted disk, is filled: its content is built inside it under a hidden name
//! and moved up when it is finished. A run that fails removes it; one that is killed leaves it behind, and the next run
//! clears it. A lock distinguishes leftovers from folders in use; a `<name>.partial` without a lock file belongs to
//! someone else and is kept.

use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use crate::files::{WriteError, has_no_locks};

/// Why no folder can be built there.
#[derive(Debug, thiserror::Error)]
pub enum GrowError {
    /// Something is there.
    #[error("{}: already exists; give a new folder", .0.display())]
    Exists(PathBuf),
    /// Another run writes to the same place.
    #[error("{}: another run is writing to it", .0.display())]
    Busy(PathBuf),
    /// A folder with the temporary name exists, and is not ours.
    #[error("{}: is in the way; move it, or give another output folder", .0.display())]
    InTheWay(PathBuf),
    /// The folder, its lock or what lies above cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// The new folder while it grows.
///
/// ```
/// use foramen::growing::Growing;
///
/// let dir = tempfile::tempdir()?;
/// let out = dir.path().join("dataset");
/// let growing = Growing::start(&out)?;
/// std::fs::write(growing.path().join("dataset.json"), "{}")?;
/// assert!(!out.exists());
/// growing.finish()?;
/// assert!(out.join("dataset.json").exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Growing {
    out: PathBuf,
    partial: PathBuf,
    lock_file: PathBuf,
    /// Held as long as the run lasts; the system releases it when a run is killed.
    lock: Option<File>,
    /// Whether it is built inside the folder itself.
    is_inside: bool,
}

impl Growing {
    /// Refuses an `out` that exists and is not an empty folder, or that another run is writing.
    ///
    /// # Errors
    ///
    /// If it or a temporary name next to it is taken or cannot be written.
    pub fn start(out: &Path) -> Result<Self, GrowError> {
        let inside = [".foramen-partial", ".foramen-lock"];
        let is_ours = |entry: &fs::DirEntry| inside.iter().any(|name| entry.file_name() == *name);
        let is_empty = || fs::read_dir(out).is_ok_and(|entries| entries.flatten().all(|entry| is_ours(&entry)));
        if (out.exists() || out.is_symlink()) && !is_empty() {
            return Err(GrowError::Exists(out.to_owned()));
        }
        let beside = |end: &str| {
            let mut name = out.file_name().map_or_else(|| OsString::from("foramen"), ToOwned::to_owned);
            name.push(end);
            out.with_file_name(name)
        };
        let is_there = out.is_dir();
        let [partial, lock_file] =
            if is_there { inside.map(|name| out.join(name)) } else { [".partial", ".lock"].map(beside) };
        let failed = |source: io::Error| WriteError { path: lock_file.clone(), source };
        if let Some(parent) = out.parent() {
            fs::create_dir_all(parent).map_err(|source| WriteError { path: parent.to_owned(), source })?;
        }
        if partial.exists() && !lock_file.exists() {
            return Err(GrowError::InTheWay(partial));
        }
        let lock = File::options().create(true).append(true).open(&lock_file).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => (),
            Err(TryLockError::WouldBlock) => return Err(GrowError::Busy(out.to_owned())),
            // Some network file systems have no locks; then no one else must write there.
            Err(TryLockError::Error(error)) if has_no_locks(&error) => (),
            Err(TryLockError::Error(source)) => return Err(failed(source).into()),
        }
        let growing = Self { out: out.to_owned(), partial, lock_file, lock: Some(lock), is_inside: is_there };
        let failed = |source: io::Error| WriteError { path: growing.partial.clone(), source };
        if growing.partial.exists() {
            // Left behind by a run that was killed.
            fs::remove_dir_all(&growing.partial).map_err(failed)?;
        }
        fs::create_dir(&growing.partial).map_err(failed)?;
        Ok(growing)
    }

    /// The folder to write into until [`Self::finish`].
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// Gives the folder its name.
    ///
    /// # Errors
    ///
    /// If something else took the name, or the system refuses it.
    pub fn finish(self) -> Result<(), WriteError> {
        let failed = |source| WriteError { path: self.out.clone(), source };
        if !self.is_inside {
            return fs::rename(&self.partial, &self.out).map_err(failed);
        }
        for entry in fs::read_dir(&self.partial).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            fs::rename(entry.path(), self.out.join(entry.file_name())).map_err(failed)?;
        }
        Ok(())
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        // After `finish` there is nothing to clear. What cannot be cleared now is cleared by the next run.
        let _ = fs::remove_dir_all(&self.partial);
        drop(self.lock.take());
        let _ = fs::remove_file(&self.lock_file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stopped_run_left_is_cleared_and_what_is_of_others_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (out, partial) = (dir.path().join("out"), dir.path().join("out.partial"));
        // As after a kill: the folder and its lock file, which no one holds.
        fs::create_dir(&partial).unwrap();
        fs::write(partial.join("half"), "x").unwrap();
        fs::write(dir.path().join("out.lock"), "").unwrap();
        let growing = Growing::start(&out).unwrap();
        assert!(matches!(Growing::start(&out), Err(GrowError::Busy(_))));
        assert!(!growing.path().join("half").exists());
        fs::write(growing.path().join("whole"), "x").unwrap();
        growing.finish().unwrap();
        let names = || {
            let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        assert_eq!((names(), out.join("whole").exists()), (vec![OsString::from("out")], true));
        assert!(matches!(Growing::start(&out), Err(GrowError::Exists(_))));
        // Not ours: there is no lock file next to it.
        let mine = dir.path().join("other.partial");
        fs::create_dir(&mine).unwrap();
        fs::write(mine.join("thesis"), "x").unwrap();
        assert!(matches!(Growing::start(&dir.path().join("other")), Err(GrowError::InTheWay(_))));
        assert!(mine.join("thesis").exists());
    }

    #[test]
    fn an_empty_folder_is_filled_and_a_run_that_fails_leaves_it() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        fs::create_dir(&out).unwrap();
        drop(Growing::start(&out).unwrap());
        assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
        // As after a kill.
        fs::create_dir(out.join(".foramen-partial")).unwrap();
        fs::write(out.join(".foramen-lock"), "").unwrap();
        let growing = Growing::start(&out).unwrap();
        fs::write(growing.path().join("a"), "").unwrap();
        growing.finish().unwrap();
        let names: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["a"]);
        fs::write(out.join(".foramen-partial"), "").unwrap();
        assert!(matches!(Growing::start(&out), Err(GrowError::Exists(_))));
    }
}
