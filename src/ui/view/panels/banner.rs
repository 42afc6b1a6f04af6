//! The strip that says what the results are not for. It cannot be closed.

use egui::{Frame, Label, Margin, Panel, RichText, Ui};

use crate::{
    RESEARCH_USE_ONLY,
    ui::{
        state::{session::Session, viewer::Viewer},
        view::theme,
    },
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
    let shown = [viewer.screen.current, viewer.screen.compared].into_iter().flatten().filter_map(|id| viewer.find(id));
    cautions(&shown.collect::<Vec<_>>()).join("  |  ")
}

/// What has to be said of everything that shows these studies, on screen or in a picture: row by row from the top.
pub fn cautions(shown: &[&Session]) -> Vec<String> {
    let mut parts = vec![RESEARCH_USE_ONLY.to_owned()];
    if let Some(upper) = shown.first() {
        // The demo study says so in its files, as any phantom does.
        let what = if shown.iter().any(|session| session.origin.is_demo) {
            "a computed phantom"
        } else {
            "SYNTHETIC (computed)"
        };
        match shown.iter().filter(|session| session.origin.is_demo || session.study.is_synthetic()).count() {
            0 => (),
            all if all == shown.len() => parts.push(format!("this is {what}, not a patient")),
            _ => parts.push(format!("one of these is {what}, not a patient")),
        }
        if shown.iter().any(|session| session.study.mixed_patients) {
            let of = if shown.len() == 1 { "this study names" } else { "one of these studies names" };
            parts.push(format!("{of} DIFFERENT PATIENTS"));
        }
        if shown.iter().any(|below| below.study.patient.id != upper.study.patient.id) {
            parts.push("the lower row is ANOTHER PATIENT".to_owned());
        }
        if shown.iter().any(|session| session.run.demo_models) {
            parts.push("demo models, trained on phantoms: their grades mean nothing for a patient".to_owned());
        }
    }
    parts
}
