//! What the left button does with the tool for boxes.

use egui::{CursorIcon, PointerButton, Pos2, Vec2};

use super::{
    hit::{cursor, hold_at},
    of_selected,
};
use crate::{
    markup::Bounds,
    ui::{
        state::{
            gesture::marks::At,
            transform::Transform,
            viewer::{Action, BoxAction},
        },
        view::viewport::{Pointed, marks::Held},
    },
};

/// Reports what the pointer does to the box behind the selected cell: a drag of its inside moves it, one of an edge or
/// corner pulls it, one beside it draws it anew. A click is none of this: it selects another box.
pub fn pointer(on: &Pointed<'_>, transform: &Transform, actions: &mut Vec<Action>) -> Held {
    let Pointed { ui, viewer, id, response } = *on;
    let taken = Held { takes_button: true, cursor: None };
    let Some((session, header)) = viewer.shown_in(id).and_then(|key| viewer.slice(key)) else { return taken };
    let (slice, bounds) = (header.id(), Bounds { columns: header.instance.columns, rows: header.instance.rows });
    let place = |pos: Pos2| At { pane: id, slice: slice.clone(), bounds, pixel: transform.pixel_from_screen(pos) };
    let held = of_selected(viewer, session, &slice);
    let hold = |pos: Pos2| held.and_then(|bbox| Some((hold_at(&bbox, transform, pos)?, bbox)));
    let dragged = viewer.hand.box_drag.as_ref().filter(|drag| drag.pane == id);
    let begins = response.drag_started_by(PointerButton::Primary);
    if begins && let Some(pressed) = ui.input(|i| i.pointer.press_origin()) {
        actions.push(Action::Box(BoxAction::Press(place(pressed), hold(pressed))));
    }
    if begins || dragged.is_some() {
        let (latest, is_moving) = ui.input(|i| (i.pointer.latest_pos(), i.pointer.delta() != Vec2::ZERO));
        match latest {
            Some(at) if response.drag_stopped_by(PointerButton::Primary) => {
                actions.push(Action::Box(BoxAction::Release(place(at))));
            }
            Some(at) if is_moving => actions.push(Action::Box(BoxAction::Move(place(at)))),
            _ => (),
        }
    }
    let look = match dragged {
        Some(drag) => Some((drag.hold, drag.now)),
        None => response.hover_pos().and_then(hold),
    };
    let cursor = look.map(|(hold, bbox)| cursor(&bbox, transform, hold));
    Held { cursor: if dragged.is_some() { cursor.or(Some(CursorIcon::Crosshair)) } else { cursor }, ..taken }
}
