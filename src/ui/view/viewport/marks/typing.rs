//! The field in which the text of a note or arrow is typed, at its place on the image.

use egui::{Area, Id, Key, Order, Rect, TextEdit};

use super::{super::Pointed, label};
use crate::ui::state::{
    gesture::marks::Drawing,
    transform::Transform,
    viewer::{Action, MarkAction},
};

const WIDTH: f32 = 180.0;

/// The field, while something is typed in this pane. Enter keeps the text, Esc forgets it; whoever clicks elsewhere
/// keeps it.
pub fn typing_ui(on: &Pointed<'_>, rect: Rect, transform: &Transform, actions: &mut Vec<Action>) {
    let Pointed { ui, viewer, id, .. } = *on;
    let Some(Drawing::Typing { pane, shape, text, .. }) = viewer.hand.drawing.as_ref().filter(|d| d.pane() == id)
    else {
        return;
    };
    let mut text = text.clone();
    let size = egui::vec2(WIDTH, 24.0);
    let place = label::place(shape, transform, size, rect);
    let area = Area::new(Id::unique(("typing", *pane))).order(Order::Foreground).fixed_pos(place.min);
    area.show(ui.ctx(), |ui| {
        let field = ui.add(TextEdit::singleline(&mut text).hint_text("Text, then Enter").desired_width(WIDTH));
        field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Text on the image"));
        let is_new = !field.has_focus() && !field.lost_focus();
        if is_new {
            field.request_focus();
        }
        if field.changed() {
            actions.push(Action::Mark(MarkAction::Type(text)));
        }
        if field.lost_focus() {
            let is_dropped = ui.input(|i| i.key_pressed(Key::Escape));
            actions.push(Action::Mark(if is_dropped { MarkAction::DropText } else { MarkAction::KeepText }));
        }
    });
}
