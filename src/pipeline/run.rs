//! The work itself: worker threads over a plan's slices, and the table from their boxes.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use super::{
    GradeError, GradeEvent, GradedStudy, Grader, conclude,
    conclusion::Conclusion,
    doubted, ensemble,
    levels::{self, Search},
    plan::{Job, Plan},
    pool::{Lent, side_by_side},
    ranges::Ranges,
    results::Results,
    second,
};
use crate::{
    cancel::Cancel,
    detector::{ModelError, RawDetection},
    grading::{Aggregate, Detection, DetectionClass, Layout, Role},
    study::{Doubt, Study},
};

/// What worker threads share.
struct Shared<'a> {
    grader: &'a Grader,
    study: &'a Study,
    plan: &'a Plan,
    layout: &'a Layout,
    search: &'a Search,
    cancel: &'a Cancel,
    on_event: &'a (dyn Fn(GradeEvent) + Sync),
    next: AtomicUsize,
    ranges: &'a Ranges<'a>,
    results: Mutex<Results>,
}

pub fn grade(
    grader: &Grader,
    study: &Study,
    cancel: &Cancel,
    on_event: &(dyn Fn(GradeEvent) + Sync),
) -> Result<GradedStudy, GradeError> {
    let mut plan = Plan::new(study, &grader.models);
    let layout = conclude::layout(study);
    let ranges = Ranges::new(study);
    let first = if grader.levels.models.is_empty() { Vec::new() } else { levels::slices(study) };
    on_event(GradeEvent::Started { slices: first.len() + plan.jobs.len(), demo: grader.models.is_demo() });
    let search = levels::find(grader, study, (&first, &layout, &ranges), cancel, on_event)?;
    for _ in 0..plan.leave_out(study, &layout, &search.discs) {
        on_event(GradeEvent::Slice { role: Role::Ss.into(), detections: Vec::new() });
    }
    log_plan(grader, study, &plan);
    let shared = Shared {
        grader,
        study,
        plan: &plan,
        layout: &layout,
        search: &search,
        cancel,
        on_event,
        next: AtomicUsize::new(0),
        ranges: &ranges,
        results: Mutex::new(Results { boxes: vec![None; plan.jobs.len()], ..Results::default() }),
    };
    let workers = if plan.jobs.is_empty() { 0 } else { grader.worker_count()?.min(plan.jobs.len()) };
    side_by_side(workers, || shared.work());
    if cancel.is_cancelled() {
        return Err(GradeError::Cancelled);
    }
    let mut results = shared.results.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(failure) = results.failure.take() {
        return Err(failure.into());
    }
    let conclusion = conclude::table(grader, &layout, &plan, &search.discs, &results);
    let second = second::look(grader, study, &conclusion, &ranges, cancel)?;
    Ok(conclude::graded(grader, study, &plan, &search, (conclusion, second), results))
}

/// What will be looked at and what not, and why. Series by their names, so for debugging alone.
fn log_plan(grader: &Grader, study: &Study, plan: &Plan) {
    for (index, series) in study.series.iter().enumerate() {
        let slices = plan.jobs.iter().filter(|job| job.series == index).count();
        let models = grader.models.models.iter().filter(|model| Some(model.role) == series.role);
        let models: Vec<&str> = models.map(|model| model.name.as_str()).collect();
        tracing::debug!(
            "{}: {} slices, {} ({}); {slices} of them go to {}",
            series.title(),
            series.slices.len(),
            series.role.map_or("none of the three roles", Role::label),
            series.role_reason,
            if models.is_empty() { "no model".to_owned() } else { models.join(", ") }
        );
    }
    for (role, why) in &plan.skipped {
        tracing::debug!("{}: skipped: {why}", role.label());
    }
    for issue in &study.issues {
        tracing::debug!("{issue}");
    }
}

