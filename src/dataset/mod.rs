//! Labels and images to YOLO data sets: the contest's CSVs and the same `study` and `raster` code that grading uses, so
//! that a detector sees the same in training as in use.
//!
//! `labels` reads the graders' labels, `merge` matches them with the images, `boxes` turns points into boxes, `folds`
//! splits by study, `yolo` writes, `skipped` records what was left out, `report` and `sheet` show it all. `crops` writes
//! the other kind of data set, for the second stage, around the places that `canal` finds.

mod boxes;
mod canal;
mod crops;
mod folds;
mod labels;
mod merge;
mod report;
mod sheet;
mod skipped;
mod yolo;

use std::{
    collections::{BTreeMap, HashSet},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    cancel::Cancel,
    files::{self, WriteError, write_atomic, write_json},
    grading::{DetectionClass, Role},
    growing::{GrowError, Growing},
    raster::Standardize,
    study::{self, Matches, Scan, ScanError},
};
pub use boxes::{BoxShape, LabelledBox};
pub use crops::{CROPS_NAME, CropStudy, CropsInfo, crops_text, make_crops};
pub use folds::{FOLDS, Folds};
pub use labels::{BadRow, Grades, LabelError, Point, point_rows};
use merge::Labels;
pub use report::text as report_text;
pub use skipped::Skipped;
use skipped::{Reason, SkipList};
use yolo::Picture;

/// `dataset.json`, which tells what a data set is; a folder without it is none.
pub const INFO_NAME: &str = "dataset.json";

/// What to make of the labels of one detector.
#[derive(Debug, Clone)]
pub struct DatasetOptions {
    /// The detector that is trained with it, and so the kind of series.
    pub role: Role,
    /// How slices become 0-255; the model's manifest must say the same.
    pub standardize: Standardize,
    /// Size and depth of the boxes that points become, mm.
    pub shape: BoxShape,
    /// Fraction of the slices without a box that is also written, as background.
    pub negatives: f64,
}

/// The description of a data set: `dataset.json` in its folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetInfo {
    /// Version of this format: 2.
    pub format: u32,
    /// The detector that is trained with it, and so the kind of series.
    pub role: Role,
    /// How slices became 0-255; the model's manifest must say the same.
    pub standardize: Standardize,
    /// Size and depth of the boxes that points became, mm.
    pub shape: BoxShape,
    /// It contains at least one synthetic image: a model trained on it is a demo.
    pub demo: bool,
    /// How many studies have images in it.
    pub studies: usize,
    /// How many of them have synthetic images in it: computed phantoms. `None` in data sets of versions up to 0.1.0.
    #[serde(default)]
    pub synthetic_studies: Option<usize>,
    /// Where the split by study comes from.
    #[serde(default)]
    pub split: SplitSource,
    /// For each fold, the training and the validation part.
    pub folds: Vec<FoldInfo>,
    /// Hex SHA-256 over the label CSVs.
    pub labels_sha256: String,
    /// What was left out, and why.
    pub skipped: Vec<Skipped>,
}

/// One fold: the training (0) and the validation part (1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoldInfo {
    /// From 0 to 4.
    pub fold: u32,
    /// Images that train, and that validate.
    pub images: [usize; 2],
    /// Boxes by class name, including classes without any.
    pub boxes: BTreeMap<String, [usize; 2]>,
    /// Studies that train, and that validate; none does both.
    pub studies: [usize; 2],
}

/// Where the split by study comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitSource {
    /// Read from `5folds.csv` beside the labels.
    #[default]
    Read,
    /// Made by [`Folds::make`], because there was no `5folds.csv`.
    Made,
}

/// Why no data set was made.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// A CSV of labels cannot be used.
    #[error(transparent)]
    Labels(#[from] LabelError),
    /// `train_images/` is not there.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// No label came together with an image.
    #[error("{}: no box could be made for {role}; {}", data.display(), why_empty(skipped))]
    Empty {
        /// The folder of labels and images.
        data: PathBuf,
        /// The detector that has no box.
        role: Role,
        /// What was left out, counted by reason.
        skipped: Vec<Skipped>,
    },
    /// No grade came together with a crop.
    #[error("{}: no crop could be made; {}", data.display(), why_empty(skipped))]
    NoCrops {
        /// The folder of labels and images.
        data: PathBuf,
        /// What was left out, counted by reason.
        skipped: Vec<Skipped>,
    },
    /// The target exists, is in use, or cannot be made.
    #[error(transparent)]
    Grow(#[from] GrowError),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A PNG cannot be made.
    #[error("{}: {message}", file.display())]
    Image {
        /// The PNG.
        file: PathBuf,
        /// What the encoder said.
        message: String,
    },
}

/// The most frequent reason.
fn why_empty(skipped: &[Skipped]) -> String {
    match skipped.iter().max_by_key(|group| group.count) {
        Some(group) => {
            format!("left out {} times: {} ({})", group.count, group.reason, group.examples.join("; "))
        }
        None => "train_label_coordinates.csv has no point for it".to_owned(),
    }
}

/// The `data.yaml` of a fold in a data set's folder.
pub fn data_yaml(folder: &Path, fold: u32) -> PathBuf {
    folder.join(format!("fold{fold}")).join("data.yaml")
}

/// The current step of making a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The headers of all files are read.
    Headers,
    /// The images of one detector are written.
    Images(Role),
    /// The crops of the second stage are written.
    Crops,
}

