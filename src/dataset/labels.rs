//! The contest's CSV files: grades, points, folds. Both spellings of conditions and levels are read.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::grading::{GradeId, Severity};

/// A CSV that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    /// It cannot be read.
    #[error("{}: {source}", file.display())]
    Csv {
        /// The file.
        file: PathBuf,
        /// Why.
        source: csv::Error,
    },
    /// It is another kind of table.
    #[error("{}: it has no column {column}; columns found: {found}", file.display())]
    Column {
        /// The file.
        file: PathBuf,
        /// What is missing.
        column: &'static str,
        /// What is there.
        found: String,
    },
    /// A cell that says nothing we know.
    #[error("{}: study {study}, {column}: {problem}", file.display())]
    Cell {
        /// The file.
        file: PathBuf,
        /// The row.
        study: String,
        /// The column.
        column: String,
        /// What is wrong.
        problem: String,
    },
}

/// `train.csv`: study id to its 25 grades, `None` where the label is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grades(pub BTreeMap<String, [Option<Severity>; 25]>);

/// A grader's point on one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// `study_id`.
    pub study: String,
    /// `series_id`.
    pub series: String,
    /// `instance_number`.
    pub instance: i32,
    /// Condition and level.
    pub id: GradeId,
    /// Column, in pixels.
    pub x: f64,
    /// Row, in pixels.
    pub y: f64,
}

impl Grades {
    /// Reads `train.csv`.
    pub fn read(file: &Path) -> Result<Self, LabelError> {
        let csv_error = |source| LabelError::Csv { file: file.to_owned(), source };
        let mut reader = csv::Reader::from_path(file).map_err(csv_error)?;
        let headers = reader.headers().map_err(csv_error)?.clone();
        let missing = |column| LabelError::Column {
            file: file.to_owned(),
            column,
            found: headers.iter().collect::<Vec<_>>().join(", "),
        };
        let study = headers.iter().position(|h| h.trim() == "study_id").ok_or_else(|| missing("study_id"))?;
        let columns: Vec<(usize, GradeId)> =
            headers.iter().enumerate().filter_map(|(i, h)| Some((i, h.parse().ok()?))).collect();
        if columns.is_empty() {
            return Err(missing("<condition>_<level>, such as spinal_canal_stenosis_l1_l2"));
        }
        let mut grades = BTreeMap::new();
        for record in reader.records() {
            let record = record.map_err(csv_error)?;
            let cell = |i: usize| record.get(i).unwrap_or_default().trim();
            let mut row = [None; 25];
            for &(column, id) in &columns {
                row[id.index()] = severity(cell(column)).map_err(|problem| LabelError::Cell {
                    file: file.to_owned(),
                    study: cell(study).to_owned(),
                    column: id.to_string(),
                    problem,
                })?;
            }
            grades.insert(cell(study).to_owned(), row);
        }
        Ok(Self(grades))
    }
}

/// Empty is a missing label.
fn severity(text: &str) -> Result<Option<Severity>, String> {
    if text.is_empty() || text.eq_ignore_ascii_case("nan") {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|e: crate::grading::ParseWordError| e.to_string())
}

#[derive(Deserialize)]
struct PointRow {
    study_id: String,
    series_id: String,
    instance_number: f64,
    condition: String,
    level: String,
    x: f64,
    y: f64,
}

/// Reads `train_label_coordinates.csv`. Rows that cannot be read are returned as texts, not lost.
pub fn read_points(file: &Path) -> Result<(Vec<Point>, Vec<String>), LabelError> {
    let csv_error = |source| LabelError::Csv { file: file.to_owned(), source };
    let mut reader = csv::Reader::from_path(file).map_err(csv_error)?;
    let headers = reader.headers().map_err(csv_error)?.clone();
    for column in ["study_id", "series_id", "instance_number", "condition", "level", "x", "y"] {
        if !headers.iter().any(|h| h.trim() == column) {
            let found = headers.iter().collect::<Vec<_>>().join(", ");
            return Err(LabelError::Column { file: file.to_owned(), column, found });
        }
    }
    let (mut points, mut skipped) = (Vec::new(), Vec::new());
    for (line, row) in reader.deserialize().enumerate() {
        match row.map_err(|e: csv::Error| e.to_string()).and_then(|row: PointRow| point(&row)) {
            Ok(point) => points.push(point),
            Err(problem) => skipped.push(format!("train_label_coordinates.csv, row {}: {problem}", line + 1)),
        }
    }
    Ok((points, skipped))
}

