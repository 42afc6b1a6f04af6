//! The windows over the images.

use egui::{Ui, Window};

use super::{Memory, about, export, hints, keys, marks, messages, palette, problems, report, settings, worklist};
use crate::ui::state::viewer::{Action, Viewer};

/// The windows that are open.
pub fn windows_ui(ui: &Ui, viewer: &Viewer, memory: &mut Memory, actions: &mut Vec<Action>) {
    let ctx = ui.ctx();
    let mut open = viewer.screen.windows;
    let middle = ctx.content_rect().center();
    let window = |title: &'static str| {
        Window::new(title)
            .resizable(true)
            .collapsible(false)
            .vscroll(false)
            .pivot(egui::Align2::CENTER_CENTER)
            .default_pos(middle)
    };
    window("Keys and mouse")
        .open(&mut open.keys)
        .default_size([560.0, 560.0])
        .show(ctx, |ui| keys::keys_ui(ui, viewer, memory, actions));
    if !open.keys {
        memory.stop_recording();
    }
    window("Messages").open(&mut open.messages).default_width(560.0).show(ctx, |ui| messages::messages_ui(ui, viewer));
    window("Problems reading the files")
        .open(&mut open.problems)
        .default_width(620.0)
        .show(ctx, |ui| problems::problems_ui(ui, viewer));
    window("Measurements and key images")
        .open(&mut open.marks)
        .default_width(520.0)
        .show(ctx, |ui| marks::marks_ui(ui, viewer, memory, actions));
    window("Impression and signature")
        .open(&mut open.report)
        .default_width(640.0)
        .show(ctx, |ui| report::report_ui(ui, viewer, memory, actions));
    window("Export reports")
        .open(&mut open.export)
        .default_width(420.0)
        .show(ctx, |ui| export::export_ui(ui, viewer, memory, actions));
    window("About Foramen").open(&mut open.about).show(ctx, |ui| about::about_ui(ui, viewer));
    window("Settings").open(&mut open.settings).show(ctx, |ui| settings::settings_ui(ui, viewer, actions));
    let hints =
        window("First steps").open(&mut open.hints).default_width(460.0).show(ctx, |ui| hints::hints_ui(ui, viewer));
    if hints.is_some_and(|shown| shown.inner == Some(true)) {
        open.hints = false;
    }
    worklist::worklist_ui(ui, viewer, memory, &mut open.worklist, actions);
    let command = palette::palette_ui(ui, viewer, memory, &mut open.palette);
    if open != viewer.screen.windows {
        actions.push(Action::Windows(open));
    }
    // Behind it: the command may open a window.
    actions.extend(command.map(Action::Do));
}
