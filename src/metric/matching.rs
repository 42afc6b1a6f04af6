//! Which boxes of an image find one of its labels.

use crate::grading::DetectionClass;

/// 0.50, 0.55 … 0.95, over which mAP50-95 is the mean.
pub const IOU_THRESHOLDS: [f32; 10] = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];

/// A detector's box without its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoredBox {
    /// The grade and severity that it claims.
    pub class: DetectionClass,
    /// The detector's confidence, 0 to 1.
    pub score: f32,
}

/// A box, and whether it finds a label of its class at each of [`IOU_THRESHOLDS`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgedBox {
    /// The grade and severity that it claims.
    pub class: DetectionClass,
    /// The detector's confidence, 0 to 1.
    pub score: f32,
    /// One for each of [`IOU_THRESHOLDS`].
    pub correct: [bool; 10],
}

/// Greedy, as Ultralytics 8.4.190 and COCO do it alike: from the highest score down, a box takes the label of its
/// class that it overlaps most among those not yet taken, if the overlap reaches the threshold; each threshold on
/// its own. `iou` is asked for (index of the label, index of the box). The answer is sorted by falling score.
///
/// ```
/// use foramen::{
///     grading::{DetectionClass, Role},
///     metric::{ScoredBox, judge},
///     raster::BBox,
/// };
///
/// let class = DetectionClass::all(Role::Scs)[0];
/// let label = BBox::new(0.0, 0.0, 10.0, 10.0);
/// let boxes = [BBox::new(0.0, 0.0, 10.0, 7.0), BBox::new(50.0, 50.0, 60.0, 60.0)];
/// let scored = [ScoredBox { class, score: 0.6 }, ScoredBox { class, score: 0.9 }];
///
/// let judged = judge(&[class], &scored, |_label, index| label.iou(&boxes[index]));
/// // By falling score: the box far off finds nothing; the other, of IoU 0.7, does up to that threshold.
/// assert_eq!(judged[0].correct, [false; 10]);
/// assert_eq!(judged[1].correct.iter().filter(|found| **found).count(), 5);
/// ```
pub fn judge(labels: &[DetectionClass], boxes: &[ScoredBox], iou: impl Fn(usize, usize) -> f32) -> Vec<JudgedBox> {
    let mut order: Vec<usize> = (0..boxes.len()).collect();
    order.sort_by(|&a, &b| boxes[b].score.total_cmp(&boxes[a].score));
    let mut taken = vec![[false; 10]; labels.len()];
    let judged = |index: usize| {
        let ScoredBox { class, score } = boxes[index];
        let overlaps: Vec<(usize, f32)> = labels
            .iter()
            .enumerate()
            .filter(|(_, label)| **label == class)
            .map(|(label, _)| (label, iou(label, index)))
            .collect();
        let mut correct = [false; 10];
        for (at, threshold) in IOU_THRESHOLDS.into_iter().enumerate() {
            let mut best: Option<(usize, f32)> = None;
            for &(label, overlap) in overlaps.iter().filter(|(label, _)| !taken[*label][at]) {
                if overlap >= threshold && best.is_none_or(|(_, most)| overlap > most) {
                    best = Some((label, overlap));
                }
            }
            if let Some((label, _)) = best {
                taken[label][at] = true;
                correct[at] = true;
            }
        }
        JudgedBox { class, score, correct }
    };
    order.into_iter().map(judged).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grading::Role;

    #[test]
    fn a_label_is_found_once_by_its_own_class_and_as_tightly_as_it_overlaps() {
        let classes = DetectionClass::all(Role::Scs);
        let (a, b) = (classes[0], classes[1]);
        let boxes = [(a, 0.5), (a, 0.9), (b, 0.8)].map(|(class, score)| ScoredBox { class, score });
        // All three lie over the one label of class a, the surest with an overlap of 0.72.
        let judged = judge(&[a], &boxes, |_, index| [1.0, 0.72, 1.0][index]);
        let hits: Vec<(f32, usize)> =
            judged.iter().map(|j| (j.score, j.correct.iter().filter(|c| **c).count())).collect();
        // What 0.72 is not tight enough for, the less sure box finds; the other class finds nothing.
        assert_eq!(hits, [(0.9, 5), (0.8, 0), (0.5, 5)]);
    }
}
