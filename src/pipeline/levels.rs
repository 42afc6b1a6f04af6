//! What runs before all else: the detector of levels on the middle slices of the sagittal series. It tells where the discs
//! are; which axial slices are worth looking at follows from that, and which level a box belongs to.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    GradeError, GradeEvent, Grader, ensemble,
    pool::{Lent, side_by_side},
    ranges::Ranges,
};
use crate::{
    cancel::Cancel,
    detector::{ModelError, RawDetection},
    grading::{Detection, DiscClass, Discs, Layout, ModelRole, Role},
    study::Study,
};

/// So many slices of each sagittal series are looked at, those nearest to its middle: discs are as wide as five slices,
/// and the outer ones show foramina and muscles.
const MIDDLE_SLICES: usize = 5;
/// Fainter boxes are not kept; see [`Discs::find`].
const FLOOR: f32 = 0.02;

/// What the detector of levels found, and which models ran.
#[derive(Default)]
pub struct Search {
    /// The discs; none where there is no such detector.
    pub discs: Discs,
    /// By model, as an index into the set's detectors of levels: the engine that ran it.
    pub engines: BTreeMap<usize, String>,
    /// Slices that were looked at.
    pub looked: usize,
}

/// (series, slice) of the slices to look at. Slices without a position could not say where a disc is.
pub fn slices(study: &Study) -> Vec<(usize, usize)> {
    let is_sagittal = |role: Option<Role>| matches!(role, Some(Role::Nfn | Role::Scs));
    let series = study.series.iter().enumerate().filter(|(_, series)| is_sagittal(series.role));
    let middle = |(index, series): (usize, &crate::study::Series)| {
        let placed: Vec<usize> = (0..series.slices.len()).filter(|&i| series.slices[i].plane.is_some()).collect();
        let first = placed.len().saturating_sub(MIDDLE_SLICES) / 2;
        placed.into_iter().skip(first).take(MIDDLE_SLICES).map(move |slice| (index, slice)).collect::<Vec<_>>()
    };
    series.flat_map(middle).collect()
}

/// Looks at `slices` on all cores.
pub fn find(
    grader: &Grader,
    study: &Study,
    (slices, layout, ranges): (&[(usize, usize)], &Layout, &Ranges<'_>),
    cancel: &Cancel,
    on_event: &(dyn Fn(GradeEvent) + Sync),
) -> Result<Search, GradeError> {
    if slices.is_empty() {
        return Ok(Search::default());
    }
    let shared = Shared { grader, study, slices, ranges, next: AtomicUsize::new(0), results: Mutex::default() };
    let workers = grader.worker_count()?.min(slices.len());
    side_by_side(workers, || shared.work(cancel, on_event));
    if cancel.is_cancelled() {
        return Err(GradeError::Cancelled);
    }
    let mut results = shared.results.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(failure) = results.failure.take() {
        return Err(failure.into());
    }
    // In the order of slices, whichever thread was quicker: sums of floats depend on it.
    let boxes: Vec<Detection<DiscClass>> = results.boxes.into_values().flatten().collect();
    let discs = Discs::find(&boxes, layout);
    tracing::debug!("{} boxes of discs on {} slices: {:?}", boxes.len(), slices.len(), discs.alone());
    Ok(Search { discs, engines: results.engines, looked: slices.len() })
}

struct Shared<'a> {
    grader: &'a Grader,
    study: &'a Study,
    slices: &'a [(usize, usize)],
    ranges: &'a Ranges<'a>,
    next: AtomicUsize,
    results: Mutex<Results>,
}

#[derive(Default)]
struct Results {
    /// By place in the list of slices.
    boxes: BTreeMap<usize, Vec<Detection<DiscClass>>>,
    engines: BTreeMap<usize, String>,
    /// Models that have run on a slice.
    ran: BTreeSet<usize>,
    failure: Option<ModelError>,
}

impl Shared<'_> {
    fn work(&self, cancel: &Cancel, on_event: &(dyn Fn(GradeEvent) + Sync)) {
        let mut detectors = self.grader.levels.lend();
        while !cancel.is_cancelled() {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(&place) = self.slices.get(at) else { break };
            match self.look(place, &mut detectors) {
                Ok(boxes) => {
                    self.results().boxes.insert(at, boxes);
                    on_event(GradeEvent::Slice { role: ModelRole::Levels, detections: Vec::new() });
                }
                Err(failure) => {
                    self.results().failure.get_or_insert(failure);
                    self.next.store(self.slices.len(), Ordering::Relaxed);
                }
            }
        }
    }

    /// The boxes of one slice. One that cannot be decoded says nothing here: it is an issue when its own role looks at it.
    fn look(
        &self,
        (series, slice): (usize, usize),
        detectors: &mut Lent<'_, DiscClass>,
    ) -> Result<Vec<Detection<DiscClass>>, ModelError> {
        let reference = &self.study.series[series].slices[slice];
        let Ok(decoded) = reference.decode() else { return Ok(Vec::new()) };
        let mut per_model = Vec::new();
        for (index, model) in self.grader.levels.models.iter().enumerate() {
            let detector = detectors.of(index)?;
            self.results().engines.entry(index).or_insert_with(|| detector.engine().to_owned());
            let range = model.standardize.needs_series().then(|| self.ranges.of(series, &decoded));
            let image = model.standardize.image(&decoded, range).turned(reference.turn);
            match detector.evidence(&image, FLOOR) {
                Ok(boxes) => {
                    self.results().ran.insert(index);
                    per_model.push(boxes);
                }
                // The fault may be the slice's where the model has run on others.
                Err(_) if self.results().ran.contains(&index) => (),
                Err(error) => return Err(error),
            }
        }
        if per_model.is_empty() {
            return Ok(Vec::new());
        }
        let stored = [decoded.columns(), decoded.rows()];
        let tie = |raw: RawDetection<DiscClass>| {
            let bbox = raw.bbox.turned_back(reference.turn, stored);
            Detection { class: raw.class, score: raw.score, bbox, slice: reference.id() }
        };
        Ok(ensemble::merge(per_model).into_iter().map(tie).collect())
    }

    fn results(&self) -> MutexGuard<'_, Results> {
        // Every change under this lock is a single insertion.
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
