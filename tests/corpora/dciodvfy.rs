//! The phantom's files under `dciodvfy` (Debian: dicom3tools), which nobody here wrote: no error, and no warning
//! but the one that is explained.

use std::{path::Path, process::Command};

use foramen::phantom::{self, Dialect, PhantomOptions};
use rayon::prelude::*;
use tempfile::TempDir;

/// The standard's terms for value 3 of an MR image's ImageType do not know localizers; scanners write it there, and
/// our own classification reads it there, so the phantom does as scanners do.
///
/// Synthetic Data (0008,001C) came into the standard after Debian's dicom3tools (2022).
const EXPLAINED: [&str; 5] = [
    "Warning - Unrecognized defined term <LOCALIZER> for value 3 of attribute <Image Type>",
    "(0x0008,0x001c)  ?  - Warning - Unrecognized tag - assuming explicit value representation OK",
    "Error - Attribute with an even group number is not a recognized standard attribute - (0x0008,0x001c)  ? ",
    "Warning - Attribute is not present in standard DICOM IOD - (0x0008,0x001c)  ? ",
    "Warning - Dicom dataset contains attributes not present in standard DICOM IOD - this is a Standard Extended SOP Class",
];

/// What `dciodvfy` says of a file, less the name of the IOD and what is explained.
fn complaints(file: &Path) -> Vec<String> {
    let output = Command::new("dciodvfy").arg(file).output().unwrap_or_else(|e| {
        panic!("dciodvfy does not run ({e}): apt-get install dicom3tools");
    });
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.contains(&"MRImage"), "{}: not taken for an MR image:\n{text}", file.display());
    let is_new = |line: &&&str| **line != "MRImage" && !EXPLAINED.contains(*line);
    lines.iter().filter(is_new).map(|line| format!("{}: {line}", file.display())).collect()
}

#[test]
#[ignore = "needs dciodvfy; .ci/run installs it"]
fn clinical_phantoms_are_valid_mr_images() {
    let dir = TempDir::new().unwrap();
    // Seed 7: plain and RLE series; the demo study: small, angled blocks.
    let options = PhantomOptions {
        studies: 1,
        seed: 7,
        dialect: Dialect::Clinical,
        balance: 0.0,
        label_noise: 0.0,
        variety: 1.0,
    };
    phantom::write(&dir.path().join("seven"), &options, &|| ()).unwrap();
    for (name, bytes) in phantom::study_in_memory(phantom::DEMO_SEED) {
        let path = dir.path().join("demo").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let files: Vec<_> = walkdir::WalkDir::new(dir.path())
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|e| e == "dcm"))
        .collect();
    assert!(files.len() > 100, "{} files", files.len());
    let found: Vec<String> = files.par_iter().flat_map(|file| complaints(file)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
#[ignore = "needs dciodvfy; .ci/run installs it"]
fn the_validator_would_complain() {
    let dir = TempDir::new().unwrap();
    let (_, bytes) = &phantom::study_in_memory(phantom::DEMO_SEED)[0];
    // A unit of time that no clock has.
    let at = bytes.windows(6).position(|w| w == b"093000").unwrap();
    let mut broken = bytes.to_vec();
    broken[at..at + 6].copy_from_slice(b"996199");
    let file = dir.path().join("broken.dcm");
    std::fs::write(&file, broken).unwrap();
    assert!(!complaints(&file).is_empty());
}
