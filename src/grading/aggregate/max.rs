//! Boxes at their word. Fed with every class of a place (evidence), not with what `predict` draws, and with a floor
//! under each severity, this is not the rule of the solution that Foramen started from: that is [`super::seed`].

use super::Vote;
use crate::grading::Detection;

/// Every box votes for what it claims, with its score.
pub fn max(detections: &[Detection]) -> Vec<Vote> {
    detections.iter().map(claimed).collect()
}

/// A box at its word.
pub(super) fn claimed(detection: &Detection) -> Vote {
    Vote {
        grade: detection.class.grade,
        severity: detection.class.severity,
        weight: detection.score,
        detection: detection.clone(),
        conflicts: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        grading::{Assessment, DetectionClass, GradeId, Prior, Severity, SliceId, assess},
        raster::BBox,
    };
    use proptest::prelude::*;

    fn detection(grade: usize, severity: usize, score: f32) -> Detection {
        Detection {
            class: DetectionClass { grade: GradeId::ALL[grade], severity: Severity::ALL[severity] },
            score,
            bbox: BBox::new(0.0, 0.0, 1.0, 1.0),
            slice: SliceId { series_uid: "1".into(), sop_instance_uid: "1".into(), frame: 0 },
        }
    }

    #[test]
    fn no_box_is_the_prior_and_says_so() {
        let id = GradeId::ALL[3];
        let votes = max(&[detection(4, 2, 0.9)]);
        assert!(matches!(assess(id, &votes, &Prior::default()), Assessment::Prior { .. }));
    }

    proptest! {
        /// The order of slices must not matter, and the row must follow its best box.
        #[test]
        fn order_does_not_matter_and_the_best_box_wins(
            boxes in prop::collection::vec((0usize..3, 0.01f32..1.0), 1..40)
        ) {
            let id = GradeId::ALL[7];
            let mut detections: Vec<_> = boxes.iter().map(|&(s, score)| detection(7, s, score)).collect();
            let forward = assess(id, &max(&detections), &Prior::default());
            detections.reverse();
            let backward = assess(id, &max(&detections), &Prior::default());
            let (Assessment::Detected { probabilities: p, evidence }, Assessment::Detected { probabilities: q, .. }) =
                (forward, backward) else { return Err(TestCaseError::fail("boxes were not used")) };
            prop_assert_eq!(p, q);
            let best = boxes.iter().map(|b| b.1).fold(0.0, f32::max);
            prop_assert!((evidence[0].detection.score - best).abs() < f32::EPSILON);
            prop_assert!((p.of(evidence[0].severity) - p.of(p.most_likely())).abs() < f32::EPSILON);
        }
    }
}
