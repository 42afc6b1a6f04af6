//! What the mouse does in a pane.

use egui::{CursorIcon, PointerButton, Pos2, Response, Vec2};

use super::{Pointed, box_edit, marks, pointing};
use crate::{
    ui::state::{pane::PaneId, tool::Tool, transform::Transform, viewer::Action},
    worker::SessionId,
};

/// Points of wheel movement for one slice, where the device does not count lines.
const POINTS_PER_SLICE: f32 = 40.0;
/// Points of a drag for one slice, with the tool that scrolls.
const DRAG_PER_SLICE: f32 = 8.0;

/// A series on its way from the list to a pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DraggedSeries {
    /// Its study.
    pub session: SessionId,
    /// Index of the series.
    pub series: usize,
}

/// Left drag: the tool. Middle drag: move. Right drag: zoom. Wheel: slices; with Ctrl: zoom. Double click: maximise.
/// Shift and click: crosshair. A dropped series is hung. `transform` is there once a slice is on screen.
pub fn mouse(on: &Pointed<'_>, transform: Option<&Transform>, actions: &mut Vec<Action>) {
    let Pointed { ui, viewer, id, response } = *on;
    if let Some(dropped) = response.dnd_release_payload::<DraggedSeries>() {
        actions.push(Action::ShowSeries(id, dropped.session, dropped.series));
    }
    if response.clicked() || response.drag_started() {
        actions.push(Action::Activate(id));
    }
    let held = match transform {
        Some(transform) if viewer.hand.tool == Tool::Box => box_edit::pointer(on, transform, actions),
        Some(transform) => marks::pointer(on, transform, actions),
        None => marks::Held::default(),
    };
    if response.double_clicked() && !held.takes_button {
        actions.push(Action::Maximise(id));
    }
    if let Some(transform) = transform {
        if !held.takes_button {
            left(on, transform, actions);
        }
        other_buttons(id, response, transform, actions);
    }
    if response.contains_pointer() {
        wheel(on, transform, actions);
        if response.hovered() {
            ui.ctx().set_cursor_icon(held.cursor.unwrap_or(cursor(viewer.hand.tool)));
        }
    }
    // A mark lies above the boxes, and a box that can be moved before the others: the pointer is theirs.
    let is_free = match viewer.hand.tool {
        Tool::Crosshair => false,
        Tool::Box => held.cursor.is_none(),
        tool => held == marks::Held::default() && !tool.is_drawing(),
    };
    if let Some(transform) = transform.filter(|_| is_free) {
        pointing::box_ui(on, transform, actions);
    }
}

const fn cursor(tool: Tool) -> CursorIcon {
    match tool {
        Tool::Window => CursorIcon::Default,
        Tool::Pan => CursorIcon::Grab,
        Tool::Zoom => CursorIcon::ZoomIn,
        Tool::Scroll => CursorIcon::ResizeVertical,
        Tool::Note => CursorIcon::Text,
        _ => CursorIcon::Crosshair,
    }
}

fn left(on: &Pointed<'_>, transform: &Transform, actions: &mut Vec<Action>) {
    let Pointed { ui, viewer, id, response } = *on;
    let is_down = response.clicked() || response.dragged_by(PointerButton::Primary);
    if is_down && viewer.hand.tool.sets_crosshair(ui.input(|i| i.modifiers.shift)) {
        crosshair(response.interact_pointer_pos(), id, transform, actions);
        return;
    }
    let delta = response.drag_delta();
    if !response.dragged_by(PointerButton::Primary) || delta == Vec2::ZERO {
        return;
    }
    match viewer.hand.tool {
        Tool::Window => actions.push(Action::DragWindow(id, delta)),
        Tool::Pan => actions.push(Action::Pan(id, delta / transform.points_per_pan())),
        Tool::Zoom => actions.push(zoom(id, delta)),
        Tool::Scroll => scroll_by(id, delta.y / DRAG_PER_SLICE, actions),
        _ => (),
    }
}

fn crosshair(at: Option<Pos2>, id: PaneId, transform: &Transform, actions: &mut Vec<Action>) {
    if let Some(at) = at {
        actions.push(Action::Crosshair(id, transform.pixel_from_screen(at)));
    }
}

fn zoom(id: PaneId, delta: Vec2) -> Action {
    Action::Zoom(id, (-delta.y * 0.01).exp(), Vec2::ZERO)
}

fn other_buttons(id: PaneId, response: &Response, transform: &Transform, actions: &mut Vec<Action>) {
    let delta = response.drag_delta();
    if delta == Vec2::ZERO {
        return;
    }
    if response.dragged_by(PointerButton::Middle) {
        actions.push(Action::Pan(id, delta / transform.points_per_pan()));
    } else if response.dragged_by(PointerButton::Secondary) {
        actions.push(zoom(id, delta));
    }
}

fn wheel(on: &Pointed<'_>, transform: Option<&Transform>, actions: &mut Vec<Action>) {
    let Pointed { ui, id, response, .. } = *on;
    let (steps, factor, pointer) = ui.input(|input| {
        let steps: f32 = input.events.iter().map(wheel_steps).sum();
        (steps, input.zoom_delta(), input.pointer.hover_pos())
    });
    if let (Some(pointer), Some(transform)) = (pointer, transform)
        && (factor - 1.0).abs() > f32::EPSILON
    {
        let at = (pointer - response.rect.center()) / transform.points_per_pan();
        actions.push(Action::Zoom(id, factor, at));
    }
    scroll_by(id, -steps, actions);
}

fn scroll_by(id: PaneId, steps: f32, actions: &mut Vec<Action>) {
    if steps != 0.0 {
        actions.push(Action::ScrollBy(id, steps));
    }
}

/// Wheel steps of an event; Ctrl and wheel is a zoom, which egui counts.
fn wheel_steps(event: &egui::Event) -> f32 {
    match event {
        egui::Event::MouseWheel { unit, delta, modifiers, .. } if !modifiers.command => match unit {
            egui::MouseWheelUnit::Point => delta.y / POINTS_PER_SLICE,
            egui::MouseWheelUnit::Line => delta.y,
            egui::MouseWheelUnit::Page => delta.y * 10.0,
        },
        _ => 0.0,
    }
}
