//! What the boxes come to: votes by the way of aggregating that was asked for, the table, and what must be said
//! with it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    GradeOptions, GradedStudy, Grader, UsedModel,
    levels::Search,
    plan::{Job, Plan},
    run::Results,
};
use crate::{
    detector::{Class, Model},
    geometry::Vec3,
    grading::{
        self, Aggregate, Assessment, Detection, Disc, Discs, GradeTable, Layout, Placed, Prior, Resolved, Role,
        SeriesDoubt,
    },
    study::{Issue, Series, Study, gathered},
    uid::SeriesUid,
};

/// A table and where its geometry comes from.
pub struct Conclusion {
    pub table: GradeTable,
    /// The canal at the disc of each level; all `None` without geometry.
    pub levels: [Option<Vec3>; 5],
    /// The discs, where geometry goes by them.
    pub discs: Vec<Disc>,
    /// Roles that geometry could not help, and why.
    pub at_their_word: BTreeMap<Role, String>,
    /// What most boxes of a series, by UID, say against where it lies.
    pub doubts: BTreeMap<SeriesUid, SeriesDoubt>,
    /// Whether any row went through a calibration.
    pub calibrated: bool,
}

/// The table of what is known so far.
pub fn table(grader: &Grader, layout: &Layout, plan: &Plan, discs: &Discs, results: &Results) -> Conclusion {
    let mut reasons: BTreeMap<Role, String> = plan.skipped.iter().cloned().collect();
    let mut looked: BTreeSet<Role> = BTreeSet::new();
    let mut boxes: Vec<Detection> = Vec::new();
    for &role in Role::ALL {
        let count = plan.count(role);
        if count == 0 {
            continue;
        }
        let failed: BTreeSet<(usize, usize)> =
            results.failures.iter().filter(|(j, _)| j.role == role).map(|(j, _)| (j.series, j.slice)).collect();
        let of_role = plan.jobs.iter().zip(&results.boxes).filter(|(job, _)| job.role == role);
        if of_role.clone().any(|(_, boxes)| boxes.is_none()) {
            reasons.insert(role, "not looked at yet".to_owned());
        } else if failed.len() == count {
            reasons.insert(role, format!("none of the {count} {} slices could be read", role.label()));
        } else {
            looked.insert(role);
            boxes.extend(of_role.filter_map(|(_, b)| b.as_deref()).flatten().cloned());
        }
    }
    let aggregate = grader.options.aggregate;
    let resolved = match aggregate {
        Aggregate::Max | Aggregate::Seed => Resolved { votes: grading::max(&boxes), ..Resolved::default() },
        Aggregate::Geometric => grading::geometric_at(discs, &boxes, layout),
    };
    let assess = |id, prior: &Prior| match aggregate {
        Aggregate::Seed => grading::assess_seed(id, &resolved.votes, prior, grader.options.without_box),
        Aggregate::Max | Aggregate::Geometric => grading::assess(id, &resolved.votes, prior),
    };
    let mut calibrated = false;
    let table = GradeTable::from_fn(|id| {
        let role = id.condition().role();
        if !looked.contains(&role) {
            let reason = reasons.get(&role).cloned().unwrap_or_else(|| "nothing looked at it".to_owned());
            return Assessment::NotAssessed { reason };
        }
        let prior = grader.models.of(role).next().map_or_else(Prior::default, |m| m.prior.clone());
        match (assess(id, &prior), grader.calibration(role)) {
            // Nothing was looked for, which is another thing than nothing seen.
            (Assessment::Prior { .. }, _) if !grader.models.of(role).any(|m| m.knows(id)) => {
                Assessment::NotAssessed { reason: "the model has no class for it".to_owned() }
            }
            (Assessment::Detected { probabilities, evidence }, Some(calibration)) => {
                calibrated = true;
                Assessment::Detected { probabilities: calibration.apply(probabilities), evidence }
            }
            (assessment, _) => assessment,
        }
    });
    let Resolved { levels, discs, at_their_word, doubts, .. } = resolved;
    Conclusion { table, levels, discs, at_their_word, doubts, calibrated }
}

/// Where the study's slices lie. Series whose positions may be compared are in one space.
pub fn layout(study: &Study) -> Layout {
    let space = |series: usize| (0..series).find(|&other| study.share_space(other, series)).unwrap_or(series);
    Layout::new(study.series.iter().enumerate().flat_map(|(index, series)| {
        let space = space(index);
        series.slices.iter().filter_map(move |slice| Some((slice.id(), Placed { plane: slice.plane?, space })))
    }))
}

