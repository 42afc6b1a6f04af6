//! The window of the report: sentences level by level, comment, signature, and who did what.

use egui::{Button, CollapsingHeader, RichText, ScrollArea, TextEdit, Ui, vec2};

use super::{
    Memory,
    edited::{Editable, Field},
};
use crate::{
    RESEARCH_USE_ONLY,
    grading::{GradeId, Level},
    review::{self, Act, Change, Statement},
    ui::{
        state::{
            command::UiCommand,
            icon,
            session::Session,
            settings::Settings,
            viewer::{Action, ReviewAction, Viewer},
        },
        view::theme,
    },
};

/// Room for the names of the levels.
const NAMES: f32 = 84.0;

/// The window's content.
pub fn report_ui(ui: &mut Ui, viewer: &Viewer, memory: &mut Memory, actions: &mut Vec<Action>) {
    let Some(session) = viewer.session() else {
        ui.label("No study is open.");
        return;
    };
    let palette = theme::of(ui);
    ui.label(RichText::new(RESEARCH_USE_ONLY).color(palette.warning));
    if session.run.demo_models {
        ui.label(RichText::new("Demo models: the grades mean nothing for a patient").color(palette.warning));
    }
    ScrollArea::vertical().max_height(460.0).auto_shrink([false, true]).show(ui, |ui| {
        impression_ui(ui, session, memory, actions);
        trail_ui(ui, session);
    });
    ui.separator();
    let id = session.id;
    if session.review().signature().is_some() {
        reopen_ui(ui, id, memory, actions);
    } else {
        sign_ui(ui, viewer, actions);
    }
}

fn impression_ui(ui: &mut Ui, session: &Session, memory: &mut Memory, actions: &mut Vec<Action>) {
    let review = session.review();
    let is_open = review.signature().is_none() && session.review_lock.is_none();
    let statements: Option<Vec<Statement>> = GradeId::ALL.iter().map(|&id| session.statement(id)).collect();
    let of = |id: GradeId| statements.as_ref().and_then(|all| all.get(id.index()));
    let mut line = |ui: &mut Ui, field, name: &str, written: Option<&str>, proposed: &str| {
        let text = written.unwrap_or(proposed);
        let mut new = None;
        ui.horizontal_top(|ui| {
            ui.allocate_ui(vec2(NAMES, 18.0), |ui| {
                ui.set_min_width(NAMES);
                ui.label(RichText::new(name).family(theme::bold()));
            });
            let width = ui.available_width() - 48.0;
            let edit = |ui: &mut Ui, field: TextEdit<'_>| ui.add_enabled(is_open, field.desired_width(width));
            let of = Editable { study: session.id.0, field, text, says: name, is_long: true };
            new = memory.edited.field_ui(ui, &of, edit).1;
            let again = Button::new(icon::UNDO).small();
            let hint = "Restores the proposed sentence, which follows the grades";
            let response = ui.add_enabled(is_open && written.is_some() && field != Field::Remark, again);
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::Button, true, format!("{name}: restore the proposed sentence"))
            });
            if response.on_hover_text(hint).clicked() {
                new = Some(String::new());
            }
        });
        new.map(|text| Some(text).filter(|text| !text.is_empty() && text != proposed))
    };
    for &level in Level::ALL {
        let proposed = review::sentence(level, &of);
        if let Some(to) = line(ui, Field::Sentence(level), level.label(), review.sentence(level), &proposed) {
            actions.push(Action::Review(ReviewAction::Sentence(session.id, level, to)));
        }
    }
    let proposed = review::conclusion(&of);
    if let Some(to) = line(ui, Field::Conclusion, "Impression", review.conclusion(), &proposed) {
        actions.push(Action::Review(ReviewAction::Conclusion(session.id, to)));
    }
    if let Some(to) = line(ui, Field::Remark, "Comment", Some(review.remark()), "") {
        actions.push(Action::Review(ReviewAction::Remark(session.id, to.unwrap_or_default())));
    }
}

fn sign_ui(ui: &mut Ui, viewer: &Viewer, actions: &mut Vec<Action>) {
    let Some((id, decided)) = viewer.session().map(|session| (session.id, session.review().decided())) else { return };
    ui.horizontal(|ui| {
        let label = ui.label("Reader");
        let mut reader = viewer.settings.reader.clone();
        let name = TextEdit::singleline(&mut reader).hint_text("Your name").desired_width(180.0);
        ui.add(name).labelled_by(label.id).on_hover_text("Appears in the audit trail and under what you sign");
        if reader != viewer.settings.reader {
            actions.push(Action::Settings(Box::new(Settings { reader, ..viewer.settings.clone() })));
        }
        let is_possible = decided == 25 && !viewer.settings.reader.trim().is_empty();
        let sign = ui.add_enabled(is_possible, Button::new(format!("{} Sign", icon::CHECK)));
        let hint = "The report then cannot change until it is reopened with a reason";
        if sign
            .on_hover_text(hint)
            .on_disabled_hover_text("All 25 grades must be decided and your name entered")
            .clicked()
        {
            actions.push(Action::Review(ReviewAction::SignOff(id)));
        }
        let open = 25 - decided;
        if open > 0 {
            ui.label(RichText::new(format!("{open} of 25 grades are not decided")).color(theme::of(ui).weak_text));
            if ui.button("Go to next").clicked() {
                actions.push(Action::Do(UiCommand::NextUndecided));
            }
        }
    });
    exports_ui(ui, actions);
}

fn reopen_ui(ui: &mut Ui, id: crate::worker::SessionId, memory: &mut Memory, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let label = ui.label("Reason");
        let reason = TextEdit::singleline(&mut memory.reason).hint_text("Why it is reopened").desired_width(240.0);
        ui.add(reason).labelled_by(label.id);
        let is_given = !memory.reason.trim().is_empty();
        if ui.add_enabled(is_given, Button::new("Reopen")).on_disabled_hover_text("Give a reason first").clicked() {
            let reason = std::mem::take(&mut memory.reason).trim().to_owned();
            actions.push(Action::Review(ReviewAction::Reopen(id, reason)));
        }
    });
    exports_ui(ui, actions);
}

fn exports_ui(ui: &mut Ui, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        for command in [UiCommand::ShowExport, UiCommand::CopyReport] {
            let info = command.info();
            if ui.button(format!("{} {}", info.icon, info.text)).on_hover_text(info.tooltip).clicked() {
                actions.push(Action::Do(command));
            }
        }
    });
}

/// Newest first.
fn trail_ui(ui: &mut Ui, session: &Session) {
    let acts = session.review().acts();
    let title = format!("Who did what ({})", acts.len());
    CollapsingHeader::new(title).id_salt("trail").show(ui, |ui| {
        if acts.is_empty() {
            ui.label("Nothing yet.");
        }
        for act in acts.iter().rev().take(200) {
            let line = ui.label(RichText::new(words(act)).small());
            line.on_hover_text(format!("{}\n{}", act.draft.program, act.draft.models.join("\n")));
        }
        if acts.len() > 200 {
            ui.label(RichText::new(format!("and {} earlier ones", acts.len() - 200)).small());
        }
    });
}

fn words(act: &Act) -> String {
    let back = act.draft.undoes.map(|seq| format!(" (undoes {seq})")).unwrap_or_default();
    let reason = match &act.draft.change {
        Change::Reopen { reason } => format!(": {reason}"),
        _ => String::new(),
    };
    format!("{}. {} UTC, {}: {}{reason}{back}", act.seq, act.draft.when, act.draft.who, act.draft.change.words())
}
