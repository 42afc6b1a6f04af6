//! Marks over an image: lines that read on black and on white, handles, texts, the sign of a key image.

use egui::{Align2, Pos2, Rect, Shape as Painted, Stroke, StrokeKind, Vec2, pos2, vec2};

use super::{label, on_screen, outline};
use crate::{
    markup::{Mark, MarkId, Shape, measure},
    ui::{
        state::{
            gesture::marks::{Drawing, Grip},
            icon,
        },
        view::{
            theme,
            viewport::{Look, View},
        },
    },
};

/// Width of a line; under it lies a darker one.
const LINE: f32 = 1.4;
const SHADOW: f32 = 3.2;
/// Half the side of a handle.
const HANDLE: f32 = 3.5;
/// Half the side of a probe's cross.
const CROSS: f32 = 7.0;
/// Length of an arrow's head.
const HEAD: f32 = 12.0;

/// The marks of the slice on screen, then what is being drawn on it.
pub fn paint_marks(view: &View<'_>) {
    let slice = view.header().id();
    let is_screen = view.look == Look::Screen;
    let hovered = view.viewer.hand.hovered_mark.filter(|(pane, _)| is_screen && *pane == view.id).map(|(_, grip)| grip);
    for mark in view.session.marks.markup.on(&slice) {
        paint_mark(view, mark, hovered);
    }
    let here = view.viewer.hand.drawing.as_ref().filter(|d| is_screen && d.pane() == view.id && *d.slice() == slice);
    if let Some(Drawing::New { shape, .. }) = here {
        let unfinished = Mark { id: MarkId(0), slice, shape: *shape, text: String::new() };
        paint_shape(view, &unfinished.shape, true);
        paint_label(view, &unfinished, true);
    }
}

/// A star where the slice on screen is a key image.
pub fn paint_key_image(view: &View<'_>) {
    if view.session.marks.markup.is_key_image(&view.header().id()) {
        // Beside the second line of the caption, which is short.
        let at = view.rect.right_top() + vec2(-8.0, 21.0);
        view.text(at, Align2::RIGHT_TOP, icon::STAR, 18.0, theme::KEY_IMAGE);
    }
}

fn paint_mark(view: &View<'_>, mark: &Mark, hovered: Option<Grip>) {
    let is_selected = view.look == Look::Screen && view.session.marks.selected == Some(mark.id);
    let is_hovered = hovered.is_some_and(|grip| grip.id == mark.id);
    paint_shape(view, &mark.shape, is_selected || is_hovered);
    // The text that is being typed stands in its field.
    let is_typed = matches!(&view.viewer.hand.drawing, Some(Drawing::Typing { id, pane, .. })
        if view.look == Look::Screen && *id == Some(mark.id) && pane.session == view.id.session);
    if !is_typed {
        paint_label(view, mark, is_selected || is_hovered);
    }
    if is_selected || is_hovered {
        let held = hovered.filter(|grip| grip.id == mark.id).and_then(|grip| grip.handle);
        paint_handles(view, &mark.shape, held);
    }
}

fn paint_shape(view: &View<'_>, shape: &Shape, is_active: bool) {
    let color = if is_active { theme::MARK_ACTIVE } else { theme::MARK };
    let points = outline(shape, &view.transform);
    let lines = match shape {
        Shape::Note { .. } => return,
        Shape::Probe { .. } => cross(points[0]),
        Shape::Arrow { .. } => arrow(points[0], points[1]),
        Shape::Length { .. } => with_ends(&points),
        _ => vec![points],
    };
    for stroke in [Stroke::new(SHADOW, theme::MARK_SHADOW), Stroke::new(LINE, color)] {
        view.painter.extend(lines.iter().map(|line| Painted::line(line.clone(), stroke)));
    }
}

fn cross(at: Pos2) -> Vec<Vec<Pos2>> {
    let arm = |step: Vec2| vec![at + step * 2.5, at + step * CROSS];
    [vec2(1.0, 0.0), vec2(-1.0, 0.0), vec2(0.0, 1.0), vec2(0.0, -1.0)].map(arm).to_vec()
}

fn arrow(tip: Pos2, tail: Pos2) -> Vec<Vec<Pos2>> {
    let back = (tail - tip).normalized();
    let side = |angle: f32| tip + egui::emath::Rot2::from_angle(angle) * back * HEAD;
    vec![vec![tail, tip], vec![side(0.42), tip, side(-0.42)]]
}

/// A line with a short stroke across at each end, so that the ends are seen on any ground.
fn with_ends(line: &[Pos2]) -> Vec<Vec<Pos2>> {
    let across = (line[1] - line[0]).normalized().rot90() * 5.0;
    vec![line.to_vec(), vec![line[0] - across, line[0] + across], vec![line[1] - across, line[1] + across]]
}

fn paint_handles(view: &View<'_>, shape: &Shape, held: Option<usize>) {
    if matches!(shape, Shape::Note { .. } | Shape::Probe { .. }) {
        return;
    }
    let handles: Vec<Pos2> = shape.handles().into_iter().map(|handle| on_screen(handle, &view.transform)).collect();
    if matches!(shape, Shape::Ellipse { .. }) {
        // The handles are the corners of its box.
        let mut around = handles.clone();
        around.push(handles[0]);
        let dashes = Painted::dashed_line(&around, Stroke::new(1.0, theme::MARK_ACTIVE.gamma_multiply(0.5)), 4.0, 4.0);
        view.painter.extend(dashes);
    }
    for (i, at) in handles.into_iter().enumerate() {
        let half = if held == Some(i) { HANDLE + 1.5 } else { HANDLE };
        let square = Rect::from_center_size(at, Vec2::splat(2.0 * half));
        view.painter.rect_filled(square, 0.0, theme::MARK_SHADOW);
        view.painter.rect_stroke(square, 0.0, Stroke::new(LINE, theme::MARK_ACTIVE), StrokeKind::Inside);
    }
}

fn paint_label(view: &View<'_>, mark: &Mark, is_active: bool) {
    let text = label::text(mark, &measure(mark, view.slice.pixel_spacing, Some(view.slice)));
    if text.is_empty() {
        return;
    }
    let size = label::size(view.painter, &text);
    let place = label::place(&mark.shape, &view.transform, size, view.rect.shrink(2.0));
    let color = if is_active { theme::MARK_ACTIVE } else { theme::MARK };
    view.painter.rect_filled(place.expand(2.0), 2.0, theme::MARK_GROUND);
    view.text(pos2(place.left(), place.top()), Align2::LEFT_TOP, &text, label::SIZE, color);
}
