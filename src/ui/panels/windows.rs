//! Help, messages and about: windows over the images.

use egui::{Context, Grid, RichText, ScrollArea, Ui, Window};

use crate::{
    RESEARCH_USE_ONLY,
    ui::{
        command::{Menu, UiCommand},
        notices::Kind,
        theme,
        viewer::Viewer,
    },
};

/// As in OHIF, Weasis and Horos.
const MOUSE: [(&str, &str); 6] = [
    ("Wheel", "Slices"),
    ("Left drag", "Window (right: wider, down: darker)"),
    ("Middle drag", "Move"),
    ("Right drag, Ctrl + wheel", "Zoom"),
    ("Double click", "Pane alone, or all again"),
    ("Click on a cell of the table", "Every pane goes to the box behind it"),
];

/// The windows that are open.
pub fn windows_ui(ctx: &Context, viewer: &mut Viewer) {
    let mut open = viewer.windows;
    let window = |title: &'static str| Window::new(title).resizable(true).collapsible(false).vscroll(false);
    window("Keys and mouse").open(&mut open.help).show(ctx, help_ui);
    window("Messages").open(&mut open.messages).default_width(560.0).show(ctx, |ui| messages_ui(ui, viewer));
    window("About Foramen").open(&mut open.about).show(ctx, |ui| about_ui(ui, viewer));
    viewer.windows = open;
}

fn help_ui(ui: &mut Ui) {
    ScrollArea::vertical().max_height(520.0).show(ui, |ui| {
        Grid::new("keys").num_columns(2).spacing([24.0, 4.0]).show(ui, |ui| {
            for (what, does) in MOUSE {
                ui.label(RichText::new(what).strong());
                ui.label(does);
                ui.end_row();
            }
            for command in Menu::ALL.iter().flat_map(|menu| menu.commands()) {
                key_ui(ui, *command);
            }
        });
    });
}

fn key_ui(ui: &mut Ui, command: UiCommand) {
    if let Some(shortcut) = command.shortcut() {
        ui.label(RichText::new(ui.ctx().format_shortcut(&shortcut)).strong());
        ui.label(command.text()).on_hover_text(command.tooltip());
        ui.end_row();
    }
}

fn messages_ui(ui: &mut Ui, viewer: &Viewer) {
    if viewer.notices.last().is_none() {
        ui.label("None so far.");
        return;
    }
    if ui.button("Copy all").clicked() {
        ui.ctx().copy_text(viewer.notices.text());
    }
    ScrollArea::vertical().max_height(400.0).show(ui, |ui| {
        for notice in viewer.notices.iter().rev() {
            let color = match notice.kind {
                Kind::Said => theme::TEXT,
                Kind::Warning => theme::BANNER_TEXT,
                Kind::Error => theme::ERROR,
            };
            ui.label(RichText::new(&notice.text).color(color));
        }
    });
}

fn about_ui(ui: &mut Ui, viewer: &Viewer) {
    ui.heading(format!("Foramen {}", env!("CARGO_PKG_VERSION")));
    ui.label("Lumbar-spine MRI: detects, grades and reports narrowing.");
    ui.label(RichText::new(RESEARCH_USE_ONLY).color(theme::BANNER_TEXT).strong());
    ui.label("Licence: MIT or Apache-2.0. Demo models: made with Ultralytics, AGPL-3.0.");
    ui.separator();
    match viewer.session().and_then(|s| s.graded.as_ref()) {
        Some(graded) => {
            for model in &graded.models {
                ui.label(format!("{}: {}, SHA-256 {}", model.name, model.engine, &model.sha256[..16]));
            }
        }
        None => {
            ui.label("Models and engine are listed here once a study is graded.");
        }
    }
}
