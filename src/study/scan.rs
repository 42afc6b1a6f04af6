//! Finding files and reading their headers, side by side on all cores.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rayon::prelude::*;

use super::{
    ScanError,
    assemble::{self, Found},
    descriptions::Descriptions,
    header::{self, HeaderError},
    model::{Issue, Scan, Source},
    source,
};
use crate::{cancel::Cancel, files::is_temporary};

/// What was found before any header was read.
#[derive(Default)]
pub(super) struct Candidates {
    /// (where, whether the user named this very file).
    pub(super) sources: Vec<(Source, bool)>,
    pub(super) issues: Vec<Issue>,
    /// How many of the issues are about something that is broken.
    pub(super) lost: usize,
}

/// Reads the headers of everything below `paths`: files, folders, zips, DICOMDIRs.
/// `progress` is called with (files read, files found), from any thread.
///
/// A file that cannot be read is an [`Issue`] in the result; the rest is there.
pub fn scan(paths: &[PathBuf], cancel: &Cancel, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Scan, ScanError> {
    let (candidates, descriptions) = Candidates::below(paths, cancel)?;
    let scan = read(candidates, &descriptions, cancel, progress);
    if cancel.is_cancelled() { Err(ScanError::Cancelled) } else { Ok(scan) }
}

/// The same for files in memory: (name, bytes).
pub fn scan_memory(files: Vec<(String, Arc<[u8]>)>) -> Scan {
    let sources = files.into_iter().map(|(name, bytes)| (Source::Memory { name, bytes }, false)).collect();
    let candidates = Candidates { sources, ..Candidates::default() };
    read(candidates, &Descriptions::default(), &Cancel::default(), &|_, _| ())
}

impl Candidates {
    /// Everything below `paths`, and what the contest's CSVs say of it.
    pub(super) fn below(paths: &[PathBuf], cancel: &Cancel) -> Result<(Self, Descriptions), ScanError> {
        let mut candidates = Self::default();
        for path in paths {
            if !path.exists() {
                return Err(ScanError::NotFound(path.clone()));
            }
            candidates.add(path, cancel);
        }
        let (descriptions, failures) = Descriptions::find(paths);
        candidates.issues.extend(failures.into_iter().map(|(file, error)| {
            let message = format!("cannot be read in full, so that roles come from the images alone: {error}");
            Issue::new(file.display(), message)
        }));
        Ok((candidates, descriptions))
    }

    fn add(&mut self, path: &Path, cancel: &Cancel) {
        if !path.is_dir() {
            return self.add_named_file(path, cancel);
        }
        for entry in walkdir::WalkDir::new(path).follow_links(true).sort_by_file_name() {
            if cancel.is_cancelled() {
                return;
            }
            // A program that writes into a folder below, as another share of a batch does, renames them while we walk.
            let name = match &entry {
                Ok(entry) if !entry.file_type().is_dir() => Some(entry.path()),
                Ok(_) => None,
                Err(error) => error.path(),
            };
            if name.and_then(Path::file_name).is_some_and(is_temporary) {
                continue;
            }
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    let file = entry.into_path();
                    if file.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip")) && source::is_zip(&file) {
                        self.add_zip(&file);
                    } else {
                        self.sources.push((Source::File(file), false));
                    }
                }
                Ok(_) => (),
                Err(error) => {
                    self.lost += 1;
                    let file = error.path().map(|p| p.display().to_string()).unwrap_or_default();
                    self.issues.push(Issue::new(file, format!("left out: {error}")));
                }
            }
        }
    }

    fn add_named_file(&mut self, path: &Path, cancel: &Cancel) {
        if source::is_zip(path) {
            self.add_zip(path);
        } else if path.file_name().is_some_and(|name| name.eq_ignore_ascii_case("DICOMDIR")) {
            // The directory lies beside the files that it lists; they are read from their own headers,
            // which also finds files that a faulty directory forgets.
            self.add(path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")), cancel);
        } else {
            self.sources.push((Source::File(path.to_owned()), true));
        }
    }

    fn add_zip(&mut self, path: &Path) {
        let mut fail = |message: String| {
            self.lost += 1;
            self.issues.push(Issue::new(path.display(), message));
        };
        let mut archive = match source::open_archive(path) {
            Ok(archive) => archive,
            Err(error) => return fail(format!("the zip cannot be read: {error}")),
        };
        let shared = Arc::new(path.to_owned());
        for index in 0..archive.len() {
            let entry = match archive.by_index_raw(index) {
                Ok(entry) => entry,
                Err(error) => {
                    fail(format!("entry {index} of the zip cannot be read: {error}"));
                    continue;
                }
            };
            if entry.is_dir() {
                continue;
            }
            let name = entry.name().map(std::borrow::Cow::into_owned).unwrap_or_default();
            if entry.encrypted() {
                fail(format!("'{name}' in the zip is encrypted; unpack it first"));
            } else if entry.enclosed_name().is_none() {
                fail(format!("'{name}' in the zip points outside the zip; left out"));
            } else {
                self.sources.push((Source::Zip { archive: shared.clone(), index, name }, false));
            }
        }
    }
}

