//! Which studies lie below some paths, and in which files: what a batch of any size works from, a study at a time.
//!
//! Headers are read in portions and forgotten; a name and a place are kept of each file.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::{
    ScanError, assemble,
    descriptions::Descriptions,
    model::{Issue, Scan, Source},
    scan::{self, Candidates},
};
use crate::cancel::Cancel;

/// Headers held at one time.
const PORTION: usize = 2048;

/// The files of one study.
#[derive(Debug, Clone)]
pub struct StudyFiles {
    /// `StudyInstanceUID` as it stands in the file; where there is none, the folder that its files lie in.
    pub key: String,
    /// Whether the key is a UID.
    pub has_uid: bool,
    /// Where its images are, in order of path.
    pub sources: Vec<Source>,
}

/// All studies below some paths.
#[derive(Debug, Default)]
pub struct Listing {
    /// In order of their keys.
    pub studies: Vec<StudyFiles>,
    /// What could not be read, and belongs to no study.
    pub issues: Vec<Issue>,
    /// Files looked at.
    pub files: usize,
    /// How many of them are broken, so that what they held is missing.
    pub lost: usize,
    descriptions: Descriptions,
}

/// Lists the studies below `paths`: files, folders, zips, DICOMDIRs. `progress` is called with (files read, files
/// found), from any thread.
pub fn list(
    paths: &[PathBuf],
    cancel: &Cancel,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Listing, ScanError> {
    let (candidates, descriptions) = Candidates::below(paths, cancel)?;
    let (total, done) = (candidates.sources.len(), AtomicUsize::new(0));
    let mut listing =
        Listing { studies: Vec::new(), issues: candidates.issues, files: total, lost: candidates.lost, descriptions };
    let mut by_key: BTreeMap<(String, bool), Vec<Source>> = BTreeMap::new();
    let mut left = candidates.sources.into_iter();
    loop {
        let portion: Vec<_> = left.by_ref().take(PORTION).collect();
        if portion.is_empty() {
            break;
        }
        let count = || progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        let headers = scan::headers(portion, cancel, &count);
        listing.issues.extend(headers.issues);
        listing.lost += headers.lost;
        for found in headers.found {
            let uid = found.header.study_uid;
            let key = if uid.is_empty() { (found.source.folder(), false) } else { (uid, true) };
            by_key.entry(key).or_default().push(found.source);
        }
        if cancel.is_cancelled() {
            return Err(ScanError::Cancelled);
        }
    }
    let study = |((key, has_uid), sources)| StudyFiles { key, has_uid, sources };
    listing.studies = by_key.into_iter().map(study).collect();
    Ok(listing)
}

impl Listing {
    /// Reads the headers of one study's files again, and makes the study of them. More than one where its files
    /// disagree on its date; none where the files are gone.
    pub fn open(&self, study: &StudyFiles, cancel: &Cancel) -> Scan {
        let sources = study.sources.iter().map(|source| (source.clone(), true)).collect();
        let headers = scan::headers(sources, cancel, &|| ());
        Scan {
            studies: assemble::studies(headers.found, &self.descriptions),
            issues: headers.issues,
            files: study.sources.len(),
            lost: headers.lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{phantom, study};

    #[test]
    fn a_listing_leads_to_the_studies_that_a_scan_finds() {
        let dir = tempfile::tempdir().unwrap();
        for (number, seed) in [5, 6].into_iter().enumerate() {
            for (name, bytes) in phantom::study_in_memory(seed) {
                let path = dir.path().join(number.to_string()).join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, bytes).unwrap();
            }
        }
        std::fs::write(dir.path().join("notes.txt"), "not DICOM").unwrap();
        let paths = [dir.path().to_owned()];
        let scan = study::scan(&paths, &Cancel::default(), &|_, _| ()).unwrap();
        let listing = list(&paths, &Cancel::default(), &|_, _| ()).unwrap();
        assert_eq!((listing.studies.len(), listing.files), (2, scan.files));
        for found in &listing.studies {
            let opened = listing.open(found, &Cancel::default());
            let [study] = opened.studies.as_slice() else { panic!("{} studies", opened.studies.len()) };
            let same = scan.studies.iter().find(|s| s.uid == found.key).unwrap();
            let slices =
                |s: &study::Study| s.series.iter().flat_map(|s| &s.slices).map(study::SliceRef::id).collect::<Vec<_>>();
            assert_eq!(slices(study), slices(same));
            assert_eq!(
                study.series.iter().map(|s| s.role).collect::<Vec<_>>(),
                same.series.iter().map(|s| s.role).collect::<Vec<_>>()
            );
        }
    }
}
