//! About: version, engine, models, licences.

use egui::{RichText, Ui};

use crate::{
    RESEARCH_USE_ONLY,
    ui::{state::viewer::Viewer, view::theme},
};

/// The window's content.
pub fn about_ui(ui: &mut Ui, viewer: &Viewer) {
    ui.heading(format!("Foramen {}", env!("CARGO_PKG_VERSION")));
    ui.label("Detects, grades and reports stenosis on lumbar-spine MRI.");
    ui.label(RichText::new(RESEARCH_USE_ONLY).color(theme::of(ui).warning).family(theme::bold()));
    ui.separator();
    ui.label(RichText::new("Licences").family(theme::bold()));
    ui.label("Foramen: MIT or Apache-2.0.");
    ui.label("Demo models: made with Ultralytics, AGPL-3.0; trained on computed phantoms, never on patients.");
    ui.label("Inter: SIL Open Font License 1.1. Phosphor icons: MIT.");
    ui.separator();
    ui.label(RichText::new("Engine and models").family(theme::bold()));
    let mut lines = vec![format!("Foramen {}", env!("CARGO_PKG_VERSION"))];
    match viewer.session().and_then(|s| s.run.graded.as_ref()) {
        Some(graded) => {
            for model in &graded.models {
                let demo = if model.demo { ", DEMO MODEL" } else { "" };
                lines.push(format!("{} ({}{demo}) in {}", model.name, model.role.label(), model.engine));
                lines.push(format!("    SHA-256 {}", model.sha256));
            }
        }
        None => lines.push("Models and engine are listed here once a study is graded.".to_owned()),
    }
    lines[1..].iter().for_each(|line| {
        ui.label(line);
    });
    if ui.button("Copy").on_hover_text("Version, engine and models").clicked() {
        ui.ctx().copy_text(lines.join("\n"));
    }
}
