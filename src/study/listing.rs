//! The studies below some paths, and their files: the input of a batch of any size, which processes one study at a
//! time.
//!
//! Headers are read in portions and discarded; only a name and a location are kept for each file.

use std::{
    collections::{BTreeMap, HashSet},
    hash::BuildHasher,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use sha2::{Digest, Sha256};

use super::{
    ScanError,
    assemble::{self, Group},
    bare::{BareFolder, bare_folders},
    descriptions::Descriptions,
    found::Found,
    issue::Issue,
    model::Study,
    names::StudyNames,
    outcome::{Scan, without_image},
    settle::{Headers, Images, Settled, settle},
    source::Source,
    tally::Tally,
    walk::{Candidates, Trouble},
};
use crate::cancel::Cancel;

/// Headers held at one time.
const PORTION: usize = 2048;

/// The files of one study.
#[derive(Debug, Clone)]
pub struct StudyFiles {
    /// `StudyInstanceUID` as it stands in the file; where there is none, a hash of its files' own identifiers. It does
    /// not depend on where they are or how their path is written.
    pub key: String,
    /// Whether the key is a UID.
    pub has_uid: bool,
    /// Where its images are, in order of path.
    pub sources: Vec<Source>,
    /// Problems among them: what could not be read or is missing.
    pub issues: Vec<Issue>,
}

impl StudyFiles {
    /// `StudyInstanceUID`; empty where there is none.
    pub fn uid(&self) -> &str {
        if self.has_uid { &self.key } else { "" }
    }

    /// All names that a CSV may use for it.
    pub fn names(&self) -> StudyNames {
        StudyNames::new(self.uid(), self.sources.iter())
    }
}

/// All studies below some paths.
#[derive(Debug, Default)]
pub struct Listing {
    /// In order of their keys.
    pub studies: Vec<StudyFiles>,
    /// What could not be read, and belongs to no study.
    pub issues: Vec<Issue>,
    /// How many files were looked at.
    pub files: usize,
    /// How many files of no study are broken, so that what they held is missing.
    pub lost: usize,
    /// The outcome for each file, as far as its header shows: copies count as images.
    pub tally: Tally,
    descriptions: Descriptions,
}

/// Lists the studies below `paths`: files, folders, zips, DICOMDIRs. `progress` is called with (files read, files
/// found), from any thread.
///
/// ```
/// use foramen::{cancel::Cancel, phantom, study};
///
/// let dir = tempfile::tempdir()?;
/// for (name, bytes) in phantom::study_in_memory(1) {
///     let file = dir.path().join(name);
///     std::fs::create_dir_all(file.parent().unwrap())?;
///     std::fs::write(file, bytes)?;
/// }
///
/// let cancel = Cancel::default();
/// let listing = study::list(&[dir.path().to_owned()], &cancel, &|_, _| ())?;
/// for files in &listing.studies {
///     // In memory is one study at a time.
///     let scan = listing.open(files, &cancel);
///     assert_eq!(scan.studies[0].uid, files.uid());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// A path is not there or cannot be looked at, or `cancel` was set.
pub fn list(
    paths: &[PathBuf],
    cancel: &Cancel,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Listing, ScanError> {
    let (mut candidates, descriptions) = Candidates::below(paths, cancel)?;
    let mut headers = Headers::begin(&mut candidates);
    let Candidates { sources, roots, .. } = candidates;
    let (total, done) = (sources.len(), AtomicUsize::new(0));
    let mut groups: BTreeMap<Group, Files> = BTreeMap::new();
    // A hash of each image's UID, for the files that a DICOMDIR lists.
    let mut known: HashSet<u64> = HashSet::new();
    let hash = std::hash::RandomState::new();
    let mut left = sources.into_iter();
    loop {
        let portion: Vec<_> = left.by_ref().take(PORTION).collect();
        if portion.is_empty() {
            break;
        }
        // More are found in archives inside archives.
        let count = || {
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            progress(done, total.max(done));
        };
        headers.read(portion, cancel, &count);
        for found in std::mem::take(&mut headers.found) {
            known.insert(hash.hash_one(&found.header.sop_instance_uid));
            groups.entry(Group::of(&found)).or_default().add(found);
        }
        if cancel.is_cancelled() {
            return Err(ScanError::Cancelled);
        }
    }
    // Two copies of files without a UID are one study, just like two copies of files with one.
    let mut by_key: BTreeMap<(String, bool), Vec<Source>> = BTreeMap::new();
    for (group, mut files) in groups {
        let key = match group {
            Group::Uid(uid) => (uid, true),
            Group::Folder(..) => (files.key(), false),
        };
        by_key.entry(key).or_default().extend(files.sources);
    }
    let study = |((key, has_uid), sources)| StudyFiles { key, has_uid, sources, issues: Vec::new() };
    let mut studies: Vec<StudyFiles> = by_key.into_iter().map(study).collect();
    let images = Images {
        studies: studies.iter().map(StudyFiles::uid).collect(),
        sources: studies
            .iter()
            .enumerate()
            .flat_map(|(number, study)| study.sources.iter().map(move |source| (number, source)))
            .collect(),
        is_known: &|uid| known.contains(&hash.hash_one(uid)),
    };
    let Settled { of_studies, issues, lost: _, lost_elsewhere, mut tally } = settle(headers, &roots, &images);
    for (study, issues) in studies.iter_mut().zip(of_studies) {
        study.issues = issues;
        tally.images += study.sources.len();
    }
    Ok(Listing { studies, issues, files: tally.found, lost: lost_elsewhere, tally, descriptions })
}

/// The files of a group, and of those without a study's UID what else they call themselves.
#[derive(Default)]
struct Files {
    sources: Vec<Source>,
    names: Vec<[u8; 32]>,
}

impl Files {
    fn add(&mut self, file: Found) {
        if file.header.study_uid.is_missing() {
            self.names.push(name(&file));
        }
        self.sources.push(file.source);
    }

    /// The same for the same files, whatever their order and number of copies.
    fn key(&mut self) -> String {
        self.names.sort_unstable();
        self.names.dedup();
        hex::encode(Sha256::digest(self.names.concat()))
    }
}

/// A hash of the UIDs of a file's series and image; of its bytes where it has neither.
fn name(file: &Found) -> [u8; 32] {
    let mut hash = Sha256::new();
    let uids = [file.header.series_uid.as_str(), file.header.sop_instance_uid.as_str()];
    if uids.iter().all(|uid| uid.is_empty()) {
        // If the file disappears at this moment, any name will do.
        hash.update(file.source.sha256().unwrap_or_default());
    }
    for uid in uids {
        hash.update(uid.as_bytes());
        hash.update([0]);
    }
    hash.finalize().into()
}

impl Listing {
    /// Reads the headers of one study's files again, and builds that study; none if the files are gone.
    pub fn open(&self, study: &StudyFiles, cancel: &Cancel) -> Scan {
        let sources: Vec<_> = study.sources.iter().map(|source| (source.clone(), true)).collect();
        let mut headers = Headers::default();
        headers.tally.found = sources.len();
        headers.read(sources, cancel, &|| ());
        let (found, others): (Vec<Found>, Vec<Found>) =
            std::mem::take(&mut headers.found).into_iter().partition(|found| found.header.study_uid == study.uid());
        let became = "it was replaced by a file of another study during the run: left out; run again";
        headers.tally.issues += others.len();
        headers.troubles.extend(others.iter().map(|found| Trouble::lost(Issue::new(&found.source, became))));
        let mut studies: Vec<Study> = assemble::study(found, &self.descriptions).into_iter().collect();
        let mut tally = headers.tally;
        for opened in &mut studies {
            opened.issues.extend(study.issues.iter().cloned());
            tally.add_study(opened);
        }
        let lost = headers.troubles.iter().map(|trouble| trouble.lost).sum();
        let mut issues: Vec<Issue> = headers.troubles.into_iter().map(|trouble| trouble.issue).collect();
        if studies.is_empty() {
            issues.extend(study.issues.iter().cloned());
        }
        Scan { studies, issues, files: study.sources.len(), lost, tally }
    }

    /// Those of `paths`, as they were given, that no image came from.
    pub fn empty<'a>(&self, paths: &'a [PathBuf]) -> Vec<&'a Path> {
        without_image(paths, self.studies.iter().flat_map(|study| &study.sources))
    }

    /// Folders below `paths` that stand for a study and hold no image that can be read; `out` is passed over.
    pub fn bare(&self, paths: &[PathBuf], out: Option<&Path>) -> Vec<BareFolder> {
        bare_folders(paths, self.studies.iter().map(|study| study.sources.iter().collect()), out)
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
            let same = scan.studies.iter().find(|s| s.uid == found.key.as_str()).unwrap();
            let slices =
                |s: &study::Study| s.series.iter().flat_map(|s| &s.slices).map(study::SliceRef::id).collect::<Vec<_>>();
            assert_eq!(slices(study), slices(same));
            assert_eq!(
                study.series.iter().map(|s| s.role).collect::<Vec<_>>(),
                same.series.iter().map(|s| s.role).collect::<Vec<_>>()
            );
        }
    }
    /// The bytes of a file with one text in it for another of the same length.
    fn with(bytes: &[u8], text: &str, other: &[u8]) -> Vec<u8> {
        assert_eq!(text.len(), other.len());
        let mut bytes = bytes.to_vec();
        let at: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(text.as_bytes())).collect();
        assert!(!at.is_empty());
        for at in at {
            bytes[at..at + other.len()].copy_from_slice(other);
        }
        bytes
    }

    /// Writes every fourth file of a phantom into a folder, changed.
    fn write(folder: &Path, seed: u64, change: impl Fn(usize, &study::Study, &[u8]) -> Vec<u8>) {
        std::fs::create_dir_all(folder).unwrap();
        for (number, (name, bytes)) in phantom::study_in_memory(seed).into_iter().step_by(4).enumerate() {
            let scan = study::scan_memory(vec![(name, bytes.clone())]);
            std::fs::write(folder.join(number.to_string()), change(number, &scan.studies[0], &bytes)).unwrap();
        }
    }

    fn without_uid(_: usize, study: &study::Study, bytes: &[u8]) -> Vec<u8> {
        with(bytes, study.uid.as_str(), &vec![0; study.uid.as_str().len()])
    }

    fn keys(paths: &[PathBuf]) -> Vec<String> {
        let listing = list(paths, &Cancel::default(), &|_, _| ()).unwrap();
        assert!(listing.studies.iter().all(|study| !study.has_uid));
        listing.studies.into_iter().map(|study| study.key).collect()
    }

    #[test]
    fn a_study_without_a_uid_is_the_same_wherever_it_lies_and_however_that_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("tree");
        write(&root.join("Doe^Jane"), 5, without_uid);
        write(&root.join("Smith^John"), 6, without_uid);
        let first = keys(std::slice::from_ref(&root));
        assert_eq!(first.len(), 2);
        assert!(first.iter().all(|key| !key.contains("Doe") && !key.contains('/')), "{first:?}");
        // It would be in another shard too, and be graded twice.
        assert_eq!(keys(&[root.join("../tree")]), first);
        assert_eq!(keys(&[root.join("Smith^John"), root.join("Doe^Jane")]), first);
        std::fs::rename(root.join("Doe^Jane"), root.join("1")).unwrap();
        assert_eq!(keys(std::slice::from_ref(&root)), first);

        // A second copy is not a second study; its images are reported as copies.
        write(&root.join("copy"), 5, without_uid);
        let listing = list(&[root], &Cancel::default(), &|_, _| ()).unwrap();
        let opened: Vec<Scan> = listing.studies.iter().map(|study| listing.open(study, &Cancel::default())).collect();
        assert_eq!(opened.iter().map(|scan| scan.studies.len()).collect::<Vec<_>>(), [1, 1]);
        let notes = opened.iter().flat_map(|scan| &scan.studies[0].issues).filter(|issue| issue.is_note).count();
        assert!(notes > 3, "{notes}");
    }

    #[test]
    fn one_uid_with_two_dates_is_one_study_of_the_earlier() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), 5, |number, study, bytes| {
            assert_eq!(study.date.len(), 8);
            with(bytes, &study.date, if number % 2 == 0 { b"20240102" } else { b"20240101" })
        });
        let paths = [dir.path().to_owned()];
        let scan = study::scan(&paths, &Cancel::default(), &|_, _| ()).unwrap();
        let listing = list(&paths, &Cancel::default(), &|_, _| ()).unwrap();
        for scan in [scan, listing.open(&listing.studies[0], &Cancel::default())] {
            let [study] = scan.studies.as_slice() else { panic!("each row would be there twice") };
            assert_eq!(study.date, "20240101");
            assert!(study.issues.iter().any(|i| i.is_note && i.message.contains("different study dates")));
            assert!(!study.issues.iter().any(|i| i.message.contains("2024")), "a date is the patient's");
        }
    }

    #[test]
    fn paths_without_an_image_are_known_however_they_are_given() {
        let dir = tempfile::tempdir().unwrap();
        let (full, bare) = (dir.path().join("full"), dir.path().join("bare"));
        write(&full, 5, |_, _, bytes| bytes.to_vec());
        std::fs::create_dir(&bare).unwrap();
        std::fs::write(bare.join("notes.txt"), "no image").unwrap();
        let paths =
            [full.clone(), full.join("0"), bare.clone(), dir.path().join("full/../full"), full.join("DICOMDIR")];
        std::fs::write(&paths[4], "what it says is not read").unwrap();
        let listing = list(&paths, &Cancel::default(), &|_, _| ()).unwrap();
        assert_eq!(listing.empty(&paths), [&bare]);
        // A scan keeps one of two copies, so that its answer is of paths that share none.
        let apart = [full, bare.clone()];
        assert_eq!(study::scan(&apart, &Cancel::default(), &|_, _| ()).unwrap().empty(&apart), [&bare]);
    }
}