/// The finished study.
pub fn graded(
    grader: &Grader,
    study: &Study,
    layout: &Layout,
    plan: &Plan,
    search: &Search,
    mut results: Results,
) -> GradedStudy {
    let conclusion = table(grader, layout, plan, &search.discs, &results);
    results.failures.sort_by_key(|(job, _)| (job.role, job.series, job.slice));
    let mut planes = BTreeMap::new();
    for evidence in conclusion.table.rows().iter().flat_map(grading::Grade::evidence) {
        let id = &evidence.detection.slice;
        if let Some((series, slice)) = study.find(id)
            && let Some(plane) = study.series[series].slices[slice].plane
        {
            planes.insert(id.clone(), plane);
        }
    }
    results.doubts.sort_by_key(|(job, _)| (job.role, job.series, job.slice));
    let file = |job: Job| study.series[job.series].slices[job.slice].instance.source.to_string();
    let doubts = gathered(std::mem::take(&mut results.doubts).into_iter().map(|(job, doubt)| (doubt, file(job))));
    let of_series: Vec<Issue> = conclusion.doubts.iter().map(|(uid, doubt)| of_series(study, uid, *doubt)).collect();
    let faint: Vec<Issue> = Role::ALL.iter().filter_map(|&role| faint(role, &conclusion.table)).collect();
    let models = used_models(grader, search, &results);
    let mut warnings = warnings(grader, study, plan, &models, &results.failures, &conclusion);
    warnings.extend(doubt_of_discs(search, &conclusion.discs));
    let failures = failures(study, &results.failures);
    GradedStudy {
        study_uid: study.uid.clone(),
        is_synthetic: study.is_synthetic(),
        warnings,
        table: conclusion.table,
        aggregate: grader.options.aggregate,
        calibrated: conclusion.calibrated,
        floor: grader.options.floor,
        levels: conclusion.levels,
        discs: conclusion.discs,
        disc_places: search.discs.clone(),
        slices_left_out: plan.left_out.len(),
        detections: results.boxes.into_iter().flatten().flatten().collect(),
        planes,
        models,
        found: None,
        issues: failures.into_iter().chain(doubts).chain(of_series).chain(faint).collect(),
    }
}

/// A doubt that boxes cast on a whole series.
fn of_series(study: &Study, uid: &SeriesUid, doubt: SeriesDoubt) -> Issue {
    let series = study.series.iter().find(|series| series.uid == *uid && series.role.is_some());
    let title = series.map_or_else(|| "a series".to_owned(), Series::title);
    let so = if doubt.denies_place() {
        "where it lies is not used for levels or sides; check its place"
    } else {
        "the rows go by where they lie beside the other series; check the levels, and the places of all series"
    };
    Issue::new("", format!("{title}: {doubt}: {so}"))
}

/// A detector that finds next to nothing of what it knows looks at something else than it was trained on.
fn faint(role: Role, table: &GradeTable) -> Option<Issue> {
    let scores = table.rows().iter().filter(|row| row.id.condition().role() == role);
    let best: Vec<f32> =
        scores.filter_map(|row| row.evidence().iter().map(|e| e.detection.score).reduce(f32::max)).collect();
    let faint = best.iter().filter(|score| **score < FAINT).count();
    (best.len() >= FEWEST_ROWS && faint * 2 >= best.len()).then(|| {
        let message = format!(
            "{}: no box scores {FAINT:.2} in {faint} of the {} rows that have any: the images may be turned, mirrored, of \
             another part of the body, or unlike those that the detector was trained on",
            role.label(),
            best.len()
        );
        Issue::new("", message)
    })
}

/// Boxes below this score are next to nothing. In one of 72 series of 24 varied phantoms half of the rows have no better
/// one; of phantoms whose pixels were turned by 180 degrees, in all that have five rows.
const FAINT: f32 = 0.2;
/// Of fewer rows nothing is said: where so much has no box, that is said already.
const FEWEST_ROWS: usize = 5;

/// What could not be looked at: frames of one file that failed alike are said once.
fn failures(study: &Study, all: &[(Job, String)]) -> Vec<Issue> {
    let alike = |(a, why): &(Job, String), (b, other): &(Job, String)| {
        let instance = |job: &Job| &study.series[job.series].slices[job.slice].instance;
        a.role == b.role && why == other && std::sync::Arc::ptr_eq(instance(a), instance(b))
    };
    let said = |same: &[(Job, String)]| {
        let (Job { series, slice, .. }, why) = same.first()?;
        let of = &study.series[*series];
        let which = match same.len() {
            1 => format!("slice {}", slice + 1),
            count => format!("{count} slices, the first {}", slice + 1),
        };
        Some(Issue::new(&of.slices[*slice].instance.source, format!("{}, {which}: {why}", of.title())))
    };
    all.chunk_by(alike).filter_map(said).collect()
}

