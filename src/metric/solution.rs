//! `train.csv`: one line a study, 25 columns of severities.

use std::{collections::BTreeMap, fs::File, path::Path};

use super::MetricError;
use crate::{
    files,
    grading::{GradeId, ParseWordError, Severity},
};

/// What the labels' file must have.
const EXPECTED: &str = "study_id and the 25 of <condition>_<level>, such as left_neural_foraminal_narrowing_l4_l5";

/// The true severities of each study, `None` where the label is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Solution {
    file: std::path::PathBuf,
    studies: BTreeMap<String, [Option<Severity>; 25]>,
}

impl Solution {
    /// Reads and checks `train.csv`: `study_id` and the 25 columns of [`GradeId`].
    ///
    /// # Errors
    ///
    /// The file cannot be read, lacks `study_id` or one of the 25 columns, or has a cell that is no severity, a study
    /// twice or no row.
    pub fn read(file: &Path) -> Result<Self, MetricError> {
        let mut reader = open(file)?;
        let columns = Columns::find(file, &header(&mut reader, file)?)?;
        let mut studies = BTreeMap::new();
        for record in reader.records() {
            let record = record.map_err(|source| MetricError::Csv { file: file.to_owned(), source })?;
            let study = record.get(columns.study).unwrap_or_default().to_owned();
            let fail = |row: &str, problem: String| row_error(file, &record, row, problem);
            if study.is_empty() {
                return Err(fail("study_id", "it is empty".to_owned()));
            }
            let mut row = [None; 25];
            for id in GradeId::ALL {
                let word = record.get(columns.grades[id.index()]).unwrap_or_default();
                row[id.index()] = severity(word).map_err(|e| fail(&format!("study {study}, {id}"), e.to_string()))?;
            }
            if studies.insert(study.clone(), row).is_some() {
                return Err(fail(&format!("study {study}"), "it has two lines; keep one".to_owned()));
            }
        }
        if studies.is_empty() {
            return Err(MetricError::Empty { file: file.to_owned() });
        }
        Ok(Self { file: file.to_owned(), studies })
    }

    /// Where it was read from.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The 25 labels of a study, in the order of [`GradeId::ALL`].
    pub fn study(&self, study: &str) -> Option<&[Option<Severity>; 25]> {
        self.studies.get(study)
    }

    /// All studies in order of id, with their 25 labels in the order of [`GradeId::ALL`].
    pub fn studies(&self) -> impl Iterator<Item = (&str, &[Option<Severity>; 25])> {
        self.studies.iter().map(|(study, row)| (study.as_str(), row))
    }
}

/// Empty is a missing label; pandas may write it as `NaN`.
fn severity(word: &str) -> Result<Option<Severity>, ParseWordError> {
    if word.is_empty() || word.eq_ignore_ascii_case("nan") { Ok(None) } else { word.parse().map(Some) }
}

/// Where the columns stand.
struct Columns {
    study: usize,
    grades: [usize; 25],
}

impl Columns {
    fn find(file: &Path, header: &csv::StringRecord) -> Result<Self, MetricError> {
        let fail = |problem: String| MetricError::Columns { file: file.to_owned(), problem, expected: EXPECTED };
        let (mut study, mut grades) = (None, [None; 25]);
        for (at, name) in header.iter().enumerate() {
            let place = match name.parse::<GradeId>() {
                _ if name == "study_id" => &mut study,
                Ok(id) => &mut grades[id.index()],
                Err(_) => continue,
            };
            if place.replace(at).is_some() {
                return Err(fail(format!("column {name} appears twice")));
            }
        }
        let study = study.ok_or_else(|| fail("it has no column study_id".to_owned()))?;
        let missing: Vec<String> =
            GradeId::ALL.iter().filter(|id| grades[id.index()].is_none()).map(ToString::to_string).collect();
        if let Some(first) = missing.first() {
            return Err(fail(format!("{} columns are missing, the first {first}", missing.len())));
        }
        Ok(Self { study, grades: grades.map(Option::unwrap_or_default) })
    }
}

/// A reader that trims cells and refuses lines of another length than the head.
pub(super) fn open(file: &Path) -> Result<csv::Reader<File>, MetricError> {
    let opened = files::open_regular(file, files::MOST_OF_TABLE)
        .map_err(|source| MetricError::Open { file: file.to_owned(), source })?;
    Ok(csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(opened))
}

pub(super) fn header(reader: &mut csv::Reader<File>, file: &Path) -> Result<csv::StringRecord, MetricError> {
    reader.headers().cloned().map_err(|source| MetricError::Csv { file: file.to_owned(), source })
}

pub(super) fn row_error(file: &Path, record: &csv::StringRecord, row: &str, problem: String) -> MetricError {
    let line = record.position().map_or(0, csv::Position::line);
    MetricError::Row { file: file.to_owned(), line, row: row.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Solution, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("train.csv");
        std::fs::write(&file, text).unwrap();
        Solution::read(&file).map_err(|e| e.to_string())
    }

    fn table(head: impl Iterator<Item = String>, rows: &[(&str, &str)]) -> String {
        let mut text = format!("study_id,{}\n", head.collect::<Vec<_>>().join(","));
        for (study, word) in rows {
            text += study;
            text += ",";
            text += &[*word; 25].join(",");
            text += "\n";
        }
        text
    }

    fn head() -> impl Iterator<Item = String> {
        GradeId::ALL.iter().map(ToString::to_string)
    }

    #[test]
    fn labels_and_missing_labels_are_read_in_any_order_of_columns() {
        let mut columns: Vec<String> = head().collect();
        columns.reverse();
        let text = format!("{}1,{}Severe\n", table(columns.into_iter(), &[("7", "Normal/Mild")]), ",".repeat(24));
        let solution = read(&text).unwrap();
        assert_eq!(solution.study("7").unwrap(), &[Some(Severity::NormalMild); 25]);
        let row = solution.study("1").unwrap();
        assert_eq!((row[0], row[24]), (Some(Severity::Severe), None));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            (table(head().skip(1), &[]), "left_neural_foraminal_narrowing_l1_l2"),
            (table(head().chain(["L1/L2".to_owned()]), &[]), "no rows"),
            (table(head().chain(["study_id".to_owned()]), &[]), "column study_id appears twice"),
            (table(head(), &[("7", "Severe"), ("8", "Awful")]), "line 3: study 8, left_neural"),
            (table(head(), &[("7", "Severe"), ("7", "Severe")]), "line 3: study 7: it has two lines"),
            (table(head(), &[("", "Severe")]), "line 2: study_id: it is empty"),
            (table(head(), &[]) + "7,Severe\n", "not a readable CSV"),
        ];
        for (text, expected) in cases {
            let message = read(&text).unwrap_err();
            assert!(message.contains("train.csv") && message.contains(expected), "{message}");
        }
    }
}
