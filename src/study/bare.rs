//! Folders that should hold a study but hold no image: without this check, a study that lost all its files would go
//! unnoticed.
//!
//! Which folders stand for a study is inferred from those that do hold one: a folder next to (or above) the folder that
//! holds all images of some study. A folder below that is part of a study, and its problems are reported with the
//! study.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use walkdir::WalkDir;

use super::source::Source;
use crate::files::is_temporary;

/// Extensions of files that are clearly not images: results, labels, pictures, models. A folder with nothing else is
/// not a failed study.
const OTHER_KINDS: [&str; 21] = [
    "csv", "json", "jsonl", "md", "pdf", "png", "jpg", "jpeg", "svg", "html", "xml", "yaml", "yml", "toml", "onnx",
    "pt", "py", "ipynb", "log", "old", "cache",
];

/// A folder without any image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BareFolder {
    /// Path of the folder.
    pub path: PathBuf,
    /// Files in it and below.
    pub files: usize,
}

impl BareFolder {
    /// A path that was given explicitly, whatever it is and contains.
    pub fn at(path: &Path) -> Self {
        let files = WalkDir::new(path).follow_links(true).into_iter().flatten();
        Self { path: path.to_owned(), files: files.filter(|entry| !entry.file_type().is_dir()).count() }
    }

    /// Its last name: in the contest's layout the study's id.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
    }

    /// What is wrong with it, in the user's terms.
    pub fn why(&self) -> String {
        match self.files {
            0 => "an empty folder: a failed study".to_owned(),
            1 => "no readable image in it (1 file): a failed study".to_owned(),
            files => format!("no readable image in it ({files} files): a failed study"),
        }
    }
}

/// The folders below `paths` that stand for a study but have no image, in order. `studies` are the images of each study
/// that was found; `out`, a folder of results, is skipped. The paths themselves are not checked: see
/// [`super::Scan::empty`].
pub(super) fn bare_folders<'a>(
    paths: &[PathBuf],
    studies: impl Iterator<Item = Vec<&'a Source>>,
    out: Option<&Path>,
) -> Vec<BareFolder> {
    let (mut with_image, mut above_study) = (HashSet::new(), HashSet::new());
    for images in studies {
        let mut home: Option<&Path> = None;
        for image in images {
            let Some(folder) = folder_of(image) else { continue };
            with_image.extend(folder.ancestors());
            home = Some(home.map_or(folder, |home| common(home, folder)));
        }
        above_study.extend(home.into_iter().flat_map(|home| home.ancestors().skip(1)));
    }
    let out = out.and_then(|out| out.canonicalize().ok());
    let mut found = Vec::new();
    for path in paths.iter().filter(|path| path.is_dir()) {
        let mut walk = WalkDir::new(path).min_depth(1).follow_links(true).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            // What cannot be walked is an issue of the scan.
            let Ok(entry) = entry else { continue };
            if !entry.file_type().is_dir() || with_image.contains(entry.path()) {
                continue;
            }
            walk.skip_current_dir();
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            let is_out = out.is_some() && entry.path().canonicalize().ok() == out;
            let stands_for_study = entry.path().parent().is_some_and(|parent| above_study.contains(parent));
            if stands_for_study && !is_hidden && !is_out {
                found.extend(look(entry.path()));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found.dedup();
    found
}

/// The folder, unless it only holds files of other kinds.
fn look(path: &Path) -> Option<BareFolder> {
    let files = WalkDir::new(path).follow_links(true).into_iter().flatten().filter(|e| !e.file_type().is_dir());
    let (mut count, mut others) = (0, 0);
    for file in files.filter(|file| !is_temporary(file.file_name())) {
        let ending = file.path().extension().map(|e| e.to_string_lossy().to_lowercase());
        let is_hidden = file.file_name().to_string_lossy().starts_with('.');
        count += 1;
        others += usize::from(is_hidden || ending.is_some_and(|ending| OTHER_KINDS.contains(&ending.as_str())));
    }
    (count == 0 || others < count).then(|| BareFolder { path: path.to_owned(), files: count })
}

/// The folder of a file on disk; for a zip entry, that of the zip.
fn folder_of(source: &Source) -> Option<&Path> {
    source.path().and_then(Path::parent)
}

/// The deepest folder that contains both.
fn common<'a>(a: &'a Path, b: &Path) -> &'a Path {
    a.ancestors().find(|folder| b.starts_with(folder)).unwrap_or(a)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files below a root, and which of them are images of which study; the names of the folders found.
    fn found(files: &[&str], studies: &[&[&str]]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            if file.ends_with('/') {
                std::fs::create_dir_all(path).unwrap();
            } else {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, "").unwrap();
            }
        }
        let sources: Vec<Vec<Source>> =
            studies.iter().map(|s| s.iter().map(|f| Source::File(dir.path().join(f))).collect()).collect();
        let paths = [dir.path().to_owned()];
        let bare = bare_folders(&paths, sources.iter().map(|s| s.iter().collect()), Some(&dir.path().join("out")));
        bare.iter().map(|b| format!("{} {}", b.path.strip_prefix(dir.path()).unwrap().display(), b.files)).collect()
    }

    #[test]
    fn a_folder_beside_studies_that_holds_none_is_one_that_failed() {
        let files = ["1/a/1.dcm", "1/b/1.dcm", "2/a/1.dcm", "3/a/1.dcm", "3/b/1.dcm", "4/", "5/a/"];
        assert_eq!(found(&files, &[&files[..2]]), ["2 1", "3 2", "4 0", "5 0"]);
        // Without folders for series, and with one more level above.
        assert_eq!(found(&["1/1.dcm", "2/1", "2/2"], &[&["1/1.dcm"]]), ["2 2"]);
        assert_eq!(
            found(&["x/1/a/1.dcm", "x/1/b/2.dcm", "x/2/a/1.dcm"], &[&["x/1/a/1.dcm", "x/1/b/2.dcm"]]),
            ["x/2 1"]
        );
    }

    #[test]
    fn parts_of_a_study_results_and_files_of_other_kinds_are_not() {
        let study = ["1/a/1.dcm", "1/b/1.dcm"];
        assert!(found(&["1/a/1.dcm", "1/b/1.dcm", "1/c/1.dcm"], &[&study]).is_empty(), "a series of a study");
        let others = ["out/x/1.dcm", ".git/x", "charts/a.svg", "charts/deep/b.png", "labels/1.csv"];
        assert!(found(&[&study[..], &others].concat(), &[&study]).is_empty());
        assert!(found(&["1/1.dcm", "2/1.dcm"], &[&["1/1.dcm"], &["2/1.dcm"]]).is_empty());
    }
}
