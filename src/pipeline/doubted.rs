//! Rows of a study that is unlike those that the models were trained on are pulled to the prior, where the models' manifest
//! says what they were trained on. What is only measured, and `max` and the seed's rule, stay as they are.

use super::{Grader, levels::Search, signs::signs};
use crate::grading::{Aggregate, Disc, GradeTable, Unfamiliar};

/// How a study looks: from its discs, the table of its boxes, and how strange the second stage finds its crops. `None` where
/// geometry was not asked for.
pub fn judged(
    grader: &Grader,
    search: &Search,
    (discs, boxes): (&[Disc], &GradeTable),
    crops: Option<f32>,
) -> Option<Unfamiliar> {
    if grader.options.aggregate != Aggregate::Geometric {
        return None;
    }
    let signs = signs(search, discs, boxes, crops);
    // Without calibration rows are what calibrations, and these limits, are fitted on.
    let limits = grader.models.familiar.as_deref().filter(|_| grader.options.calibrate);
    Some(limits.map_or_else(|| Unfamiliar::unjudged(&signs), |limits| limits.judge(&signs)))
}

/// The table as it is stated.
pub fn pulled(grader: &Grader, unfamiliar: Option<&Unfamiliar>, table: GradeTable) -> GradeTable {
    match unfamiliar {
        Some(unfamiliar) => unfamiliar.pulled(table, |id| grader.models.prior(id.condition().role()).of(id)),
        None => table,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        detector::ModelSet,
        grading::{Familiar, Prior, Sign, Signs},
        pipeline::{GradeOptions, Warning, signs::tests::table_of},
    };

    /// A grader whose models are used to boxes that score 0.9 to 0.7.
    fn grader(options: GradeOptions, has_limits: bool) -> Grader {
        let usual = |i: u8| Signs::from([(Sign::CanalScores, Sign::of_score(0.9 - 0.004 * f32::from(i)))]);
        let studies: Vec<Signs> = (0..50).map(usual).collect();
        let familiar = has_limits.then(|| Arc::new(Familiar::fit(&studies, Vec::new(), "").unwrap()));
        Grader::new(ModelSet { familiar, ..ModelSet::default() }, options)
    }

    fn stated(options: GradeOptions, has_limits: bool, score: f32) -> (GradeTable, Option<Unfamiliar>) {
        let (grader, table) = (grader(options, has_limits), table_of(score));
        let unfamiliar = judged(&grader, &Search::default(), (&[], &table), None);
        (pulled(&grader, unfamiliar.as_ref(), table), unfamiliar)
    }

    #[test]
    fn faint_boxes_make_the_table_the_prior_and_usual_ones_leave_it() {
        let (table, seen) = stated(GradeOptions::default(), true, 0.8);
        assert_eq!(table, table_of(0.8));
        assert!(!seen.unwrap().is_pulled());
        let (table, seen) = stated(GradeOptions::default(), true, 0.03);
        let seen = seen.unwrap();
        assert!((seen.pull - 1.0).abs() < 1e-6, "{seen:?}");
        for row in table.rows() {
            assert_eq!(row.probabilities(), Some(Prior::default().of(row.id)));
            assert!(row.is_doubtful() && !row.evidence().is_empty(), "the boxes stay");
        }
        let words = Warning::Unfamiliar(seen).to_string();
        assert!(words.contains("score 0.03 (0.7") && words.contains("100 % of the way"), "{words}");
    }

    #[test]
    fn max_the_seed_uncalibrated_rows_and_folders_without_limits_are_never_pulled() {
        let of = |aggregate| GradeOptions { aggregate, ..GradeOptions::default() };
        for aggregate in [Aggregate::Max, Aggregate::Seed] {
            assert_eq!(stated(of(aggregate), true, 0.03), (table_of(0.03), None));
        }
        let uncalibrated = GradeOptions { calibrate: false, ..GradeOptions::default() };
        for (options, has_limits) in [(uncalibrated, true), (GradeOptions::default(), false)] {
            let (table, seen) = stated(options, has_limits, 0.03);
            assert_eq!(table, table_of(0.03));
            // Limits are fitted on what is measured here.
            let seen = seen.unwrap();
            assert!(!seen.is_pulled() && seen.signs.iter().any(|seen| seen.sign == Sign::CanalScores));
        }
    }

    /// Results of a batch are made anew when limits come or change, and only then.
    #[test]
    fn limits_are_part_of_what_decides_the_grades() {
        let settings = |has_limits| grader(GradeOptions::default(), has_limits).settings().unwrap();
        assert_ne!(settings(true), settings(false));
        assert_eq!(settings(true), settings(true));
    }
}
