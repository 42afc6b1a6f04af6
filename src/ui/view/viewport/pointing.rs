//! The pointer on a box: what the detector said there, and a click that selects its cell.

use egui::{CursorIcon, PointerButton, Pos2, RichText, Ui};

use super::{Pointed, box_edit::by_hand, boxes};
use crate::{
    grading::{Evidence, GradeId, Role, SliceId, Vote},
    ui::{
        state::{
            session::Session,
            transform::Transform,
            viewer::{Action, BoxAction, Viewer},
            words,
        },
        view::{scores::scores_ui, theme},
    },
};

/// A tooltip while the pointer rests on a box. A click, not a drag, selects the cell that the box counts for.
pub fn box_ui(on: &Pointed<'_>, transform: &Transform, actions: &mut Vec<Action>) {
    let Pointed { ui, viewer, id, response } = *on;
    let pointer = response.interact_pointer_pos().or_else(|| response.hover_pos());
    let shown = viewer.shown_in(id).and_then(|key| viewer.slice(key));
    let (Some(point), Some((session, slice))) = (pointer, shown) else { return };
    let slice = slice.id();
    if let Some(cell) = by_hand_at(viewer, session, &slice, transform, point) {
        by_hand_ui(on, cell, actions);
        return;
    }
    let visible = boxes::visible(session, &viewer.visibility, viewer.settings.threshold, &slice);
    let Some(vote) = boxes::at_point(&visible, transform, point) else { return };
    if response.hovered() {
        ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
    }
    let is_plain = !ui.input(|i| i.modifiers.shift);
    if response.clicked_by(PointerButton::Primary) && is_plain && viewer.screen.current == Some(id.session) {
        actions.push(Action::ShowBox(vote.grade, Box::new(Evidence::from(vote))));
    }
    let of_slice = session.run.votes.get(&slice).map_or(&[][..], Vec::as_slice);
    response.clone().on_hover_ui_at_pointer(|ui| tip_ui(ui, session, vote, of_slice));
}

/// The reader's box under a point of the screen; of several the smallest.
fn by_hand_at(
    viewer: &Viewer,
    session: &Session,
    slice: &SliceId,
    transform: &Transform,
    point: Pos2,
) -> Option<GradeId> {
    let at = transform.pixel_from_screen(point);
    let hit = by_hand(session, &viewer.visibility, slice).into_iter().filter(|(_, bbox)| bbox.contains(at));
    hit.min_by(|a, b| a.1.area().total_cmp(&b.1.area())).map(|(cell, _)| cell)
}

/// Whose box it is; a click selects its cell, and leaves the slice as it is.
fn by_hand_ui(on: &Pointed<'_>, cell: GradeId, actions: &mut Vec<Action>) {
    let Pointed { ui, viewer, id, response } = *on;
    if response.hovered() {
        ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
    }
    let is_plain = !ui.input(|i| i.modifiers.shift);
    if response.clicked_by(PointerButton::Primary) && is_plain && viewer.screen.current == Some(id.session) {
        actions.push(Action::Box(BoxAction::Select(id.session, cell)));
    }
    let conflict = viewer.find(id.session).and_then(|session| words::conflict_by_hand(session, cell));
    response.clone().on_hover_ui_at_pointer(|ui| {
        ui.set_max_width(280.0);
        ui.label(RichText::new(cell.label()).family(theme::bold()));
        ui.label(RichText::new("Hand-drawn box").small().color(theme::of(ui).weak_text));
        if let Some(words) = &conflict {
            ui.label(RichText::new(format!("! {words}")).small().color(theme::of(ui).warning));
        }
    });
}

fn tip_ui(ui: &mut Ui, session: &Session, vote: &Vote, of_slice: &[Vote]) {
    ui.set_max_width(280.0);
    ui.label(RichText::new(vote.grade.label()).family(theme::bold()));
    scores_ui(ui, boxes::scores_at(of_slice, vote), true);
    let weak = |text: String| RichText::new(text).small().color(theme::of(ui).weak_text);
    let (hint, models) = (weak("Best score of each severity at this position".to_owned()), models(session, vote));
    let models = models.map(weak);
    ui.label(hint);
    let evidence = Evidence::from(vote);
    if let Some(words) = words::conflict(vote.grade, &evidence) {
        ui.label(RichText::new(format!("! {words}")).small().color(theme::of(ui).warning));
    }
    if let Some(models) = models {
        ui.label(models);
    }
}

/// The models that looked at slices of this kind.
fn models(session: &Session, vote: &Vote) -> Option<String> {
    let role: Role = vote.detection.class.role();
    let of_role = session.run.graded.as_ref()?.models.iter().filter(|model| model.role == role.into());
    let names = of_role.map(|m| if m.demo { format!("{} (demo model)", m.name) } else { m.name.clone() });
    Some(format!("Detected by {}", names.collect::<Vec<_>>().join(", ")))
}
