//! One pane on screen: the image, what is painted over it, and what the mouse does in it.

mod box_edit;
mod boxes;
mod captions;
mod labels;
mod levels;
mod lines;
mod marks;
mod mouse;
mod pointing;
mod texture;
mod view;
mod welcome;

use std::sync::Arc;

use egui::{Align2, FontId, Mesh, Painter, Pos2, Rect, Response, Sense, Shape, Stroke, StrokeKind, Ui};

#[cfg(test)]
pub use self::boxes::visible as visible_boxes;
use self::labels::Labels;
pub use self::{
    mouse::DraggedSeries,
    texture::Textures,
    view::{Look, View},
    welcome::welcome_ui,
};
use super::theme;
use crate::{
    raster::Slice,
    ui::state::{
        pane::PaneId,
        transform::{Extent, Transform},
        viewer::{Action, Viewer},
    },
    worker::SliceKey,
};

/// A pane, and what the pointer does to it: what all that looks at the pointer asks for.
#[derive(Clone, Copy)]
pub struct Pointed<'a> {
    /// The part of the window.
    pub ui: &'a Ui,
    /// What is so.
    pub viewer: &'a Viewer,
    /// Which pane.
    pub id: PaneId,
    /// What happens to it in this frame.
    pub response: &'a Response,
}

/// Paints a pane and reports what the reader does in it.
pub fn pane_ui(ui: &mut Ui, viewer: &Viewer, textures: &mut Textures, id: PaneId, actions: &mut Vec<Action>) {
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    let inside = rect.shrink(1.0);
    name_pane(viewer, id, &response);
    ui.painter().rect_filled(rect, 0.0, theme::AROUND_IMAGES);
    if viewer.pane(id).is_some_and(|(_, pane)| pane.area != inside.size()) {
        actions.push(Action::Area(id, inside.size()));
    }
    let error = wanted_error(viewer, id);
    let slice = shown_slice(viewer, id).filter(|_| error.is_none());
    let transform = if let Some((key, slice)) = &slice {
        paint(ui, viewer, textures, id, inside, (*key, slice), Look::Screen)
    } else {
        placeholder(ui, inside, viewer, id, error.as_deref());
        None
    };
    frame(ui, viewer, id, rect, &response);
    let on = Pointed { ui, viewer, id, response: &response };
    mouse::mouse(&on, transform.as_ref(), actions);
    if let Some(transform) = transform {
        marks::typing_ui(&on, inside, &transform, actions);
    }
}

/// Paints a pane as it is on screen, for a picture: see [`Look::Picture`].
pub fn picture_ui(ui: &Ui, viewer: &Viewer, textures: &mut Textures, id: PaneId, rect: Rect) {
    ui.painter().rect_filled(rect, 0.0, theme::AROUND_IMAGES);
    let inside = rect.shrink(1.0);
    let is_readable = wanted_error(viewer, id).is_none();
    if let Some((key, slice)) = shown_slice(viewer, id).filter(|_| is_readable) {
        paint(ui, viewer, textures, id, inside, (key, &slice), Look::Picture);
    } else if !is_readable {
        // Why may name a file, and files have names of patients.
        let (text, at) = ("This slice cannot be shown", inside.center());
        ui.painter().text(at, Align2::CENTER_CENTER, text, FontId::proportional(14.0), theme::IMAGE_ERROR);
    }
    ui.painter().rect_stroke(rect, 0.0, Stroke::new(1.0, theme::PANE_EDGE), StrokeKind::Inside);
}

/// What a screen reader says, and tests look for.
fn name_pane(viewer: &Viewer, id: PaneId, response: &Response) {
    let series = viewer.pane(id).and_then(|(session, pane)| session.study.series.get(pane.series?));
    let text = series.map_or_else(|| "empty".to_owned(), |s| s.description.clone());
    let row = if viewer.screen.compared == Some(id.session) { "Lower pane" } else { "Pane" };
    response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, format!("{row} {}: {text}", id.index + 1)));
}

fn shown_slice(viewer: &Viewer, id: PaneId) -> Option<(SliceKey, Arc<Slice>)> {
    let key = viewer.shown_in(id)?;
    Some((key, viewer.slices.cache.get(key)?.clone().ok()?))
}

