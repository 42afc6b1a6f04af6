//! Boxes by hand over an image: the reader's own, and the one behind the selected cell, which can be moved and pulled.

mod hit;
mod mouse;
mod paint;

pub use self::{
    mouse::pointer,
    paint::{paint_by_hand, paint_handles, paint_labels},
};

use super::boxes;
use crate::{
    grading::{GradeId, SliceId, Vote},
    raster::BBox,
    review::BoxChoice,
    ui::state::{session::Session, viewer::Viewer, visibility::Visibility},
};

/// The reader's boxes on a slice, of the conditions and levels that the reader wants to see.
pub fn by_hand(session: &Session, visibility: &Visibility, slice: &SliceId) -> Vec<(GradeId, BBox)> {
    let of_cell = |id: GradeId| match &session.review().cell(id).region {
        BoxChoice::Reader(region) if region.slice == *slice => Some((id, region.bbox)),
        _ => None,
    };
    GradeId::ALL.into_iter().filter(|&id| visibility.shows(session, id)).filter_map(of_cell).collect()
}

/// The box behind the selected cell, where it is seen on a slice: the reader's, else the detector's that is looked at,
/// else the one that counts most.
fn of_selected(viewer: &Viewer, session: &Session, slice: &SliceId) -> Option<BBox> {
    let cell = session.focus.cell?;
    if let Some((_, bbox)) = by_hand(session, &viewer.visibility, slice).into_iter().find(|(id, _)| *id == cell) {
        return Some(bbox);
    }
    let visible = boxes::visible(session, &viewer.visibility, viewer.settings.threshold, slice);
    let is_looked_at = |vote: &Vote| session.focus.evidence.as_ref().is_some_and(|e| e.detection == vote.detection);
    let of_cell = visible.into_iter().filter(|vote| vote.grade == cell);
    let best = of_cell.max_by(|a, b| is_looked_at(a).cmp(&is_looked_at(b)).then(a.weight.total_cmp(&b.weight)))?;
    Some(best.detection.bbox)
}
