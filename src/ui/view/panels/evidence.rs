//! What stands behind the selected cell, and which models said it.

use egui::{Label, RichText, ScrollArea, Ui};

use super::{strip::strip_ui, visibility_bar::visibility_bar_ui};
use crate::ui::state::strip;
use crate::{
    grading::{Evidence, GradeId},
    ui::{
        state::{
            session::{Gone, Session},
            viewer::{Action, Viewer},
            words::{self, sentence},
        },
        view::{scores::scores_ui, theme},
    },
};

/// The lower part of the right side.
pub fn evidence_ui(ui: &mut Ui, viewer: &Viewer, session: &Session, actions: &mut Vec<Action>) {
    visibility_bar_ui(ui, viewer, actions);
    ui.separator();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        cell_ui(ui, viewer, session, actions);
        ui.separator();
        models_ui(ui, session);
    });
}

fn cell_ui(ui: &mut Ui, viewer: &Viewer, session: &Session, actions: &mut Vec<Action>) {
    let findings = session.findings();
    let Some(id) = session.focus.cell else {
        let hint = match findings.len() {
            0 => "Click a cell to see the boxes behind it.".to_owned(),
            1 => "1 finding. Click a cell, or press N, to see the boxes behind it.".to_owned(),
            n => format!("{n} findings. Click a cell, or press N, to see the boxes behind it."),
        };
        ui.label(RichText::new(hint).color(theme::of(ui).weak_text));
        return;
    };
    ui.label(RichText::new(id.label()).family(theme::bold()));
    if let Some(at) = findings.iter().position(|&finding| finding == id) {
        let text = format!("Finding {} of {}", at + 1, findings.len());
        ui.label(RichText::new(text).small().color(theme::of(ui).weak_text));
    }
    let warning = |text: String| RichText::new(text).small().color(theme::of(ui).warning);
    let by_hand = words::conflict_by_hand(session, id).map(|words| warning(format!("! Hand-drawn box: {words}")));
    let row = session.run.table.as_ref().map(|table| table.get(id));
    let doubt = row.and_then(words::doubt).map(|doubt| warning(sentence(&doubt)));
    let faint = strip::weak(session, id, viewer.settings.threshold);
    let faint = faint.map(|weak| warning(sentence(&words::weak(&weak))));
    if let Some(by_hand) = by_hand {
        ui.label(by_hand).on_hover_text("The level is judged by the nearest disc, the side by the canal");
    }
    if let Some(why) = words::why_empty(session, id) {
        ui.label(sentence(&why));
    }
    if let Some(gone) = session.focus.gone {
        let color = if gone == Gone::ToDisc { theme::of(ui).weak_text } else { theme::of(ui).warning };
        ui.label(RichText::new(words::gone(id, gone)).small().color(color));
    }
    if let Some(doubt) = doubt {
        ui.label(doubt);
    } else if let Some(faint) = faint {
        let hint = "One faint box can give a score of 1.00: the three scores are scaled to sum to 1";
        ui.label(faint).on_hover_text(hint);
    }
    let Some((row, probabilities)) = row.and_then(|row| Some((row, row.probabilities()?))) else { return };
    scores_ui(ui, probabilities.as_array(), !row.evidence().is_empty() && !row.is_doubtful());
    for evidence in row.evidence() {
        conflict_ui(ui, id, evidence);
    }
    let votes = strip::of_cell(session, id);
    if !votes.is_empty() {
        ui.add_space(4.0);
        strip_ui(ui, session, id, &votes, actions);
        shown_ui(ui, viewer, session, id);
    }
    if viewer.visibility.overlays && !viewer.visibility.shows(session, id) {
        ui.label(RichText::new("Boxes of this cell are hidden on the images").small().color(theme::of(ui).warning));
    }
}

fn conflict_ui(ui: &mut Ui, id: GradeId, evidence: &Evidence) {
    if let Some(words) = words::conflict(id, evidence) {
        let hint =
            "The detector named one level or side, but the box lies at another. The row follows the box's position.";
        let text = RichText::new(format!("! {}: {words}", evidence.severity.label())).small();
        ui.label(text.color(theme::of(ui).warning)).on_hover_text(hint);
    }
}

/// The box that the reader looks at, in words.
fn shown_ui(ui: &mut Ui, viewer: &Viewer, session: &Session, id: GradeId) {
    let Some(evidence) = &session.focus.evidence else { return };
    let place = words::place(&session.study, &evidence.detection.slice).unwrap_or_default();
    let weak = |text: String| RichText::new(text).small().color(theme::of(ui).weak_text);
    let box_is = if viewer.is_evidence_on_screen(session) { "Box on screen" } else { "Box, not on screen" };
    let (score, place) = (weak(format!("{box_is}: {}", words::score(evidence))), weak(place));
    ui.label(score);
    ui.label(place);
    let is_best = session.run.table.as_ref().is_some_and(|table| table.get(id).evidence().contains(evidence));
    if !is_best {
        conflict_ui(ui, id, evidence);
    }
}

fn models_ui(ui: &mut Ui, session: &Session) {
    let Some(graded) = &session.run.graded else { return };
    for model in &graded.models {
        let demo = if model.demo { ", DEMO" } else { "" };
        let text = format!("{} ({}{demo}) in {}", model.name, model.role.label(), model.engine);
        let label = Label::new(RichText::new(text).small().color(theme::of(ui).weak_text)).truncate();
        ui.add(label).on_hover_text(format!("SHA-256 {}\nPixels: {}", model.sha256, model.standardize));
    }
    for warning in &graded.warnings {
        ui.label(RichText::new(warning.to_string()).small().color(theme::of(ui).warning));
    }
    for issue in &graded.issues {
        ui.label(RichText::new(issue.to_string()).small().color(theme::of(ui).error));
    }
}