/// What came of reading many headers.
#[derive(Default)]
pub(super) struct Headers {
    pub(super) found: Vec<Found>,
    pub(super) issues: Vec<Issue>,
    pub(super) lost: usize,
}

/// A source, whether the user named it, and what came of it; nothing after a cancel.
type Outcome = (Source, bool, Option<Result<header::Header, HeaderError>>);

/// Reads headers side by side; `done` is called after each.
pub(super) fn headers(sources: Vec<(Source, bool)>, cancel: &Cancel, done: &(dyn Fn() + Sync)) -> Headers {
    let results: Vec<Outcome> = sources
        .into_par_iter()
        .map(|(source, named)| {
            if cancel.is_cancelled() {
                return (source, named, None);
            }
            let result = source.open_sized().map_err(HeaderError::Io).and_then(header::read);
            done();
            (source, named, Some(result))
        })
        .collect();
    let mut headers = Headers::default();
    for (source, named, result) in results {
        match result {
            Some(Ok(header)) => headers.found.push(Found { source, header }),
            // A folder may hold anything; a file that the user names should be an image.
            Some(Err(HeaderError::NotDicom | HeaderError::Directory)) if !named => (),
            Some(Err(error)) => {
                headers.lost += usize::from(matches!(error, HeaderError::Broken(_) | HeaderError::Io(_)));
                headers.issues.push(Issue::new(source, error.to_string()));
            }
            None => (),
        }
    }
    headers
}

fn read(
    candidates: Candidates,
    descriptions: &Descriptions,
    cancel: &Cancel,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Scan {
    let (total, done) = (candidates.sources.len(), AtomicUsize::new(0));
    let count = || progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
    let headers = headers(candidates.sources, cancel, &count);
    Scan {
        studies: assemble::studies(headers.found, descriptions),
        issues: candidates.issues.into_iter().chain(headers.issues).collect(),
        files: total,
        lost: candidates.lost + headers.lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn what_a_program_is_writing_below_is_passed_over() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let root = [dir.path().to_owned()];
        // A link to nowhere is to the walk what a file is that was renamed after its name was read.
        symlink("nowhere", dir.path().join(".foramen-a")).unwrap();
        std::fs::write(dir.path().join(".foramen-b"), "half of a result").unwrap();
        let scan_it = || scan(&root, &Cancel::default(), &|_, _| ()).unwrap();
        assert_eq!((scan_it().files, scan_it().lost), (0, 0));
        symlink("nowhere", dir.path().join("1.dcm")).unwrap();
        assert_eq!(scan_it().lost, 1, "another file that goes away is missed");
    }
}
