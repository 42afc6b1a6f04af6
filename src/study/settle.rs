//! After all headers are read: which of the other files are lost images, what a DICOMDIR lists but was not found, and
//! to which study each issue belongs.

use std::collections::HashSet;

use super::{
    dicomdir,
    found::Found,
    issue::Issue,
    places::Places,
    source::Source,
    strangers::{Names, What},
    tally::Tally,
    walk::Trouble,
};

/// A file that is neither DICOM nor an archive that was opened.
#[derive(Debug)]
pub struct Stranger {
    pub source: Source,
    pub what: What,
}

/// The result of reading many headers.
#[derive(Default)]
pub(super) struct Headers {
    pub(super) found: Vec<Found>,
    pub(super) troubles: Vec<Trouble>,
    /// Files that are not DICOM.
    pub(super) strangers: Vec<Stranger>,
    /// DICOMDIRs.
    pub(super) directories: Vec<Source>,
    /// Without images and copies, which are told apart when studies are made of them.
    pub(super) tally: Tally,
    /// Bytes of archives that are held unpacked.
    pub(super) held: u64,
}

/// The images that were found.
pub struct Images<'a> {
    /// `StudyInstanceUID`s of the studies in their order; empty where a study has none.
    pub studies: Vec<&'a str>,
    /// Where each image is, with the number of its study.
    pub sources: Vec<(usize, &'a Source)>,
    /// Whether an image of this `SOPInstanceUID` is among them.
    pub is_known: &'a dyn Fn(&str) -> bool,
}

/// What is to be reported in addition to the images.
#[derive(Debug, Default)]
pub struct Settled {
    /// By the number of the study.
    pub of_studies: Vec<Vec<Issue>>,
    /// Of no study.
    pub issues: Vec<Issue>,
    /// Files that are missing or broken.
    pub lost: usize,
    /// How many of those are of no study.
    pub lost_elsewhere: usize,
    pub tally: Tally,
}

/// Resolves what reading headers left open. `roots` are the paths that the user gave.
pub fn settle(headers: Headers, roots: &[String], images: &Images) -> Settled {
    let Headers { mut troubles, strangers, directories, mut tally, .. } = headers;
    let mut listed: HashSet<String> = HashSet::new();
    for directory in &directories {
        match dicomdir::compare(directory, images.is_known) {
            Ok(report) => {
                listed.extend(report.listed);
                troubles.extend(report.missing.into_iter().map(|(uid, issue, lost)| {
                    let study = images.studies.iter().position(|of| !uid.is_empty() && *of == uid);
                    Trouble { issue, lost, study }
                }));
            }
            Err(why) => {
                let message = format!("the DICOMDIR cannot be read: {why}");
                troubles.push(Trouble::nothing_lost(Issue::new(directory, message)));
            }
        }
    }
    // The names of a million images are only examined if there is a non-DICOM file to compare.
    let names = (!strangers.is_empty()).then(|| Names::of(images.sources.iter().map(|(_, source)| *source)));
    for Stranger { source, what } in strangers {
        let name = source.to_string();
        let lost = names.as_ref().and_then(|names| names.is_lost_image(&name, &what));
        if let Some(why) = lost.or_else(|| listed.contains(&name).then_some("the DICOMDIR lists it")) {
            tally.issues += 1;
            let message = format!("not a DICOM file, although {why}: {}; an image is missing here", what.words);
            troubles.push(Trouble::lost(Issue::new(name, message)));
        } else {
            tally.not_dicom += 1;
        }
    }
    let mut settled = Settled { of_studies: vec![Vec::new(); images.studies.len()], tally, ..Settled::default() };
    let places = (!troubles.is_empty()).then(|| Places::of(images.studies.len(), images.sources.iter().copied()));
    for Trouble { issue, lost, study } in troubles {
        settled.lost += lost;
        if let Some(study) = study.or_else(|| places.as_ref()?.study_of(&issue.file, roots)) {
            settled.of_studies[study].push(issue);
        } else {
            settled.lost_elsewhere += lost;
            settled.issues.push(issue);
        }
    }
    settled
}
