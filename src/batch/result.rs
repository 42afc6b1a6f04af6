//! The file of a study's grades, and where it goes when it no longer holds.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::record::{Expected, Record};
use crate::files::{WriteError, write_atomic};

/// The place of one result.
pub struct ResultFile {
    path: PathBuf,
    aside: PathBuf,
}

impl ResultFile {
    /// In a folder, by the name without its ending.
    pub fn new(out: &Path, stem: &str) -> Self {
        // Not `.json`: whoever gathers results by their ending gets those that hold.
        Self { path: out.join(format!("{stem}.json")), aside: out.join(format!("{stem}.json.old")) }
    }

    /// What is there, if it was made of the same as now. One that was set aside is put back.
    pub fn done(&self, fingerprint: &str, expected: Expected) -> Option<Record> {
        let fits = |path: &Path| Record::read(path, expected).filter(|record| record.fingerprint == fingerprint);
        fits(&self.path).or_else(|| {
            let record = fits(&self.aside)?;
            fs::rename(&self.aside, &self.path).ok().map(|()| record)
        })
    }

    /// What could not be put together could not be written.
    pub fn unwritten(&self, source: io::Error) -> WriteError {
        WriteError { path: self.path.clone(), source }
    }

    /// Writes a new result; none that was set aside is left.
    pub fn write(&self, bytes: &[u8]) -> Result<(), WriteError> {
        write_atomic(&self.path, bytes)?;
        // What is left of it does no harm: it is looked at only where there is no result that fits.
        let _ = fs::remove_file(&self.aside);
        Ok(())
    }

    /// Takes a result away that no longer holds.
    pub fn set_aside(&self) -> Result<(), WriteError> {
        match fs::rename(&self.path, &self.aside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(WriteError { path: self.aside.clone(), source: error })
            }
            _ => Ok(()),
        }
    }
}
