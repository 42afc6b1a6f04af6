//! Boxes against labels: mAP and confusion over the validation images of a data set.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::anyhow;
use serde::Serialize;

use super::{answer, data_set::DataSet, plot};
use crate::{
    cli::{
        exit::{Exit, Failure, Outcome},
        progress,
    },
    detector::{Detector, EngineChoice, Model, ModelSet, RawDetection},
    grading::{DetectionClass, Role},
    metric::{AveragePrecision, Confusion, Definition, JudgedBox, ScoredBox, average_precision, judge},
};

mod text;

/// Boxes from this score up form the precision-recall curve, as in Ultralytics' validation.
const FLOOR: f32 = 0.001;
/// Boxes above this are shown to a reader, and counted in the confusion.
const SHOWN: f32 = 0.25;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Detections")]
pub struct DetectionArgs {
    /// Data set made by `foramen dataset`: its validation images are used as they are
    #[arg(long, value_name = "DATA")]
    pub detections: Option<PathBuf>,
    /// Folder of ONNX models; those of the data set's role are evaluated, each separately. The demo models if left
    /// out
    #[arg(long, value_name = "DIR", requires = "detections")]
    models: Option<PathBuf>,
    /// The validation fold; 0 if left out. Of several models, those not trained on it are used
    #[arg(long, value_name = "K", requires = "detections")]
    fold: Option<u32>,
    /// Inference engine
    #[arg(long, value_enum, default_value_t, requires = "detections")]
    engine: EngineChoice,
}

#[derive(Serialize)]
pub struct Report {
    role: Role,
    /// The validation fold.
    fold: Option<u32>,
    images: usize,
    /// Labelled boxes.
    labels: usize,
    /// Scores above this count for mAP.
    score_floor: f32,
    /// Scores above this count for the confusion.
    score_shown: f32,
    models: Vec<ModelReport>,
}

#[derive(Serialize)]
pub struct ModelReport {
    file: String,
    sha256: String,
    engine: String,
    /// Boxes above the floor.
    boxes: usize,
    /// For each definition.
    pub average_precision: Vec<AveragePrecision>,
    pub confusion: Confusion,
}

pub fn run(data: &Path, args: &DetectionArgs, plots: Option<&Path>, json: bool) -> Outcome {
    let input = |e| Failure::new(Exit::Input, e);
    let data_set = DataSet::open(data, args.fold).map_err(input)?;
    let models = chosen(&data_set, args.models.as_deref())?;
    for model in &models {
        must_speak_of_the_same(&data_set, model, data).map_err(|e| Failure::new(Exit::Model, e))?;
    }
    let labels = Labels::read(&data_set).map_err(input)?;
    if labels.count.is_empty() {
        return Err(input(anyhow!("{}: no validation image has a labelled box", data.display())));
    }
    let mut reports = Vec::new();
    for model in &models {
        reports.push(evaluate(&data_set, &labels, model, args.engine)?);
    }
    let report = Report {
        role: data_set.role,
        fold: data_set.fold,
        images: data_set.items.len(),
        labels: labels.count.values().sum(),
        score_floor: FLOOR,
        score_shown: SHOWN,
        models: reports,
    };
    if let Some(folder) = plots {
        for model in &report.models {
            let prefix = if models.len() > 1 { Some(model.file.trim_end_matches(".onnx")) } else { None };
            plot::detections(folder, prefix, report.role, &model.average_precision, &model.confusion)
                .map_err(|e| Failure::new(Exit::Output, e))?;
        }
    }
    answer(&report, json, || text::human(&report))?;
    Ok(Exit::Ok)
}

/// Labelled boxes by image, and how many there are of each class.
struct Labels {
    images: Vec<Vec<(DetectionClass, crate::raster::BBox)>>,
    count: BTreeMap<DetectionClass, usize>,
}

impl Labels {
    fn read(data_set: &DataSet) -> anyhow::Result<Self> {
        let mut labels = Self { images: Vec::new(), count: BTreeMap::new() };
        for item in &data_set.items {
            let size = image::image_dimensions(&item.image)
                .map_err(|e| anyhow!("{}: not a readable image: {e}", item.image.display()))?;
            let of_image = item.labels(&data_set.classes, size)?;
            for (class, _) in &of_image {
                *labels.count.entry(*class).or_default() += 1;
            }
            labels.images.push(of_image);
        }
        Ok(labels)
    }
}

