//! All messages, to be read and copied.

use egui::{RichText, ScrollArea, Ui};

use super::toasts::color;
use crate::ui::state::viewer::Viewer;

/// The window's content.
pub fn messages_ui(ui: &mut Ui, viewer: &Viewer) {
    if viewer.notices.iter().next().is_none() {
        ui.label("None so far.");
        return;
    }
    if ui.button("Copy all").on_hover_text("For an e-mail or a bug report").clicked() {
        ui.ctx().copy_text(viewer.notices.text());
    }
    ScrollArea::vertical().max_height(400.0).show(ui, |ui| {
        for notice in viewer.notices.iter().rev() {
            ui.label(RichText::new(&notice.text).color(color(ui, notice.kind)));
        }
    });
}
