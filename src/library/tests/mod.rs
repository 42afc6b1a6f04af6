//! The list as the program uses it: real files, real folders.

mod acts;
mod damage;
mod moved;
mod search;
mod stored;

use std::path::{Path, PathBuf};

use super::{Library, Query, StudySource};
use crate::study::{Entry, Instance, Patient, Series, SliceRef, Source, Study};

/// A study of one series, with an image at each of `files`; a zip holds one.
fn study_in(uid: &str, files: &[PathBuf]) -> Study {
    let slice = |file: &PathBuf| {
        SliceRef::of(Instance {
            source: match file.extension() {
                Some(end) if end == "zip" => Source::Zip(Entry::of_nothing(file, "1.dcm")),
                _ => Source::File(file.clone()),
            },
            series_uid: format!("{uid}.1").into(),
            sop_instance_uid: format!("{uid}.1.{}", file.display()).into(),
            twin: 0,
            is_whole: true,
            sop_class_uid: None,
            number: None,
            columns: 8,
            rows: 8,
            frames: 1,
            is_synthetic: false,
            transfer_syntax: String::new(),
        })
    };
    let series = Series {
        uid: format!("{uid}.1").into(),
        part: String::new(),
        number: Some(1),
        description: "Sag T2".to_owned(),
        modality: "MR".to_owned(),
        role: Some(crate::grading::Role::Scs),
        role_reason: String::new(),
        plane_kind: None,
        frame_of_reference_uid: crate::uid::FrameOfReferenceUid::default(),
        patient_position: String::new(),
        slices: files.iter().map(slice).collect(),
        blocks: Vec::new(),
        spacing: None,
        transfer_syntaxes: std::collections::BTreeSet::default(),
    };
    Study { uid: uid.into(), series: vec![series], ..Study::default() }
}

fn study(uid: &str, name: &str, id: &str, date: &str) -> Study {
    let patient = Patient { name: name.to_owned(), id: id.to_owned(), ..Patient::default() };
    Study { patient, date: date.to_owned(), ..study_in(uid, &[]) }
}

/// Makes files in a folder.
fn files(folder: &Path, names: &[&str]) -> Vec<PathBuf> {
    let file = |name: &&str| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "x").unwrap();
        path
    };
    names.iter().map(file).collect()
}

fn paths(paths: &[&Path]) -> StudySource {
    StudySource::Paths(paths.iter().map(|&path| path.to_owned()).collect())
}

fn all(library: &Library) -> Vec<String> {
    uids(library, &Query::default())
}

fn uids(library: &Library, query: &Query) -> Vec<String> {
    library.list(query).unwrap().entries.into_iter().map(|entry| entry.uid.to_string()).collect()
}
