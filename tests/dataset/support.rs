//! Studies, CSVs and the program.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use foramen::{
    cancel::Cancel,
    dataset::{DatasetInfo, Skipped},
    phantom::{self, Dialect, PhantomOptions},
    study::{self, Study},
};

/// Exit code, standard output, standard error.
pub fn run(args: &[&str]) -> (i32, String, String) {
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_foramen")).args(args).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let err = text(&output.stderr);
    assert!(!err.contains("panicked"), "{err}");
    (output.status.code().unwrap(), text(&output.stdout), err)
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Writes phantom studies; returns them scanned.
pub fn phantoms(dir: &Path, studies: u32, seed: u64, dialect: Dialect) -> Vec<Study> {
    let options = PhantomOptions { studies, seed, dialect, balance: 0.5, label_noise: 0.0, variety: 0.0 };
    phantom::write(dir, &options, &|| ()).unwrap();
    scan(dir)
}

pub fn scan(dir: &Path) -> Vec<Study> {
    study::scan(&[dir.to_owned()], &Cancel::default(), &|_, _| ()).unwrap().studies
}

/// Makes a data set that must come about; returns what it says of itself.
pub fn make(role: &str, data: &Path, out: &Path, more: &[&str]) -> DatasetInfo {
    let mut args = vec!["dataset", "--role", role, "--data", text(data), "--out", text(out)];
    args.extend(more);
    let (code, _, said) = run(&args);
    assert_eq!((code, said.as_str()), (0, ""), "{args:?}");
    info(out)
}

pub fn info(folder: &Path) -> DatasetInfo {
    serde_json::from_slice(&fs::read(folder.join("dataset.json")).unwrap()).unwrap()
}

pub fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect()
}

/// Names in a folder, without extension, in order.
pub fn stems(folder: &Path) -> Vec<String> {
    let mut all: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().with_extension("").file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    all.sort();
    all
}

/// What was left out for a reason with these words.
pub fn left_out<'a>(info: &'a DatasetInfo, words: &str) -> &'a Skipped {
    let found: Vec<&Skipped> = info.skipped.iter().filter(|group| group.reason.contains(words)).collect();
    assert_eq!(found.len(), 1, "'{words}' in {:#?}", info.skipped);
    found[0]
}

/// A study without pixels worth a look, small enough to be made by the dozen: two sagittal series (T1, T2) of five
/// slices and an axial T2 of eleven, 48 x 40 pixels of 2 mm, in the contest's layout.
pub struct Small<'a> {
    pub id: &'a str,
}

impl Small<'_> {
    pub fn write(&self, data: &Path) {
        for (series, kind) in [("11", "Sagittal T1"), ("12", "Sagittal T2/STIR"), ("13", "Axial T2")] {
            self.write_series(data, series, kind);
        }
    }

    pub fn write_series(&self, data: &Path, series: &str, kind: &str) {
        let axial = kind.starts_with("Axial");
        for number in 1..=if axial { 11 } else { 5 } {
            let file = Self::file(data, self.id, series, number);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            let at = 5.0 * f64::from(number);
            let (position, orientation) = if axial {
                ([0.0, 0.0, -at], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
            } else {
                ([at, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0, -1.0])
            };
            super::dicom::write(
                &file,
                &super::dicom::Image {
                    study: self.id,
                    series,
                    description: &kind[kind.find('T').unwrap_or(0)..],
                    number,
                    position,
                    orientation,
                },
            );
        }
    }

    pub fn file(data: &Path, study: &str, series: &str, number: i32) -> PathBuf {
        data.join("train_images").join(study).join(series).join(format!("{number}.dcm"))
    }
}
