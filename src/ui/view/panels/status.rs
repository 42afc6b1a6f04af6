//! The line at the bottom: what is under way, what was last said, which engine runs.

use egui::{Button, Label, ProgressBar, RichText, Ui};

use crate::{
    grading::GradeTable,
    ui::{
        state::{
            command::UiCommand,
            icon, problems,
            session::{Grading, Session},
            viewer::{Action, Viewer},
        },
        view::theme,
    },
};

/// The line.
pub fn status_ui(ui: &mut Ui, viewer: &Viewer, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        if let Some((text, share)) = progress(viewer) {
            ui.add(ProgressBar::new(share).desired_width(220.0).text(text));
            if ui.button("Cancel").on_hover_text(UiCommand::Cancel.info().tooltip).clicked() {
                actions.push(Action::Do(UiCommand::Cancel));
            }
        } else if let Some(session) = viewer.session() {
            ui.label(outcome(ui, session));
        }
        if let Some(headline) = problems::headline(viewer) {
            let text = RichText::new(format!("{} {headline}", icon::WARNING)).color(theme::of(ui).error);
            if ui.add(Button::new(text).small()).on_hover_text(UiCommand::ShowProblems.info().tooltip).clicked() {
                actions.push(Action::Do(UiCommand::ShowProblems));
            }
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if let Some(engine) = engine(viewer) {
                let hint = "The engine that runs the detectors. ONNX Runtime is about 1.6 times as fast as rten: \
                            `pip install onnxruntime`, or set ORT_DYLIB_PATH to its library.";
                ui.label(RichText::new(engine).color(theme::of(ui).weak_text)).on_hover_text(hint);
            }
            if let Some(notice) = viewer.notices.last() {
                let color = crate::ui::view::panels::toasts::color(ui, notice.kind);
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    if ui.add(Button::new("Messages").small()).on_hover_text("All messages (F2)").clicked() {
                        actions.push(Action::Do(UiCommand::ShowMessages));
                    }
                    let line = notice.text.lines().next().unwrap_or_default();
                    ui.add(Label::new(RichText::new(line).color(color)).truncate()).on_hover_text(&notice.text);
                });
            }
        });
    });
}

/// What is under way, and which share of it is done.
fn progress(viewer: &Viewer) -> Option<(String, f32)> {
    let share = |done: usize, all: usize| done as f32 / all.max(1) as f32;
    if let Some(opening) = &viewer.opening {
        let (done, all) = opening.progress;
        let text = match all {
            0 if opening.is_demo => "Computing the demo study".to_owned(),
            0 => "Looking for files".to_owned(),
            _ => format!("Reading headers {done} / {all}"),
        };
        return Some((text, share(done, all)));
    }
    match viewer.session()?.run.progress {
        Grading::Waiting => Some(("Waiting to be graded".to_owned(), 0.0)),
        Grading::Running(done, all) => Some((format!("Grading slice {done} / {all}"), share(done, all))),
        _ => None,
    }
}

fn outcome(ui: &Ui, session: &Session) -> RichText {
    let palette = theme::of(ui);
    match &session.run.progress {
        Grading::Done if session.run.table.as_ref().is_some_and(GradeTable::is_assessed) => RichText::new("Graded"),
        Grading::Done => RichText::new("Nothing could be assessed").color(palette.warning),
        Grading::Failed(_) => RichText::new("Grading failed").color(palette.error),
        Grading::Cancelled => RichText::new("Grading cancelled").color(palette.warning),
        Grading::Waiting | Grading::Running(..) => RichText::new(""),
    }
}

fn engine(viewer: &Viewer) -> Option<String> {
    Some(viewer.session()?.run.graded.as_ref()?.models.first()?.engine.clone())
}
