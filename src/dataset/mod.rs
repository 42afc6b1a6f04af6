//! Labels and images to a YOLO data set: the contest's CSVs and the same `study` and `raster` code that
//! grading uses, so that a detector sees in training what it will see at work.

mod boxes;
pub mod labels;
mod yolo;

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    cancel::Cancel,
    files::WriteError,
    grading::{DetectionClass, Role},
    raster::Standardize,
    study::{self, ScanError, Study},
};
pub use boxes::{BoxShape, LabelledBox};
use labels::{Grades, LabelError, Point};

/// The name of the file that tells what a data set is.
pub const INFO_NAME: &str = "dataset.json";

/// What to make.
#[derive(Debug, Clone)]
pub struct DatasetOptions {
    /// Which detector.
    pub role: Role,
    /// How slices become 0-255.
    pub standardize: Standardize,
    /// How points become boxes.
    pub shape: BoxShape,
    /// The fold that validates; the others train.
    pub fold: u32,
    /// Share of the slices without a box that is written too, as background.
    pub negatives: f64,
    /// Made from phantoms: a model trained on it is a demo.
    pub demo: bool,
}

/// What a data set is: `dataset.json` beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetInfo {
    /// Version of this form: 1.
    pub format: u32,
    /// Which detector.
    pub role: Role,
    /// How slices became 0-255.
    pub standardize: Standardize,
    /// How points became boxes.
    pub shape: BoxShape,
    /// The fold that validates.
    pub fold: u32,
    /// Made from phantoms.
    pub demo: bool,
    /// How many studies.
    pub studies: usize,
    /// Images in `train` and `val`.
    pub images: [usize; 2],
    /// Boxes in `train` and `val` by class name.
    pub boxes: BTreeMap<String, [usize; 2]>,
    /// Hex SHA-256 over the label CSVs.
    pub labels_sha256: String,
    /// What was left out, and why.
    pub skipped: Vec<String>,
}

/// Why no data set was made.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The labels.
    #[error(transparent)]
    Labels(#[from] LabelError),
    /// The images.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// Nothing came together.
    #[error("{}: no box could be made; {}", data.display(), skipped.first().map_or("no label is of this role", |s| s.as_str()))]
    Empty {
        /// The folder.
        data: PathBuf,
        /// What was left out.
        skipped: Vec<String>,
    },
    /// The target exists.
    #[error("{}: exists already; name a new folder", .0.display())]
    Exists(PathBuf),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A PNG cannot be made.
    #[error("{}: {message}", file.display())]
    Image {
        /// The file.
        file: PathBuf,
        /// Why.
        message: String,
    },
}

/// One series with its boxes.
pub(crate) struct LabelledSeries<'a> {
    pub study: &'a str,
    pub series: &'a study::Series,
    pub boxes: Vec<LabelledBox>,
    /// 0 trains, 1 validates.
    pub part: usize,
}

/// Makes a YOLO data set for one role of `data` (CSVs and `train_images/`) in the new folder `out`.
/// `progress` is called with (series done, series in all).
pub fn make(
    data: &Path,
    out: &Path,
    options: &DatasetOptions,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<DatasetInfo, DatasetError> {
    if out.exists() {
        return Err(DatasetError::Exists(out.to_owned()));
    }
    let grades = Grades::read(&data.join("train.csv"))?;
    let (points, mut skipped) = labels::read_points(&data.join("train_label_coordinates.csv"))?;
    let folds_file = data.join("5folds.csv");
    let folds = if folds_file.is_file() { labels::read_folds(&folds_file)? } else { labels::make_folds(&grades) };
    let scan = study::scan(&[data.join("train_images")], &Cancel::default(), &|_, _| ())?;
    skipped.extend(scan.issues.iter().map(ToString::to_string));
    let series = label(&scan.studies, &grades, &points, &folds, options, &mut skipped);
    if series.iter().all(|s| s.boxes.is_empty()) {
        return Err(DatasetError::Empty { data: data.to_owned(), skipped });
    }
    let images = yolo::write(out, &series, options, &mut skipped, progress)?;
    let info = DatasetInfo {
        format: 1,
        role: options.role,
        standardize: options.standardize,
        shape: options.shape,
        fold: options.fold,
        demo: options.demo,
        studies: scan.studies.len(),
        images,
        boxes: count(&series, options.role),
        labels_sha256: hash(data),
        skipped,
    };
    yolo::finish(out, &info)?;
    Ok(info)
}

fn label<'a>(
    studies: &'a [Study],
    grades: &Grades,
    points: &[Point],
    folds: &HashMap<String, u32>,
    options: &DatasetOptions,
    skipped: &mut Vec<String>,
) -> Vec<LabelledSeries<'a>> {
    let mut by_series: HashMap<(&str, &str), Vec<&Point>> = HashMap::new();
    for point in points.iter().filter(|p| p.id.condition().role() == options.role) {
        by_series.entry((&point.study, &point.series)).or_default().push(point);
    }
    let mut all = Vec::new();
    for study in studies {
        let part = usize::from(folds.get(&study.uid) == Some(&options.fold));
        for series in study.series_of(options.role) {
            let points = by_series.remove(&(study.uid.as_str(), series.uid.as_str())).unwrap_or_default();
            let mut boxes: Vec<LabelledBox> = Vec::new();
            for point in points {
                let severity = grades.0.get(&point.study).and_then(|row| row[point.id.index()]);
                let made = severity
                    .ok_or_else(|| "train.csv has no grade for it".to_owned())
                    .and_then(|severity| boxes::boxes(series, point, severity, &options.shape));
                match made {
                    Ok(made) => boxes.extend(made),
                    Err(why) => skipped.push(format!("study {}, {}: {why}", point.study, point.id)),
                }
            }
            all.push(LabelledSeries { study: &study.uid, series, boxes, part });
        }
    }
    let mut unused: Vec<_> = by_series.into_iter().collect();
    unused.sort_by_key(|(key, _)| *key);
    for ((study, series), points) in unused {
        let role = options.role.label();
        skipped.push(format!(
            "study {study}: {} points on series {series}, which is not there or not {role}",
            points.len()
        ));
    }
    all
}

fn count(series: &[LabelledSeries<'_>], role: Role) -> BTreeMap<String, [usize; 2]> {
    let mut counts: BTreeMap<String, [usize; 2]> =
        DetectionClass::all(role).into_iter().map(|class| (class.to_string(), [0; 2])).collect();
    for series in series {
        for labelled in &series.boxes {
            counts.entry(labelled.class.to_string()).or_default()[series.part] += 1;
        }
    }
    counts
}

/// Over the CSVs that there are; a change of labels is a change of data.
fn hash(data: &Path) -> String {
    let mut hasher = Sha256::new();
    for name in ["train.csv", "train_label_coordinates.csv", "train_series_descriptions.csv", "5folds.csv"] {
        hasher.update(std::fs::read(data.join(name)).unwrap_or_default());
    }
    hex::encode(hasher.finalize())
}
