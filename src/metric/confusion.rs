//! What a detector says where a label is: severity, level and side, taken apart.

use serde::Serialize;

use super::ScoredBox;
use crate::grading::DetectionClass;

/// A box speaks of a label that it overlaps at least this much.
const IOU: f32 = 0.5;

/// Counts over labels; rows are the truth, columns what the surest box over the label says, whatever its class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// In the order of `Severity::ALL`.
    pub severity: [[usize; 3]; 3],
    /// Labels that no box overlaps enough, by severity.
    pub missed: [usize; 3],
    /// Boxes that overlap no label enough, by the severity that they claim.
    #[serde(rename = "false")]
    pub false_boxes: [usize; 3],
    /// In the order of `Level::ALL`.
    pub level: [[usize; 5]; 5],
    /// Left, right; all 0 for the canal, which has no side.
    pub side: [[usize; 2]; 2],
}

impl Confusion {
    /// Adds one image. `iou` is asked for (index of the label, index of the box).
    ///
    /// ```
    /// use foramen::{
    ///     grading::{DetectionClass, Role},
    ///     metric::{Confusion, ScoredBox},
    /// };
    ///
    /// // The label says severe, the box over it moderate: classes 2 and 1 of the canal at L1/L2.
    /// let classes = DetectionClass::all(Role::Scs);
    /// let mut confusion = Confusion::default();
    /// confusion.add(&[classes[2]], &[ScoredBox { class: classes[1], score: 0.7 }], |_, _| 0.8);
    /// assert_eq!(confusion.severity[2][1], 1);
    /// assert_eq!((confusion.found(), confusion.level[0][0]), (1, 1));
    /// ```
    pub fn add(&mut self, labels: &[DetectionClass], boxes: &[ScoredBox], iou: impl Fn(usize, usize) -> f32) {
        let mut speaks = vec![false; boxes.len()];
        for (index, truth) in labels.iter().enumerate() {
            let mut best: Option<&ScoredBox> = None;
            for (at, candidate) in boxes.iter().enumerate().filter(|(at, _)| iou(index, *at) >= IOU) {
                speaks[at] = true;
                if best.is_none_or(|b| candidate.score > b.score) {
                    best = Some(candidate);
                }
            }
            match best {
                Some(best) => self.count(*truth, best.class),
                None => self.missed[truth.severity.index()] += 1,
            }
        }
        for (stray, _) in boxes.iter().zip(&speaks).filter(|(_, speaks)| !**speaks) {
            self.false_boxes[stray.class.severity.index()] += 1;
        }
    }

    fn count(&mut self, truth: DetectionClass, said: DetectionClass) {
        self.severity[truth.severity.index()][said.severity.index()] += 1;
        self.level[truth.grade.level().index()][said.grade.level().index()] += 1;
        if let (Some(truth), Some(said)) = (truth.grade.side(), said.grade.side()) {
            self.side[truth.index()][said.index()] += 1;
        }
    }

    /// Labels that a box speaks of.
    pub fn found(&self) -> usize {
        self.severity.iter().flatten().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(name: &str) -> DetectionClass {
        name.parse().unwrap()
    }

    #[test]
    fn the_surest_box_over_a_label_speaks_and_a_box_over_none_is_false() {
        let labels =
            ["left_subarticular_stenosis_l4_l5_severe", "right_subarticular_stenosis_l4_l5_moderate"].map(class);
        let boxes = [
            ("left_subarticular_stenosis_l3_l4_moderate", 0.8),
            ("left_subarticular_stenosis_l4_l5_severe", 0.6),
            ("right_subarticular_stenosis_l4_l5_normal_mild", 0.9),
        ]
        .map(|(name, score)| ScoredBox { class: class(name), score });
        let mut confusion = Confusion::default();
        // The first two lie over the first label, the third over nothing.
        confusion.add(&labels, &boxes, |label, at| if label == 0 && at < 2 { 0.7 } else { 0.2 });
        assert_eq!(confusion.severity[2], [0, 1, 0]);
        assert_eq!(confusion.level[3], [0, 0, 1, 0, 0]);
        assert_eq!(confusion.side[0], [1, 0]);
        assert_eq!((confusion.missed, confusion.false_boxes), ([0, 1, 0], [1, 0, 0]));
        assert_eq!(confusion.found(), 1);
    }
}
