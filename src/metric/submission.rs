//! A submission: `row_id,normal_mild,moderate,severe`, one line a grade.

use std::{collections::BTreeMap, path::Path};

use super::{
    MetricError,
    solution::{header, open, row_error},
};
use crate::grading::GradeId;

/// Row id, then the severities in their order.
const COLUMNS: [&str; 4] = ["row_id", "normal_mild", "moderate", "severe"];
const EXPECTED: &str = "row_id, normal_mild, moderate, severe";

/// What was predicted, as it stands in the file: three numbers from 0 to 1, not all 0; their sum is not checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    file: std::path::PathBuf,
    studies: BTreeMap<String, [Option<[f64; 3]>; 25]>,
}

impl Submission {
    /// Reads and checks a submission. Rows of studies that `is_known` does not know are refused.
    ///
    /// # Errors
    ///
    /// The file cannot be read or lacks a column, or has a row whose id or numbers are none, that stands twice, or of
    /// a study that `is_known` does not know.
    pub fn read(file: &Path, is_known: impl Fn(&str) -> bool) -> Result<Self, MetricError> {
        let mut reader = open(file)?;
        let columns = columns(file, &header(&mut reader, file)?)?;
        let mut studies: BTreeMap<String, [Option<[f64; 3]>; 25]> = BTreeMap::new();
        for record in reader.records() {
            let record = record.map_err(|source| MetricError::Csv { file: file.to_owned(), source })?;
            let cell = |column: usize| record.get(columns[column]).unwrap_or_default();
            let row_id = cell(0);
            let fail = |problem: String| row_error(file, &record, &format!("row {row_id:?}"), problem);
            let (study, id) = GradeId::parse_row_id(row_id).ok_or_else(|| {
                fail("not <study_id>_<condition>_<level>, such as 4003253_spinal_canal_stenosis_l1_l2".to_owned())
            })?;
            if !is_known(study) {
                return Err(fail(format!("study {study} is not in the solution; remove the row")));
            }
            let values = probabilities(std::array::from_fn(|i| cell(i + 1))).map_err(&fail)?;
            let row = studies.entry(study.to_owned()).or_insert([None; 25]);
            if row[id.index()].replace(values).is_some() {
                return Err(fail("it appears twice; keep one".to_owned()));
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

    /// What was predicted for a study, in the order of [`GradeId::ALL`]; `None` if it has no row at all.
    pub fn study(&self, study: &str) -> Option<&[Option<[f64; 3]>; 25]> {
        self.studies.get(study)
    }
}

fn columns(file: &Path, header: &csv::StringRecord) -> Result<[usize; 4], MetricError> {
    let fail = |problem: String| MetricError::Columns { file: file.to_owned(), problem, expected: EXPECTED };
    let mut found = [0; 4];
    for (place, name) in found.iter_mut().zip(COLUMNS) {
        let mut at = header.iter().enumerate().filter(|(_, h)| *h == name).map(|(at, _)| at);
        *place = at.next().ok_or_else(|| fail(format!("it has no column {name}")))?;
        if at.next().is_some() {
            return Err(fail(format!("column {name} appears twice")));
        }
    }
    Ok(found)
}

fn probabilities(cells: [&str; 3]) -> Result<[f64; 3], String> {
    let mut values = [0.0; 3];
    for ((value, cell), column) in values.iter_mut().zip(cells).zip(&COLUMNS[1..]) {
        *value = match cell.parse::<f64>() {
            Ok(v) if v.is_finite() && (0.0..=1.0).contains(&v) => v,
            Ok(v) if v.is_finite() && v < 0.0 => return Err(format!("{column} is {cell}: negative")),
            Ok(v) if v.is_finite() => return Err(format!("{column} is {cell}: more than 1")),
            Ok(_) => return Err(format!("{column} is {cell}: not a finite number")),
            Err(_) if cell.is_empty() => return Err(format!("{column} is empty: a number from 0 to 1 was expected")),
            Err(_) => return Err(format!("{column} is {cell:?}: a number from 0 to 1 was expected")),
        };
    }
    if values.iter().all(|v| *v <= 0.0) {
        return Err("all three numbers are 0: they must sum to 1".to_owned());
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Submission, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("submission.csv");
        std::fs::write(&file, text).unwrap();
        Submission::read(&file, |study| study == "7").map_err(|e| e.to_string())
    }

    #[test]
    fn every_row_id_is_read_back() {
        for id in GradeId::ALL {
            assert_eq!(GradeId::parse_row_id(&id.row_id("a_b")), Some(("a_b", id)));
        }
        for bad in ["spinal_canal_stenosis_l1_l2", "_spinal_canal_stenosis_l1_l2", "7_spinal_canal_stenosis_l6_l7", "7"]
        {
            assert_eq!(GradeId::parse_row_id(bad), None, "{bad}");
        }
    }

    #[test]
    fn columns_may_stand_in_any_order_with_others_between() {
        let text = "severe,row_id,note,moderate,normal_mild\n0.3,7_spinal_canal_stenosis_l1_l2,x,0.2,5e-1\n";
        assert_eq!(read(text).unwrap().study("7").unwrap()[20], Some([0.5, 0.2, 0.3]));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let row = "7_spinal_canal_stenosis_l1_l2";
        let head = "row_id,normal_mild,moderate,severe\n";
        let cases = [
            (format!("{head}{row},nan,0.5,0.5\n"), "line 2: row \"7_spinal_canal_stenosis_l1_l2\": normal_mild is nan"),
            (format!("{head}{row},0.5,inf,0.5\n"), "moderate is inf: not a finite"),
            (format!("{head}{row},0.5,0.5,-0.1\n"), "severe is -0.1: negative"),
            (format!("{head}{row},0.5,0.5,1.1\n"), "severe is 1.1: more than 1"),
            (format!("{head}{row},0.5,0.5,\n"), "severe is empty"),
            (format!("{head}{row},0.5,much,0\n"), "moderate is \"much\""),
            (format!("{head}{row},0,0,0\n"), "all three numbers are 0"),
            (
                format!("{head}{row},1,0,0\n{row},1,0,0\n"),
                "line 3: row \"7_spinal_canal_stenosis_l1_l2\": it appears twice",
            ),
            (format!("{head}8_spinal_canal_stenosis_l1_l2,1,0,0\n"), "study 8 is not in the solution"),
            (format!("{head}7_spinal_l1_l2,1,0,0\n"), "not <study_id>_<condition>_<level>"),
            (format!("{head}{row},1,0\n"), "not a readable CSV"),
            (head.to_owned(), "no rows"),
            ("row_id,normal_mild,severe\n".to_owned(), "no column moderate"),
            (String::new(), "no column row_id"),
        ];
        for (text, expected) in cases {
            let message = read(&text).unwrap_err();
            assert!(message.contains("submission.csv") && message.contains(expected), "{message}");
        }
    }
}
