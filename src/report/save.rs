//! Reports into a folder: whole files or none, and none over another unless that is wanted.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::Output;
use crate::files::{WriteError, is_special, write_atomic, write_new};

/// What to do where a file of the same name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and nothing is written.
    Refuse,
    /// It is replaced.
    Replace,
}

/// Writes the files of a report, the first to `path`, the others beside it. Returns where.
pub fn save_as(outputs: &[Output], path: &Path, existing: Existing) -> Result<Vec<PathBuf>, WriteError> {
    let beside = |output: &Output| {
        // `grades.csv.txt` of `grades.csv` is `mine.csv.txt` of `mine.csv`.
        let first = outputs.first().map_or("", |first| first.name.as_str());
        match output.name.strip_prefix(first) {
            Some("") => path.to_owned(),
            Some(end) => PathBuf::from(format!("{}{end}", path.display())),
            None => path.with_file_name(&output.name),
        }
    };
    // Into a pipe or device goes the first alone, for there is nothing beside it.
    let outputs = if is_special(path) { &outputs[..outputs.len().min(1)] } else { outputs };
    write(outputs.iter().map(|output| (beside(output), output)).collect(), existing)
}

/// Writes the files of a report into a folder, which is made if it is not there. Returns where.
pub fn save_in(outputs: &[Output], folder: &Path, existing: Existing) -> Result<Vec<PathBuf>, WriteError> {
    write(outputs.iter().map(|output| (folder.join(&output.name), output)).collect(), existing)
}

fn write(all: Vec<(PathBuf, &Output)>, existing: Existing) -> Result<Vec<PathBuf>, WriteError> {
    // All or nothing, as far as that can be known beforehand.
    if existing == Existing::Refuse
        && let Some((path, _)) = all.iter().find(|(path, _)| path.exists() && !is_special(path))
    {
        return Err(is_there(path.clone()));
    }
    let mut written = Vec::with_capacity(all.len());
    for (path, output) in all {
        match existing {
            Existing::Refuse if !is_special(&path) => {
                write_new(&path, &output.bytes).map_err(|error| match error.source.kind() {
                    io::ErrorKind::AlreadyExists => is_there(path.clone()),
                    _ => error,
                })?;
            }
            // A device is written into, not replaced.
            _ => write_atomic(&path, &output.bytes)?,
        }
        written.push(path);
    }
    Ok(written)
}

fn is_there(path: PathBuf) -> WriteError {
    let source =
        io::Error::new(io::ErrorKind::AlreadyExists, "it is there already, and is not written over unless asked");
    WriteError { path, source }
}

/// A folder's name from a UID or whatever stands in its place: never a path.
pub fn folder_name(uid: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    let name: String = uid.chars().map(safe).take(100).collect();
    if name.chars().all(|c| c == '.') { format!("study{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(name: &str) -> Output {
        Output { name: name.to_owned(), bytes: name.as_bytes().to_vec() }
    }

    #[test]
    fn nothing_is_written_where_one_of_the_files_is_there() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("b"), "old").unwrap();
        let outputs = [output("a"), output("b")];
        let refused = save_in(&outputs, dir.path(), Existing::Refuse).unwrap_err();
        assert!(refused.to_string().contains("is there already"), "{refused}");
        assert!(!dir.path().join("a").exists());
        assert_eq!(save_in(&outputs, dir.path(), Existing::Replace).unwrap().len(), 2);
        assert_eq!(std::fs::read(dir.path().join("b")).unwrap(), b"b");
    }

    #[test]
    fn what_belongs_to_a_file_lies_beside_it_under_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mine.csv");
        let written = save_as(&[output("grades.csv"), output("grades.csv.txt")], &path, Existing::Refuse).unwrap();
        assert_eq!(written, [path.clone(), dir.path().join("mine.csv.txt")]);
    }

    #[test]
    fn no_uid_leads_out_of_the_folder() {
        for uid in ["../../etc", "..", "", "a/b\\c:d", "1.2.840.1"] {
            let name = folder_name(uid);
            assert!(Path::new("x").join(&name).parent() == Some(Path::new("x")), "{uid} {name}");
        }
        assert_eq!(folder_name("1.2.840.1"), "1.2.840.1");
    }
}