impl Shared<'_> {
    /// Takes slices until none is left.
    fn work(&self) {
        let mut detectors = self.grader.pool.lend();
        while !self.cancel.is_cancelled() {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(&job) = self.plan.jobs.get(at) else { break };
            match self.look(job, &mut detectors) {
                Ok(boxes) => self.finish(at, job, boxes),
                Err(failure) => {
                    self.results().failure.get_or_insert(failure);
                    // The other threads have nothing to gain from going on.
                    self.next.store(self.plan.jobs.len(), Ordering::Relaxed);
                    break;
                }
            }
        }
    }

    /// The boxes of one slice. A slice that cannot be decoded is an issue, not the end; a model that cannot be loaded, or
    /// that fails before it has run on any slice, is.
    fn look(&self, job: Job, detectors: &mut Lent<'_, DetectionClass>) -> Result<Vec<Detection>, ModelError> {
        let series = &self.study.series[job.series];
        let reference = &series.slices[job.slice];
        let slice = match reference.decode() {
            Ok(slice) => slice,
            Err(error) => {
                self.report(job, &error);
                return Ok(Vec::new());
            }
        };
        if let Some(doubt) = &slice.doubt {
            self.results().doubts.push((job, Doubt::new(doubt)));
        }
        let mut per_model = Vec::new();
        let models = self.grader.models.models.iter().enumerate().filter(|(_, m)| m.role == job.role);
        for (index, model) in models {
            let detector = detectors.of(index)?;
            self.results().engines.entry(index).or_insert_with(|| detector.engine().to_owned());
            let range = model.standardize.needs_series().then(|| self.ranges.of(job.series, &slice));
            // Whatever way its rows and columns run: the detector sees the patient, not the storage.
            let image = model.standardize.image(&slice, range).turned(reference.turn);
            let floor = self.grader.options.floor;
            let boxes = match self.grader.options.aggregate {
                Aggregate::Seed => detector.predict(&image, floor),
                Aggregate::Max | Aggregate::Geometric => detector.evidence(&image, floor),
            };
            match boxes {
                Ok(boxes) => {
                    self.results().ran.insert(index);
                    per_model.push(boxes);
                }
                // The fault may be the slice's where the model has run on others.
                Err(error) if self.results().ran.contains(&index) => self.report(job, &error),
                Err(error) => return Err(error),
            }
        }
        if per_model.is_empty() {
            return Ok(Vec::new());
        }
        let id = reference.id();
        let stored = [slice.columns(), slice.rows()];
        let tie = |raw: RawDetection| {
            let bbox = raw.bbox.turned_back(reference.turn, stored);
            Detection { class: raw.class, score: raw.score, bbox, slice: id.clone() }
        };
        let boxes = match self.grader.options.aggregate {
            // The highest score of any model counts: merged boxes would have other scores than the models gave.
            Aggregate::Seed => per_model.into_iter().flatten().collect(),
            Aggregate::Max | Aggregate::Geometric => ensemble::merge(per_model),
        };
        tracing::debug!("series {}, slice {}: {} boxes of {}", job.series + 1, job.slice + 1, boxes.len(), job.role);
        Ok(boxes.into_iter().map(tie).collect())
    }

    fn report(&self, job: Job, error: &dyn std::error::Error) {
        self.results().failures.push((job, error.to_string()));
    }

    fn finish(&self, at: usize, job: Job, boxes: Vec<Detection>) {
        (self.on_event)(GradeEvent::Slice { role: job.role.into(), detections: boxes.clone() });
        let role_is_done = {
            let mut results = self.results();
            results.boxes[at] = Some(boxes);
            let jobs = self.plan.jobs.iter().zip(&results.boxes);
            jobs.filter(|(j, _)| j.role == job.role)
                .all(|(_, boxes)| boxes.is_some())
                .then(|| conclude::table(self.grader, self.layout, self.plan, &self.search.discs, &results))
        };
        if let Some(Conclusion { table, discs, .. }) = role_is_done {
            let unfamiliar = doubted::judged(self.grader, self.search, (&discs, &table), None);
            let table = doubted::pulled(self.grader, unfamiliar.as_ref(), table);
            (self.on_event)(GradeEvent::Role { role: job.role, table: Box::new(table) });
        }
    }

    fn results(&self) -> std::sync::MutexGuard<'_, Results> {
        // Every change under this lock is a single assignment or push.
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
