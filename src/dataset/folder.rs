//! A folder that is there whole or not at all.
//!
//! It grows beside its place under another name, `<name>.partial`, and takes its name when it is finished. A run that
//! fails takes it away; one that is killed leaves it, and the next run clears it. A lock tells the two apart.

use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::DatasetError;
use crate::files::WriteError;

/// The new folder while it grows.
pub struct Growing {
    out: PathBuf,
    partial: PathBuf,
    lock_file: PathBuf,
    /// Held as long as the run lasts; the system lets go of it when a run is killed.
    lock: Option<File>,
}

impl Growing {
    /// Refuses an `out` that exists, or that another run is writing.
    pub fn start(out: &Path) -> Result<Self, DatasetError> {
        if out.exists() {
            return Err(DatasetError::Exists(out.to_owned()));
        }
        let named = |end: &str| {
            let mut name = out.file_name().map_or_else(|| OsString::from("dataset"), ToOwned::to_owned);
            name.push(end);
            out.with_file_name(name)
        };
        let (partial, lock_file) = (named(".partial"), named(".lock"));
        let failed = |source: io::Error| WriteError { path: lock_file.clone(), source };
        if let Some(parent) = out.parent() {
            fs::create_dir_all(parent).map_err(|source| WriteError { path: parent.to_owned(), source })?;
        }
        let lock = File::create(&lock_file).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => (),
            Err(TryLockError::WouldBlock) => return Err(DatasetError::Busy(out.to_owned())),
            Err(TryLockError::Error(source)) => return Err(failed(source).into()),
        }
        let growing = Self { out: out.to_owned(), partial, lock_file, lock: Some(lock) };
        let failed = |source: io::Error| WriteError { path: growing.partial.clone(), source };
        if growing.partial.exists() {
            // Left behind by a run that was killed.
            fs::remove_dir_all(&growing.partial).map_err(failed)?;
        }
        fs::create_dir(&growing.partial).map_err(failed)?;
        Ok(growing)
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// Gives the folder its name.
    pub fn finish(self) -> Result<(), WriteError> {
        fs::rename(&self.partial, &self.out).map_err(|source| WriteError { path: self.out.clone(), source })
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        // After `finish` there is none. What cannot be cleared now is cleared by the next run.
        let _ = fs::remove_dir_all(&self.partial);
        drop(self.lock.take());
        let _ = fs::remove_file(&self.lock_file);
    }
}
