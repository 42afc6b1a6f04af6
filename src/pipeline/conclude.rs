//! What the boxes come to: votes by the way of aggregating that was asked for, the table, and what must be said
//! with it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    GradeOptions, GradedStudy, Grader, Method, UsedModel, Warning,
    conclusion::Conclusion,
    doubted,
    levels::Search,
    plan::{Job, Plan},
    results::Results,
    second::Second,
};
use crate::{
    detector::{Class, Model},
    grading::{
        self, Aggregate, Assessment, Detection, Disc, Discs, GradeId, GradeTable, Layout, Placed, Prior, Resolved,
        Role, SeriesDoubt, Unfamiliar,
    },
    study::{Issue, Series, Study, gathered},
    uid::SeriesUid,
};

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
            reasons.insert(role, "not graded yet".to_owned());
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
    let (mut calibrated, mut scores) = (false, vec![None; GradeId::ALL.len()]);
    let table = GradeTable::from_fn(|id| {
        let role = id.condition().role();
        if !looked.contains(&role) {
            let reason = reasons.get(&role).cloned().unwrap_or_else(|| "nothing looked at it".to_owned());
            return Assessment::NotAssessed { reason };
        }
        let assessment = assess(id, grader.models.prior(role));
        if let Assessment::Detected { probabilities, .. } | Assessment::Prior { probabilities } = &assessment {
            scores[id.index()] = Some(*probabilities);
        }
        match (assessment, grader.calibration(role)) {
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
    let Resolved { levels, space, discs, at_their_word, doubts, .. } = resolved;
    Conclusion { table, levels, discs, at_their_word, doubts, space, scores, calibrated }
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
    plan: &Plan,
    search: &Search,
    (mut conclusion, second): (Conclusion, Option<Second>),
    mut results: Results,
) -> GradedStudy {
    let crops = second.as_ref().and_then(Second::strangeness);
    // The boxes tell how the study looks; what is pulled is what the rows come to in the end.
    let unfamiliar = doubted::judged(grader, search, (&conclusion.discs, &conclusion.table), crops);
    if let Some(second) = &second {
        conclusion.table = second.mixed(grader, study, &conclusion.table, &conclusion.scores);
        conclusion.calibrated = grader.options.calibrate && grader.stage.models.iter().any(|m| !m.mixture.is_empty());
    }
    conclusion.table = doubted::pulled(grader, unfamiliar.as_ref(), conclusion.table);
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
    let mut models = used_models(grader, search, &results);
    models.extend(second.iter().flat_map(|second| second.used.iter().cloned()));
    let mut warnings = warnings(grader, study, plan, &models, &results.failures, &conclusion);
    if !grader.stage.models.is_empty() {
        // Of rows that nothing assessed another warning tells.
        let is_blind = |id: &GradeId| {
            conclusion.scores[id.index()].is_some() && !second.as_ref().is_some_and(|second| second.sees(*id))
        };
        let rows = GradeId::ALL.iter().filter(|id| is_blind(id)).count();
        warnings.extend((rows > 0).then_some(Warning::WithoutCrops { rows }));
        let is_place_alone =
            |row: &&grading::Grade| !row.evidence().is_empty() && row.evidence().iter().all(|e| e.is_place);
        let rows = conclusion.table.rows().iter().filter(is_place_alone).count();
        warnings.extend((rows > 0).then_some(Warning::CropsAlone { rows }));
    }
    warnings.extend(unfamiliar.clone().filter(Unfamiliar::is_pulled).map(Warning::Unfamiliar));
    warnings.extend(doubt_of_discs(search, &conclusion.discs));
    let failures = failures(study, &results.failures);
    GradedStudy {
        study_uid: study.uid.clone(),
        is_synthetic: study.is_synthetic(),
        warnings,
        table: conclusion.table,
        aggregate: grader.options.aggregate,
        calibrated: conclusion.calibrated,
        method: if second.is_some() { Method::Crops } else { Method::Boxes },
        strangeness: crops,
        parts: second.as_ref().map(|second| second.parts(&conclusion.scores)).unwrap_or_default(),
        floor: grader.options.floor,
        levels: conclusion.levels,
        discs: conclusion.discs,
        disc_places: search.discs.clone(),
        unfamiliar,
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
        "its position is not used for levels or sides; check it"
    } else {
        "the rows follow its position relative to the other series; check the levels and the positions of all series"
    };
    Issue::new("", format!("{title}: {doubt}: {so}"))
}

/// A detector that finds next to nothing of what it knows looks at something else than it was trained on.
fn faint(role: Role, table: &GradeTable) -> Option<Issue> {
    let scores = table.rows().iter().filter(|row| row.id.condition().role() == role);
    // Where the second stage looked says nothing of what the detector found.
    let boxes = |row: &grading::Grade| {
        row.evidence().iter().filter(|e| !e.is_place).map(|e| e.detection.score).reduce(f32::max)
    };
    let best: Vec<f32> = scores.filter_map(boxes).collect();
    let faint = best.iter().filter(|score| **score < FAINT).count();
    (best.len() >= FEWEST_ROWS && faint * 2 >= best.len()).then(|| {
        let message = format!(
            "{}: no box scores {FAINT:.2} in {faint} of the {} rows that have any: the images may be rotated, mirrored, of \
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
fn doubt_of_discs(search: &Search, discs: &[Disc]) -> Option<Warning> {
    let alone = search.discs.alone();
    if search.looked == 0 {
        return None;
    }
    if discs.is_empty() {
        return Some(Warning::FewDiscs { found: alone.len() });
    }
    let is_other = |disc: &Disc| alone.iter().any(|own| own.point == disc.point && own.level != disc.level);
    discs.iter().any(is_other).then_some(Warning::OtherNumbers)
}

fn warnings(
    grader: &Grader,
    study: &Study,
    plan: &Plan,
    models: &[UsedModel],
    failures: &[(Job, String)],
    conclusion: &Conclusion,
) -> Vec<Warning> {
    let mut all = Vec::new();
    if models.iter().any(|m| m.demo) {
        all.push(Warning::DemoModels);
    }
    all.extend(plan.skipped.iter().map(|(role, why)| Warning::NotAssessed { role: *role, why: why.clone() }));
    for &role in Role::ALL {
        let (series, slices) = (study.series_of(role).count(), plan.count(role));
        if series > 1 && slices > 0 {
            all.push(Warning::SeveralSeries { role, series });
        }
        let failed = failures.iter().filter(|(job, _)| job.role == role).count();
        if failed > 0 {
            all.push(Warning::UnreadSlices { role, failed, slices });
        }
        let there = slices + plan.left_out.iter().filter(|job| job.role == role).count();
        if (1..FEW_SLICES).contains(&there) {
            all.push(Warning::FewSlices { role, slices: there });
        }
    }
    all.extend(
        conclusion.at_their_word.iter().map(|(role, why)| Warning::AtTheirWord { role: *role, why: why.clone() }),
    );
    let rows = conclusion.table.rows().iter().filter(|row| matches!(row.assessment, Assessment::Prior { .. })).count();
    if rows > 0 {
        let GradeOptions { floor, without_box, aggregate, .. } = grader.options;
        all.push(Warning::WithoutBox { rows, seed: (aggregate == Aggregate::Seed).then_some((floor, without_box)) });
    }
    if grader.options.aggregate == Aggregate::Geometric && study.assumed_common_space {
        all.push(Warning::AssumedSpace);
    }
    all.extend(grader.models.warnings.iter().cloned().map(Warning::Model));
    all
}

/// A stack of the lumbar spine from one side to the other, or through five discs, has more slices than this.
const FEW_SLICES: usize = 5;
