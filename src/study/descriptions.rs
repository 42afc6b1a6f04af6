//! The contest's `train_series_descriptions.csv`, where there is one beside the images.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

/// Both of the contest's names.
const NAMES: [&str; 2] = ["train_series_descriptions.csv", "test_series_descriptions.csv"];
/// `train_images/<study>/<series>/1.dcm` lies three folders below the CSV.
const LEVELS_UP: usize = 4;

/// (study id, series id) to description.
#[derive(Debug, Clone, Default)]
pub struct Descriptions(HashMap<(String, String), String>);

#[derive(serde::Deserialize)]
struct Row {
    study_id: String,
    series_id: String,
    series_description: String,
}

impl Descriptions {
    /// Reads the CSVs in the folders of `paths` and a few folders above. Returns what could not be read beside it.
    pub fn find(paths: &[PathBuf]) -> (Self, Vec<(PathBuf, String)>) {
        let mut all = Self::default();
        let mut failures = Vec::new();
        let mut seen = Vec::new();
        for path in paths {
            let start = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            let folders = start.ancestors().skip(usize::from(start.is_file())).take(LEVELS_UP);
            for file in folders.flat_map(|folder| NAMES.map(|name| folder.join(name))) {
                if seen.contains(&file) || !file.is_file() {
                    continue;
                }
                if let Err(error) = all.read(&file) {
                    failures.push((file.clone(), error.to_string()));
                }
                seen.push(file);
            }
        }
        (all, failures)
    }

    fn read(&mut self, file: &Path) -> Result<(), csv::Error> {
        for row in csv::Reader::from_path(file)?.deserialize() {
            let row: Row = row?;
            self.0.insert((row.study_id.trim().to_owned(), row.series_id.trim().to_owned()), row.series_description);
        }
        Ok(())
    }

    /// The description of a series.
    pub fn get(&self, study: &str, series: &str) -> Option<&str> {
        self.0.get(&(study.to_owned(), series.to_owned())).map(|text| text.trim()).filter(|text| !text.is_empty())
    }
}
