//! The menu bar, made from [`Menu`].

use egui::{Button, MenuBar, Ui};

use super::recent::recent_menu_ui;
use crate::ui::state::{
    command::{Menu, UiCommand},
    keymap,
    viewer::{Action, Viewer},
};

/// The menu bar.
pub fn menu_ui(ui: &mut Ui, viewer: &Viewer, actions: &mut Vec<Action>) {
    MenuBar::new().ui(ui, |ui| {
        for menu in Menu::ALL {
            ui.menu_button(menu.text(), |ui| {
                egui::ScrollArea::vertical().max_height(ui.ctx().content_rect().height() - 60.0).show(ui, |ui| {
                    for command in menu.commands() {
                        item_ui(ui, viewer, command, actions);
                        if command == UiCommand::ShowWorklist {
                            recent_menu_ui(ui, viewer, actions);
                        }
                    }
                });
            });
        }
    });
}

fn item_ui(ui: &mut Ui, viewer: &Viewer, command: UiCommand, actions: &mut Vec<Action>) {
    let info = command.info();
    // As wide as an icon, so that texts stand in one line.
    let icon = if info.icon.is_empty() { "\u{2003}" } else { info.icon };
    let mut button = Button::new(format!("{icon}  {}", info.text)).selected(viewer.is_on(command) == Some(true));
    if let Some(shortcut) = viewer.keymap.key(command) {
        button = button.shortcut_text(keymap::spoken(shortcut));
    }
    let response = ui.add_enabled(viewer.is_possible(command), button).on_hover_text(info.tooltip);
    if response.clicked() {
        actions.push(Action::Do(command));
        ui.close();
    }
}
