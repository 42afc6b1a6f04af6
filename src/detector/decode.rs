//! A detector's raw output to boxes: candidates, non-maximum suppression, what grading keeps.

use super::letterbox::Letterbox;
use crate::raster::BBox;

/// Boxes of one class that overlap more are one.
const NMS_IOU: f32 = 0.7;
/// Classes are kept apart in NMS by moving their boxes this far from each other (Ultralytics' `max_wh`).
const CLASS_OFFSET: f32 = 7680.0;
/// At most so many candidates enter NMS.
const MAX_CANDIDATES: usize = 30_000;
/// At most so many boxes come out.
const MAX_BOXES: usize = 300;
/// Grading needs the best box of each class; a second and third show what else there was.
const EVIDENCE_PER_CLASS: usize = 3;

/// A box that a detector proposes, with an index for a class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Index into the model's [`classes`](super::Model::classes).
    pub class: usize,
    /// Confidence, 0 to 1; not a probability of disease.
    pub score: f32,
    /// In pixels of the detector's input, which [`Letterbox`] leads back to the image.
    pub bbox: BBox,
}

/// A YOLOv8 detector's output, `[4 + classes, anchors]`, row-major: centre x and y, width, height, then a score for
/// each class.
///
/// ```
/// use foramen::detector::RawOutput;
///
/// // Two classes, three anchors; the first two boxes overlap.
/// let values = [
///     50.0, 52.0, 200.0, // x of the centre
///     50.0, 50.0, 80.0, // y
///     40.0, 40.0, 30.0, // width
///     40.0, 40.0, 30.0, // height
///     0.9, 0.8, 0.1, // score of class 0
///     0.3, 0.2, 0.6, // score of class 1
/// ];
/// let output = RawOutput::new(&values, 2).unwrap();
///
/// // The best class of each anchor; non-maximum suppression leaves the better of the two that overlap.
/// let boxes = output.predict(0.25);
/// let found: Vec<(usize, f32)> = boxes.iter().map(|b| (b.class, b.score)).collect();
/// assert_eq!(found, [(0, 0.9), (1, 0.6)]);
/// assert_eq!(boxes[0].bbox.x0, 30.0);
///
/// // Evidence keeps what another class outscores at the same place.
/// assert_eq!(output.evidence(0.25).iter().filter(|b| b.class == 1).count(), 2);
/// ```
pub struct RawOutput<'a> {
    values: &'a [f32],
    classes: usize,
    anchors: usize,
}

impl<'a> RawOutput<'a> {
    /// `None` unless the length is a multiple of 4 + `classes`, and not 0.
    pub fn new(values: &'a [f32], classes: usize) -> Option<Self> {
        let rows = 4 + classes;
        (classes > 0 && !values.is_empty() && values.len().is_multiple_of(rows)).then(|| Self {
            values,
            classes,
            anchors: values.len() / rows,
        })
    }

    fn row(&self, row: usize) -> &'a [f32] {
        &self.values[row * self.anchors..(row + 1) * self.anchors]
    }

    fn bbox(&self, anchor: usize) -> BBox {
        let [x, y, w, h] = std::array::from_fn(|row| self.row(row)[anchor]);
        BBox::from_center(x, y, w, h)
    }

    /// What Ultralytics' `predict` keeps: the best class of each anchor if it scores above `conf`, then NMS.
    pub fn predict(&self, conf: f32) -> Vec<Candidate> {
        let mut best = vec![(0usize, f32::NEG_INFINITY); self.anchors];
        for class in 0..self.classes {
            for (best, &score) in best.iter_mut().zip(self.row(4 + class)) {
                if score > best.1 {
                    *best = (class, score);
                }
            }
        }
        let candidates = best.into_iter().enumerate().filter(|(_, (_, score))| *score > conf);
        let mut candidates: Vec<Candidate> =
            candidates.map(|(anchor, (class, score))| Candidate { class, score, bbox: self.bbox(anchor) }).collect();
        candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
        candidates.truncate(MAX_CANDIDATES);
        nms(&candidates, MAX_BOXES)
    }

    /// What Ultralytics' validation keeps: every class of an anchor that scores above `conf`, then NMS.
    pub fn multi_label(&self, conf: f32) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for anchor in 0..self.anchors {
            for class in 0..self.classes {
                let score = self.row(4 + class)[anchor];
                if score > conf {
                    candidates.push(Candidate { class, score, bbox: self.bbox(anchor) });
                }
            }
        }
        candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
        candidates.truncate(MAX_CANDIDATES);
        nms(&candidates, MAX_BOXES)
    }

    /// For every class its few best boxes above `floor`, whether or not another class scored higher at the place.
    pub fn evidence(&self, floor: f32) -> Vec<Candidate> {
        let mut all = Vec::new();
        for class in 0..self.classes {
            let scores = self.row(4 + class).iter().enumerate().filter(|(_, score)| **score > floor);
            let mut candidates: Vec<Candidate> =
                scores.map(|(anchor, &score)| Candidate { class, score, bbox: self.bbox(anchor) }).collect();
            candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
            all.extend(nms(&candidates, EVIDENCE_PER_CLASS));
        }
        all.sort_by(|a, b| b.score.total_cmp(&a.score));
        all
    }
}

