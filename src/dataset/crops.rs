//! The data set of the second stage: for each study one picture with all its crops, and one list of grades.
//!
//! The crops are those of grading, with a margin around them and slices to spare, from which training takes what a slightly
//! wrong place would have given.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use image::ExtendedColorType;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    DatasetError, Folds, Grades, Point, Progress, Skipped, Source, Step,
    canal::Canal,
    skipped::{Reason, SkipList},
    yolo::{file_name, save_png},
};
use crate::{
    crops::{self, CELLS, CropShape, Crops},
    files::{WriteError, write_atomic, write_json},
    grading::{Condition, GradeId, Severity},
    growing::Growing,
    raster::Standardize,
    study::{SeriesNames, Study, StudyId},
};

/// `crops.json`, which tells what a data set of crops is; a folder without it is none.
pub const CROPS_NAME: &str = "crops.json";
/// Pixels around each crop, and slices at both ends of each cell, for training to choose from.
const MARGIN: u32 = 8;
const SPARE: usize = 1;

/// The description of a data set of crops: `crops.json` in its folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CropsInfo {
    /// Version of this format: 1.
    pub format: u32,
    /// Width and height of the crops that grading cuts, pixels.
    pub side: u32,
    /// Pixels that are added to them here on every side.
    pub margin: u32,
    /// Width and height of the crops that grading cuts, mm.
    pub width_mm: f64,
    /// Slices of each cell in grading.
    pub slices: usize,
    /// Slices that are added here at both ends.
    pub spare_slices: usize,
    /// How slices became 0-255; the model's manifest must say the same.
    pub standardize: Standardize,
    /// It contains at least one synthetic image: a model trained on it is a demo.
    pub demo: bool,
    /// Hex SHA-256 over the label CSVs.
    pub labels_sha256: String,
    /// Every study with a crop and a grade.
    pub studies: Vec<CropStudy>,
    /// What was left out, and why.
    pub skipped: Vec<Skipped>,
}

/// One study of the data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CropStudy {
    /// Its id in the CSVs.
    pub study: String,
    /// Its validation fold, 0 to 4.
    pub fold: u32,
    /// Its picture, relative to the folder: a row of slices for each of the 25 cells, in the order of [`GradeId::ALL`].
    pub file: String,
    /// For each cell: 0, 1 or 2 for normal/mild, moderate or severe; null without a label.
    pub grades: Vec<Option<u8>>,
    /// For each cell and slice whether it exists, `1` or `0`.
    pub seen: Vec<String>,
}

/// Makes a data set of crops in the new folder `out` of `data`: CSVs and `train_images/`, as [`make`](super::make) reads
/// them. `progress` is called from any thread.
///
/// The places are the graders' points, which grading knows from the detectors; a level without any point has no crops.
///
/// # Errors
///
/// `out` is taken, a CSV or the folder of images cannot be read, no crop comes of the labels, or a file cannot be written.
pub fn make_crops(
    data: &Path,
    out: &Path,
    standardize: Standardize,
    progress: Progress,
) -> Result<CropsInfo, DatasetError> {
    let growing = Growing::start(out)?;
    let source = Source::read(data, &[], progress)?;
    let images = growing.path().join("images");
    fs::create_dir_all(&images).map_err(|source| WriteError { path: images, source })?;
    let mut skipped = source.skipped.clone();
    let mut points: BTreeMap<&StudyId, Vec<&Point>> = BTreeMap::new();
    source.points.iter().for_each(|point| points.entry(&point.study).or_default().push(point));
    let of_study = |id: &StudyId| points.get(id).map_or(&[][..], Vec::as_slice).iter().copied();
    let mut work = Vec::new();
    for (id, &index) in &source.matches.found {
        let study = &source.scan.studies[index];
        let names = SeriesNames::of(study, id);
        let skip = |point: &Point, reason, what: String| skipped.add(reason, point.describe_with(&what));
        match Canal::of(study, &names, of_study(id), skip) {
            Some(canal) => work.push((id, study, canal)),
            None => skipped.add(Reason::NoPoint, format!("study {id}")),
        }
    }
    let without = source.grades.rows.keys().filter(|id| !source.matches.found.contains_key(*id));
    without.for_each(|id| skipped.add(Reason::NoImages, format!("study {id}")));
    let (done, count, lost) = (AtomicUsize::new(0), work.len(), Mutex::new(SkipList::default()));
    let shape = CropShape::default();
    let studies: Vec<Option<CropStudy>> = work
        .into_par_iter()
        .map(|(id, study, canal)| {
            let crops = cut(study, &canal, shape.grown(MARGIN, SPARE), standardize, &lost);
            let written = write(growing.path(), id, &crops, &source.grades, &source.folds)?;
            progress(Step::Crops, done.fetch_add(1, Ordering::Relaxed) + 1, count);
            Ok(written)
        })
        .collect::<Result<_, DatasetError>>()?;
    let studies: Vec<CropStudy> = studies.into_iter().flatten().collect();
    skipped.extend(lost.into_inner().unwrap_or_else(PoisonError::into_inner));
    if studies.is_empty() {
        return Err(DatasetError::NoCrops { data: data.to_owned(), skipped: skipped.groups() });
    }
    let info = CropsInfo {
        format: 1,
        side: shape.side,
        margin: MARGIN,
        width_mm: shape.width_mm(),
        slices: shape.slices,
        spare_slices: SPARE,
        standardize,
        demo: source.scan.studies.iter().any(Study::is_synthetic),
        labels_sha256: source.labels_sha256.clone(),
        studies,
        skipped: skipped.groups(),
    };
    write_atomic(&growing.path().join("5folds.csv"), source.folds.csv().as_bytes())?;
    write_atomic(&growing.path().join("skipped.csv"), &skipped.csv()?)?;
    write_atomic(&growing.path().join("report.md"), crops_text(&info).as_bytes())?;
    write_json(&growing.path().join(CROPS_NAME), &info)?;
    growing.finish()?;
    Ok(info)
}

