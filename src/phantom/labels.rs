//! The contest's CSV files for phantom studies.

use std::path::Path;

use super::study::PhantomStudy;
use crate::{
    files::{WriteError, write_atomic},
    grading::{GradeId, Role, Severity},
};

/// How many folds `5folds.csv` has.
const FOLDS: usize = 5;

/// What the CSVs say about one study.
#[derive(Debug, Clone)]
pub struct StudyLabels {
    study: String,
    /// `None` if no image of the right series shows the place: what was not scanned cannot be graded.
    grades: [Option<Severity>; 25],
    points: Vec<[String; 7]>,
    descriptions: Vec<[String; 3]>,
}

impl StudyLabels {
    /// Of a study.
    pub fn of(study: &PhantomStudy) -> Self {
        let id = study.ids.study.clone();
        let shown = study.label_points();
        let grades =
            GradeId::ALL.map(|grade| shown.iter().any(|p| p.id == grade).then(|| study.subject.disease.label(grade)));
        let points = shown.into_iter().map(|p| {
            [
                id.clone(),
                study.ids.series[p.series].clone(),
                p.instance.to_string(),
                condition_label(p.id),
                p.id.level().label().to_owned(),
                format!("{:.3}", p.x),
                format!("{:.3}", p.y),
            ]
        });
        let described = study.series.iter().zip(&study.ids.series);
        Self {
            grades,
            points: points.collect(),
            descriptions: described
                .filter_map(|(plan, uid)| Some([id.clone(), uid.clone(), plan.role.map(Role::label)?.to_owned()]))
                .collect(),
            study: id,
        }
    }
}

/// `Left Neural Foraminal Narrowing`.
fn condition_label(id: GradeId) -> String {
    let title = |word: &str| word[..1].to_uppercase() + &word[1..];
    id.condition_word().split('_').filter(|w| !w.is_empty()).map(title).collect::<Vec<_>>().join(" ")
}

/// Writes `train.csv`, `train_label_coordinates.csv`, `train_series_descriptions.csv` and `5folds.csv`.
pub fn write(dir: &Path, studies: &[StudyLabels]) -> Result<(), WriteError> {
    let mut columns: Vec<String> = vec!["study_id".to_owned()];
    columns.extend(GradeId::ALL.iter().map(ToString::to_string));
    let grades = studies.iter().map(|s| {
        let mut row = vec![s.study.clone()];
        row.extend(s.grades.iter().map(|g| g.map_or(String::new(), |g| g.label().to_owned())));
        row
    });
    save(dir, "train.csv", &columns, grades)?;
    let columns = ["study_id", "series_id", "instance_number", "condition", "level", "x", "y"];
    save(
        dir,
        "train_label_coordinates.csv",
        &columns,
        studies.iter().flat_map(|s| s.points.iter().map(|p| p.to_vec())),
    )?;
    let columns = ["study_id", "series_id", "series_description"];
    save(
        dir,
        "train_series_descriptions.csv",
        &columns,
        studies.iter().flat_map(|s| s.descriptions.iter().map(|d| d.to_vec())),
    )?;
    let folds = folds(studies);
    let rows = studies.iter().zip(folds).map(|(s, fold)| vec![s.study.clone(), fold.to_string()]);
    save(dir, "5folds.csv", &["study_id", "fold"], rows)
}

/// Assigns studies in order of severity, so that every fold has its share.
fn folds(studies: &[StudyLabels]) -> Vec<usize> {
    let weight = |s: &StudyLabels| s.grades.iter().flatten().map(|g| g.index() * g.index()).sum::<usize>();
    let mut order: Vec<usize> = (0..studies.len()).collect();
    order.sort_by_key(|&i| weight(&studies[i]));
    let mut folds = vec![0; studies.len()];
    for (rank, study) in order.into_iter().enumerate() {
        folds[study] = rank % FOLDS;
    }
    folds
}

fn save(
    dir: &Path,
    name: &str,
    columns: &[impl AsRef<[u8]>],
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), WriteError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let io_error = |e: csv::Error| WriteError { path: dir.join(name), source: e.into() };
    writer.write_record(columns).map_err(io_error)?;
    for row in rows {
        writer.write_record(&row).map_err(io_error)?;
    }
    let bytes = writer.into_inner().map_err(|e| WriteError { path: dir.join(name), source: e.into_error() })?;
    write_atomic(&dir.join(name), &bytes)
}