/// Progress callback: the step, how many files or images are done, and how many there are in that step.
pub type Progress<'a> = &'a (dyn Fn(Step, usize, usize) + Sync);

/// What is read once for all detectors.
struct Source<'a> {
    data: &'a Path,
    grades: Grades,
    points: Vec<Point>,
    folds: Folds,
    split: SplitSource,
    scan: Scan,
    /// The study that each row of `train.csv` refers to.
    matches: Matches,
    labels_sha256: String,
    /// What was left out while reading.
    skipped: SkipList,
}

/// Makes a YOLO data set for each of `all` (one or more, of different roles) of `data`: CSVs and `train_images/`. A
/// single one is written to the new folder `out`; several to `out/<role>`. `progress` is called from any thread.
///
/// Until everything is written, the new folder has another name; after an error nothing is left of it.
///
/// ```
/// use foramen::{
///     dataset::{self, BoxShape, DatasetOptions},
///     grading::Role,
///     phantom,
///     raster::Standardize,
///     study,
/// };
///
/// // The layout of the contest: train_images/<study>/<series>/<instance>.dcm, and two CSVs.
/// let dir = tempfile::tempdir()?;
/// let files = phantom::study_in_memory(1);
/// for (name, bytes) in &files {
///     let file = dir.path().join("train_images").join(name);
///     std::fs::create_dir_all(file.parent().unwrap())?;
///     std::fs::write(file, bytes)?;
/// }
/// let study = study::scan_memory(files).studies.remove(0);
/// let series = study.series_of(Role::Scs).next().unwrap();
/// let middle = series.slices[series.slices.len() / 2].instance.number.unwrap();
/// std::fs::write(
///     dir.path().join("train.csv"),
///     format!("study_id,spinal_canal_stenosis_l4_l5\n{},Severe\n", study.uid),
/// )?;
/// let head = "study_id,series_id,instance_number,condition,level,x,y";
/// let point = format!("{},{},{middle},Spinal Canal Stenosis,L4/L5,80,90", study.uid, series.uid);
/// std::fs::write(dir.path().join("train_label_coordinates.csv"), format!("{head}\n{point}\n"))?;
///
/// let options = DatasetOptions {
///     role: Role::Scs,
///     standardize: Standardize::SlicePercentile,
///     shape: BoxShape::of(Role::Scs),
///     negatives: 0.5,
/// };
/// let out = dir.path().join("yolo");
/// let info = dataset::make(dir.path(), &out, &[options], &|_step, _done, _all| ())?.remove(0);
/// assert!(info.demo, "its images are computed");
/// assert!(dataset::data_yaml(&out, 0).is_file());
/// for skipped in &info.skipped {
///     println!("left out {} times: {}", skipped.count, skipped.reason);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// `out` is taken, a CSV or the folder of images cannot be read, no box comes of the labels of some role, or a file
/// cannot be written.
pub fn make(
    data: &Path,
    out: &Path,
    all: &[DatasetOptions],
    progress: Progress,
) -> Result<Vec<DatasetInfo>, DatasetError> {
    let growing = Growing::start(out)?;
    let source = Source::read(data, all, progress)?;
    let mut infos = Vec::new();
    for options in all {
        let folder = match all {
            [_] => growing.path().to_owned(),
            _ => growing.path().join(options.role.word()),
        };
        infos.push(write(&source, &folder, options, progress)?);
    }
    growing.finish()?;
    Ok(infos)
}

