//! What stands behind the selected cell, and which models said it.

use egui::{Button, Label, ProgressBar, RichText, ScrollArea, Slider, Ui};

use crate::{
    grading::{Conflict, Evidence, GradeId, Severity, Side},
    ui::{
        session::Session,
        theme,
        viewer::{Action, Viewer},
    },
};

/// The lower part of the right side.
pub fn evidence_ui(ui: &mut Ui, viewer: &Viewer, session: &Session, actions: &mut Vec<Action>) {
    threshold_ui(ui, viewer, actions);
    ui.separator();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        cell_ui(ui, session, actions);
        ui.separator();
        models_ui(ui, session);
    });
}

fn threshold_ui(ui: &mut Ui, viewer: &Viewer, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let label = ui.label("Boxes from score");
        let mut threshold = viewer.settings.threshold;
        let slider = Slider::new(&mut threshold, 0.01..=0.95).fixed_decimals(2);
        let hint = "Boxes below are not painted. The grades use every box from 0.01 on.";
        if ui.add(slider).labelled_by(label.id).on_hover_text(hint).changed() {
            actions.push(Action::SetThreshold(threshold));
        }
    });
}

fn cell_ui(ui: &mut Ui, session: &Session, actions: &mut Vec<Action>) {
    let Some(id) = session.selected else {
        ui.add(Label::new(
            RichText::new("Click a cell, or press N, to see the box behind it.").color(theme::of(ui).weak_text),
        ));
        return;
    };
    ui.label(RichText::new(id.label()).strong());
    let Some(row) = session.table.as_ref().map(|table| table.get(id)) else {
        ui.label("Not graded yet.");
        return;
    };
    let Some(probabilities) = row.probabilities() else {
        ui.label("Not assessed.");
        return;
    };
    let is_seen = !row.evidence().is_empty();
    if !is_seen {
        ui.label("Not seen: the detector looked and drew no box here. These are only how common each severity is:");
    }
    for &severity in Severity::ALL {
        let score = probabilities.of(severity);
        ui.horizontal(|ui| {
            let name = RichText::new(severity.label()).color(theme::of(ui).severity_text(severity));
            ui.add_sized([96.0, 18.0], Label::new(name).truncate());
            let bar = ProgressBar::new(score).text(format!("{score:.2}")).desired_height(14.0);
            ui.add(if is_seen {
                bar.fill(theme::of(ui).severity_ground(severity, score))
            } else {
                bar.fill(theme::of(ui).empty_cell)
            });
        });
    }
    if is_seen {
        ui.add_space(4.0);
        ui.label(RichText::new("Best box of each severity; click to go there:").color(theme::of(ui).weak_text).small());
        for evidence in row.evidence() {
            box_ui(ui, session, id, evidence, actions);
        }
    }
}

fn box_ui(ui: &mut Ui, session: &Session, id: GradeId, evidence: &Evidence, actions: &mut Vec<Action>) {
    let detection = &evidence.detection;
    let place = session.study.find(&detection.slice).map_or_else(String::new, |(series, slice)| {
        format!(", {}, slice {}", session.study.series[series].description, slice + 1)
    });
    let text = format!("{} {:.2}{place}", evidence.severity.label(), detection.score);
    let is_shown = session.highlighted.as_ref() == Some(evidence);
    if ui.add(Button::new(text).selected(is_shown).truncate()).clicked() {
        actions.push(Action::ShowEvidence(Box::new(evidence.clone())));
    }
    if let Some(words) = conflict_words(id, evidence) {
        let hint = "The detector named one place and the box lies at another. The row goes by where it lies.";
        ui.label(RichText::new(format!("! {words}")).small().color(theme::of(ui).warning)).on_hover_text(hint);
    }
}

/// What a box claims against where it lies; `None` where they agree.
fn conflict_words(id: GradeId, evidence: &Evidence) -> Option<String> {
    let claim = evidence.detection.class.grade;
    let side = |side: Option<Side>| side.map_or("", Side::label);
    let mut parts = Vec::new();
    for conflict in &evidence.conflicts {
        parts.push(match conflict {
            Conflict::Level if claim.level() == id.level() => {
                format!("says {}, lies at no disc of that level", claim.level().label())
            }
            Conflict::Level => format!("says {}, lies at {}", claim.level().label(), id.level().label()),
            Conflict::Size => "far too large for anything that is graded".to_owned(),
            Conflict::Side => format!("says {}, lies {}", side(claim.side()), side(id.side())),
        });
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn models_ui(ui: &mut Ui, session: &Session) {
    let Some(graded) = &session.graded else { return };
    for model in &graded.models {
        let demo = if model.demo { ", DEMO" } else { "" };
        let text = format!("{} ({}{demo}) in {}", model.name, model.role.label(), model.engine);
        let label = Label::new(RichText::new(text).small().color(theme::of(ui).weak_text)).truncate();
        ui.add(label).on_hover_text(format!("SHA-256 {}\nPixels: {}", model.sha256, model.standardize));
    }
    for warning in &graded.warnings {
        ui.label(RichText::new(warning).small().color(theme::of(ui).warning));
    }
    for issue in &graded.issues {
        ui.label(RichText::new(issue.to_string()).small().color(theme::of(ui).error));
    }
}
