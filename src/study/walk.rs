//! What is below the given paths: files, zip entries, and anything else that is not a file.

use std::{
    collections::{HashSet, VecDeque},
    fs,
    path::{Path, PathBuf},
};

use walkdir::WalkDir;

use super::{
    ScanError,
    archive::{Archive, Contents},
    descriptions::Descriptions,
    issue::Issue,
    source::Source,
    strangers::{self, Kind},
};
use crate::{cancel::Cancel, files::is_temporary};

/// What was found before any header was read.
#[derive(Debug, Default)]
pub struct Candidates {
    /// (where, whether the user named this very file).
    pub sources: Vec<(Source, bool)>,
    /// The paths that were given, as folders.
    pub roots: Vec<String>,
    /// What cannot be read, and notes.
    pub troubles: Vec<Trouble>,
    /// Files, entries, and what else lay there.
    pub found: usize,
    /// Those of them that are among the troubles.
    pub refused: usize,
}

/// An issue on its way to the study that it belongs to.
#[derive(Debug)]
pub struct Trouble {
    pub issue: Issue,
    /// How many files are broken or missing by it, so that what they held is.
    pub lost: usize,
    /// The number of its study, where that is known already.
    pub study: Option<usize>,
}

impl Trouble {
    /// Something to know, or a doubt, for which no file is missing.
    pub const fn nothing_lost(issue: Issue) -> Self {
        Self { issue, lost: 0, study: None }
    }

    /// A file that is missing or broken.
    pub const fn lost(issue: Issue) -> Self {
        Self { issue, lost: 1, study: None }
    }
}

impl Candidates {
    /// Everything below `paths`, and what the contest's CSVs say of it.
    pub fn below(paths: &[PathBuf], cancel: &Cancel) -> Result<(Self, Descriptions), ScanError> {
        let mut candidates = Self::default();
        for path in paths {
            if !path.exists() {
                return Err(ScanError::NotFound(path.clone()));
            }
            candidates.roots.push(path.display().to_string());
            candidates.add(path, cancel);
        }
        let (descriptions, failures) = Descriptions::find(paths);
        candidates.troubles.extend(failures.into_iter().map(|(file, error)| {
            let message = format!("cannot be read completely, so roles come from the images only: {error}");
            Trouble::nothing_lost(Issue::new(file.display(), message))
        }));
        Ok((candidates, descriptions))
    }

    fn add(&mut self, path: &Path, cancel: &Cancel) {
        if path.is_dir() {
            self.add_folder(path, cancel);
        } else if !path.is_file() {
            self.refuse_special(path);
        } else if is_zip(path) {
            self.add_zip(path);
        } else if path.file_name().is_some_and(|name| name.eq_ignore_ascii_case("DICOMDIR")) {
            // The directory lies beside the files that it lists; they are read from their own headers,
            // which also finds files that a faulty directory forgets.
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            self.roots.push(folder.display().to_string());
            self.add_folder(folder, cancel);
        } else {
            self.found += 1;
            self.sources.push((Source::File(path.to_owned()), true));
        }
    }