/// Greedy, best first; candidates must be sorted by falling score.
pub fn nms(candidates: &[Candidate], most: usize) -> Vec<Candidate> {
    let moved = |c: &Candidate| {
        let offset = c.class as f32 * CLASS_OFFSET;
        BBox::new(c.bbox.x0 + offset, c.bbox.y0 + offset, c.bbox.x1 + offset, c.bbox.y1 + offset)
    };
    let mut kept: Vec<(BBox, Candidate)> = Vec::new();
    for candidate in candidates {
        if kept.len() == most {
            break;
        }
        let bbox = moved(candidate);
        if kept.iter().all(|(other, _)| bbox.iou(other) <= NMS_IOU) {
            kept.push((bbox, *candidate));
        }
    }
    kept.into_iter().map(|(_, candidate)| candidate).collect()
}

/// Boxes in the image's pixels.
pub fn to_image(candidates: Vec<Candidate>, letterbox: &Letterbox) -> impl Iterator<Item = Candidate> + '_ {
    candidates.into_iter().map(|c| Candidate { bbox: letterbox.image_from_input(c.bbox), ..c })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
        let one = (0usize..3, 0.01f32..1.0, 0f32..300.0, 0f32..300.0, 5f32..80.0, 5f32..80.0);
        prop::collection::vec(one, 0..60).prop_map(|all| {
            let mut all: Vec<Candidate> = all
                .into_iter()
                .map(|(class, score, x, y, w, h)| Candidate { class, score, bbox: BBox::new(x, y, x + w, y + h) })
                .collect();
            all.sort_by(|a, b| b.score.total_cmp(&a.score));
            all
        })
    }

    proptest! {
        /// Against the definition, class by class: a box stays if no better box of its class that stays overlaps it.
        #[test]
        fn nms_is_the_naive_one(all in candidates()) {
            let mut expected: Vec<Candidate> = Vec::new();
            for c in &all {
                if !expected.iter().any(|k| k.class == c.class && k.bbox.iou(&c.bbox) > NMS_IOU + 1e-3) {
                    expected.push(*c);
                }
            }
            let borderline = all.iter().any(|a| all.iter().any(|b| (a.bbox.iou(&b.bbox) - NMS_IOU).abs() < 2e-3));
            prop_assume!(!borderline);
            prop_assert_eq!(nms(&all, usize::MAX), expected);
        }

        #[test]
        fn predict_keeps_one_class_an_anchor_and_evidence_the_best_of_each(
            scores in prop::collection::vec(prop::collection::vec(0f32..1.0, 8), 3)
        ) {
            let mut values: Vec<f32> = (0..8).map(|i| i as f32 * 40.0 + 10.0).collect();
            values.extend([50.0; 8]);
            values.extend([20.0; 16]);
            values.extend(scores.iter().flatten());
            let output = RawOutput::new(&values, 3).unwrap();
            let predicted = output.predict(0.25);
            prop_assert!(predicted.iter().all(|c| c.score > 0.25));
            prop_assert!(predicted.windows(2).all(|w| w[0].score >= w[1].score));
            // Where no two boxes overlap, every class above the threshold stays, the best of an anchor among them.
            let every = output.multi_label(0.25);
            prop_assert_eq!(every.len(), scores.iter().flatten().filter(|s| **s > 0.25).count());
            prop_assert!(predicted.iter().all(|c| every.contains(c)));
            let evidence = output.evidence(0.0);
            for (class, row) in scores.iter().enumerate() {
                let best = row.iter().copied().fold(0.0, f32::max);
                let found = evidence.iter().filter(|c| c.class == class).map(|c| c.score).fold(0.0, f32::max);
                prop_assert_eq!(best.to_bits(), found.to_bits());
            }
        }
    }

    #[test]
    fn a_length_that_does_not_fit_is_refused() {
        assert!(RawOutput::new(&[0.0; 19], 15).is_some());
        assert!(RawOutput::new(&[0.0; 20], 15).is_none());
        assert!(RawOutput::new(&[], 15).is_none());
    }
}
