//! Which slices go to which models, and why a role has none.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    detector::ModelSet,
    geometry::ImagePlane,
    grading::{Disc, Discs, Layout, Level, Role},
    study::{Series, Study},
};

/// An axial slice that is no nearer to any disc than this is not looked at, mm. Nearer ones change grades: at 12 mm 12 % of
/// slices are saved and rows move by up to 0.08 (docs/grading.md).
const FAR_MM: f64 = 16.0;
/// A series of which slices lie at fewer discs is looked at whole: it may not lie where it says, and its boxes tell.
const ENOUGH_DISCS: usize = 4;
/// A disc is met by a series of which a slice passes this near to it, mm. Where none does, the slices farther away are all
/// that shows its level, and are looked at.
const MET_MM: f64 = 6.0;
/// Slices up to this far from a disc count for its level, mm, with some room.
const REACH_MM: f64 = 20.0;
/// The canal lies so far behind the middle of a disc, mm: an angled slice may be nearer to the one than to the other.
const BEHIND_MM: f64 = 24.0;

/// One slice to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// The detector's role.
    pub role: Role,
    /// Index into the study's series.
    pub series: usize,
    /// Index into the series' slices.
    pub slice: usize,
}

/// The work on one study.
#[derive(Debug, Default)]
pub struct Plan {
    /// Role by role, slices in reading order.
    pub jobs: Vec<Job>,
    /// Roles that nothing will look at, with the reason in the reader's words.
    pub skipped: Vec<(Role, String)>,
    /// Slices that are far from every disc, and so not in `jobs`.
    pub left_out: Vec<Job>,
}

impl Plan {
    /// Every slice of every series of a role that has a model.
    pub fn new(study: &Study, models: &ModelSet) -> Self {
        let mut plan = Self::default();
        for &role in Role::ALL {
            let of_role = |series: &Series| series.role == Some(role) && !series.slices.is_empty();
            if !study.series.iter().any(of_role) {
                plan.skipped.push((role, format!("no {} series in this study", role.label())));
            } else if models.of(role).next().is_none() {
                plan.skipped.push((role, format!("no model for {} ({role})", role.label())));
            } else {
                for (series, s) in study.series.iter().enumerate().filter(|(_, s)| of_role(s)) {
                    plan.jobs.extend((0..s.slices.len()).map(|slice| Job { role, series, slice }));
                }
            }
        }
        plan
    }

    /// How many slices a role has to look at.
    pub fn count(&self, role: Role) -> usize {
        self.jobs.iter().filter(|job| job.role == role).count()
    }

    /// Leaves out the axial slices that are far from every disc, and certainly so: beyond the last disc of five, or between
    /// two that follow each other. Returns how many.
    pub fn leave_out(&mut self, study: &Study, layout: &Layout, discs: &Discs) -> usize {
        for (index, series) in study.series.iter().enumerate().filter(|(_, s)| s.role == Some(Role::Ss)) {
            let by_space: BTreeMap<usize, Vec<Disc>> =
                discs.spaces().filter_map(|space| Some((space, discs.of(space, &[])?))).collect();
            let placed = |slice: usize| {
                let at = layout.get(&series.slices[slice].id())?;
                Some((at.plane, by_space.get(&at.space)?))
            };
            let nearest = |slice: usize| {
                let (plane, discs) = placed(slice)?;
                discs.iter().map(|disc| (disc.level, off(&plane, disc))).min_by(|a, b| a.1.total_cmp(&b.1))
            };
            let met: BTreeSet<Level> = (0..series.slices.len())
                .filter_map(nearest)
                .filter_map(|(level, mm)| (mm <= MET_MM).then_some(level))
                .collect();
            if met.len() < ENOUGH_DISCS {
                continue;
            }
            let is_far = |job: &Job| {
                job.series == index
                    && placed(job.slice).is_some_and(|(plane, discs)| {
                        let is_left = |disc: &Disc| off(&plane, disc) > REACH_MM || met.contains(&disc.level);
                        is_far(&plane, discs) && discs.iter().all(is_left)
                    })
            };
            let (far, near): (Vec<Job>, Vec<Job>) = std::mem::take(&mut self.jobs).into_iter().partition(is_far);
            self.jobs = near;
            self.left_out.extend(far);
        }
        self.left_out.len()
    }
}

/// How far a slice passes from a disc, or from the canal behind it, mm.
fn off(plane: &ImagePlane, disc: &Disc) -> f64 {
    let behind = disc.point + crate::geometry::Vec3::Y * BEHIND_MM;
    plane.distance_from_patient(disc.point).abs().min(plane.distance_from_patient(behind).abs())
}

/// Whether a slice is far from all discs, those included that were not found. At this time the detector of levels alone has
/// numbered them, and may be one off: the next disc beyond either end counts too.
fn is_far(plane: &ImagePlane, discs: &[Disc]) -> bool {
    // Above the slice (towards the head) is +.
    let upward = if plane.normal().z < 0.0 { -1.0 } else { 1.0 };
    let above = discs.iter().rfind(|disc| upward * plane.distance_from_patient(disc.point) > 0.0);
    let below = discs.iter().find(|disc| upward * plane.distance_from_patient(disc.point) <= 0.0);
    let is_between_known = match (above, below) {
        (Some(above), Some(below)) => below.level.index() == above.level.index() + 1,
        (Some(last), None) => last.level == Level::L5S1,
        (None, Some(first)) => first.level == Level::L1L2,
        (None, None) => false,
    };
    let (Some(first), Some(last)) = (discs.first(), discs.last()) else { return false };
    let [Some(second), Some(last_but_one)] = [discs.get(1), discs.len().checked_sub(2).and_then(|i| discs.get(i))]
    else {
        return false;
    };
    let beyond = |end: &Disc, next: &Disc| Disc { point: end.point + (end.point - next.point), ..*end };
    let all = discs.iter().copied().chain([beyond(first, second), beyond(last, last_but_one)]);
    is_between_known && all.into_iter().all(|disc| off(plane, &disc) > FAR_MM)
}
