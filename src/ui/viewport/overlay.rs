//! What is painted over an image: boxes, reference lines, orientation letters, a scale.

use egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, vec2};

use super::Transform;
use crate::{
    geometry::{cross_reference_line, direction_letters},
    grading::Detection,
    raster::Slice,
    ui::{session::Session, theme, viewer::Viewer},
};

/// Planes that meet at a smaller angle have no line that helps a reader: two sagittal stacks, say.
const LEAST_ANGLE_DEG: f64 = 10.0;
/// Of boxes that overlap more than this, only the one with the best score is shown.
const SAME_PLACE_IOU: f32 = 0.5;

/// Paints everything, unless the reader hides it; letters stay, for an image without sides is dangerous.
pub fn paint(
    painter: &Painter,
    rect: Rect,
    viewer: &Viewer,
    session: &Session,
    index: usize,
    slice: &Slice,
    transform: &Transform,
) {
    letters(painter, rect, slice);
    if !viewer.overlays {
        return;
    }
    if viewer.reference_lines {
        reference_lines(painter, rect, viewer, session, index, transform);
    }
    boxes(painter, viewer, session, index, transform);
    scale_bar(painter, rect, slice, transform);
}

/// Text that reads on black and on white.
pub fn outlined(painter: &Painter, at: Pos2, anchor: Align2, text: &str, font: &FontId, color: Color32) -> Rect {
    for offset in [vec2(1.0, 0.0), vec2(-1.0, 0.0), vec2(0.0, 1.0), vec2(0.0, -1.0)] {
        painter.text(at + offset, anchor, text, font.clone(), Color32::from_black_alpha(200));
    }
    painter.text(at, anchor, text, font.clone(), color)
}

/// Which way each edge points; none where the file gives no orientation.
fn letters(painter: &Painter, rect: Rect, slice: &Slice) {
    let Some(plane) = slice.plane else { return };
    let (across, down) = (plane.column_direction(), plane.row_direction());
    // Below the two lines of the caption, which narrow panes need the whole width for.
    let inner = Rect::from_min_max(rect.min + vec2(5.0, 40.0), rect.max - vec2(5.0, 5.0));
    for (direction, at) in [
        (-across, Align2::LEFT_CENTER),
        (across, Align2::RIGHT_CENTER),
        (-down, Align2::CENTER_TOP),
        (down, Align2::CENTER_BOTTOM),
    ] {
        let font = FontId::proportional(16.0);
        outlined(painter, at.pos_in_rect(&inner), at, &direction_letters(direction), &font, theme::LETTERS);
    }
}

/// Where the slices of the other panes cut this one.
fn reference_lines(
    painter: &Painter,
    rect: Rect,
    viewer: &Viewer,
    session: &Session,
    index: usize,
    transform: &Transform,
) {
    let plane_in = |pane: usize| {
        let pane = &session.panes[pane];
        let series = pane.series?;
        Some((series, session.study.series[series].slices.get(pane.shown?)?.plane?))
    };
    let Some((series, plane)) = plane_in(index) else { return };
    let mut assumed = false;
    for other in viewer.visible_panes().into_iter().filter(|&p| p != index) {
        let Some((other_series, other_plane)) = plane_in(other) else { continue };
        let is_near_parallel = plane.normal().dot(other_plane.normal()).abs() > LEAST_ANGLE_DEG.to_radians().cos();
        if is_near_parallel || !session.study.share_space(series, other_series) {
            continue;
        }
        if let Some(ends) = cross_reference_line(&plane, &other_plane) {
            let ends = ends.map(|(column, row)| transform.screen_from_pixel(column, row));
            let color = theme::reference_line(other);
            painter.add(Shape::dashed_line(&ends, Stroke::new(1.2, color), 7.0, 4.0).into_iter().collect::<Vec<_>>());
            assumed |= session.study.assumed_common_space;
        }
    }
    if assumed {
        let at = rect.right_top() + vec2(-6.0, 6.0);
        let text = "lines assume one patient space";
        outlined(painter, at, Align2::RIGHT_TOP, text, &FontId::proportional(11.5), theme::LETTERS);
    }
}

fn boxes(painter: &Painter, viewer: &Viewer, session: &Session, index: usize, transform: &Transform) {
    let pane = &session.panes[index];
    let (Some(series), Some(shown)) = (pane.series, pane.shown) else { return };
    let Some(slice) = session.study.series[series].slices.get(shown) else { return };
    let id = slice.id();
    let none = Vec::new();
    let all = session.boxes.get(&id).unwrap_or(&none);
    let highlighted = session.highlighted.as_ref().map(|e| &e.detection).filter(|d| d.slice == id);
    let mut shown = shown_boxes(all, viewer.threshold);
    shown.retain(|d| highlighted != Some(*d));
    // The highlighted one last: nothing hides it.
    shown.extend(highlighted);
    for detection in &shown {
        let label = if has_neighbour_right(detection, &shown) { Align2::RIGHT_TOP } else { Align2::LEFT_TOP };
        paint_box(painter, transform, detection, label, highlighted == Some(*detection));
    }
}