fn paint(
    ui: &Ui,
    viewer: &Viewer,
    textures: &mut Textures,
    id: PaneId,
    rect: Rect,
    (key, slice): (SliceKey, &Slice),
    look: Look,
) -> Option<Transform> {
    let (session, pane) = viewer.pane(id)?;
    let transform = Transform::new(rect, Extent::of_slice(slice), pane);
    let painter = ui.painter_at(rect);
    paint_image(&painter, textures.get(ui.ctx(), id, key, slice, pane, viewer.settings.smooth), &transform);
    let view = View {
        look,
        painter: &painter,
        rect,
        viewer,
        session,
        pane,
        id,
        at: (key.series, key.slice),
        slice,
        transform,
    };
    let mut labels = Labels::new(rect);
    // With two studies on screen nobody should have to guess whose image this is.
    if viewer.settings.captions || viewer.screen.compared.is_some() {
        labels.keep_free(captions::paint_corners(&view));
    }
    let (mut boxes, mut by_hand) = (Vec::new(), Vec::new());
    if viewer.visibility.overlays {
        if viewer.settings.reference_lines {
            labels.keep_free([lines::paint_references(&view)]);
        }
        boxes = boxes::paint_boxes(&view, &mut labels);
        by_hand = box_edit::paint_by_hand(&view, &mut labels);
        labels.give_way(captions::letter_places(&view));
        labels.give_way(captions::scale_place(&view));
        if viewer.settings.level_labels {
            levels::paint_levels(&view, &mut labels);
        }
    }
    captions::paint_letters(&view, &mut labels);
    if viewer.visibility.overlays {
        captions::paint_scale(&view, &mut labels);
        box_edit::paint_labels(&view, &by_hand, &mut labels);
        boxes::paint_labels(&view, &boxes, &mut labels);
        marks::paint_marks(&view);
        marks::paint_key_image(&view);
        lines::paint_crosshair(&view);
        box_edit::paint_handles(&view);
    }
    Some(transform)
}

/// The texture on the image's four corners, however it is turned.
fn paint_image(painter: &Painter, texture: egui::TextureId, transform: &Transform) {
    let mut mesh = Mesh::with_texture(texture);
    let uv = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
    for (pos, (u, v)) in transform.corners().into_iter().zip(uv) {
        mesh.vertices.push(egui::epaint::Vertex { pos, uv: Pos2::new(u, v), color: theme::UNTINTED });
    }
    mesh.add_triangle(0, 1, 2);
    mesh.add_triangle(0, 2, 3);
    painter.add(Shape::mesh(mesh));
}

/// Why the slice that the reader wants cannot be shown.
fn wanted_error(viewer: &Viewer, id: PaneId) -> Option<String> {
    let key = viewer.wanted_in(id)?;
    viewer.slices.cache.get(key)?.as_ref().err().cloned()
}

fn placeholder(ui: &Ui, rect: Rect, viewer: &Viewer, id: PaneId, error: Option<&str>) {
    let is_filled = viewer.pane(id).is_some_and(|(_, pane)| pane.series.is_some());
    let (text, color) = match (error, is_filled) {
        (Some(error), _) => (format!("{} cannot be shown:\n{error}", slice_name(viewer, id)), theme::IMAGE_ERROR),
        (None, true) => ("Decoding...".to_owned(), theme::IMAGE_WEAK_TEXT),
        (None, false) => ("Drag a series here,\nor click one in the list".to_owned(), theme::IMAGE_WEAK_TEXT),
    };
    let galley = ui.painter().layout(text, FontId::proportional(14.0), color, rect.width() * 0.8);
    ui.painter().galley(Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size()).min, galley, color);
}

/// "SAG T1 TSE, slice 7 of 13".
fn slice_name(viewer: &Viewer, id: PaneId) -> String {
    let named = viewer.pane(id).and_then(|(session, pane)| {
        let series = session.study.series.get(pane.series?)?;
        Some(format!("{}, slice {} of {},", series.description, pane.slice + 1, series.slices.len()))
    });
    named.unwrap_or_else(|| "This slice".to_owned())
}

/// The edge: bright for the active pane, brighter where a dragged series would land.
fn frame(ui: &Ui, viewer: &Viewer, id: PaneId, rect: Rect, response: &Response) {
    let lands = response.dnd_hover_payload::<DraggedSeries>().is_some();
    let (width, edge) = match viewer.active_pane() == Some(id) {
        _ if lands => (3.0, theme::LETTERS),
        true => (1.0, theme::ACCENT),
        false => (1.0, theme::PANE_EDGE),
    };
    ui.painter().rect_stroke(rect, 0.0, Stroke::new(width, edge), StrokeKind::Inside);
}