fn used_models(grader: &Grader, search: &Search, results: &Results) -> Vec<UsedModel> {
    let levels = search.engines.iter().map(|(&index, engine)| used(&grader.levels.models[index], engine));
    levels.chain(results.engines.iter().map(|(&index, engine)| used(&grader.pool.models[index], engine))).collect()
}

fn used<C: Class>(model: &Model<C>, engine: &str) -> UsedModel {
    UsedModel {
        role: model.role.into(),
        name: model.name.clone(),
        sha256: model.sha256.clone(),
        demo: model.demo,
        engine: engine.to_owned(),
        standardize: model.standardize.to_string(),
        missing_classes: model.missing_classes().iter().map(ToString::to_string).collect(),
    }
}

/// The detector of levels looked, and found too few discs to go by, or numbers them otherwise than all detectors together.
fn doubt_of_discs(search: &Search, discs: &[Disc]) -> Option<String> {
    let alone = search.discs.alone();
    if search.looked == 0 {
        None
    } else if discs.is_empty() {
        Some(format!(
            "the detector of levels found {} of 5 discs, too few to number them: levels and sides go by the boxes of the \
             other detectors",
            alone.len()
        ))
    } else {
        let is_other = |disc: &Disc| alone.iter().any(|own| own.point == disc.point && own.level != disc.level);
        discs.iter().any(is_other).then(|| {
            "the detector of levels alone would number the discs otherwise than all detectors together, by which the rows \
             go: check the levels"
                .to_owned()
        })
    }
}

fn warnings(
    grader: &Grader,
    study: &Study,
    plan: &Plan,
    models: &[UsedModel],
    failures: &[(Job, String)],
    conclusion: &Conclusion,
) -> Vec<String> {
    let mut all = Vec::new();
    if models.iter().any(|m| m.demo) {
        all.push("demo models, trained on computed phantoms: the grades mean nothing for a patient".to_owned());
    }
    all.extend(plan.skipped.iter().map(|(role, reason)| format!("{}: not assessed: {reason}", role.label())));
    for &role in Role::ALL {
        let series = study.series_of(role).count();
        if series > 1 && plan.count(role) > 0 {
            all.push(format!("{series} series serve as {}: the best box of any of them counts", role.label()));
        }
        let failed = failures.iter().filter(|(job, _)| job.role == role).count();
        if failed > 0 {
            all.push(format!("{failed} of {} {} slices could not be read", plan.count(role), role.label()));
        }
        let left_out = plan.left_out.iter().filter(|job| job.role == role).count();
        all.extend(few_slices(role, plan.count(role) + left_out));
    }
    for (role, why) in &conclusion.at_their_word {
        all.push(format!(
            "{}: levels and sides as the detector names them, not checked by position: {why}",
            role.label()
        ));
    }
    all.extend(without_box(grader, &conclusion.table));
    if grader.options.aggregate == Aggregate::Geometric && study.assumed_common_space {
        all.push(
            "the series' frames of reference differ: one patient space is assumed for levels and sides".to_owned(),
        );
    }
    all.extend(grader.models.warnings.iter().cloned());
    all
}

/// A stack of the lumbar spine from one side to the other, or through five discs, has more slices than this.
const FEW_SLICES: usize = 5;

fn few_slices(role: Role, count: usize) -> Option<String> {
    let slices = if count == 1 { "slice serves" } else { "slices serve" };
    (1..FEW_SLICES)
        .contains(&count)
        .then(|| format!("only {count} {slices} as {}: what lies beside them was not looked at", role.label()))
}

/// How many rows no box was found for, and what they hold instead.
fn without_box(grader: &Grader, table: &GradeTable) -> Option<String> {
    let rows = table.rows().iter().filter(|row| matches!(row.assessment, Assessment::Prior { .. })).count();
    let GradeOptions { floor, without_box, aggregate, .. } = grader.options;
    let (verb, hold) = if rows == 1 { ("row has", "holds") } else { ("rows have", "hold") };
    (rows > 0).then(|| match aggregate {
        Aggregate::Seed => {
            format!("{rows} {verb} no box above {floor}, and {hold} {} (--without-box)", without_box.words())
        }
        Aggregate::Max | Aggregate::Geometric => {
            format!("{rows} {verb} no box, and {hold} how common each severity is: nothing was seen there")
        }
    })
}