/// The models of the role; if any says that it was not trained on the fold, only those.
fn chosen(data_set: &DataSet, folder: Option<&Path>) -> Result<Vec<Arc<Model>>, Failure> {
    let unusable = |e: anyhow::Error| Failure::new(Exit::Model, e);
    let set = ModelSet::load(folder).map_err(|e| unusable(e.into()))?;
    let all: Vec<Arc<Model>> = set.of(data_set.role).cloned().collect();
    if all.is_empty() {
        let place = folder.map_or("this build".to_owned(), |f| f.display().to_string());
        return Err(unusable(anyhow!("{place}: no model for {} ({})", data_set.role, data_set.role.label())));
    }
    let unseen: Vec<Arc<Model>> = all.iter().filter(|m| m.fold.is_some() && m.fold == data_set.fold).cloned().collect();
    if !unseen.is_empty() {
        return Ok(unseen);
    }
    for model in all.iter().filter(|m| m.fold.is_some()) {
        eprintln!(
            "foramen: {}: it was trained on studies of this fold (it left out fold {}): its figures are too optimistic",
            model.name,
            model.fold.unwrap_or_default()
        );
    }
    Ok(all)
}

/// The classes may be in a different order, but they must be the same.
fn must_speak_of_the_same(data_set: &DataSet, model: &Model, data: &Path) -> anyhow::Result<()> {
    let [labelled, detected]: [BTreeSet<DetectionClass>; 2] =
        [&data_set.classes, &model.classes].map(|classes| classes.iter().copied().collect());
    let named = |classes: Vec<&DetectionClass>| match classes.as_slice() {
        [] => "none".to_owned(),
        [first] => first.to_string(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    };
    if labelled == detected {
        return Ok(());
    }
    Err(anyhow!(
        "{} and {} have different classes: only in the data: {}; only in the model: {}",
        data.display(),
        model.name,
        named(labelled.difference(&detected).collect()),
        named(detected.difference(&labelled).collect())
    ))
}

fn evaluate(
    data_set: &DataSet,
    labels: &Labels,
    model: &Arc<Model>,
    engine: EngineChoice,
) -> Result<ModelReport, Failure> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let unusable = |e| Failure::new(Exit::Model, e);
    let mut detector = Detector::new(model, engine, threads).map_err(unusable)?;
    let (mut judged, mut confusion) = (Vec::with_capacity(data_set.items.len()), Confusion::default());
    let bar = progress::bar("images");
    bar.set_length(data_set.items.len() as u64);
    bar.set_message(model.name.clone());
    for (item, labels) in data_set.items.iter().zip(&labels.images) {
        let picture = item.picture().map_err(|e| Failure::new(Exit::Input, e))?;
        let boxes = detector.multi_label(&picture, FLOOR).map_err(unusable)?;
        let classes: Vec<DetectionClass> = labels.iter().map(|(class, _)| *class).collect();
        let scored = |boxes: &[RawDetection]| -> Vec<ScoredBox> {
            boxes.iter().map(|b| ScoredBox { class: b.class, score: b.score }).collect()
        };
        judged.push(judge(&classes, &scored(&boxes), |l, b| labels[l].1.iou(&boxes[b].bbox)));
        let shown = shown(&boxes);
        confusion.add(&classes, &scored(&shown), |l, b| labels[l].1.iou(&shown[b].bbox));
        bar.inc(1);
    }
    bar.finish_and_clear();
    let average_precision = [Definition::Ultralytics, Definition::Coco]
        .into_iter()
        .filter_map(|definition| average_precision(&judged, &labels.count, definition))
        .collect();
    Ok(ModelReport {
        file: model.name.clone(),
        sha256: model.sha256.clone(),
        engine: detector.engine().to_owned(),
        boxes: judged.iter().map(Vec::<JudgedBox>::len).sum(),
        average_precision,
        confusion,
    })
}

/// What `predict` would show: the best class of each place above the threshold. Boxes at one place come from one
/// anchor, are bit-identical, and the highest-scoring one comes first.
fn shown(boxes: &[RawDetection]) -> Vec<RawDetection> {
    let mut shown: Vec<RawDetection> = Vec::new();
    for candidate in boxes.iter().filter(|b| b.score > SHOWN) {
        if shown.iter().all(|s| s.bbox != candidate.bbox) {
            shown.push(candidate.clone());
        }
    }
    shown
}
