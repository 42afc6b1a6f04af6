//! The names of the levels beside their discs on sagittal images.

use egui::{Align2, Stroke, vec2};

use super::view::View;
use crate::{
    geometry::{PlaneKind, Vec3},
    grading::Level,
    ui::theme,
};

/// Where a label stands: so far in front of the disc's middle, in mm, so that it hides neither disc nor canal.
const BEFORE_MM: f64 = 42.0;

/// L1/L2 to L5/S1, where the grading found the discs.
pub fn paint_levels(view: &View<'_>) {
    let Some(graded) = &view.session.graded else { return };
    let Some(plane) = view.slice.plane.filter(|p| PlaneKind::of(p) == PlaneKind::Sagittal) else { return };
    let selected = view.session.selected.map(|id| id.level());
    for (&level, disc) in Level::ALL.iter().zip(&graded.levels) {
        let Some(disc) = disc else { continue };
        // The patient's front is -y.
        let label = *disc - Vec3::Y * BEFORE_MM;
        let place = |point: Vec3| {
            let (column, row) = plane.pixel_from_patient(point);
            view.transform.screen_from_pixel(column, row)
        };
        let (disc, at) = (place(*disc), place(label));
        let is_selected = selected == Some(level);
        let color = if is_selected { theme::ACCENT } else { theme::LEVEL_LABEL };
        // Where the image ends before the label would stand, the label stands at its edge.
        let at = at.clamp(view.rect.min + vec2(8.0, 12.0), view.rect.max - vec2(46.0, 12.0));
        let anchor = if at.x <= disc.x { Align2::LEFT_CENTER } else { Align2::RIGHT_CENTER };
        let text = view.text(at, anchor, level.label(), if is_selected { 14.0 } else { 12.5 }, color);
        let from = if at.x <= disc.x { text.right_center() } else { text.left_center() };
        let to = from + (disc - from) * 0.45;
        view.painter.line_segment([from, to], Stroke::new(1.0, color.gamma_multiply(0.45)));
    }
}
