//! Where a cell lies in the patient, for cells without a box and for boxes by hand: from the discs that the grading
//! found.

use super::{hanging, session::Session};
use crate::{
    geometry::{PlaneKind, Vec3},
    grading::{self, Condition, ExpectedPlace, GradeId, Lies, Role, Side},
    pipeline,
    review::BoxChoice,
    study::Study,
};

/// A slice is at a place when it is no farther from it than this, or than the next slice, mm.
const AT_PLACE_MM: f64 = 8.0;

/// Whether the places of the discs mean something in a series: it shares the patient space with every series that
/// they can come from.
pub fn is_space_of_discs(study: &Study, series: usize) -> bool {
    let is_source = |role: Option<Role>| matches!(role, Some(Role::Nfn | Role::Scs));
    study.series.iter().enumerate().all(|(i, s)| !is_source(s.role) || study.share_space(series, i))
}

/// The discs that the grading found, or those of the boxes so far.
fn discs(session: &Session) -> [Option<Vec3>; 5] {
    if let Some(graded) = &session.run.graded
        && graded.levels.iter().any(Option::is_some)
    {
        return graded.levels;
    }
    let boxes: Vec<_> = session.run.votes.values().flatten().map(|vote| vote.detection.clone()).collect();
    grading::geometric(&boxes, &pipeline::layout(&session.study)).levels
}

/// Where a cell without a box is to be looked for. `Err` says why nobody knows.
pub fn of_cell(session: &Session, id: GradeId) -> Result<ExpectedPlace, &'static str> {
    let levels = discs(session);
    let place = grading::expected_place(id, &levels, to_side(session, id, &levels));
    place.ok_or("no disc was found on the sagittal images")
}

/// How far from the canal the boxes of this side lie at other levels, mm; of the other side where this one has none.
fn to_side(session: &Session, id: GradeId, levels: &[Option<Vec3>; 5]) -> Option<f64> {
    let table = session.run.table.as_ref()?;
    let mean = |side: Side| {
        let like = table
            .rows()
            .iter()
            .filter(|row| row.id.condition() == id.condition() && row.id.side() == Some(side) && !row.is_weak());
        let off = like.filter_map(|row| {
            let detection = &row.key_evidence()?.detection;
            let (series, slice) = session.study.find(&detection.slice)?;
            let point = session.study.series[series].slices[slice].plane?.patient_from_pixel(detection.bbox.center());
            let off = point.x - levels[row.id.level().index()]?.x;
            // A box on the wrong side tells nothing.
            let off = if side == Side::Left { off } else { -off };
            (off > 0.0).then_some(off)
        });
        let (sum, count) = off.fold((0.0, 0.0), |(sum, count), off| (sum + off, count + 1.0));
        (count > 0.0).then(|| sum / count)
    };
    let own = id.side()?;
    let other = if own == Side::Left { Side::Right } else { Side::Left };
    mean(own).or_else(|| mean(other))
}

/// The series that a cell without a box is shown in first: the longest of its role, else another one from which the
/// discs come. `None` where none shares their patient space.
pub fn series_for(study: &Study, id: GradeId) -> Option<usize> {
    let role = id.condition().role();
    let other = if id.condition() == Condition::NeuralForaminalNarrowing { Role::Scs } else { Role::Nfn };
    [role, Role::Scs, other].into_iter().find_map(|role| {
        let of_role = (0..study.series.len()).filter(|&i| study.series[i].role == Some(role));
        of_role.filter(|&i| is_space_of_discs(study, i)).max_by_key(|&i| study.series[i].slices.len())
    })
}

/// The slice of a series at a place, and whether it lies there or the series does not reach it.
pub fn slice_at(study: &Study, series: usize, place: &ExpectedPlace) -> Option<(usize, bool)> {
    let is_axial = study.series.get(series)?.plane_kind == Some(PlaneKind::Axial);
    let point = if is_axial { place.at_disc } else { place.point };
    let slice = hanging::nearest_slice(study, series, point)?;
    Some((slice, is_reached(study, series, slice, point)))
}

/// Whether a slice lies at a point, or another slice would have to lie nearer.
fn is_reached(study: &Study, series: usize, slice: usize, point: Vec3) -> bool {
    let series = &study.series[series];
    let Some(plane) = series.slices[slice].plane else { return false };
    plane.distance_from_patient(point).abs() <= series.spacing.unwrap_or(0.0).max(AT_PLACE_MM)
}

/// Where the reader's box of a cell lies; `None` without one, or where its place or the discs are unknown.
pub fn of_box_by_hand(session: &Session, id: GradeId) -> Option<Lies> {
    let BoxChoice::Reader(region) = &session.review().cell(id).region else { return None };
    let (series, slice) = session.study.find(&region.slice)?;
    let plane = session.study.series[series].slices[slice].plane?;
    let graded = session.run.graded.as_ref().filter(|_| is_space_of_discs(&session.study, series))?;
    Some(grading::lies(id, &region.bbox, &plane, &graded.levels))
}
