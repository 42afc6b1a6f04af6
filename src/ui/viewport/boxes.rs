//! The boxes of the detectors, coloured and lettered by severity.

use egui::{Align2, Rect, Stroke, StrokeKind, vec2};

use super::view::View;
use crate::{
    grading::{Detection, Side},
    ui::theme,
};

/// Of boxes that overlap more than this, only the one with the best score is shown.
const SAME_PLACE_IOU: f32 = 0.5;

/// The boxes of the slice on screen; the highlighted one last, so that nothing hides it.
pub fn paint_boxes(view: &View<'_>) {
    let id = view.header().id();
    let none = Vec::new();
    let all = view.session.boxes.get(&id).unwrap_or(&none);
    let highlighted = view.session.highlighted.as_ref().map(|e| &e.detection).filter(|d| d.slice == id);
    let wanted: Vec<&Detection> = all.iter().filter(|d| view.viewer.visibility.shows(view.session, d)).collect();
    let mut shown = shown_boxes(&wanted, view.viewer.settings.threshold);
    shown.retain(|d| highlighted != Some(*d));
    shown.extend(highlighted);
    for detection in &shown {
        let label = if has_neighbour_right(detection, &shown) { Align2::RIGHT_TOP } else { Align2::LEFT_TOP };
        paint_box(view, detection, label, highlighted == Some(*detection));
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
pub fn shown_boxes<'a>(all: &[&'a Detection], threshold: f32) -> Vec<&'a Detection> {
    let mut candidates: Vec<&Detection> = all.iter().copied().filter(|d| d.score >= threshold).collect();
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut shown: Vec<&Detection> = Vec::new();
    for detection in candidates {
        if shown.iter().all(|other| other.bbox.iou(&detection.bbox) <= SAME_PLACE_IOU) {
            shown.push(detection);
        }
    }
    shown
}

/// A box on screen, as the image is turned now.
pub fn box_rect(view: &View<'_>, detection: &Detection) -> Rect {
    let b = detection.bbox;
    view.transform.screen_rect(b.x0, b.y0, b.x1, b.y1)
}

fn paint_box(view: &View<'_>, detection: &Detection, label: Align2, is_highlighted: bool) {
    let rect = box_rect(view, detection);
    let severity = detection.class.severity;
    let color = theme::severity(severity);
    if is_highlighted {
        let halo = Stroke::new(2.0, theme::ACCENT);
        view.painter.rect_stroke(rect.expand(2.0), 3.0, halo, StrokeKind::Outside);
    }
    view.painter.rect_stroke(rect, 2.0, Stroke::new(theme::severity_width(severity), color), StrokeKind::Inside);
    let side = detection.class.grade.side().map_or("", |side| match side {
        Side::Left => " L",
        Side::Right => " R",
    });
    let level = detection.class.grade.level().label();
    let text = format!("{level}{side} {} {:.2}", theme::severity_letter(severity), detection.score);
    let size = if is_highlighted { 13.5 } else { 12.0 };
    let at =
        if label == Align2::LEFT_TOP { rect.right_top() + vec2(3.0, 0.0) } else { rect.left_top() - vec2(3.0, 0.0) };
    view.text(at, label, &text, size, color);
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
        let shown: Vec<f32> = shown_boxes(&all.iter().collect::<Vec<_>>(), 0.25).iter().map(|d| d.score).collect();
        assert_eq!(shown, [0.6, 0.5]);
    }
}
