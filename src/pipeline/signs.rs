//! How a study looks to the models: the signs by which one is known that is unlike those they were trained on. They are
//! read from boxes and discs alone, before any calibration, so that they are the same however rows are stated.

use super::levels::Search;
use crate::grading::{Assessment, Conflict, Disc, Evidence, Grade, GradeTable, Role, Sign, Signs};

/// The signs of a study, from its discs and its table; `crops` is how strange the second stage finds what it looked at.
pub fn signs(search: &Search, discs: &[Disc], table: &GradeTable, crops: Option<f32>) -> Signs {
    let mut signs = Signs::new();
    if search.looked > 0 {
        of_discs(&search.discs.alone(), discs, &mut signs);
    }
    for &role in Role::ALL {
        let looked = table.rows().iter().filter(|row| row.id.condition().role() == role && is_looked_at(row));
        if let Some(score) = median(looked.map(best_score).collect()) {
            signs.insert(Sign::of_scores(role), Sign::of_score(score));
        }
    }
    let rows = || table.rows().iter().filter(|row| is_looked_at(row));
    signs.extend(share(rows(), |row| best(row).is_none()).map(|share| (Sign::WithoutBox, share)));
    // An axial image does not show its level: its name is a guess there.
    let sagittal = rows().filter(|row| row.id.condition().role() != Role::Ss && best(row).is_some());
    let is_denied = |row: &Grade| best(row).is_some_and(|best| best.conflicts.iter().any(|c| *c != Conflict::Size));
    signs.extend(share(sagittal, is_denied).map(|share| (Sign::Conflicts, share)));
    let mixed: Vec<f32> = rows().filter_map(contradiction).collect();
    if !mixed.is_empty() {
        signs.insert(Sign::Contradictions, mixed.iter().sum::<f32>() / mixed.len() as f32);
    }
    signs.extend(crops.map(|crops| (Sign::Crops, crops)));
    signs
}

/// `alone`: the discs as the detector of levels numbers them; `discs`: as all detectors do, none if they are too few.
fn of_discs(alone: &[Disc], discs: &[Disc], signs: &mut Signs) {
    let most = crate::grading::Level::ALL.len();
    signs.insert(Sign::FewDiscs, most.saturating_sub(alone.len()) as f32);
    let mean = alone.iter().map(|disc| disc.score).sum::<f32>() / alone.len().max(1) as f32;
    signs.insert(Sign::DiscScores, Sign::of_score(mean));
    let is_other = |disc: &&Disc| !alone.iter().any(|own| own.point == disc.point && own.level == disc.level);
    if !discs.is_empty() {
        signs.insert(Sign::DiscNumbers, discs.iter().filter(is_other).count() as f32 / discs.len() as f32);
    }
}

fn is_looked_at(row: &Grade) -> bool {
    !matches!(row.assessment, Assessment::NotAssessed { .. })
}

/// The box that counts most, whatever severity it votes for.
fn best(row: &Grade) -> Option<&Evidence> {
    row.evidence().first()
}

/// A row without a box scores nothing.
fn best_score(row: &Grade) -> f32 {
    best(row).map_or(0.0, |best| best.detection.score)
}

/// How much the second severity weighs of the first.
fn contradiction(row: &Grade) -> Option<f32> {
    let first = best(row)?.weight;
    let second = row.evidence().get(1).map_or(0.0, |second| second.weight);
    (first > 0.0).then(|| second / first)
}

fn share<'a>(rows: impl Iterator<Item = &'a Grade>, is_so: impl Fn(&Grade) -> bool) -> Option<f32> {
    let (all, so) = rows.fold((0, 0), |(all, so), row| (all + 1, so + usize::from(is_so(row))));
    (all > 0).then(|| so as f32 / all as f32)
}

fn median(mut values: Vec<f32>) -> Option<f32> {
    values.sort_unstable_by(f32::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    Some(if values.len() % 2 == 1 { upper } else { f32::midpoint(values[values.len() / 2 - 1], upper) })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        geometry::Vec3,
        grading::{Detection, DetectionClass, GradeId, Level, Prior, Severity, SliceId, assess, max},
        raster::BBox,
    };

    /// A table of which every row has a box of each severity, the best of this score, the others of a quarter of it.
    pub fn table_of(score: f32) -> GradeTable {
        let slice = SliceId { series_uid: "1".into(), sop_instance_uid: "1".into(), twin: 0, frame: 0 };
        let detection = |grade: GradeId, severity: Severity| Detection {
            class: DetectionClass { grade, severity },
            score: if severity == Severity::Severe { score } else { score / 4.0 },
            bbox: BBox::new(0.0, 0.0, 9.0, 9.0),
            slice: slice.clone(),
        };
        let boxes: Vec<Detection> = GradeId::ALL
            .iter()
            .flat_map(|&id| Severity::ALL.iter().map(move |&s| (id, s)))
            .map(|(id, s)| detection(id, s))
            .collect();
        let votes = max(&boxes);
        GradeTable::from_fn(|id| assess(id, &votes, &Prior::default()))
    }

    fn close(signs: &Signs, sign: Sign, value: f32) -> bool {
        signs.get(&sign).is_some_and(|seen| (seen - value).abs() < 1e-5)
    }

    #[test]
    fn scores_contradictions_and_missing_boxes_are_measured_over_the_rows_that_were_looked_at() {
        let table = GradeTable::from_fn(|id| match (id.condition().role(), id.level()) {
            (Role::Ss, _) => Assessment::NotAssessed { reason: "no series".into() },
            (Role::Scs, Level::L1L2) => Assessment::Prior { probabilities: Prior::default().of(id) },
            _ => table_of(0.8).get(id).assessment.clone(),
        });
        let signs = signs(&Search::default(), &[], &table, None);
        assert!(close(&signs, Sign::CanalScores, Sign::of_score(0.8)), "{signs:?}");
        assert!(close(&signs, Sign::WithoutBox, 1.0 / 15.0) && close(&signs, Sign::Contradictions, 0.25), "{signs:?}");
        assert!(close(&signs, Sign::Conflicts, 0.0));
        // No axial series, no detector of levels, no second stage: they say nothing.
        for silent in [Sign::RecessScores, Sign::FewDiscs, Sign::DiscScores, Sign::Crops] {
            assert!(!signs.contains_key(&silent), "{silent:?}");
        }
    }

    #[test]
    fn discs_that_are_missing_faint_or_numbered_otherwise_are_signs() {
        let disc = |i: usize, level: usize| Disc {
            level: Level::ALL[level],
            point: Vec3::new(0.0, 0.0, -36.0 * i as f64),
            score: 0.5,
        };
        let alone: Vec<Disc> = (0..4).map(|i| disc(i, i)).collect();
        let mut discs = alone.clone();
        discs[3] = disc(3, 4);
        let mut signs = Signs::new();
        of_discs(&alone, &discs, &mut signs);
        assert!(
            close(&signs, Sign::FewDiscs, 1.0) && close(&signs, Sign::DiscScores, Sign::of_score(0.5)),
            "{signs:?}"
        );
        assert!(close(&signs, Sign::DiscNumbers, 0.25), "{signs:?}");
    }

    #[test]
    fn the_second_stage_adds_how_strange_its_crops_are() {
        let signs = signs(&Search::default(), &[], &table_of(0.8), Some(2.5));
        assert!(close(&signs, Sign::Crops, 2.5));
    }
}
