//! The studies that were opened last, in the menu and where nothing is open.

use egui::{Button, Ui, vec2};

use super::worklist_table::name;
use crate::{
    library::Entry,
    ui::state::{
        icon,
        viewer::{Action, Viewer, Wanted},
    },
};

/// In a menu.
pub fn recent_menu_ui(ui: &mut Ui, viewer: &Viewer, actions: &mut Vec<Action>) {
    ui.add_enabled_ui(!viewer.worklist.recent.is_empty(), |ui| {
        ui.menu_button(format!("{}  Recent studies", icon::CLOCK), |ui| {
            for entry in &viewer.worklist.recent {
                if ui.button(text(entry)).on_hover_text(&entry.description).clicked() {
                    actions.push(open(entry));
                    ui.close();
                }
            }
        });
    });
}

/// In the middle of an empty window.
pub fn recent_list_ui(ui: &mut Ui, viewer: &Viewer, width: f32, actions: &mut Vec<Action>) {
    for entry in &viewer.worklist.recent {
        let button = Button::new(format!("{}  {}", icon::CLOCK, text(entry))).truncate();
        if ui.add_sized(vec2(width, 24.0), button).on_hover_text(&entry.description).clicked() {
            actions.push(open(entry));
        }
    }
}

fn open(entry: &Entry) -> Action {
    let wanted = Wanted { uid: entry.uid.clone(), beside: false };
    Action::OpenListed(wanted, entry.place.to_open())
}

fn text(entry: &Entry) -> String {
    let date = entry.shown_date();
    let comma = if date.is_empty() { "" } else { ", " };
    format!("{}{comma}{date}", name(entry))
}
