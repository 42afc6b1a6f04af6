//! One pane on screen: the image, what is painted over it, and what the mouse does in it.

mod overlay;
mod texture;
mod transform;

use egui::{Align2, FontId, PointerButton, Rect, Response, Sense, Stroke, StrokeKind, Ui, Vec2};

pub use texture::Textures;

use self::transform::Transform;
use super::{
    command::UiCommand,
    session::Session,
    theme,
    viewer::{Action, Viewer},
};
use crate::{raster::Slice, study::Series, worker::SliceKey};

/// Points of wheel movement for one slice, where the device does not count lines.
const POINTS_PER_SLICE: f32 = 40.0;

/// Paints a pane and reports what the reader does in it.
pub fn pane_ui(ui: &mut Ui, viewer: &mut Viewer, textures: &mut Textures, index: usize, actions: &mut Vec<Action>) {
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    name_pane(viewer, index, &response);
    ui.painter().rect_filled(rect, 0.0, theme::AROUND_IMAGES);
    let inside = rect.shrink(1.0);
    let shown = viewer.shown_in(index);
    let slice = shown.and_then(|key| viewer.cache.get(key).cloned()).and_then(Result::ok);
    let wanted_error = wanted_error(viewer, index);
    if let Some(session) = viewer.session() {
        match (&slice, shown) {
            (Some(slice), Some(key)) if wanted_error.is_none() => {
                let transform = Transform::new(inside, slice, &session.panes[index]);
                let texture = textures.get(ui.ctx(), index, key, slice, &session.panes[index]);
                let painter = ui.painter_at(inside);
                let whole = Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(1.0, 1.0));
                painter.image(texture, transform.image_rect(), whole, egui::Color32::WHITE);
                overlay::paint(&painter, inside, viewer, session, index, slice, &transform);
            }
            _ => placeholder(ui, inside, session, index, wanted_error.as_deref()),
        }
        caption(ui, inside, session, index, slice.as_deref());
    }
    let edge = if viewer.active_pane() == index { theme::ACCENT } else { theme::EDGE };
    ui.painter().rect_stroke(rect, 0.0, Stroke::new(1.0, edge), StrokeKind::Inside);
    mouse(ui, viewer, index, &response, slice.as_deref(), actions);
}

/// What a screen reader says, and tests look for.
fn name_pane(viewer: &Viewer, index: usize, response: &Response) {
    let series = viewer.session().and_then(|s| Some(&s.study.series[s.panes[index].series?]));
    let text = series.map_or_else(|| "empty".to_owned(), |s| s.description.clone());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, format!("Pane {}: {text}", index + 1)));
}

/// Why the slice that the reader wants cannot be shown.
fn wanted_error(viewer: &mut Viewer, index: usize) -> Option<String> {
    let session = viewer.session()?;
    let pane = &session.panes[index];
    let key = SliceKey { session: session.id, series: pane.series?, slice: pane.slice };
    viewer.cache.get(key)?.as_ref().err().cloned()
}

fn placeholder(ui: &Ui, rect: Rect, session: &Session, index: usize, error: Option<&str>) {
    let (text, color) = match (error, session.panes[index].series) {
        (Some(error), _) => (format!("This slice cannot be shown:\n{error}"), theme::ERROR),
        (None, Some(_)) => ("Decoding...".to_owned(), theme::WEAK_TEXT),
        (None, None) => ("No series for this pane.\nClick one in the list on the left.".to_owned(), theme::WEAK_TEXT),
    };
    let galley = ui.painter().layout(text, FontId::proportional(14.0), color, rect.width() * 0.8);
    ui.painter().galley(Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size()).min, galley, color);
}

/// Series, slice and window in the corners.
fn caption(ui: &Ui, rect: Rect, session: &Session, index: usize, slice: Option<&Slice>) {
    let pane = &session.panes[index];
    let Some(series) = pane.series.map(|s| &session.study.series[s]) else { return };
    let painter = ui.painter_at(rect);
    let font = FontId::proportional(12.5);
    let corner = |at: Align2, lines: &[String]| {
        let text = lines.iter().filter(|l| !l.is_empty()).cloned().collect::<Vec<_>>().join("\n");
        overlay::outlined(&painter, at.pos_in_rect(&rect.shrink(6.0)), at, &text, &font, theme::IMAGE_TEXT);
    };
    corner(Align2::LEFT_TOP, &[series_title(series), role_line(series)]);
    let number = pane.shown.unwrap_or(pane.slice);
    corner(
        Align2::LEFT_BOTTOM,
        &[format!("Slice {} / {}", number + 1, series.slices.len()), position_line(series, number)],
    );
    let Some(slice) = slice else { return };
    let window = pane.window.map_or_else(String::new, |w| format!("C {:.0}  W {:.0}", w.center, w.width));
    let turned = if pane.inverted { "inverted" } else { "" };
    corner(Align2::RIGHT_BOTTOM, &[turned.to_owned(), format!("{} x {}", slice.columns(), slice.rows()), window]);
}

