//! The row of tools under the menu: what the left button does, and what is often needed.

use egui::{Button, RichText, Ui, vec2};

use crate::ui::state::{
    command::UiCommand as C,
    keymap,
    tool::Tool,
    viewer::{Action, Viewer},
};

const LAYOUTS: [C; 4] = [C::LayoutOne, C::LayoutTwo, C::LayoutThree, C::LayoutFour];
const IMAGE: [C; 7] =
    [C::ResetPane, C::Invert, C::FlipHorizontal, C::RotateRight, C::PlayCine, C::LinkScroll, C::KeyImage];
const FINDINGS: [C; 3] = [C::PreviousFinding, C::NextFinding, C::Overlays];
const SIDES: [C; 4] = [C::ToggleBrowser, C::ToggleGrades, C::ShowPalette, C::ShowKeys];

/// The row; it wraps where the window is narrow.
pub fn toolbar_ui(ui: &mut Ui, viewer: &Viewer, actions: &mut Vec<Action>) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(2.0, 2.0);
        for tool in Tool::ALL {
            button_ui(ui, viewer, tool.command(), actions);
        }
        for group in [&LAYOUTS[..], &IMAGE, &FINDINGS, &SIDES] {
            ui.separator();
            for &command in group {
                button_ui(ui, viewer, command, actions);
            }
        }
    });
}

fn button_ui(ui: &mut Ui, viewer: &Viewer, command: C, actions: &mut Vec<Action>) {
    let info = command.info();
    let is_playing = command == C::PlayCine && viewer.cine.is_some();
    let icon = if is_playing { crate::ui::state::icon::PAUSE } else { info.icon };
    let key = viewer.keymap.key(command).map(|key| format!("  ({})", keymap::spoken(key))).unwrap_or_default();
    let button = Button::new(RichText::new(icon).size(17.0))
        .min_size(vec2(27.0, 25.0))
        .selected(viewer.is_on(command) == Some(true));
    let response = ui.add_enabled(viewer.is_possible(command), button);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, info.text));
    if response.on_hover_text(format!("{}{key}\n{}", info.text, info.tooltip)).clicked() {
        actions.push(Action::Do(command));
    }
}
