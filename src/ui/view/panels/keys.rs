//! Keys and mouse: all shortcuts, each of which the reader can change.

use egui::{Button, Event, Grid, KeyboardShortcut, RichText, ScrollArea, TextEdit, Ui};

use super::Memory;
use crate::ui::{
    state::{
        command::{Menu, UiCommand},
        keymap,
        viewer::{Action, Viewer},
    },
    view::theme,
};

/// As in OHIF, Weasis and Horos.
const MOUSE: [(&str, &str); 8] = [
    ("Wheel", "Slices"),
    ("Left drag", "The active tool; at first the window (right: wider, down: darker)"),
    ("Middle drag", "Move"),
    ("Right drag, Ctrl + wheel", "Zoom"),
    ("Double click", "Single pane, or all again"),
    ("Shift + click", "Every pane goes to the point"),
    ("Drag a series", "From the list into any pane"),
    ("Click on a cell of the table", "Every pane goes to the box behind it"),
];

/// The window's content.
pub fn keys_ui(ui: &mut Ui, viewer: &Viewer, memory: &mut Memory, actions: &mut Vec<Action>) {
    record(ui, memory, actions);
    ui.horizontal(|ui| {
        let edit = TextEdit::singleline(&mut memory.keys_filter).hint_text("Search").desired_width(180.0);
        let field = ui.add(edit);
        field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Search keys"));
        let is_changed = !viewer.settings.keys.is_empty();
        let hint = "Restores the default key of every command";
        if ui.add_enabled(is_changed, Button::new("Reset all keys")).on_hover_text(hint).clicked() {
            actions.push(Action::ResetKeys);
        }
    });
    ui.label(
        RichText::new("Click a key to change it; Delete removes it, Esc keeps it.").color(theme::of(ui).weak_text),
    );
    let filter = memory.keys_filter.trim().to_lowercase();
    let fits = |text: &str| filter.is_empty() || text.to_lowercase().contains(&filter);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        Grid::new("keys").num_columns(2).spacing([24.0, 4.0]).show(ui, |ui| {
            for (what, does) in MOUSE.into_iter().filter(|(what, does)| fits(what) || fits(does)) {
                ui.label(RichText::new(what).family(theme::bold()));
                ui.label(does);
                ui.end_row();
            }
            for menu in Menu::ALL {
                for command in menu.commands().filter(|c| fits(c.info().text)) {
                    key_ui(ui, viewer, memory, command);
                }
            }
        });
    });
}

fn key_ui(ui: &mut Ui, viewer: &Viewer, memory: &mut Memory, command: UiCommand) {
    let is_recording = memory.recording == Some(command);
    let key = match viewer.keymap.key(command) {
        _ if is_recording => "press a key...".to_owned(),
        Some(key) => keymap::spoken(key),
        None => "none".to_owned(),
    };
    let response = ui.add(Button::new(RichText::new(&key).family(theme::bold())).selected(is_recording));
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Key of {}: {key}", command.info().text))
    });
    if response.clicked() {
        memory.recording = if is_recording { None } else { Some(command) };
    }
    ui.label(command.info().text).on_hover_text(command.info().tooltip);
    ui.end_row();
}

/// Takes the key that the reader presses for the chosen command.
fn record(ui: &Ui, memory: &mut Memory, actions: &mut Vec<Action>) {
    let Some(command) = memory.recording else { return };
    let pressed = ui.ctx().input_mut(|input| {
        let at = input.events.iter().position(|e| matches!(e, Event::Key { pressed: true, .. }))?;
        match input.events.remove(at) {
            // As it is found again when it is pressed.
            Event::Key { key, physical_key, modifiers, .. } => {
                Some((keymap::chosen_key(key, physical_key, modifiers), modifiers))
            }
            _ => None,
        }
    });
    let Some((key, modifiers)) = pressed else { return };
    memory.recording = None;
    let key = match key {
        egui::Key::Escape => return,
        egui::Key::Delete | egui::Key::Backspace if !modifiers.any() => None,
        _ => {
            // As shortcuts are written: one name for Ctrl and the Mac's command key.
            let mut held = modifiers;
            (held.ctrl, held.mac_cmd) = (false, false);
            Some(KeyboardShortcut::new(held, key))
        }
    };
    actions.push(Action::SetKey(command, key));
}
