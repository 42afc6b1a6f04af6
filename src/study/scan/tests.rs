//! Problems as reported by users: empty files, archives in archives, circular links, partly copied discs, two images
//! with one name. Each file is accounted for once, and what is missing is reported.

mod archives;
mod files;
mod twins;

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::*;
use crate::{
    phantom,
    study::{Issue, Study, Tally},
};

/// Some images of a computed study, of all its series: names without folders, and files.
fn images() -> Vec<(String, Arc<[u8]>)> {
    let all = phantom::study_in_memory(phantom::DEMO_SEED).into_iter().step_by(5);
    all.map(|(name, bytes)| (name.replace('/', "-"), bytes)).collect()
}

/// Writes them into a folder as `IM0001` and so on, with an ending.
fn write_images(folder: &Path, ending: &str) -> Vec<PathBuf> {
    std::fs::create_dir_all(folder).unwrap();
    let write = |(number, (_, bytes)): (usize, (String, Arc<[u8]>))| {
        let path = folder.join(format!("IM{:04}{ending}", number + 1));
        std::fs::write(&path, bytes).unwrap();
        path
    };
    images().into_iter().enumerate().map(write).collect()
}

fn opened(path: &Path) -> Scan {
    scan(&[path.to_owned()], &Cancel::default(), &|_, _| ()).unwrap()
}

/// Opens a folder with one study in it; what was found must be accounted for.
#[track_caller]
fn one(path: &Path) -> (Study, Tally) {
    let mut scan = opened(path);
    assert!(scan.tally.adds_up(), "{}", scan.tally);
    assert_eq!(scan.studies.len(), 1, "{:?}", scan.issues);
    assert!(scan.issues.is_empty(), "{:?}", scan.issues);
    let study = scan.studies.remove(0);
    let lost = study.issues.iter().filter(|issue| !issue.is_note).count();
    assert!(lost <= scan.lost + scan.tally.issues, "{:?}", study.issues);
    (study, scan.tally)
}

/// What is wrong, without what is only to be known: (file's name, message).
fn wrong(study: &Study) -> Vec<(String, String)> {
    let name = |issue: &Issue| issue.file.rsplit('/').next().unwrap_or_default().to_owned();
    study.issues.iter().filter(|issue| !issue.is_note).map(|issue| (name(issue), issue.message.clone())).collect()
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// A DICOM object of a kind, with nothing in it.
fn object(class: &str) -> Vec<u8> {
    let element = |group: u16, number: u16, value: &str| {
        let padded = format!("{value}{}", if value.len() % 2 == 1 { "\0" } else { "" });
        let tag = [group.to_le_bytes(), number.to_le_bytes()].concat();
        [&tag[..], b"UI", &(padded.len() as u16).to_le_bytes(), padded.as_bytes()].concat()
    };
    let syntax = element(2, 0x10, "1.2.840.10008.1.2.1");
    [&[0; 128][..], b"DICM", &syntax, &element(8, 0x16, class), &element(8, 0x18, "1.2.3")].concat()
}

const BASIC_TEXT_SR: &str = "1.2.840.10008.5.1.4.1.1.88.11";
