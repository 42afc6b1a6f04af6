//! The contest's label files: grades and points. Both spellings of conditions and levels are read.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::skipped::{Reason, SkipList};
use crate::{
    files,
    grading::{GradeId, Role, Severity},
    study::{SeriesId, StudyId},
};

/// A CSV that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    /// It cannot be read, or is no CSV.
    #[error("{}: {source}", file.display())]
    Csv {
        /// Path of the CSV.
        file: PathBuf,
        /// What the CSV reader said, with the line.
        source: csv::Error,
    },
    /// It is a different kind of table.
    #[error("{}: it has no column {column}; columns found: {found}", file.display())]
    Column {
        /// Path of the CSV.
        file: PathBuf,
        /// Name of the column that is missing.
        column: String,
        /// The names that its head has, separated by commas.
        found: String,
    },
    /// A cell with an unknown value.
    #[error("{}: study {study}, {column}: {problem}", file.display())]
    Cell {
        /// Path of the CSV.
        file: PathBuf,
        /// `study_id` of the row.
        study: String,
        /// Name of the column, a grade.
        column: String,
        /// What stands there, and what was expected.
        problem: String,
    },
    /// A split that does not fit the data.
    #[error("{}: {problem}", file.display())]
    Folds {
        /// Path of the CSV.
        file: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
}

/// `train.csv`: the severity of each grade of each study.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grades {
    /// By study id, in order of [`GradeId::ALL`]; `None` where the label is missing.
    pub rows: BTreeMap<StudyId, [Option<Severity>; 25]>,
    /// The grades that the file has a column for.
    pub columns: Vec<GradeId>,
}

/// A grader's point on one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Line in the file, from 1; the head is line 1.
    pub line: u64,
    /// `study_id`, as [`StudyId`] reads it.
    pub study: StudyId,
    /// `series_id`, which is looked for in its study alone.
    pub series: SeriesId,
    /// `instance_number`: the `InstanceNumber` of the image.
    pub instance: i32,
    /// The grade that the point is about.
    pub id: GradeId,
    /// Column of the stored image, in pixels from the centre of the first.
    pub x: f64,
    /// Row of the stored image, in pixels from the centre of the first.
    pub y: f64,
}

impl Point {
    /// Whether both have the same content; the line does not matter.
    pub fn is_same(&self, other: &Self) -> bool {
        let other = Self { line: self.line, ..other.clone() };
        *self == other
    }

    /// As [`Self::describe`], with details of why it was left out, if there are any.
    pub fn describe_with(&self, details: &str) -> String {
        let separator = if details.is_empty() { "" } else { ": " };
        format!("{}{separator}{details}", self.describe())
    }

    /// Line, study, series and grade in one line, for a list of what was left out.
    pub fn describe(&self) -> String {
        format!("line {}: study {}, series {}, {}", self.line, self.study, self.series, self.id)
    }
}

/// A table with the columns that it needs.
pub(super) struct Table {
    file: PathBuf,
    reader: csv::Reader<std::fs::File>,
    headers: Vec<String>,
}

impl Table {
    pub fn open(file: &Path) -> Result<Self, LabelError> {
        let failed = |source| LabelError::Csv { file: file.to_owned(), source };
        let opened = files::open_regular(file, files::MOST_OF_TABLE).map_err(|error| failed(error.into()))?;
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(opened);
        let headers = reader.headers().map_err(failed)?.iter().map(str::to_owned).collect();
        Ok(Self { file: file.to_owned(), reader, headers })
    }

    /// Where a column is.
    pub fn column(&self, name: &str) -> Result<usize, LabelError> {
        self.headers.iter().position(|h| h == name).ok_or_else(|| self.missing(name))
    }

    pub fn missing(&self, name: &str) -> LabelError {
        LabelError::Column { file: self.file.clone(), column: name.to_owned(), found: self.headers.join(", ") }
    }

    /// Every record, or why it is invalid.
    pub fn records(&mut self) -> impl Iterator<Item = Result<csv::StringRecord, csv::Error>> {
        self.reader.records()
    }
}

