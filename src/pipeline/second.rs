//! The second stage: crops around the places that the detectors have found, graded all together, and mixed with what the
//! boxes say.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{GradeError, Grader, Parts, UsedModel, conclusion::Conclusion, ranges::Ranges};
use crate::{
    cancel::Cancel,
    crops::{self, CELLS, Crops},
    detector::{CropGrade, CropGrader, CropModel, EngineChoice},
    geometry::Vec3,
    grading::{Assessment, Detection, DetectionClass, Evidence, Grade, GradeId, GradeTable, ModelRole, Probabilities},
    raster::BBox,
    study::Study,
};

/// The models of the second stage, loaded when first needed and kept from study to study.
pub struct Stage {
    pub models: Vec<Arc<CropModel>>,
    engine: EngineChoice,
    /// By model. One at a time: a study is one run of the network.
    loaded: Mutex<Vec<Option<CropGrader>>>,
}

/// What the second stage says of a study.
pub struct Second {
    /// The mean of the models' answers.
    grades: [Option<CropGrade>; CELLS],
    /// Where it looked.
    boxes: [Option<(usize, usize, BBox)>; CELLS],
    /// The models that ran.
    pub used: Vec<UsedModel>,
}

impl Stage {
    /// Nothing is loaded yet.
    pub fn new(models: Vec<Arc<CropModel>>, engine: EngineChoice) -> Self {
        let loaded = Mutex::new(models.iter().map(|_| None).collect());
        Self { models, engine, loaded }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Option<CropGrader>>> {
        // Every change under this lock is a single assignment.
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks at the places of a study. `None` without such a model, or where no place is known.
pub fn look(
    grader: &Grader,
    study: &Study,
    conclusion: &Conclusion,
    ranges: &Ranges<'_>,
    cancel: &Cancel,
) -> Result<Option<Second>, GradeError> {
    let stage = &grader.stage;
    let Some(space) = conclusion.space.filter(|_| !stage.models.is_empty()) else { return Ok(None) };
    let places = crops::places(&conclusion.levels);
    let is_denied = |index: usize| {
        let doubt = conclusion.doubts.get(&study.series[index].uid);
        doubt.is_some_and(|doubt| doubt.denies_place())
    };
    let usable = |index: usize| study.share_space(space, index) && !is_denied(index);
    let mut answers: Vec<[Option<CropGrade>; CELLS]> = Vec::new();
    let (mut boxes, mut used) = ([None; CELLS], Vec::new());
    let mut last: Option<(&CropModel, Crops)> = None;
    let mut loaded = stage.lock();
    for (model, slot) in stage.models.iter().zip(loaded.iter_mut()) {
        if cancel.is_cancelled() {
            return Err(GradeError::Cancelled);
        }
        let is_same = |(of, _): &(&CropModel, Crops)| of.shape == model.shape && of.standardize == model.standardize;
        let crops = match last.take().filter(is_same) {
            Some((_, crops)) => crops,
            None => cut(study, &places, model, &usable, ranges),
        };
        let shown: [bool; CELLS] = std::array::from_fn(|cell| crops.shows(cell));
        let network = match slot {
            Some(network) => network,
            None => slot.insert(CropGrader::new(model, stage.engine, grader.worker_count()?)?),
        };
        answers.push(network.grade(&crops.input(), shown)?);
        used.push(of_model(model, network.engine()));
        boxes = std::array::from_fn(|cell| crops.place_box(study, cell));
        last = Some((model, crops));
    }
    let grades = std::array::from_fn(|cell| mean(answers.iter().filter_map(|answer| answer[cell])));
    Ok(Some(Second { grades, boxes, used }))
}

/// A slice that cannot be read is missing here; it is an issue where its detector looks at it.
fn cut(
    study: &Study,
    places: &[Option<Vec3>; CELLS],
    model: &CropModel,
    usable: &dyn Fn(usize) -> bool,
    ranges: &Ranges<'_>,
) -> Crops {
    let picture = |series: usize, slice: usize| {
        let reference = &study.series[series].slices[slice];
        let decoded = reference.decode().ok()?;
        let range = model.standardize.needs_series().then(|| ranges.of(series, &decoded));
        Some(model.standardize.image(&decoded, range).turned(reference.turn))
    };
    crops::cut(study, places, model.shape, usable, &picture)
}

fn mean(answers: impl Iterator<Item = CropGrade>) -> Option<CropGrade> {
    let (mut sum, mut strangeness, mut count) = ([0.0; 3], 0.0, 0_u16);
    for answer in answers {
        sum.iter_mut().zip(answer.probabilities.as_array()).for_each(|(sum, p)| *sum += p);
        strangeness += answer.strangeness;
        count += 1;
    }
    let probabilities = Probabilities::normalized(sum).ok()?;
    Some(CropGrade { probabilities, strangeness: strangeness / f32::from(count) })
}

fn of_model(model: &CropModel, engine: &str) -> UsedModel {
    UsedModel {
        role: ModelRole::Crops,
        name: model.name.clone(),
        sha256: model.sha256.clone(),
        demo: model.demo,
        engine: engine.to_owned(),
        standardize: model.standardize.to_string(),
        missing_classes: Vec::new(),
    }
}

impl Second {
    /// How strange the crops of a study look, the median over the places; see [`CropGrade::strangeness`].
    pub fn strangeness(&self) -> Option<f32> {
        let mut all: Vec<f32> = self.grades.iter().flatten().map(|grade| grade.strangeness).collect();
        all.sort_by(f32::total_cmp);
        all.get(all.len() / 2).copied()
    }

    /// Row by row, what there is to mix.
    pub fn parts(&self, scores: &[Option<Probabilities>]) -> Vec<Parts> {
        let crops = self.grades.iter().map(|grade| grade.map(|grade| grade.probabilities));
        crops.zip(scores).map(|(crops, &boxes)| Parts { boxes, crops }).collect()
    }

    /// Whether it says something of a row.
    pub fn sees(&self, id: GradeId) -> bool {
        self.grades[id.index()].is_some()
    }

    /// The table with its answers mixed in. `scores` are the boxes' probabilities before any calibration. Rows that it does
    /// not see stay as the boxes have them.
    pub fn mixed(
        &self,
        grader: &Grader,
        study: &Study,
        table: &GradeTable,
        scores: &[Option<Probabilities>],
    ) -> GradeTable {
        let first = &grader.stage.models[0];
        GradeTable::from_fn(|id| {
            let row = table.get(id);
            let Some(CropGrade { probabilities: of_crops, .. }) = self.grades[id.index()] else {
                return row.assessment.clone();
            };
            let role = id.condition().role();
            let of_boxes = scores[id.index()].unwrap_or_else(|| grader.models.prior(role).of(id));
            let probabilities =
                if grader.options.calibrate { first.mixture(role).apply(of_boxes, of_crops) } else { of_crops };
            let evidence = match row.evidence() {
                [] => self.place(study, row, probabilities).into_iter().collect(),
                boxes => boxes.to_vec(),
            };
            if evidence.is_empty() { row.assessment.clone() } else { Assessment::Detected { probabilities, evidence } }
        })
    }

    /// What there is to show where no detector drew a box: where it looked.
    fn place(&self, study: &Study, row: &Grade, probabilities: Probabilities) -> Option<Evidence> {
        let id = row.id;
        let (series, slice, bbox) = self.boxes[id.index()]?;
        let severity = probabilities.most_likely();
        let score = probabilities.of(severity);
        let slice = study.series[series].slices[slice].id();
        let detection = Detection { class: DetectionClass { grade: id, severity }, score, bbox, slice };
        Some(Evidence { severity, weight: score, detection, conflicts: Vec::new(), is_place: true })
    }
}
