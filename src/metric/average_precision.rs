//! Average precision, by Ultralytics' definition and by COCO's: the same boxes, matched the same way, another area
//! under the curve.
//!
//! Ultralytics (8.4.190, `compute_ap`) draws straight lines between the points of the precision envelope, from
//! precision 1 at recall 0 on, and integrates by trapezium over 101 recalls; as its curve falls to 0 at recall 1, a
//! detector without a fault has 0.995. COCO (pycocotools `accumulate`) takes
//! at each of the 101 recalls the envelope's value at the first point that reaches it, 0 beyond the last, and the
//! mean of these; at most 100 boxes of a class in an image count.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{JudgedBox, matching::IOU_THRESHOLDS};
use crate::grading::DetectionClass;

/// COCO's `maxDets`.
const COCO_BOXES: usize = 100;
const RECALLS: usize = 101;

/// Whose average precision. The two differ by some thousandths to hundredths on the same boxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Definition {
    /// As Ultralytics' `model.val()` computes it.
    Ultralytics,
    /// As pycocotools computes it.
    Coco,
}

/// One class that has labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassPrecision {
    /// The class whose curve it is.
    pub class: DetectionClass,
    /// How many labels it has in all images together; at least 1.
    pub labels: usize,
    /// How many boxes of the detector name it.
    pub boxes: usize,
    /// Average precision at an `IoU` of 0.5.
    pub ap50: f64,
    /// Mean over the ten thresholds.
    pub ap50_95: f64,
    /// Precision at recalls 0, 0.01 … 1, at an `IoU` of 0.5.
    #[serde(skip)]
    pub precision: Vec<f64>,
}

/// Mean average precision over a data set, and what it is the mean of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AveragePrecision {
    /// By whose rule the areas were computed.
    pub definition: Definition,
    /// Mean of the classes' `ap50`; classes without labels do not count.
    pub map50: f64,
    /// Mean of the classes' `ap50_95`.
    pub map50_95: f64,
    /// Every class that has labels, in the order of [`DetectionClass`].
    pub classes: Vec<ClassPrecision>,
}

impl Definition {
    /// `Ultralytics 8.4's definition` or `COCO's definition`, for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ultralytics => "Ultralytics 8.4's definition",
            Self::Coco => "COCO's definition",
        }
    }
}

impl AveragePrecision {
    /// (labels, mean AP50, mean AP50-95) of the classes that `is_wanted` picks; `None` if none has labels.
    pub fn mean_of(&self, is_wanted: impl Fn(DetectionClass) -> bool) -> Option<(usize, f64, f64)> {
        let wanted: Vec<&ClassPrecision> = self.classes.iter().filter(|c| is_wanted(c.class)).collect();
        let mean = |of: fn(&ClassPrecision) -> f64| wanted.iter().map(|c| of(c)).sum::<f64>() / wanted.len() as f64;
        (!wanted.is_empty()).then(|| (wanted.iter().map(|c| c.labels).sum(), mean(|c| c.ap50), mean(|c| c.ap50_95)))
    }
}

/// From the judged boxes of every image, and how many labels each class has in all images together.
/// `None` if no class has any.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use foramen::{
///     grading::{DetectionClass, Role},
///     metric::{Definition, JudgedBox, average_precision},
/// };
///
/// let class = DetectionClass::all(Role::Scs)[0];
/// // One image with two labels; of two boxes the surer one is right.
/// let boxes = vec![
///     JudgedBox { class, score: 0.9, correct: [true; 10] },
///     JudgedBox { class, score: 0.4, correct: [false; 10] },
/// ];
/// let map = average_precision(&[boxes], &BTreeMap::from([(class, 2)]), Definition::Coco).unwrap();
/// // Precision 1 up to a recall of one half: 51 of COCO's 101 recalls.
/// assert!((map.map50 - 51.0 / 101.0).abs() < 1e-12);
/// ```
pub fn average_precision(
    images: &[Vec<JudgedBox>],
    labels: &BTreeMap<DetectionClass, usize>,
    definition: Definition,
) -> Option<AveragePrecision> {
    let classes: Vec<ClassPrecision> =
        labels.iter().filter(|(_, n)| **n > 0).map(|(&class, &n)| of_class(images, class, n, definition)).collect();
    if classes.is_empty() {
        return None;
    }
    let mean = |of: fn(&ClassPrecision) -> f64| classes.iter().map(of).sum::<f64>() / classes.len() as f64;
    let (map50, map50_95) = (mean(|c| c.ap50), mean(|c| c.ap50_95));
    Some(AveragePrecision { definition, map50, map50_95, classes })
}