/// Whether another box stands right of a box at its height: its label then goes to the left.
fn has_neighbour_right(detection: &Detection, shown: &[&Detection]) -> bool {
    let b = detection.bbox;
    shown.iter().any(|other| {
        let o = other.bbox;
        o.center().0 > b.center().0 + b.width() / 2.0 && o.x0 < b.x1 + 2.0 * b.width() && o.y0 < b.y1 && b.y0 < o.y1
    })
}

/// The boxes above the threshold, the best of those that lie in one place.
pub fn shown_boxes(all: &[Detection], threshold: f32) -> Vec<&Detection> {
    let mut candidates: Vec<&Detection> = all.iter().filter(|d| d.score >= threshold).collect();
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut shown: Vec<&Detection> = Vec::new();
    for detection in candidates {
        if shown.iter().all(|other| other.bbox.iou(&detection.bbox) <= SAME_PLACE_IOU) {
            shown.push(detection);
        }
    }
    shown
}

fn paint_box(painter: &Painter, transform: &Transform, detection: &Detection, label: Align2, is_highlighted: bool) {
    let b = detection.bbox;
    let rect = Rect::from_min_max(transform.screen_from_edge(b.x0, b.y0), transform.screen_from_edge(b.x1, b.y1));
    let severity = detection.class.severity;
    let color = theme::severity(severity);
    if is_highlighted {
        let halo = Stroke::new(2.0, theme::ACCENT);
        painter.rect_stroke(rect.expand(2.0), 3.0, halo, StrokeKind::Outside);
    }
    painter.rect_stroke(rect, 2.0, Stroke::new(theme::severity_width(severity), color), StrokeKind::Inside);
    let side = detection.class.grade.side().map_or("", |side| match side {
        crate::grading::Side::Left => " L",
        crate::grading::Side::Right => " R",
    });
    let level = detection.class.grade.level().label();
    let text = format!("{level}{side} {} {:.2}", theme::severity_letter(severity), detection.score);
    let font = FontId::proportional(if is_highlighted { 13.5 } else { 12.0 });
    let at =
        if label == Align2::LEFT_TOP { rect.right_top() + vec2(3.0, 0.0) } else { rect.left_top() - vec2(3.0, 0.0) };
    outlined(painter, at, label, &text, &font, color);
}

/// 1, 2, 5 or 10 cm; none where the spacing is unknown.
fn scale_bar(painter: &Painter, rect: Rect, slice: &Slice, transform: &Transform) {
    if slice.pixel_spacing.is_none() {
        return;
    }
    let longest = rect.height() * 0.3;
    let Some(mm) = [100.0f32, 50.0, 20.0, 10.0, 5.0].into_iter().find(|mm| mm * transform.points_per_mm() <= longest)
    else {
        return;
    };
    let length = mm * transform.points_per_mm();
    let x = rect.right() - 26.0;
    let (top, bottom) = (rect.center().y - length / 2.0 - 40.0, rect.center().y + length / 2.0 - 40.0);
    let stroke = Stroke::new(1.0, theme::IMAGE_TEXT);
    painter.line_segment([Pos2::new(x, top), Pos2::new(x, bottom)], stroke);
    for y in [top, bottom] {
        painter.line_segment([Pos2::new(x - 4.0, y), Pos2::new(x + 4.0, y)], stroke);
    }
    let at = Pos2::new(x - 3.0, top - 3.0);
    let text = if mm < 10.0 { format!("{mm:.0} mm") } else { format!("{:.0} cm", mm / 10.0) };
    outlined(painter, at, Align2::CENTER_BOTTOM, &text, &FontId::proportional(11.5), theme::IMAGE_TEXT);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        grading::{DetectionClass, Role, SliceId},
        raster::BBox,
    };

    #[test]
    fn labels_of_boxes_side_by_side_point_away_from_each_other() {
        let at = |x: f32, y: f32| Detection {
            class: DetectionClass::all(Role::Ss)[0],
            score: 0.5,
            bbox: BBox::new(x, y, x + 10.0, y + 10.0),
            slice: SliceId { series_uid: "1".into(), sop_instance_uid: "1".into(), frame: 0 },
        };
        let (right, left, below) = (at(0.0, 0.0), at(12.0, 1.0), at(12.0, 40.0));
        let shown = [&right, &left, &below];
        assert_eq!(shown.map(|d| has_neighbour_right(d, &shown)), [true, false, false]);
    }

    #[test]
    fn of_boxes_in_one_place_the_best_is_shown_and_none_below_the_threshold() {
        let at = |class: usize, score: f32, x: f32| Detection {
            class: DetectionClass::all(Role::Scs)[class],
            score,
            bbox: BBox::new(x, 0.0, x + 10.0, 10.0),
            slice: SliceId { series_uid: "1".into(), sop_instance_uid: "1".into(), frame: 0 },
        };
        let all = [at(0, 0.4, 0.0), at(1, 0.6, 1.0), at(3, 0.5, 40.0), at(4, 0.2, 80.0)];
        let shown: Vec<f32> = shown_boxes(&all, 0.25).iter().map(|d| d.score).collect();
        assert_eq!(shown, [0.6, 0.5]);
    }
}
