//! Several models for one role (folds): one set of boxes from theirs.

use crate::{
    detector::{Class, RawDetection},
    raster::BBox,
};

/// Boxes of one class that overlap more than this are one finding.
const SAME_FINDING_IOU: f32 = 0.5;

/// Merges what several models saw on one slice: boxes of one class that overlap become one,
/// its edges weighted by score, its score the mean over all models (a model that did not see it counts 0).
///
/// One model's boxes are returned as they are.
pub fn merge<C: Class>(mut per_model: Vec<Vec<RawDetection<C>>>) -> Vec<RawDetection<C>> {
    if per_model.len() == 1 {
        return per_model.remove(0);
    }
    let model_count = per_model.len() as f32;
    let mut boxes: Vec<(usize, RawDetection<C>)> = per_model
        .into_iter()
        .enumerate()
        .flat_map(|(model, boxes)| boxes.into_iter().map(move |b| (model, b)))
        .collect();
    boxes.sort_by(|a, b| b.1.score.total_cmp(&a.1.score));

    let mut groups: Vec<Vec<(usize, RawDetection<C>)>> = Vec::new();
    for (model, candidate) in boxes {
        let home = groups.iter_mut().find(|group| {
            let (_, lead) = &group[0];
            lead.class == candidate.class
                && lead.bbox.iou(&candidate.bbox) > SAME_FINDING_IOU
                // A model's second box at the same place is another finding, or noise.
                && group.iter().all(|(m, _)| *m != model)
        });
        match home {
            Some(group) => group.push((model, candidate)),
            None => groups.push(vec![(model, candidate)]),
        }
    }
    groups
        .into_iter()
        .map(|group| {
            let total: f32 = group.iter().map(|(_, b)| b.score).sum();
            let edge = |pick: fn(&BBox) -> f32| group.iter().map(|(_, b)| pick(&b.bbox) * b.score).sum::<f32>() / total;
            RawDetection {
                class: group[0].1.class,
                score: total / model_count,
                bbox: BBox::new(edge(|b| b.x0), edge(|b| b.y0), edge(|b| b.x1), edge(|b| b.y1)),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grading::{DetectionClass, Role};

    fn seen(class: usize, score: f32, x: f32) -> RawDetection {
        RawDetection { class: DetectionClass::all(Role::Scs)[class], score, bbox: BBox::new(x, 0.0, x + 10.0, 10.0) }
    }

    #[test]
    fn what_only_one_of_two_models_sees_counts_half() {
        let merged = merge(vec![vec![seen(0, 0.8, 0.0), seen(1, 0.6, 0.0)], vec![seen(0, 0.4, 1.0)]]);
        assert_eq!(merged.len(), 2);
        assert!((merged[0].score - 0.6).abs() < 1e-6 && (merged[1].score - 0.3).abs() < 1e-6);
        assert!((merged[0].bbox.x0 - 1.0 / 3.0).abs() < 1e-6, "edges are weighted by score");
    }

    #[test]
    fn far_boxes_of_one_class_stay_apart_and_one_model_is_untouched() {
        assert_eq!(merge(vec![vec![seen(0, 0.8, 0.0)], vec![seen(0, 0.8, 50.0)]]).len(), 2);
        let alone = vec![seen(2, 0.3, 1.0), seen(2, 0.9, 1.0)];
        assert_eq!(merge(vec![alone.clone()]), alone);
    }
}
