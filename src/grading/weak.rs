//! Weak evidence. A row is scaled to sum to 1, so one box of score 0.05 on one slice can make it "Normal/Mild 1.00".
//! What is said with so little behind it is marked wherever it is shown.

use super::Grade;

/// A row is weak whose key box, the one behind its likeliest severity, scores less than this. It is the score from
/// which the window shows boxes at first: behind a weak row the images show none.
pub const WEAK_BELOW: f32 = 0.25;

impl Grade {
    /// The score of the key box; `None` without a box.
    pub fn key_score(&self) -> Option<f32> {
        self.key_evidence().map(|evidence| evidence.detection.score)
    }

    /// Whether a row has boxes, and its key box scores below [`WEAK_BELOW`].
    pub fn is_weak(&self) -> bool {
        self.is_weak_below(WEAK_BELOW)
    }

    /// The same for a reader who looks at boxes from another score on; never less strict.
    pub fn is_weak_below(&self, shown_from: f32) -> bool {
        self.key_score().is_some_and(|score| score < shown_from.max(WEAK_BELOW))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        grading::{Assessment, Detection, DetectionClass, GradeId, Prior, Severity, SliceId, assess, max},
        raster::BBox,
    };

    fn row(boxes: &[(Severity, f32)]) -> Grade {
        let id = GradeId::ALL[7];
        let detection = |&(severity, score): &(Severity, f32)| Detection {
            class: DetectionClass { grade: id, severity },
            score,
            bbox: BBox::new(0.0, 0.0, 9.0, 9.0),
            slice: SliceId { series_uid: "1".into(), sop_instance_uid: "1".into(), twin: 0, frame: 0 },
        };
        let boxes: Vec<Detection> = boxes.iter().map(detection).collect();
        Grade::new(id, assess(id, &max(&boxes), &Prior::default()))
    }

    #[test]
    fn a_row_is_weak_by_the_box_behind_its_severity_whatever_its_score_comes_to() {
        use Severity::{Moderate, NormalMild, Severe};
        let faint = row(&[(NormalMild, 0.05)]);
        assert!(faint.is_weak() && faint.probabilities().unwrap().of(NormalMild) > 0.8);
        assert!(row(&[(Severe, 0.2), (Moderate, 0.1)]).is_weak());
        assert!(!row(&[(Severe, 0.25)]).is_weak());
        assert!(!row(&[(Severe, 0.9), (NormalMild, 0.05)]).is_weak());
        // Who looks at boxes from a higher score on has none on the images; a lower one makes nothing stronger.
        assert!(row(&[(Severe, 0.5)]).is_weak_below(0.6));
        assert!(row(&[(Severe, 0.1)]).is_weak_below(0.05));
    }

    #[test]
    fn a_row_without_a_box_is_not_weak_but_not_seen_or_not_assessed() {
        assert!(!row(&[]).is_weak());
        let reason = "no series".to_owned();
        assert!(!Grade::new(GradeId::ALL[0], Assessment::NotAssessed { reason }).is_weak());
    }
}
