//! From boxes to grades.

use serde::{Deserialize, Serialize};

use super::{Assessment, Detection, Evidence, GradeId, Prior, Probabilities, Severity};

/// How boxes become grades.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// The best box of each severity, wherever it lies.
    Max,
    /// Levels and sides checked, and mended, by where boxes lie in the patient.
    #[default]
    Geometric,
}

/// Added to each severity's best score before the three are normalised, so that one lone
/// faint box is not read as certainty. About the score below which a box is noise.
pub const SCORE_FLOOR: f32 = 0.005;

/// The rule of the solution that Foramen started from: for each severity the best score over
/// all slices, the three normalised to sum to 1. No box at all leaves the prior.
///
/// `detections` may hold other grades' boxes; they are passed over.
pub fn max(id: GradeId, detections: &[Detection], prior: &Prior) -> Assessment {
    let mut evidence: Vec<Evidence> = Severity::ALL
        .iter()
        .filter_map(|&severity| {
            detections
                .iter()
                .filter(|d| d.class.grade == id && d.class.severity == severity)
                .max_by(|a, b| a.score.total_cmp(&b.score))
                .map(|detection| Evidence { severity, detection: detection.clone() })
        })
        .collect();
    let mut scores = [SCORE_FLOOR; 3];
    for e in &evidence {
        scores[e.severity.index()] += e.detection.score;
    }
    evidence.sort_by(|a, b| b.detection.score.total_cmp(&a.detection.score));
    match Probabilities::normalized(scores) {
        Ok(probabilities) if !evidence.is_empty() => Assessment::Detected { probabilities, evidence },
        _ => Assessment::Prior { probabilities: prior.of(id) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        grading::{DetectionClass, SliceId},
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
        assert!(matches!(max(id, &[detection(4, 2, 0.9)], &Prior::default()), Assessment::Prior { .. }));
    }

    proptest! {
        /// The order of slices must not matter, and the row must follow its best box.
        #[test]
        fn order_does_not_matter_and_the_best_box_wins(
            boxes in prop::collection::vec((0usize..3, 0.01f32..1.0), 1..40)
        ) {
            let id = GradeId::ALL[7];
            let mut detections: Vec<_> = boxes.iter().map(|&(s, score)| detection(7, s, score)).collect();
            let forward = max(id, &detections, &Prior::default());
            detections.reverse();
            let backward = max(id, &detections, &Prior::default());
            let (Assessment::Detected { probabilities: p, evidence }, Assessment::Detected { probabilities: q, .. }) =
                (forward, backward) else { return Err(TestCaseError::fail("boxes were not used")) };
            prop_assert_eq!(p, q);
            let best = boxes.iter().map(|b| b.1).fold(0.0, f32::max);
            prop_assert!((evidence[0].detection.score - best).abs() < f32::EPSILON);
            prop_assert!((p.of(evidence[0].severity) - p.of(p.most_likely())).abs() < f32::EPSILON);
        }
    }
}
