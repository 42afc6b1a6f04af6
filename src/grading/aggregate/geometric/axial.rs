//! What the boxes of one axial slice say. Its level is that of the disc at which it cuts the spine; within it, a box is
//! judged by where the canal must lie there.

use glam::DVec3;

use super::{OUT_OF_PLACE, Placed, Seen, Spine, claimed, place::SUBARTICULAR_MM, side_of};
use crate::{
    geometry::ImagePlane,
    grading::{Conflict, Detection, Level, aggregate::Vote},
};

/// A slice this far from a disc counts 1/e, mm: what narrows a recess is about as high.
const SLICE_FALLOFF_MM: f64 = 9.0;
/// Boxes of one slice that overlap by this much are about one place.
const SAME_PLACE_IOU: f32 = 0.5;
/// A box may lie this far from where a recess is expected, mm: people differ, and canals are wide.
const EASY_MM: f64 = 12.0;
/// Farther away it counts 1/e for each so many mm squared.
const PLACE_FALLOFF_MM: f64 = 8.0;
/// What a box counts at least, however far away: the place of the canal may be wrong too.
const FAR_AWAY: f64 = 0.05;

/// The votes of one axial slice, which meets the disc of a level or none. What boxes at one place say of a severity under
/// different levels' names is added up.
/// Where the discs are known for certain (`by_discs`), boxes that lie far from both recesses count little.
pub fn votes(boxes: &[Seen<'_>], at: &Placed, spine: &Spine, level: Option<Level>, by_discs: bool) -> Vec<Vote> {
    let off = |disc: DVec3| at.plane.distance_from_patient(disc).abs();
    let Some(level) = level else {
        // Between discs, or at one that was not found: nothing is known of the names of levels not found.
        let dampen = |&(detection, _): &Seen<'_>| {
            let mut vote = claimed(detection);
            if spine.at(detection.class.grade.level()).is_some() {
                vote.overrule(Conflict::Level, OUT_OF_PLACE);
            }
            vote
        };
        return boxes.iter().map(dampen).collect();
    };
    let canal = spine.at(level);
    let in_slice = canal_in(&at.plane, spine, level);
    let closeness = canal.map_or(0.0, |disc| (-(off(disc) / SLICE_FALLOFF_MM).powi(2)).exp()) as f32;
    boxes
        .iter()
        .map(|&(detection, point)| {
            let mut vote = claimed(detection);
            vote.weight = pooled(detection, boxes) * closeness;
            if let Some(canal) = in_slice.filter(|_| by_discs) {
                vote.weight *= place_factor(point, canal);
            }
            if detection.class.grade.level() != level {
                // The name alone is wrong; pooling has counted the score once already.
                vote.conflicts.push(Conflict::Level);
            }
            vote.regrade(side_of(point, canal), level);
            vote
        })
        .collect()
}

/// The score of a box with those of boxes at its place that name its side and severity and another level: of each
/// level the best. Only the best box of a place speaks for all; the others keep their own score.
fn pooled(detection: &Detection, boxes: &[Seen<'_>]) -> f32 {
    let class = detection.class;
    let mut by_level = [0.0f32; 5];
    for (other, _) in boxes {
        let grade = other.class.grade;
        let is_alike = other.class.severity == class.severity && grade.side() == class.grade.side();
        if is_alike && other.bbox.iou(&detection.bbox) >= SAME_PLACE_IOU {
            if other.score > detection.score {
                return detection.score;
            }
            let best = &mut by_level[grade.level().index()];
            *best = best.max(other.score);
        }
    }
    by_level[class.grade.level().index()] = detection.score;
    by_level.iter().sum::<f32>().min(1.0)
}

/// Where the canal passes through a slice near the disc of a level: on the line to the next disc on that side.
fn canal_in(plane: &ImagePlane, spine: &Spine, level: Level) -> Option<DVec3> {
    let disc = spine.at(level)?;
    let off = plane.distance_from_patient(disc);
    let levels = spine.levels();
    let neighbours = [level.index().checked_sub(1), Some(level.index() + 1)];
    let through = neighbours.into_iter().flatten().filter_map(|i| levels.get(i).copied().flatten()).find_map(|next| {
        let there = plane.distance_from_patient(next);
        // The slice lies between the two: one is above it, one below.
        (off * there < 0.0).then(|| disc.lerp(next, off / (off - there)))
    });
    Some(through.unwrap_or(disc - plane.normal() * off))
}

/// What a box counts by its distance from the nearer of both recesses.
fn place_factor(point: DVec3, canal: DVec3) -> f32 {
    let off = |side: f64| point.distance(canal + DVec3::X * side * SUBARTICULAR_MM);
    let beyond = (off(-1.0).min(off(1.0)) - EASY_MM).max(0.0);
    (-(beyond / PLACE_FALLOFF_MM).powi(2)).exp().max(FAR_AWAY) as f32
}
