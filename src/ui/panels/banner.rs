//! The strip that says what the results are not for. It cannot be closed.

use egui::{Frame, Label, Margin, Panel, RichText, Ui};

use crate::{
    RESEARCH_USE_ONLY,
    ui::{theme, viewer::Viewer},
};

/// The strip.
pub fn banner_ui(ui: &mut Ui, viewer: &Viewer) {
    let frame = Frame::new().fill(theme::of(ui).banner).inner_margin(Margin::symmetric(8, 3));
    Panel::top("banner").frame(frame).show_separator_line(false).show(ui, |ui| {
        let text = RichText::new(text(viewer)).color(theme::of(ui).banner_text).family(theme::bold());
        ui.add(Label::new(text).truncate());
    });
}

fn text(viewer: &Viewer) -> String {
    let mut parts = vec![RESEARCH_USE_ONLY.to_owned()];
    if let Some(session) = viewer.session() {
        if session.is_demo {
            parts.push("this is a computed phantom, not a patient".to_owned());
        }
        if let Some(below) = viewer.compared.and_then(|id| viewer.find(id))
            && below.study.patient.id != session.study.patient.id
        {
            parts.push("the lower row is ANOTHER PATIENT".to_owned());
        }
        if session.demo_models {
            parts.push("demo models, trained on phantoms only: their grades mean nothing for a patient".to_owned());
        }
    }
    parts.join("  |  ")
}