impl Grades {
    /// Reads `train.csv`. Columns and rows that are none are added to `skipped`.
    ///
    /// # Errors
    ///
    /// The file cannot be read, has no column `study_id`, or has a cell that is no severity.
    pub fn read(file: &Path, skipped: &mut SkipList) -> Result<Self, LabelError> {
        let mut table = Table::open(file)?;
        let study = table.column("study_id")?;
        let mut columns: Vec<(usize, GradeId)> = Vec::new();
        for (index, header) in table.headers.iter().enumerate().filter(|(index, _)| *index != study) {
            match header.parse() {
                Ok(id) => columns.push((index, id)),
                Err(_) => skipped.add(Reason::UnknownColumn, header),
            }
        }
        let mut grades = Self { rows: BTreeMap::new(), columns: columns.iter().map(|(_, id)| *id).collect() };
        for record in table.records() {
            let record = record.map_err(|source| LabelError::Csv { file: file.to_owned(), source })?;
            let cell = |i: usize| record.get(i).unwrap_or_default();
            let mut row = [None; 25];
            for &(column, id) in &columns {
                row[id.index()] = severity(cell(column)).map_err(|problem| LabelError::Cell {
                    file: file.to_owned(),
                    study: cell(study).to_owned(),
                    column: id.to_string(),
                    problem,
                })?;
            }
            let line = record.position().map_or(0, csv::Position::line);
            match cell(study).parse::<StudyId>() {
                Ok(id) if grades.rows.contains_key(&id) => {
                    skipped.add(Reason::StudyTwice, format!("line {line}: study {id}"));
                }
                Ok(id) => {
                    grades.rows.insert(id, row);
                }
                Err(error) => skipped.add(Reason::NoStudyId, format!("line {line}: {error}")),
            }
        }
        Ok(grades)
    }

    /// Whether the file has columns for what a detector looks at; what it has no column for is listed.
    ///
    /// # Errors
    ///
    /// It has no column for the role.
    pub fn must_have(&self, role: Role, file: &Path, skipped: &mut SkipList) -> Result<(), LabelError> {
        let (there, missing): (Vec<GradeId>, Vec<GradeId>) = GradeId::ALL
            .into_iter()
            .filter(|id| id.condition().role() == role)
            .partition(|id| self.columns.contains(id));
        if there.is_empty() {
            return Err(Table::open(file)?.missing(&format!("for {role}, such as {}", missing[0])));
        }
        for id in missing {
            skipped.add(Reason::NoColumn, id.to_string());
        }
        Ok(())
    }

    /// The grade of one cell, `None` if the study or the label is missing.
    pub fn get(&self, study: &str, id: GradeId) -> Option<Severity> {
        self.rows.get(study).and_then(|row| row[id.index()])
    }
}

/// Empty is a missing label.
fn severity(text: &str) -> Result<Option<Severity>, String> {
    if text.is_empty() || text.eq_ignore_ascii_case("nan") {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|e: crate::grading::ParseWordError| e.to_string())
}

/// A row of `train_label_coordinates.csv` that is not a valid point.
#[derive(Debug)]
pub struct BadRow {
    /// Line in the file, from 1, where it is known.
    line: Option<u64>,
    /// Which cell is wrong, and what stands there.
    pub problem: String,
}

impl std::fmt::Display for BadRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.problem),
            None => f.write_str(&self.problem),
        }
    }
}

/// Reads `train_label_coordinates.csv`, row by row.
///
/// ```
/// use foramen::{dataset, grading::Level};
///
/// let dir = tempfile::tempdir()?;
/// let file = dir.path().join("train_label_coordinates.csv");
/// let rows = "study_id,series_id,instance_number,condition,level,x,y\n\
///             4003253,702807833,8,Spinal Canal Stenosis,L1/L2,322.8,227.9\n\
///             4003253,702807833,?,Spinal Canal Stenosis,L2/L3,320.5,295.5\n";
/// std::fs::write(&file, rows)?;
///
/// let rows = dataset::point_rows(&file)?;
/// let point = rows[0].as_ref().unwrap();
/// assert_eq!((point.id.level(), point.instance, point.x), (Level::L1L2, 8, 322.8));
/// let bad = rows[1].as_ref().unwrap_err();
/// assert_eq!(bad.to_string(), "line 3: instance_number is '?', not a number");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// The file cannot be read or lacks a column. A row that is no point is an `Err` in the list.
pub fn point_rows(file: &Path) -> Result<Vec<Result<Point, BadRow>>, LabelError> {
    let mut table = Table::open(file)?;
    let names = ["study_id", "series_id", "instance_number", "condition", "level", "x", "y"];
    let mut columns = [0; 7];
    for (column, name) in columns.iter_mut().zip(names) {
        *column = table.column(name)?;
    }
    let mut last = 1;
    let row = |record: csv::Result<csv::StringRecord>| {
        let record = record.map_err(|e| BadRow { line: None, problem: e.to_string() })?;
        last = record.position().map_or(last + 1, csv::Position::line);
        point(last, columns.map(|i| record.get(i).unwrap_or_default()))
            .map_err(|problem| BadRow { line: Some(last), problem })
    };
    Ok(table.records().map(row).collect())
}

/// The points of `train_label_coordinates.csv`. Invalid rows are listed, not lost.
pub fn read_points(file: &Path, skipped: &mut SkipList) -> Result<Vec<Point>, LabelError> {
    let mut points = Vec::new();
    for row in point_rows(file)? {
        match row {
            Ok(point) => points.push(point),
            Err(bad) => skipped.add(Reason::Row, bad.to_string()),
        }
    }
    Ok(points)
}