fn point(row: &PointRow) -> Result<Point, String> {
    let id = format!("{} {}", row.condition, row.level)
        .parse()
        .map_err(|e: crate::grading::ParseGradeIdError| e.to_string())?;
    if !(row.x.is_finite() && row.y.is_finite()) {
        return Err(format!("x {} and y {} are no position", row.x, row.y));
    }
    Ok(Point {
        study: row.study_id.trim().to_owned(),
        series: row.series_id.trim().to_owned(),
        instance: row.instance_number as i32,
        id,
        x: row.x,
        y: row.y,
    })
}

/// Reads `5folds.csv`: study id to fold.
pub fn read_folds(file: &Path) -> Result<HashMap<String, u32>, LabelError> {
    #[derive(Deserialize)]
    struct Row {
        study_id: String,
        fold: u32,
    }
    let csv_error = |source| LabelError::Csv { file: file.to_owned(), source };
    let rows = csv::Reader::from_path(file).map_err(csv_error)?.into_deserialize();
    rows.map(|row: Result<Row, _>| row.map(|r| (r.study_id.trim().to_owned(), r.fold)).map_err(csv_error)).collect()
}

/// Folds where there is no `5folds.csv`: studies dealt out in order of how severe they are.
pub fn make_folds(grades: &Grades) -> HashMap<String, u32> {
    let weight = |row: &[Option<Severity>; 25]| row.iter().flatten().map(|s| s.index() * s.index()).sum::<usize>();
    let mut order: Vec<(usize, &String)> = grades.0.iter().map(|(study, row)| (weight(row), study)).collect();
    order.sort();
    order.into_iter().enumerate().map(|(rank, (_, study))| (study.clone(), rank as u32 % 5)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read_and_bad_rows_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("train_label_coordinates.csv");
        std::fs::write(
            &file,
            "study_id,series_id,instance_number,condition,level,x,y\n\
             1,2,3,Left Neural Foraminal Narrowing,L4/L5,10.5,20\n\
             1,2,3,left_neural_foraminal_narrowing,l4_l5,10.5,20\n\
             1,2,3,Left Neural Foraminal Narrowing,L6/L7,10,20\n\
             1,2,x,Spinal Canal Stenosis,L4/L5,10,20\n",
        )
        .unwrap();
        let (points, skipped) = read_points(&file).unwrap();
        assert_eq!(points.len(), 2);
        assert_eq!(points[0], points[1]);
        assert!(skipped[0].contains("row 3") && skipped[1].contains("row 4"), "{skipped:?}");
    }

    #[test]
    fn missing_labels_stay_missing_and_unknown_words_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("train.csv");
        std::fs::write(&file, "study_id,spinal_canal_stenosis_l1_l2,spinal_canal_stenosis_l2_l3\n7,,Severe\n").unwrap();
        let row = Grades::read(&file).unwrap().0["7"];
        let at = |text: &str| row[text.parse::<GradeId>().unwrap().index()];
        assert_eq!(at("spinal_canal_stenosis_l1_l2"), None);
        assert_eq!(at("spinal_canal_stenosis_l2_l3"), Some(Severity::Severe));
        std::fs::write(&file, "study_id,spinal_canal_stenosis_l1_l2\n7,Awful\n").unwrap();
        assert!(Grades::read(&file).unwrap_err().to_string().contains("study 7"));
        std::fs::write(&file, "id,x\n7,1\n").unwrap();
        assert!(Grades::read(&file).unwrap_err().to_string().contains("study_id"));
    }
}