fn of_class(images: &[Vec<JudgedBox>], class: DetectionClass, labels: usize, definition: Definition) -> ClassPrecision {
    let most = if definition == Definition::Coco { COCO_BOXES } else { usize::MAX };
    let mut boxes: Vec<&JudgedBox> =
        images.iter().flat_map(|image| image.iter().filter(|b| b.class == class).take(most)).collect();
    // Stable: equal scores stay in the order of the images.
    boxes.sort_by(|a, b| b.score.total_cmp(&a.score));
    let curve = |threshold: usize| {
        let mut hits = 0;
        let points = boxes.iter().enumerate().map(|(index, judged)| {
            hits += usize::from(judged.correct[threshold]);
            (hits as f64 / labels as f64, hits as f64 / (index + 1) as f64)
        });
        let points: Vec<(f64, f64)> = points.collect();
        match definition {
            _ if points.is_empty() => vec![0.0; RECALLS],
            Definition::Ultralytics => ultralytics(&points),
            Definition::Coco => coco(&points),
        }
    };
    let area = |precision: &[f64]| match definition {
        Definition::Ultralytics => precision.windows(2).map(|w| f64::midpoint(w[0], w[1])).sum::<f64>() / 100.0,
        Definition::Coco => precision.iter().sum::<f64>() / RECALLS as f64,
    };
    let precision = curve(0);
    let areas: Vec<f64> = (0..IOU_THRESHOLDS.len()).map(|threshold| area(&curve(threshold))).collect();
    let ap50_95 = areas.iter().sum::<f64>() / areas.len() as f64;
    ClassPrecision { class, labels, boxes: boxes.len(), ap50: area(&precision), ap50_95, precision }
}

/// Precisions at the 101 recalls, from (recall, precision) after each box.
fn ultralytics(points: &[(f64, f64)]) -> Vec<f64> {
    let last = points.last().map_or(0.0, |p| p.0);
    let mut curve = vec![(0.0, 1.0)];
    curve.extend(points);
    curve.extend([(last, 0.0), (1.0, 0.0)]);
    make_envelope(&mut curve);
    // As numpy.interp: where a recall stands several times, the last of them counts.
    let at = |recall: f64| {
        let next = curve.partition_point(|(r, _)| *r <= recall);
        let Some(&(r1, p1)) = curve.get(next) else { return curve[curve.len() - 1].1 };
        let (r0, p0) = curve[next.saturating_sub(1)];
        p0 + (p1 - p0) / (r1 - r0) * (recall - r0)
    };
    (0..RECALLS).map(|i| at(recall(i))).collect()
}

fn coco(points: &[(f64, f64)]) -> Vec<f64> {
    let mut curve = points.to_vec();
    make_envelope(&mut curve);
    let at = |recall: f64| curve.get(curve.partition_point(|(r, _)| *r < recall)).map_or(0.0, |(_, p)| *p);
    (0..RECALLS).map(|i| at(recall(i))).collect()
}

/// The i-th of the 101, by the arithmetic of numpy.linspace.
fn recall(i: usize) -> f64 {
    if i + 1 == RECALLS { 1.0 } else { i as f64 * 0.01 }
}