    /// A folder and all below it. Each folder is read once, however many links lead to it.
    fn add_folder(&mut self, path: &Path, cancel: &Cancel) {
        let mut seen: HashSet<Identity> = HashSet::new();
        let mut known: Vec<PathBuf> = Vec::new();
        let mut starts = VecDeque::from([path.to_owned()]);
        while let Some(start) = starts.pop_front() {
            // Asked here: a walk that begins with a link goes into it whatever its filter says.
            if identity(&start).is_some_and(|identity| !seen.insert(identity)) {
                known.push(start);
                continue;
            }
            let is_new = |entry: &walkdir::DirEntry| {
                entry.depth() == 0
                    || !entry.file_type().is_dir()
                    || identity(entry.path()).is_none_or(|identity| seen.insert(identity))
            };
            for entry in WalkDir::new(&start).sort_by_file_name().into_iter().filter_entry(is_new) {
                if cancel.is_cancelled() {
                    return;
                }
                // A program that writes into a folder below, such as another share of a batch, renames files while we
                // walk.
                let name = match &entry {
                    Ok(entry) if !entry.file_type().is_dir() => Some(entry.path()),
                    Ok(_) => None,
                    Err(error) => error.path(),
                };
                if name.and_then(Path::file_name).is_some_and(is_temporary) {
                    continue;
                }
                match entry {
                    Ok(entry) if entry.depth() == 0 || entry.file_type().is_dir() => (),
                    Ok(entry) if entry.file_type().is_file() => self.add_file(entry.into_path()),
                    Ok(entry) if entry.file_type().is_symlink() => match fs::metadata(entry.path()) {
                        Ok(there) if there.is_dir() => starts.push_back(entry.into_path()),
                        Ok(there) if there.is_file() => self.add_file(entry.into_path()),
                        Ok(_) => self.refuse_special(entry.path()),
                        Err(error) => {
                            self.refuse(entry.path().display(), format!("a broken link: {error}"));
                        }
                    },
                    Ok(entry) => self.refuse_special(entry.path()),
                    Err(error) => {
                        let file = error.path().map(|p| p.display().to_string()).unwrap_or_default();
                        self.refuse(file, format!("left out: {error}"));
                    }
                }
            }
        }
        if let [first, more @ ..] = known.as_slice() {
            let more = if more.is_empty() { String::new() } else { format!(", and so do {} more", more.len()) };
            let message = format!("leads to a folder that was already read{more}: each folder is read once");
            self.troubles.push(Trouble::nothing_lost(Issue::note(first.display(), message)));
        }
    }

    fn add_file(&mut self, file: PathBuf) {
        if file.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip")) && is_zip(&file) {
            self.add_zip(&file);
        } else {
            self.found += 1;
            self.sources.push((Source::File(file), false));
        }
    }

    /// A zip counts as what is in it.
    fn add_zip(&mut self, path: &Path) {
        match Archive::open(path) {
            Ok(contents) => {
                self.add_contents(&path.display().to_string(), contents);
            }
            Err(error) => self.refuse(path.display(), format!("the zip cannot be read: {error}")),
        }
    }

    /// What is in a zip of this name.
    pub fn add_contents(&mut self, name: &str, contents: Contents) {
        for entry in contents.entries {
            match entry {
                Ok(entry) => {
                    self.found += 1;
                    self.sources.push((Source::Zip(entry), false));
                }
                Err((_, why)) => self.refuse(name, why),
            }
        }
        if contents.lost > 0 {
            let missing = contents.lost;
            let message =
                format!("the directory of the zip is truncated: {missing} more of its entries cannot be read");
            let lost = usize::try_from(missing).unwrap_or(usize::MAX);
            self.troubles.push(Trouble { issue: Issue::new(name, message), lost, study: None });
        }
    }

    fn refuse(&mut self, file: impl std::fmt::Display, why: String) {
        self.found += 1;
        self.refused += 1;
        self.troubles.push(Trouble::lost(Issue::new(file, why)));
    }

    /// Nothing is missing without it, and opening it might block forever.
    fn refuse_special(&mut self, path: &Path) {
        self.found += 1;
        self.refused += 1;
        let issue = Issue::note(path.display(), "a pipe, socket or device, not a file; left out");
        self.troubles.push(Trouble::nothing_lost(issue));
    }
}

/// Whether a file begins as zips do.
fn is_zip(path: &Path) -> bool {
    let begin = Source::File(path.to_owned()).begin(8).unwrap_or_default();
    strangers::kind_of(&path.display().to_string(), &begin) == Kind::Zip
}

/// Identifies a folder, whatever path leads to it.
#[cfg(unix)]
type Identity = (u64, u64);
#[cfg(not(unix))]
type Identity = PathBuf;

#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|there| (there.dev(), there.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<Identity> {
    path.canonicalize().ok()
}