/// As grading cuts them, from the labels' places.
fn cut(study: &Study, canal: &Canal, shape: CropShape, standardize: Standardize, lost: &Mutex<SkipList>) -> Crops {
    let picture = |series: usize, slice: usize| {
        let reference = &study.series[series].slices[slice];
        match reference.decode() {
            Ok(decoded) => Some(standardize.image(&decoded, None).turned(reference.turn)),
            Err(error) => {
                let what = format!("{}: {error}", reference.instance.source);
                lost.lock().unwrap_or_else(PoisonError::into_inner).add(Reason::Undecodable, what);
                None
            }
        }
    };
    crops::cut(study, &crops::places(&canal.at), shape, &|series| study.share_space(canal.space, series), &picture)
}

/// One picture and its entry; `None` where no cell has both a crop and a grade.
fn write(
    folder: &Path,
    id: &StudyId,
    crops: &Crops,
    grades: &Grades,
    folds: &Folds,
) -> Result<Option<CropStudy>, DatasetError> {
    let grade = |cell: GradeId| grades.get(id.as_str(), cell).map(|severity: Severity| severity.index() as u8);
    let grades: Vec<Option<u8>> = GradeId::ALL.into_iter().map(grade).collect();
    if !(0..CELLS).any(|cell| crops.shows(cell) && grades[cell].is_some()) {
        return Ok(None);
    }
    let shape = crops.shape();
    let (side, width) = (shape.side as usize, shape.side as usize * shape.slices);
    let mut atlas = vec![0; width * side * CELLS];
    let mut seen = Vec::with_capacity(CELLS);
    for cell in 0..CELLS {
        let tiles = crops.of(cell);
        seen.push(tiles.iter().map(|tile| if tile.is_some() { '1' } else { '0' }).collect());
        for (column, tile) in tiles.iter().enumerate() {
            for (row, pixels) in tile.iter().flat_map(|tile| tile.pixels.chunks_exact(side)).enumerate() {
                atlas[(cell * side + row) * width + column * side..][..side].copy_from_slice(pixels);
            }
        }
    }
    let file = format!("images/{}.png", file_name(id.as_str()));
    save_png(&folder.join(&file), &atlas, [width as u32, (side * CELLS) as u32], ExtendedColorType::L8)?;
    let fold = folds.0.get(id).copied().unwrap_or_default();
    Ok(Some(CropStudy { study: id.to_string(), fold, file, grades, seen }))
}

/// The report of a data set of crops as Markdown, as it stands in its `report.md`.
pub fn crops_text(info: &CropsInfo) -> String {
    let mut text = String::new();
    let CropsInfo { side, margin, width_mm, slices, .. } = info;
    // Writing to a String does not fail.
    let _ = writeln!(text, "# Data set for crops (the second stage)\n");
    let _ = writeln!(text, "{} studies.\n", info.studies.len());
    let _ = writeln!(
        text,
        "- {slices} slices of {width_mm:.0} mm, {side} x {side} pixels, and {margin} more on every side.\n- 0-255 by `{}`.\n",
        info.standardize
    );
    let _ = writeln!(
        text,
        "| condition | cells with a crop and a grade | normal/mild | moderate | severe |\n|---|---|---|---|---|"
    );
    for condition in Condition::ALL {
        let mut counts = [0; 3];
        for study in &info.studies {
            for (id, (grade, seen)) in GradeId::ALL.iter().zip(study.grades.iter().zip(&study.seen)) {
                let is_seen = seen.as_bytes().get(seen.len() / 2) == Some(&b'1');
                if let Some(grade) = grade.filter(|_| is_seen && id.condition() == *condition) {
                    counts[usize::from(grade).min(2)] += 1;
                }
            }
        }
        let [a, b, c] = counts;
        let _ = writeln!(text, "| {} | {} | {a} | {b} | {c} |", condition.label(), a + b + c);
    }
    let _ = super::report::skipped(&mut text, &info.skipped);
    text
}