/// Each precision becomes the highest at its recall or any higher one.
fn make_envelope(curve: &mut [(f64, f64)]) {
    let mut most = 0.0f64;
    for (_, precision) in curve.iter_mut().rev() {
        most = most.max(*precision);
        *precision = most;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grading::Role;
    use proptest::prelude::*;

    const BOTH: [Definition; 2] = [Definition::Ultralytics, Definition::Coco];

    fn class() -> DetectionClass {
        DetectionClass::all(Role::Scs)[4]
    }

    fn judged(score: f32, thresholds: usize) -> JudgedBox {
        JudgedBox { class: class(), score, correct: std::array::from_fn(|i| i < thresholds) }
    }

    fn ap(boxes: &[JudgedBox], labels: usize, definition: Definition) -> (f64, f64) {
        let images: Vec<Vec<JudgedBox>> = boxes.iter().map(|b| vec![*b]).collect();
        let all = average_precision(&images, &[(class(), labels)].into(), definition).unwrap();
        (all.map50, all.map50_95)
    }

    /// Boxes of different scores, and at least as many labels as boxes that are right.
    fn boxes() -> impl Strategy<Value = (Vec<JudgedBox>, usize)> {
        (prop::collection::vec(0usize..11, 1..40), 0usize..10).prop_map(|(hits, more)| {
            let boxes: Vec<JudgedBox> =
                hits.iter().enumerate().map(|(i, &hit)| judged(0.9 - i as f32 * 0.02, hit)).collect();
            let right = hits.iter().filter(|h| **h > 0).count();
            (boxes, (right + more).max(1))
        })
    }

    #[test]
    fn half_of_the_labels_found_is_half_and_none_is_nothing() {
        for definition in BOTH {
            let (half, _) = ap(&[judged(0.9, 10), judged(0.1, 0)], 2, definition);
            // At recall 0.5 exactly Ultralytics has fallen already, COCO has not yet.
            assert!((half - 0.5).abs() < 0.01, "{definition:?}: {half}");
            assert!(ap(&[judged(0.9, 0)], 2, definition).0.abs() < 1e-12);
            let unseen = average_precision(&[vec![]], &[(class(), 3)].into(), definition).unwrap();
            assert!(unseen.map50.abs() < 1e-12);
            assert_eq!(average_precision(&[vec![judged(0.9, 0)]], &BTreeMap::new(), definition), None);
        }
    }

    #[test]
    fn a_class_without_labels_does_not_count_and_a_mean_names_its_classes() {
        let other = DetectionClass::all(Role::Scs)[5];
        let images = vec![vec![judged(0.9, 10), JudgedBox { class: other, ..judged(0.8, 0) }]];
        let all = average_precision(&images, &[(class(), 1), (other, 0)].into(), Definition::Ultralytics).unwrap();
        assert_eq!(all.classes.len(), 1);
        assert!((all.map50 - 0.995).abs() < 1e-12);
        assert_eq!(all.mean_of(|c| c == other), None);
        assert_eq!(all.mean_of(|c| c == class()).unwrap().0, 1);
    }

    proptest! {
        /// Ultralytics' curve ends at precision 0 in its 101st point, whatever was found.
        #[test]
        fn every_label_found_and_nothing_else_is_the_most_there_is(count in 1usize..60) {
            let boxes: Vec<JudgedBox> = (0..count).map(|i| judged(0.9 - i as f32 * 0.01, 10)).collect();
            for (definition, most) in [(Definition::Ultralytics, 0.995), (Definition::Coco, 1.0)] {
                let (ap50, ap50_95) = ap(&boxes, count, definition);
                prop_assert!((ap50 - most).abs() < 1e-12 && (ap50_95 - most).abs() < 1e-12, "{} {}", ap50, ap50_95);
            }
        }

        #[test]
        fn the_order_of_images_does_not_matter(((boxes, labels), shuffled) in boxes().prop_flat_map(|b| (Just(b.clone()), Just(b.0).prop_shuffle()))) {
            for definition in BOTH {
                prop_assert_eq!(ap(&boxes, labels, definition), ap(&shuffled, labels, definition));
            }
        }

        #[test]
        fn a_surer_false_box_never_helps_and_hurts_where_something_was_found((boxes, labels) in boxes()) {
            for definition in BOTH {
                let (before, all_before) = ap(&boxes, labels, definition);
                let (after, all_after) = ap(&[vec![judged(0.99, 0)], boxes.clone()].concat(), labels, definition);
                prop_assert!(after <= before + 1e-12 && all_after <= all_before + 1e-12);
                prop_assert!(before < 1e-12 || after < before, "{} to {}", before, after);
            }
        }

        #[test]
        fn it_is_a_share_and_stricter_thresholds_find_less((boxes, labels) in boxes()) {
            for definition in BOTH {
                let (ap50, ap50_95) = ap(&boxes, labels, definition);
                prop_assert!((0.0..=1.0 + 1e-12).contains(&ap50) && ap50_95 <= ap50 + 1e-12);
            }
        }
    }
}
