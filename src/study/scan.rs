//! Finding files and reading their headers, side by side on all cores.

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rayon::prelude::*;

use super::{
    ScanError,
    archive::{Archive, Contents},
    assemble::{self},
    descriptions::Descriptions,
    error::HeaderError,
    found::Found,
    header::Header,
    issue::Issue,
    outcome::Scan,
    settle::{Headers, Images, Settled, Stranger, settle},
    source::Source,
    strangers::{self, Kind, What},
    tally::Tally,
    walk::{Candidates, Trouble},
};
use crate::cancel::Cancel;

/// Reads the headers of everything below `paths`: files, folders, zips, DICOMDIRs.
/// `progress` is called with (files read, files found), from any thread.
///
/// ```
/// use foramen::{cancel::Cancel, grading::Role, phantom, study};
///
/// // A folder as a PACS might export it.
/// let dir = tempfile::tempdir()?;
/// for (name, bytes) in phantom::study_in_memory(1) {
///     let file = dir.path().join(name);
///     std::fs::create_dir_all(file.parent().unwrap())?;
///     std::fs::write(file, bytes)?;
/// }
/// std::fs::write(dir.path().join("notes.txt"), "no DICOM")?;
///
/// let scan = study::scan(&[dir.path().to_owned()], &Cancel::default(), &|_done, _found| ())?;
/// assert_eq!(scan.studies.len(), 1);
/// assert_eq!(scan.studies[0].series_of(Role::Scs).count(), 1);
/// // Every file is accounted for.
/// assert!(scan.tally.adds_up());
/// assert_eq!(scan.tally.not_dicom, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// A path is not there or cannot be looked at, or `cancel` was set. A file that cannot be read is an [`Issue`] in the
/// result; the rest is there.
pub fn scan(paths: &[PathBuf], cancel: &Cancel, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Scan, ScanError> {
    let (candidates, descriptions) = Candidates::below(paths, cancel)?;
    let scan = read(candidates, &descriptions, cancel, progress);
    if cancel.is_cancelled() { Err(ScanError::Cancelled) } else { Ok(scan) }
}

/// Reads the headers of files in memory, given as (name, bytes). Names stand for paths: they appear in messages, and
/// folders in them count as folders.
///
/// ```
/// use foramen::{phantom, study};
///
/// let scan = study::scan_memory(phantom::study_in_memory(1));
/// for series in &scan.studies[0].series {
///     println!("{}, {} slices: {:?}, {}", series.title(), series.slices.len(), series.role, series.role_reason);
///     assert!(!series.role_reason.is_empty());
/// }
/// ```
pub fn scan_memory(files: Vec<(String, Arc<[u8]>)>) -> Scan {
    let found = files.len();
    let sources = files.into_iter().map(|(name, bytes)| (Source::Memory { name, bytes }, false)).collect();
    let candidates = Candidates { sources, found, ..Candidates::default() };
    read(candidates, &Descriptions::default(), &Cancel::default(), &|_, _| ())
}

/// A source, whether the user named it, and the outcome; nothing after a cancel.
type Outcome = (Source, bool, Option<Result<Header, HeaderError>>);

impl Headers {
    /// What was found before anything is read; takes everything except the sources from the candidates.
    pub(super) fn begin(candidates: &mut Candidates) -> Self {
        let tally = Tally { found: candidates.found, issues: candidates.refused, ..Tally::default() };
        Self { troubles: std::mem::take(&mut candidates.troubles), tally, ..Self::default() }
    }

    /// Reads headers in parallel; `done` is called after each. What is in archives among them is read too.
    pub(super) fn read(&mut self, mut sources: Vec<(Source, bool)>, cancel: &Cancel, done: &(dyn Fn() + Sync)) {
        while !sources.is_empty() {
            let results: Vec<Outcome> = sources
                .into_par_iter()
                .map(|(source, named)| {
                    if cancel.is_cancelled() {
                        return (source, named, None);
                    }
                    let result = source.header();
                    done();
                    (source, named, Some(result))
                })
                .collect();
            let no_dicom: Vec<(Source, bool)> =
                results.into_iter().filter_map(|(source, named, result)| self.sort(source, named, result?)).collect();
            sources = self.look_into(no_dicom);
        }
    }

    /// Sorts a file; returns it if it is not DICOM.
    fn sort(&mut self, source: Source, named: bool, result: Result<Header, HeaderError>) -> Option<(Source, bool)> {
        let error = match result {
            Ok(header) => {
                self.found.push(Found { source, header });
                return None;
            }
            Err(HeaderError::NotDicom) => return Some((source, named)),
            Err(error) => error,
        };
        match &error {
            HeaderError::Directory => {
                *self.tally.objects.entry("DICOMDIR".to_owned()).or_default() += 1;
                // A folder may hold one; a file that the user names should be an image.
                if named {
                    self.troubles.push(Trouble::nothing_lost(Issue::new(&source, error.to_string())));
                }
                self.directories.push(source);
            }
            HeaderError::Object(kind) => {
                *self.tally.objects.entry(kind.clone()).or_default() += 1;
                self.troubles.push(Trouble::nothing_lost(Issue::note(source, error.to_string())));
            }
            _ => {
                self.tally.issues += 1;
                self.troubles.push(Trouble::lost(Issue::new(source, error.to_string())));
            }
        }
        None
    }

    /// Opens archives, and returns their contents.
    fn look_into(&mut self, no_dicom: Vec<(Source, bool)>) -> Vec<(Source, bool)> {
        let looked: Vec<_> = no_dicom
            .into_par_iter()
            .map(|(source, named)| {
                let looked = look(&source);
                (source, named, looked)
            })
            .collect();
        let mut more = Vec::new();
        for (source, named, looked) in looked {
            match looked {
                Look::Zip => match open_zip(&source, &mut self.held) {
                    Ok(contents) => {
                        let mut inside = Candidates::default();
                        inside.add_contents(&source.to_string(), contents);
                        // The archive counts as what is in it.
                        self.tally.found = self.tally.found - 1 + inside.found;
                        self.tally.issues += inside.refused;
                        self.troubles.append(&mut inside.troubles);
                        more.append(&mut inside.sources);
                    }
                    Err(error) => self.refuse(&source, format!("the zip cannot be read: {error}")),
                },
                Look::Packed => more.push((Source::Gzip(Box::new(source)), named)),
                Look::Refused(why) => self.refuse(&source, why),
                Look::Stranger(_) if named => {
                    self.tally.issues += 1;
                    let issue = Issue::new(&source, HeaderError::NotDicom.to_string());
                    self.troubles.push(Trouble::nothing_lost(issue));
                }
                Look::Stranger(what) => self.strangers.push(Stranger { source, what }),
            }
        }
        more
    }

    fn refuse(&mut self, source: &Source, why: String) {
        self.tally.issues += 1;
        self.troubles.push(Trouble::lost(Issue::new(source, why)));
    }
}

/// What a non-DICOM file is.
enum Look {
    Zip,
    /// DICOM, packed with gzip.
    Packed,
    /// It may contain images, but cannot be read.
    Refused(String),
    Stranger(What),
}

fn look(source: &Source) -> Look {
    let name = source.to_string();
    let begin = match source.begin(strangers::FIRST) {
        Ok(begin) => begin,
        Err(error) => return Look::Refused(format!("cannot be read: {error}")),
    };
    let mut kind = strangers::kind_of(&name, &begin);
    if kind == Kind::Gzip {
        let unpacked = match source.gunzip(strangers::FIRST) {
            Ok(unpacked) => unpacked,
            Err(error) => return Look::Refused(format!("cannot be unpacked: {error}")),
        };
        match strangers::kind_of_unpacked(&name, &unpacked) {
            None => return Look::Packed,
            Some(inside) => kind = inside,
        }
    }
    match kind {
        Kind::Zip => Look::Zip,
        Kind::Archive(what) => {
            Look::Refused(format!("{what}, which Foramen cannot open: unpack it and open the folder"))
        }
        Kind::BrokenArchive(instead) => {
            Look::Refused(format!("named as an archive, but {instead}; it is damaged, or was not copied completely"))
        }
        Kind::Other(what) => Look::Stranger(what),
        // Compressed twice: not expected.
        Kind::Gzip => Look::Refused("an archive compressed twice: unpack it and open the folder".to_owned()),
    }
}

fn open_zip(source: &Source, held: &mut u64) -> std::io::Result<Contents> {
    match source {
        Source::File(path) => Archive::open(path),
        Source::Zip(entry) => Archive::open_inside(entry, held),
        Source::Gzip(_) | Source::Memory { .. } => Err(std::io::Error::other("unpack it and open the folder")),
    }
}

fn read(
    mut candidates: Candidates,
    descriptions: &Descriptions,
    cancel: &Cancel,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Scan {
    let mut headers = Headers::begin(&mut candidates);
    let Candidates { sources, roots, .. } = candidates;
    // More are found in archives inside archives.
    let (total, done) = (sources.len(), AtomicUsize::new(0));
    let count = || {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        progress(done, total.max(done));
    };
    headers.read(sources, cancel, &count);
    let mut studies = assemble::studies(std::mem::take(&mut headers.found), descriptions);
    let known: HashSet<&str> = if headers.directories.is_empty() {
        HashSet::new()
    } else {
        studies
            .iter()
            .flat_map(|s| &s.series)
            .flat_map(|s| &s.slices)
            .map(|slice| slice.instance.sop_instance_uid.as_str())
            .collect()
    };
    let images = Images {
        studies: studies.iter().map(|study| study.uid.as_str()).collect(),
        sources: studies
            .iter()
            .enumerate()
            .flat_map(|(number, study)| study.series.iter().flat_map(|s| &s.slices).map(move |slice| (number, slice)))
            .filter(|(_, slice)| slice.frame == 0)
            .map(|(number, slice)| (number, &slice.instance.source))
            .collect(),
        is_known: &|uid| known.contains(uid),
    };
    let Settled { of_studies, issues, lost, lost_elsewhere: _, mut tally } = settle(headers, &roots, &images);
    for (study, issues) in studies.iter_mut().zip(of_studies) {
        study.issues.extend(issues);
        tally.add_study(study);
    }
    Scan { files: tally.found, studies, issues, lost, tally }
}

#[cfg(test)]
mod tests;
