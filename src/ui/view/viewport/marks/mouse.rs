//! What the left button does to marks.

use egui::{CursorIcon, PointerButton, Pos2, Rect, Response, Ui};

use super::{hit::grip_at, label};
use crate::{
    grading::SliceId,
    markup::{Bounds, Mark, Measurement},
    ui::state::{
        command::UiCommand,
        gesture::marks::{At, Drawing, Grip},
        keymap,
        pane::PaneId,
        session::Session,
        transform::Transform,
        viewer::{Action, MarkAction, Viewer},
    },
    ui::view::viewport::Pointed,
};

/// Whether marks take the left button, and how the pointer then looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// The tool must leave this press alone.
    pub takes_button: bool,
    /// Over a mark.
    pub cursor: Option<CursorIcon>,
}

/// Reports what the pointer does to marks. With a drawing tool the left button draws, selects and moves; with another
/// tool a click selects, and a drag moves the mark that is selected. The crosshair leaves marks alone.
pub fn pointer(on: &Pointed<'_>, transform: &Transform, actions: &mut Vec<Action>) -> Held {
    let Pointed { ui, viewer, id, response } = *on;
    let Some((session, slice, bounds)) = on_screen(viewer, id).filter(|_| viewer.visibility.overlays) else {
        return hidden(viewer, response, actions);
    };
    let place = |pos: Pos2| At { pane: id, slice: slice.clone(), bounds, pixel: transform.pixel_from_screen(pos) };
    let is_crosshair = viewer.hand.tool.sets_crosshair(ui.input(|i| i.modifiers.shift));
    let find = |pos: Option<Pos2>| {
        let grip = find(ui, session, &slice, transform, response.rect, pos?)?;
        (!is_crosshair).then_some(grip)
    };
    let is_drawn_here =
        viewer.hand.drawing.as_ref().is_some_and(|d| d.pane() == id && !matches!(d, Drawing::Typing { .. }));
    let hovered = if is_drawn_here { None } else { find(response.hover_pos()) };
    let pressed = ui.input(|i| i.pointer.press_origin());
    let mut begun = false;
    if response.drag_started_by(PointerButton::Primary) {
        let grip = find(pressed);
        let is_ours = viewer.hand.tool.is_drawing() || grip.is_some_and(|g| session.marks.selected == Some(g.id));
        if let Some(pressed) = pressed.filter(|_| is_ours) {
            actions.push(Action::Mark(MarkAction::Press(place(pressed), grip)));
            begun = true;
        }
    } else if response.double_clicked()
        && let Some(grip) = find(response.interact_pointer_pos())
    {
        actions.push(Action::Mark(MarkAction::EditText(id, grip.id)));
        begun = true;
    } else if response.clicked()
        && !is_crosshair
        && let Some(at) = response.interact_pointer_pos()
    {
        actions.push(Action::Mark(MarkAction::Click(place(at), find(Some(at)))));
    }
    if begun || is_drawn_here {
        follow(ui, response, place, actions);
    }
    let is_moving = matches!(&viewer.hand.drawing, Some(Drawing::Moving { pane, .. }) if *pane == id);
    let cursor = match hovered {
        _ if is_moving => Some(CursorIcon::Grabbing),
        Some(grip) if grip.handle.is_some() => Some(CursorIcon::Grab),
        Some(_) => Some(CursorIcon::Move),
        None => None,
    };
    let was = viewer.hand.hovered_mark.filter(|(pane, _)| *pane == id);
    if hovered != was.map(|(_, grip)| grip) {
        actions.push(Action::HoverMark(id, hovered));
    }
    Held { takes_button: begun || is_drawn_here || viewer.hand.tool.is_drawing(), cursor }
}

/// Nothing is drawn that could not be seen.
fn hidden(viewer: &Viewer, response: &Response, actions: &mut Vec<Action>) -> Held {
    let takes_button = viewer.hand.tool.is_drawing();
    if takes_button && !viewer.visibility.overlays && (response.clicked() || response.drag_started()) {
        let key = viewer.keymap.key(UiCommand::Overlays).map(keymap::spoken);
        let how = key.map_or_else(|| "the menu Findings shows them".to_owned(), |key| format!("{key} shows them"));
        actions.push(Action::Warn(format!("Measurements are hidden; {how}")));
    }
    Held { takes_button, cursor: None }
}

/// The pointer moves while something is drawn here, or lets go.
fn follow(ui: &Ui, response: &Response, place: impl Fn(Pos2) -> At, actions: &mut Vec<Action>) {
    let (latest, is_moving) = ui.input(|i| (i.pointer.latest_pos(), i.pointer.delta() != egui::Vec2::ZERO));
    let Some(at) = latest else { return };
    if response.drag_stopped_by(PointerButton::Primary) {
        actions.push(Action::Mark(MarkAction::Release(place(at))));
    } else if is_moving && (response.dragged_by(PointerButton::Primary) || response.hovered()) {
        actions.push(Action::Mark(MarkAction::Move(place(at))));
    }
}

/// The study of a pane, the name of the slice on screen in it, and its edges.
fn on_screen(viewer: &Viewer, id: PaneId) -> Option<(&Session, SliceId, Bounds)> {
    let key = viewer.shown_in(id)?;
    let (session, slice) = viewer.slice(key)?;
    Some((session, slice.id(), Bounds { columns: slice.instance.columns, rows: slice.instance.rows }))
}

fn find(ui: &Ui, session: &Session, slice: &SliceId, transform: &Transform, pane: Rect, at: Pos2) -> Option<Grip> {
    let label = |mark: &Mark| {
        let size = label::size(ui.painter(), &label::text(mark, &Measurement::Text));
        label::place(&mark.shape, transform, size, pane.shrink(3.0))
    };
    grip_at(session.marks.markup.on(slice), session.marks.selected, transform, label, at)
}
