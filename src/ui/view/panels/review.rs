//! What the reader says of the selected cell, and how far the review is.

use egui::{Button, ProgressBar, RichText, Ui, vec2};

use super::{
    Memory,
    edited::{Editable, Field},
};
use crate::{
    grading::Severity,
    review::Decision,
    ui::{
        state::{
            command::UiCommand,
            icon, keymap,
            session::Session,
            viewer::{Action, ReviewAction, Viewer},
        },
        view::theme,
    },
};

/// Between the table and what stands behind it.
pub fn review_ui(ui: &mut Ui, viewer: &Viewer, session: &Session, memory: &mut Memory, actions: &mut Vec<Action>) {
    progress_ui(ui, session, actions);
    // Without a cell too, at rest: what stands below must not move under the pointer when a cell is selected.
    let is_open = session.review().signature().is_none() && session.review_lock.is_none();
    let cell = session.focus.cell.filter(|_| is_open);
    ui.add_enabled_ui(cell.is_some(), |ui| decision_ui(ui, viewer, session, actions));
    let width = ui.available_width();
    let edit = |ui: &mut Ui, field: egui::TextEdit<'_>| {
        ui.add_enabled(cell.is_some(), field.hint_text("Comment on this grade").desired_width(width))
    };
    let Some(id) = session.focus.cell else {
        edit(ui, egui::TextEdit::singleline(&mut String::new()));
        return;
    };
    let text = &session.review().cell(id).comment;
    let says = "Comment on this grade";
    let of = Editable { study: session.id.0, field: Field::Comment(id), text, says, is_long: false };
    let (response, new) = memory.edited.field_ui(ui, &of, edit);
    if viewer.screen.focus_comment {
        response.request_focus();
        actions.push(Action::CommentFocused);
    }
    if let Some(new) = new {
        actions.push(Action::Review(ReviewAction::Comment(session.id, id, new)));
    }
}

/// 7 of 25, who signed, and whether all of it is saved.
fn progress_ui(ui: &mut Ui, session: &Session, actions: &mut Vec<Action>) {
    let review = session.review();
    ui.horizontal(|ui| {
        let decided = review.decided();
        let bar = ProgressBar::new(decided as f32 / 25.0).desired_width(36.0).desired_height(8.0);
        let response = ui.add(bar);
        let text = format!("{decided} of 25 reviewed");
        response
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::ProgressIndicator, true, "Progress of the review"));
        ui.label(&text);
        let palette = theme::of(ui);
        match (session.desk.failure(), session.desk.unsaved(), review.is_untouched()) {
            (Some(why), ..) => {
                let save = Button::new(RichText::new("Save again").color(palette.error)).small();
                let hint = format!("Not saved: {why}");
                if ui.add(save).on_hover_text(hint).clicked() {
                    actions.push(Action::Review(ReviewAction::SaveAgain(session.id)));
                }
            }
            (None, 0, true) => (),
            (None, 0, false) => {
                let says = RichText::new("saved").small().color(palette.weak_text);
                ui.label(says).on_hover_text("Every decision is saved as soon as it is made");
            }
            (None, ..) => {
                ui.label(RichText::new("saving").small().color(palette.warning));
            }
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let button = Button::new(format!("{} Report", icon::NOTE)).small();
            if ui.add(button).on_hover_text("Sentences, signature, who did what").clicked() {
                actions.push(Action::Do(UiCommand::ShowReport));
            }
        });
    });
    if let Some(signature) = review.signature() {
        let text = format!("{} Signed by {}, {} UTC", icon::CHECK, signature.who, signature.when);
        ui.label(RichText::new(text).color(theme::of(ui).accent));
    }
}

/// One button a word.
fn decision_ui(ui: &mut Ui, viewer: &Viewer, session: &Session, actions: &mut Vec<Action>) {
    let decision = session.focus.cell.and_then(|id| session.review().cell(id).decision);
    let accept = matches!(decision, Some(Decision::Accepted(_)));
    let severity = |wanted| decision.and_then(Decision::severity) == Some(wanted) && !accept;
    let buttons = [
        (UiCommand::AcceptGrade, format!("{} Accept", icon::CHECK), accept),
        (UiCommand::SayNormal, letter(Severity::NormalMild), severity(Severity::NormalMild)),
        (UiCommand::SayModerate, letter(Severity::Moderate), severity(Severity::Moderate)),
        (UiCommand::SaySevere, letter(Severity::Severe), severity(Severity::Severe)),
        (UiCommand::SayNotAssessable, "n/a".to_owned(), decision == Some(Decision::NotAssessable)),
        (UiCommand::Undecide, icon::UNDO.to_owned(), false),
    ];
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for (command, text, is_on) in buttons {
            let info = command.info();
            let key = viewer.keymap.key(command).map(keymap::spoken).map(|key| format!(" ({key})")).unwrap_or_default();
            let button = Button::new(text).selected(is_on).min_size(vec2(30.0, 24.0));
            let response = ui.add_enabled(command != UiCommand::Undecide || decision.is_some(), button);
            response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, is_on, info.text));
            if response.on_hover_text(format!("{}{key}. {}", info.text, info.tooltip)).clicked() {
                actions.push(Action::Do(command));
            }
        }
    });
}

fn letter(severity: Severity) -> String {
    theme::severity_letter(severity).to_owned()
}