fn point(line: u64, cells: [&str; 7]) -> Result<Point, String> {
    let [study, series, instance, condition, level, x, y] = cells;
    let id = format!("{condition} {level}").parse().map_err(|e: crate::grading::ParseGradeIdError| e.to_string())?;
    let number = |name: &str, text: &str| {
        text.parse::<f64>().ok().filter(|v| v.is_finite()).ok_or_else(|| format!("{name} is '{text}', not a number"))
    };
    let instance_number = number("instance_number", instance)?;
    // Tables that went through pandas contain 12.0.
    if instance_number.fract() != 0.0 || instance_number.abs() > f64::from(i32::MAX) {
        return Err(format!("instance_number is '{instance}', not a whole number"));
    }
    Ok(Point {
        line,
        study: study.parse().map_err(|e| format!("study_id: {e}"))?,
        series: series.parse().map_err(|e| format!("series_id: {e}"))?,
        instance: instance_number as i32,
        id,
        x: number("x", x)?,
        y: number("y", y)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(name);
        std::fs::write(&file, text).unwrap();
        (dir, file)
    }

    #[test]
    fn both_spellings_are_read_and_bad_rows_are_named() {
        let (_dir, file) = written(
            "train_label_coordinates.csv",
            "\u{feff}study_id,series_id,instance_number,condition,level,x,y\n\
             1,2,3,Left Neural Foraminal Narrowing,L4/L5,10.5,20\n\
             1,2,3.0,left_neural_foraminal_narrowing,l4_l5,10.5,20\n\
             1,2,3,Left Neural Foraminal Narrowing,L6/L7,10,20\n\
             1,2,x,Spinal Canal Stenosis,L4/L5,10,20\n\
             1,2,nan,Spinal Canal Stenosis,L4/L5,10,20\n\
             1,2,3,Spinal Canal Stenosis,L4/L5,10\n\
             1,2,3,Spinal Canal Stenosis,L4/L5,inf,1\n",
        );
        let mut skipped = SkipList::default();
        let points = read_points(&file, &mut skipped).unwrap();
        assert_eq!(points.len(), 2);
        assert!(points[0].is_same(&points[1]) && points[0].line == 2 && points[1].line == 3);
        let [group] = &skipped.groups()[..] else { panic!("{skipped:?}") };
        assert_eq!(group.count, 5);
        for (example, words) in group.examples.iter().zip(["line 4", "line 5", "line 6", "line: 7", "line 8"]) {
            assert!(example.contains(words), "{example}");
        }
    }

    #[test]
    fn missing_labels_stay_missing_and_unknown_words_are_refused() {
        let (_dir, file) =
            written("train.csv", "study_id,spinal_canal_stenosis_l1_l2,Spinal Canal Stenosis L2/L3\n7,,Severe\n");
        let mut skipped = SkipList::default();
        let grades = Grades::read(&file, &mut skipped).unwrap();
        let at = |text: &str| grades.get("7", text.parse().unwrap());
        assert_eq!(at("spinal_canal_stenosis_l1_l2"), None);
        assert_eq!(at("spinal_canal_stenosis_l2_l3"), Some(Severity::Severe));
        grades.must_have(Role::Scs, &file, &mut skipped).unwrap();
        assert_eq!(skipped.groups()[0].count, 3, "three canal levels have no column");
        let said = grades.must_have(Role::Ss, &file, &mut skipped).unwrap_err().to_string();
        assert!(said.contains("no column for ss, such as left_subarticular_stenosis_l1_l2"), "{said}");
        std::fs::write(&file, "study_id,spinal_canal_stenosis_l1_l2\n7,Awful\n").unwrap();
        assert!(Grades::read(&file, &mut skipped).unwrap_err().to_string().contains("study 7"));
        std::fs::write(&file, "id,x\n7,1\n").unwrap();
        assert!(Grades::read(&file, &mut skipped).unwrap_err().to_string().contains("study_id"));
    }

    #[test]
    fn a_study_that_stands_twice_keeps_its_first_row() {
        let (_dir, file) = written(
            "train.csv",
            "study_id,spinal_canal_stenosis_l1_l2,spinal_canal_stenosis_l6_s1\n7,Severe,Severe\n7,Moderate,Severe\n",
        );
        let mut skipped = SkipList::default();
        let grades = Grades::read(&file, &mut skipped).unwrap();
        assert_eq!(grades.get("7", grades.columns[0]), Some(Severity::Severe));
        let said: Vec<_> = skipped.groups().into_iter().map(|g| g.examples).collect();
        assert_eq!(said, [["spinal_canal_stenosis_l6_s1"], ["line 3: study 7"]]);
    }
}