fn series_title(series: &Series) -> String {
    let name = if series.description.is_empty() { "series without a name" } else { &series.description };
    series.number.map_or_else(|| name.to_owned(), |n| format!("{n}: {name}"))
}

fn role_line(series: &Series) -> String {
    series.role.map_or_else(|| "not graded".to_owned(), |role| format!("graded as {}", role.label()))
}

/// Where the slice lies, along the axis nearest to its normal.
fn position_line(series: &Series, slice: usize) -> String {
    use crate::geometry::PlaneKind;
    let Some(plane) = series.slices.get(slice).and_then(|s| s.plane) else { return "position unknown".to_owned() };
    let center = plane.center();
    let (value, positive, negative) = match PlaneKind::of(&plane) {
        PlaneKind::Sagittal => (center.x, 'L', 'R'),
        PlaneKind::Coronal => (center.y, 'P', 'A'),
        PlaneKind::Axial => (center.z, 'H', 'F'),
    };
    format!("{} {:.1} mm", if value < 0.0 { negative } else { positive }, value.abs())
}

/// Left drag: window. Middle drag: move. Right drag: zoom. Wheel: slices; with Ctrl: zoom. Double click: maximise.
fn mouse(
    ui: &Ui,
    viewer: &mut Viewer,
    index: usize,
    response: &Response,
    slice: Option<&Slice>,
    actions: &mut Vec<Action>,
) {
    if response.clicked() || response.drag_started() {
        actions.push(Action::Activate(index));
    }
    if response.double_clicked() {
        actions.push(Action::Maximise(index));
    }
    let Some(session) = viewer.session() else { return };
    let scale = slice.map(|slice| Transform::new(response.rect, slice, &session.panes[index]).points_per_pan());
    if let Some(scale) = scale {
        drag(response, index, scale, actions);
    }
    if !response.contains_pointer() {
        return;
    }
    let (steps, zoom, pointer) = ui.input(|input| {
        let steps: f32 = input.events.iter().map(wheel_steps).sum();
        (steps, input.zoom_delta(), input.pointer.hover_pos())
    });
    if let (Some(pointer), Some(scale)) = (pointer, scale)
        && (zoom - 1.0).abs() > f32::EPSILON
    {
        actions.push(Action::Zoom(index, zoom, (pointer - response.rect.center()) / scale));
    }
    if let Some(pane) = viewer.session_mut().map(|s| &mut s.panes[index]) {
        pane.wheel += steps;
        let whole = pane.wheel.trunc();
        if whole != 0.0 {
            pane.wheel -= whole;
            actions.push(Action::Scroll(index, -(whole as isize)));
        }
    }
}

fn drag(response: &Response, index: usize, points_per_pan: f32, actions: &mut Vec<Action>) {
    let delta = response.drag_delta();
    if delta == Vec2::ZERO {
        return;
    }
    if response.dragged_by(PointerButton::Primary) {
        actions.push(Action::DragWindow(index, delta));
    } else if response.dragged_by(PointerButton::Middle) {
        actions.push(Action::Pan(index, delta / points_per_pan));
    } else if response.dragged_by(PointerButton::Secondary) {
        actions.push(Action::Zoom(index, (-delta.y * 0.01).exp(), Vec2::ZERO));
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

/// What to do first, where nothing is open.
pub fn welcome_ui(ui: &mut Ui, actions: &mut Vec<Action>) {
    ui.vertical_centered(|ui| {
        ui.add_space(ui.available_height() * 0.35);
        ui.heading("Drop a study here: a folder, files, a zip or a DICOMDIR");
        ui.add_space(12.0);
        for command in [UiCommand::OpenFolder, UiCommand::OpenFiles, UiCommand::OpenDemo] {
            if ui.button(command.text()).on_hover_text(command.tooltip()).clicked() {
                actions.push(Action::Do(command));
            }
        }
    });
}
