//! The names of the levels: beside their discs on sagittal images, and at which one an axial slice lies.

use egui::{Align2, FontId, Rect, Stroke, Vec2, vec2};

use super::{
    labels::{self, Labels},
    view::View,
};
use crate::{
    geometry::{ImagePlane, PlaneKind, Vec3},
    grading::{GradeId, Level},
    ui::{state::place, view::theme},
};

/// Where a label begins: so far in front of the canal at the disc, in mm, that it stands before the spine.
const BEFORE_MM: f64 = 52.0;
/// Where a label has no room, it stands farther in front, in points.
const STEPS: [f32; 4] = [0.0, 12.0, 24.0, 40.0];
/// An axial slice is at a level when it is no farther than this from its disc, mm.
const AT_DISC_MM: f64 = 8.0;

/// Where the grading found the discs.
pub fn paint_levels(view: &View<'_>, labels: &mut Labels) {
    let Some(graded) = &view.session.run.graded else { return };
    let Some(plane) = view.slice.plane.filter(|_| place::is_space_of_discs(&view.session.study, view.at.0)) else {
        return;
    };
    match PlaneKind::of(&plane) {
        PlaneKind::Sagittal => {
            for (&level, disc) in Level::ALL.iter().zip(&graded.levels) {
                if let Some(disc) = disc {
                    paint_beside(view, labels, &plane, level, *disc);
                }
            }
        }
        PlaneKind::Axial => paint_level_of_slice(view, labels, &plane, &graded.levels),
        PlaneKind::Coronal => (),
    }
}

fn paint_beside(view: &View<'_>, labels: &mut Labels, plane: &ImagePlane, level: Level, disc: Vec3) {
    let is_selected = view.selected().is_some_and(|id| id.level() == level);
    let (size, color) = if is_selected { (14.5, theme::ACCENT) } else { (12.5, theme::LEVEL_LABEL) };
    let screen = |point: Vec3| view.transform.screen_from_pixel(plane.pixel_from_patient(point));
    // The patient's front is -y; the image may be turned any way.
    let (disc, start) = (screen(disc), screen(disc - Vec3::Y * BEFORE_MM));
    let forward = (start - disc).normalized();
    let text = view.painter.layout_no_wrap(level.label().to_owned(), FontId::proportional(size), color).size();
    // A disc that is off the pane has no label there.
    if !view.rect.contains(disc) {
        return;
    }
    let places = STEPS.map(|step| ahead(start + forward * step, forward, text));
    // Where the image is so large that the front of the spine is off the pane, the label stands at the edge.
    let at_edge = labels::moved_into(view.rect.shrink(8.0), places[0]);
    let places: Vec<Rect> = places.into_iter().chain([at_edge]).collect();
    let place = labels.name(&places, forward);
    let rect = view.text(place.min, Align2::LEFT_TOP, level.label(), size, color);
    // From the label towards the disc, wherever the label had room.
    if rect.expand(6.0).contains(disc) {
        return;
    }
    let from = rect.expand(3.0).intersects_ray_from_center((disc - rect.center()).normalized());
    let to = from + (disc - from) * 0.22;
    view.painter.line_segment([from, to], Stroke::new(if is_selected { 1.6 } else { 1.0 }, color.gamma_multiply(0.6)));
}

/// A text of a size whose nearest point lies at `start`, seen along `forward`.
fn ahead(start: egui::Pos2, forward: Vec2, size: Vec2) -> Rect {
    Rect::from_center_size(start + forward * size / 2.0, size)
}

/// Top centre, below the orientation letter.
fn paint_level_of_slice(view: &View<'_>, labels: &mut Labels, plane: &ImagePlane, levels: &[Option<Vec3>; 5]) {
    let Some((words, at)) = level_of_slice(plane, levels) else { return };
    let is_selected = at.is_some() && at == view.selected().map(GradeId::level);
    let (size, color) = if at.is_none() {
        (12.5, theme::IMAGE_WEAK_TEXT)
    } else if is_selected {
        (14.5, theme::ACCENT)
    } else {
        (13.5, theme::LEVEL_LABEL)
    };
    let text = view.painter.layout_no_wrap(words.clone(), FontId::proportional(size), color).size();
    let top = view.rect.center_top() + vec2(0.0, 62.0 + text.y / 2.0);
    let places =
        [0.0, 18.0].map(|down| labels::moved_into(view.rect, Rect::from_center_size(top + vec2(0.0, down), text)));
    let place = labels.name(&places, Vec2::DOWN);
    view.text(place.min, Align2::LEFT_TOP, &words, size, color);
}

/// At which level an axial slice lies, in words, and which level that is; between two; or beyond the last disc that
/// was found.
fn level_of_slice(plane: &ImagePlane, levels: &[Option<Vec3>; 5]) -> Option<(String, Option<Level>)> {
    // How far above the slice (towards the head) each disc lies.
    let upward = if plane.normal().z < 0.0 { -1.0 } else { 1.0 };
    let height = |disc: Vec3| upward * plane.distance_from_patient(disc);
    let found: Vec<(Level, f64)> =
        Level::ALL.iter().zip(levels).filter_map(|(&level, disc)| Some((level, height((*disc)?)))).collect();
    let &(nearest, mm) = found.iter().min_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    if mm.abs() <= AT_DISC_MM {
        return Some((nearest.label().to_owned(), Some(nearest)));
    }
    let above = found.iter().filter(|(_, mm)| *mm > 0.0).min_by(|a, b| a.1.total_cmp(&b.1));
    let below = found.iter().filter(|(_, mm)| *mm < 0.0).max_by(|a, b| a.1.total_cmp(&b.1));
    let words = match (above, below) {
        (Some((above, _)), Some((below, _))) => format!("between {} and {}", above.label(), below.label()),
        (Some((above, _)), None) => format!("below {}", above.label()),
        (None, Some((below, _))) => format!("above {}", below.label()),
        (None, None) => return None,
    };
    Some((words, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axial(z: f64, normal_up: bool) -> ImagePlane {
        let across = if normal_up { 1.0 } else { -1.0 };
        ImagePlane::new([0.0, 0.0, z], [across, 0.0, 0.0, 0.0, 1.0, 0.0], [1.0; 2], 10, 10).unwrap()
    }

    #[test]
    fn an_axial_slice_is_at_a_disc_between_two_or_beyond_the_last_that_was_found() {
        // L1/L2 was not found.
        let levels =
            [None, Some(0.0), Some(-36.0), Some(-72.0), Some(-104.0)].map(|z| z.map(|z| Vec3::new(3.0, 9.0, z)));
        for normal_up in [true, false] {
            let words = |z: f64| level_of_slice(&axial(z, normal_up), &levels).unwrap().0;
            assert_eq!(words(-30.0), "L3/L4");
            assert_eq!(words(-54.0), "between L3/L4 and L4/L5");
            assert_eq!(words(20.0), "above L2/L3");
            assert_eq!(words(-113.0), "below L5/S1");
        }
        assert_eq!(level_of_slice(&axial(0.0, true), &[None; 5]), None);
    }
}
