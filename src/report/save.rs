//! Writes reports into a folder: complete files or none, and without replacing others unless requested.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{Identity, Output};
use crate::files::{Readers, WriteError, is_special, write_for, write_new};

/// What to do where a file of the same name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and nothing is written.
    Refuse,
    /// The new file takes its place.
    Replace,
}

/// How files are written: over what is there or not, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saving {
    /// What to do where a file of the same name is.
    pub existing: Existing,
    /// Who may read the files.
    pub readers: Readers,
}

impl Saving {
    /// With a patient's identity, readable only by the user, like the worklist, unless it `is_shared`.
    pub const fn of(identity: &Identity, existing: Existing, is_shared: bool) -> Self {
        let readers = match identity {
            Identity::Full if !is_shared => Readers::Owner,
            Identity::Full | Identity::Removed(_) => Readers::Usual,
        };
        Self { existing, readers }
    }
}

/// Writes the files of a report, the first to `path`, the others beside it. Returns where.
///
/// # Errors
///
/// As [`save_in`].
pub fn save_as(outputs: &[Output], path: &Path, saving: Saving) -> Result<Vec<PathBuf>, WriteError> {
    let beside = |output: &Output| {
        // `grades.csv.txt` of `grades.csv` is `mine.csv.txt` of `mine.csv`.
        let first = outputs.first().map_or("", |first| first.name.as_str());
        match output.name.strip_prefix(first) {
            Some("") => path.to_owned(),
            Some(end) => PathBuf::from(format!("{}{end}", path.display())),
            None => path.with_file_name(&output.name),
        }
    };
    // Only the first goes into a pipe or device, because nothing can be written next to it.
    let outputs = if is_special(path) { &outputs[..outputs.len().min(1)] } else { outputs };
    write(outputs.iter().map(|output| (beside(output), output)).collect(), saving)
}

/// Writes the files of a report into a folder, which is made if it is not there. Returns where.
///
/// ```
/// use foramen::report::{Existing, Identity, Output, Saving, save_in};
///
/// let dir = tempfile::tempdir()?;
/// let files = [Output { name: "report.txt".to_owned(), bytes: b"25 rows".to_vec() }];
/// let saving = Saving::of(&Identity::Full, Existing::Refuse, false);
/// assert_eq!(save_in(&files, dir.path(), saving)?, [dir.path().join("report.txt")]);
/// // What is there is not written over.
/// assert!(save_in(&files, dir.path(), saving).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// One of the files is there and must stay, and then none is written; or a file cannot be written.
pub fn save_in(outputs: &[Output], folder: &Path, saving: Saving) -> Result<Vec<PathBuf>, WriteError> {
    write(outputs.iter().map(|output| (folder.join(&output.name), output)).collect(), saving)
}

fn write(all: Vec<(PathBuf, &Output)>, saving: Saving) -> Result<Vec<PathBuf>, WriteError> {
    // All or nothing, as far as that can be known beforehand.
    if saving.existing == Existing::Refuse
        && let Some((path, _)) = all.iter().find(|(path, _)| path.exists() && !is_special(path))
    {
        return Err(is_there(path.clone()));
    }
    let mut written = Vec::with_capacity(all.len());
    for (path, output) in all {
        match saving.existing {
            Existing::Refuse if !is_special(&path) => {
                write_new(&path, &output.bytes, saving.readers).map_err(|error| match error.source.kind() {
                    io::ErrorKind::AlreadyExists => is_there(path.clone()),
                    _ => error,
                })?;
            }
            // A device is written into, not replaced.
            _ => write_for(&path, &output.bytes, saving.readers)?,
        }
        written.push(path);
    }
    Ok(written)
}

fn is_there(path: PathBuf) -> WriteError {
    let source = io::Error::new(io::ErrorKind::AlreadyExists, "it already exists and is not overwritten unless asked");
    WriteError { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Saving = Saving { existing: Existing::Refuse, readers: Readers::Usual };

    fn output(name: &str) -> Output {
        Output { name: name.to_owned(), bytes: name.as_bytes().to_vec() }
    }

    #[test]
    fn nothing_is_written_where_one_of_the_files_is_there() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("b"), "old").unwrap();
        let outputs = [output("a"), output("b")];
        let refused = save_in(&outputs, dir.path(), OPEN).unwrap_err();
        assert!(refused.to_string().contains("already exists"), "{refused}");
        assert!(!dir.path().join("a").exists());
        assert_eq!(save_in(&outputs, dir.path(), Saving { existing: Existing::Replace, ..OPEN }).unwrap().len(), 2);
        assert_eq!(std::fs::read(dir.path().join("b")).unwrap(), b"b");
    }

    #[cfg(unix)]
    #[test]
    fn what_names_a_patient_is_for_the_user_alone_unless_it_is_shared() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let removed = Identity::Removed(crate::report::DeidentifyKey::random());
        let mode = |identity: &Identity, existing, is_shared| {
            let written = save_in(&[output("a")], dir.path(), Saving::of(identity, existing, is_shared)).unwrap();
            std::fs::metadata(&written[0]).unwrap().permissions().mode() & 0o777
        };
        let usual = {
            std::fs::write(dir.path().join("plain"), "").unwrap();
            std::fs::metadata(dir.path().join("plain")).unwrap().permissions().mode() & 0o777
        };
        assert_eq!(mode(&Identity::Full, Existing::Refuse, false), 0o600);
        assert_eq!(mode(&Identity::Full, Existing::Replace, true), usual);
        assert_eq!(mode(&Identity::Full, Existing::Replace, false), 0o600);
        assert_eq!(mode(&removed, Existing::Replace, false), usual);
    }

    #[test]
    fn what_belongs_to_a_file_lies_beside_it_under_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mine.csv");
        let written = save_as(&[output("grades.csv"), output("grades.csv.txt")], &path, OPEN).unwrap();
        assert_eq!(written, [path.clone(), dir.path().join("mine.csv.txt")]);
    }
}
