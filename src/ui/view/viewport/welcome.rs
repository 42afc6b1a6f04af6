//! What to do first, where nothing is open.

use egui::{RichText, Ui};

use crate::ui::{
    state::{
        command::UiCommand,
        viewer::{Action, Viewer},
    },
    view::{panels, theme},
};

/// The middle of an empty window.
pub fn welcome_ui(ui: &mut Ui, viewer: &Viewer, actions: &mut Vec<Action>) {
    ui.vertical_centered(|ui| {
        ui.add_space(ui.available_height() * 0.2);
        let text = "Drop a study here: a folder, files, a zip or a DICOMDIR";
        ui.label(RichText::new(text).size(18.0).color(theme::IMAGE_TEXT));
        ui.add_space(12.0);
        for command in [UiCommand::OpenFolder, UiCommand::OpenFiles, UiCommand::ShowWorklist, UiCommand::OpenDemo] {
            let info = command.info();
            let key = viewer.keymap.key(command).map(crate::ui::state::keymap::spoken).unwrap_or_default();
            let button = egui::Button::new(format!("{}  {}", info.icon, info.text)).shortcut_text(key);
            if ui.add_sized([320.0, 28.0], button).on_hover_text(info.tooltip).clicked() {
                actions.push(Action::Do(command));
            }
        }
        if !viewer.worklist.recent.is_empty() {
            ui.add_space(12.0);
            ui.label(RichText::new("Recent studies").color(theme::IMAGE_WEAK_TEXT));
            panels::recent_list_ui(ui, viewer, 320.0, actions);
        }
    });
}
