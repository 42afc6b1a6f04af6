//! The demo study as files.

use std::path::{Path, PathBuf};

use foramen::{cancel::Cancel, grading::Role, phantom, study};

/// The demo study on disk, gone when dropped.
pub struct Demo {
    dir: tempfile::TempDir,
}

impl Demo {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in phantom::study_in_memory(phantom::DEMO_SEED) {
            foramen::files::write_atomic(&dir.path().join(name), &bytes).unwrap();
        }
        Self { dir }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The folder and the files of the role's series, in reading order.
    pub fn series(&self, role: Role) -> (PathBuf, Vec<PathBuf>) {
        let scan = study::scan(&[self.path().to_owned()], &Cancel::default(), &|_, _| ()).unwrap();
        let study = scan.studies.first().expect("a study");
        let series = study.series_of(role).next().unwrap_or_else(|| panic!("the demo study has no {role} series"));
        let files: Vec<PathBuf> = series.slices.iter().map(|s| PathBuf::from(s.instance.source.to_string())).collect();
        (files[0].parent().unwrap().to_owned(), files)
    }
}
