//! The windows over the images.

use egui::{Ui, Window};

use super::{Memory, about, hints, keys, messages, palette, settings, worklist};
use crate::ui::viewer::{Action, Viewer};

/// The windows that are open.
pub fn windows_ui(ui: &Ui, viewer: &mut Viewer, memory: &mut Memory, actions: &mut Vec<Action>) {
    let ctx = ui.ctx();
    let mut open = viewer.windows;
    let window = |title: &'static str| Window::new(title).resizable(true).collapsible(false).vscroll(false);
    window("Keys and mouse")
        .open(&mut open.keys)
        .default_width(520.0)
        .show(ctx, |ui| keys::keys_ui(ui, viewer, memory));
    if !open.keys {
        memory.stop_recording();
    }
    window("Messages").open(&mut open.messages).default_width(560.0).show(ctx, |ui| messages::messages_ui(ui, viewer));
    window("About Foramen").open(&mut open.about).show(ctx, |ui| about::about_ui(ui, viewer));
    window("Settings").open(&mut open.settings).show(ctx, |ui| settings::settings_ui(ui, viewer));
    let hints = window("First steps")
        .open(&mut open.hints)
        .anchor(egui::Align2::CENTER_CENTER, egui::Vec2::ZERO)
        .default_width(460.0)
        .show(ctx, |ui| hints::hints_ui(ui, viewer));
    if hints.is_some_and(|shown| shown.inner == Some(true)) {
        open.hints = false;
    }
    viewer.settings.hints_seen |= viewer.windows.hints && !open.hints;
    viewer.windows = open;
    worklist::worklist_ui(ui, viewer, actions);
    palette::palette_ui(ui, viewer, memory, actions);
}
