//! The contest's `train_series_descriptions.csv`, if there is one near the images.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use super::{
    found::Found,
    issue::Issue,
    names::{SeriesId, SeriesNames, StudyId, StudyNames, series_key},
};
use crate::files;

/// Both of the contest's names.
const NAMES: [&str; 2] = ["train_series_descriptions.csv", "test_series_descriptions.csv"];
/// `train_images/<study>/<series>/1.dcm` lies three folders below the CSV.
const LEVELS_UP: usize = 4;
/// Up to this many folders above the given paths, all series of a study are read: the folder of the data, of all
/// images, or of one study was given.
const LEVELS_UP_TO_STUDY: usize = 2;

/// The content of the CSVs, by study.
#[derive(Debug, Clone, Default)]
pub struct Descriptions(BTreeMap<StudyId, Vec<Row>>);

#[derive(Debug, Clone)]
struct Row {
    series: SeriesId,
    description: String,
    file: PathBuf,
    /// The whole study was to be read.
    is_whole: bool,
}

#[derive(serde::Deserialize)]
struct Cells {
    study_id: String,
    series_id: String,
    series_description: String,
}

/// What the CSVs say of the series of one study, by the series' key.
#[derive(Debug, Clone, Default)]
pub struct Described(HashMap<String, String>);

impl Described {
    /// The description of a series.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }
}

impl Descriptions {
    /// Reads the CSVs in the folders of `paths` and a few folders above. Returns what could not be read beside it.
    pub fn find(paths: &[PathBuf]) -> (Self, Vec<(PathBuf, String)>) {
        let mut all = Self::default();
        let mut failures = Vec::new();
        let mut seen = Vec::new();
        for path in paths {
            let start = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            let is_file = start.is_file();
            for (up, folder) in start.ancestors().skip(usize::from(is_file)).take(LEVELS_UP).enumerate() {
                for file in NAMES.map(|name| folder.join(name)) {
                    if seen.contains(&file) || !file.is_file() {
                        continue;
                    }
                    if let Err(problem) = all.read(&file, up <= LEVELS_UP_TO_STUDY && !is_file) {
                        failures.push((file.clone(), problem));
                    }
                    seen.push(file);
                }
            }
        }
        (all, failures)
    }

    /// A row that can't be read is the only one lost.
    fn read(&mut self, file: &Path, is_whole: bool) -> Result<(), String> {
        let opened = files::open_regular(file, files::MOST_OF_TABLE).map_err(|error| error.to_string())?;
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(opened);
        let (mut bad, mut first) = (0, String::new());
        for row in reader.deserialize::<Cells>() {
            let row = row.map_err(|error| error.to_string()).and_then(|cells| {
                let ids = cells.study_id.parse::<StudyId>().and_then(|study| Ok((study, cells.series_id.parse()?)));
                ids.map(|ids| (ids, cells.series_description)).map_err(|error| error.to_string())
            });
            match row {
                // Nothing is reported about it.
                Ok((_, description)) if description.is_empty() => (),
                Ok(((study, series), description)) => {
                    let row = Row { series, description, file: file.to_owned(), is_whole };
                    self.0.entry(study).or_default().push(row);
                }
                Err(problem) => {
                    bad += 1;
                    if bad == 1 {
                        first = problem;
                    }
                }
            }
        }
        if bad == 0 { Ok(()) } else { Err(format!("{bad} of its rows are invalid, the first: {first}")) }
    }

    /// What the CSVs say of the series of one study, whose files these are. What can't be matched is listed.
    pub fn of(&self, files: &[Found], issues: &mut Vec<Issue>) -> Described {
        let mut described = Described::default();
        let Some(first) = files.first().filter(|_| !self.0.is_empty()) else { return described };
        let uid = &first.header.study_uid;
        let (id, rows) = match StudyNames::new(uid.as_str(), files.iter().map(|file| &file.source)).row_of(&self.0) {
            Ok(Some(row)) => row,
            Ok(None) => return described,
            Err(ambiguous) => {
                let message = format!("{}: not used for this study: {ambiguous}", NAMES[0]);
                issues.push(Issue::new("", message));
                return described;
            }
        };
        let names = SeriesNames::new(
            uid.as_str(),
            id,
            files.iter().map(|file| (file.header.series_uid.as_str(), &file.source)),
        );
        let mut missing: Vec<&Row> = Vec::new();
        let mut contradicted: Vec<String> = Vec::new();
        for row in rows {
            match names.find(&row.series) {
                Ok(Some(key)) => {
                    let before = described.0.insert(key.to_owned(), row.description.clone());
                    if before.is_some_and(|before| before != row.description) {
                        contradicted.push(key.to_owned());
                        let message = format!("it gives series {} two descriptions; neither is used", row.series);
                        issues.push(Issue::new(row.file.display(), message));
                    }
                }
                Ok(None) => missing.push(row),
                Err(ambiguous) => {
                    let message = format!("study {id}: a description is not used: {ambiguous}");
                    issues.push(Issue::new(row.file.display(), message));
                }
            }
        }
        for key in &contradicted {
            described.0.remove(key);
        }
        if let Some(first) = missing.first() {
            let all: Vec<String> = missing.iter().map(|row| format!("{} ({})", row.series, row.description)).collect();
            let message = format!("{} series of study {id} are missing: {}", missing.len(), all.join(", "));
            let is_note = !missing.iter().any(|row| row.is_whole);
            issues.push(Issue { is_note, ..Issue::new(first.file.display(), message) });
        }
        described
    }
}

/// The key of a file's series, for [`Described::get`].
pub fn key_of(file: &Found) -> String {
    series_key(file.header.series_uid.as_str(), &file.source)
}