impl<'a> Source<'a> {
    fn read(data: &'a Path, all: &[DatasetOptions], progress: Progress) -> Result<Self, DatasetError> {
        let mut skipped = SkipList::default();
        let train = data.join("train.csv");
        let grades = Grades::read(&train, &mut skipped)?;
        for options in all {
            grades.must_have(options.role, &train, &mut SkipList::default())?;
        }
        let points = labels::read_points(&data.join("train_label_coordinates.csv"), &mut skipped)?;
        let folds_file = data.join("5folds.csv");
        // Before the images, of which there may be many, so that problems with a CSV are reported at once.
        let read = if folds_file.exists() { Some(Folds::read(&folds_file)?) } else { None };
        let count = |done, all| progress(Step::Headers, done, all);
        let scan = study::scan(&[data.join("train_images")], &Cancel::default(), &count)?;
        tracing::debug!(
            "{}: {} studies in train.csv, {} points, {} files of {} studies",
            data.display(),
            grades.rows.len(),
            points.len(),
            scan.files,
            scan.studies.len()
        );
        let of_studies = scan.studies.iter().flat_map(|study| &study.issues);
        scan.issues.iter().chain(of_studies).for_each(|issue| skipped.add(Reason::File, issue.to_string()));
        let matches = Matches::new(&scan.studies, &grades.rows);
        matches.doubts.iter().for_each(|doubt| skipped.add(Reason::WhichStudy, doubt));
        let in_order = || matches.found.keys();
        let (folds, split) = if let Some(folds) = read {
            folds.must_hold(in_order(), &folds_file)?;
            (folds, SplitSource::Read)
        } else {
            (Folds::make(in_order(), &grades), SplitSource::Made)
        };
        Ok(Self { data, folds, split, points, matches, labels_sha256: hash(data), skipped, grades, scan })
    }
}

fn write(
    source: &Source<'_>,
    folder: &Path,
    options: &DatasetOptions,
    progress: Progress,
) -> Result<DatasetInfo, DatasetError> {
    let Source { data, grades, points, folds, scan, matches, .. } = source;
    let mut skipped = source.skipped.clone();
    grades.must_have(options.role, &data.join("train.csv"), &mut skipped)?;
    let labels = Labels { grades, matches, points, folds };
    let series = merge::label(&scan.studies, labels, options, &mut skipped);
    for labelled in &series {
        tracing::debug!(
            "{}: study {}, series {}: {} boxes on {} slices; fold {}, {}",
            options.role,
            labelled.study,
            labelled.series.uid,
            labelled.boxes.len(),
            labelled.series.slices.len(),
            labelled.fold,
            if labelled.has_background { "with background" } else { "no background" }
        );
    }
    let pictures = yolo::plan(&series, options.negatives);
    let count = |done, all| progress(Step::Images(options.role), done, all);
    let pictures = yolo::write(folder, pictures, options, &mut skipped, &count)?;
    if pictures.iter().all(|picture| picture.boxes.is_empty()) {
        return Err(DatasetError::Empty { data: data.to_path_buf(), role: options.role, skipped: skipped.groups() });
    }
    let classes = DetectionClass::all(options.role);
    let folds = yolo::write_folds(folder, &pictures, &classes)?;
    sheet::write(folder, &pictures, options.role)?;
    let studies = |is: fn(&Picture<'_>) -> bool| {
        pictures.iter().filter(|picture| is(picture)).map(|picture| &picture.from.study).collect::<HashSet<_>>().len()
    };
    let synthetic = studies(|picture| picture.from.is_synthetic);
    let info = DatasetInfo {
        format: 2,
        role: options.role,
        standardize: options.standardize,
        shape: options.shape,
        demo: synthetic > 0,
        studies: studies(|_| true),
        synthetic_studies: Some(synthetic),
        split: source.split,
        folds,
        labels_sha256: source.labels_sha256.clone(),
        skipped: skipped.groups(),
    };
    write_atomic(&folder.join("5folds.csv"), source.folds.csv().as_bytes())?;
    write_atomic(&folder.join("skipped.csv"), &skipped.csv()?)?;
    write_atomic(&folder.join("report.md"), report::text(&info).as_bytes())?;
    // Last: a folder without it is no data set.
    write_json(&folder.join(INFO_NAME), &info)?;
    Ok(info)
}

/// Over the CSVs that exist; changed labels are changed data.
fn hash(data: &Path) -> String {
    let mut hasher = Sha256::new();
    for name in ["train.csv", "train_label_coordinates.csv", "train_series_descriptions.csv", "5folds.csv"] {
        hasher.update(files::read_regular(&data.join(name), files::MOST_OF_TABLE).unwrap_or_default());
    }
    hex::encode(hasher.finalize())
}
