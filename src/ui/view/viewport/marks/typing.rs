//! The field in which the text of a note or arrow is typed, at its place on the image.

use egui::{Area, Id, Key, Order, Rect, TextEdit, Ui};

use super::label;
use crate::ui::state::{
    gesture::marks::Drawing,
    pane::PaneId,
    transform::Transform,
    viewer::{Action, MarkAction, Viewer},
};

const WIDTH: f32 = 180.0;

/// The field, while something is typed in this pane. Enter keeps the text, Esc forgets it; whoever clicks elsewhere
/// keeps it.
pub fn typing_ui(
    ui: &Ui,
    viewer: &mut Viewer,
    id: PaneId,
    rect: Rect,
    transform: &Transform,
    actions: &mut Vec<Action>,
) {
    let Some(Drawing::Typing { pane, shape, text, .. }) = viewer.drawing.as_mut().filter(|d| d.pane() == id) else {
        return;
    };
    let size = egui::vec2(WIDTH, 24.0);
    let place = label::place(shape, transform, size, rect);
    let area = Area::new(Id::unique(("typing", *pane))).order(Order::Foreground).fixed_pos(place.min);
    area.show(ui.ctx(), |ui| {
        let field = ui.add(TextEdit::singleline(text).hint_text("Text, then Enter").desired_width(WIDTH));
        field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Text on the image"));
        let is_new = !field.has_focus() && !field.lost_focus();
        if is_new {
            field.request_focus();
        }
        if field.lost_focus() {
            let is_dropped = ui.input(|i| i.key_pressed(Key::Escape));
            actions.push(Action::Mark(if is_dropped { MarkAction::DropText } else { MarkAction::KeepText }));
        }
    });
}
