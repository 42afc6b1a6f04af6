//! Open studies and the series of the one in front.

use egui::{Align, Button, Label, Layout, Response, RichText, ScrollArea, Ui};

use crate::{
    grading::GradeTable,
    phantom,
    study::{Series, Study},
    ui::{
        command::UiCommand,
        session::{Grading, Session},
        theme,
        viewer::{Action, Viewer},
    },
};

/// The list on the left.
pub fn browser_ui(ui: &mut Ui, viewer: &Viewer, actions: &mut Vec<Action>) {
    ui.horizontal_wrapped(|ui| {
        for (text, command) in [("Open folder", UiCommand::OpenFolder), ("Open files", UiCommand::OpenFiles)] {
            if ui.button(text).on_hover_text(command.tooltip()).clicked() {
                actions.push(Action::Do(command));
            }
        }
    });
    ui.separator();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for session in &viewer.sessions {
            study_ui(ui, viewer, session, actions);
        }
    });
}

fn study_ui(ui: &mut Ui, viewer: &Viewer, session: &Session, actions: &mut Vec<Action>) {
    let is_current = viewer.current == Some(session.id);
    let button = Button::new(RichText::new(study_name(session)).strong()).selected(is_current).truncate();
    if wide(ui, button).on_hover_text(details(&session.study)).clicked() {
        actions.push(Action::SelectStudy(session.id));
    }
    ui.add(Label::new(RichText::new(state(session)).color(theme::WEAK_TEXT).small()).truncate());
    if is_current {
        for (index, series) in session.study.series.iter().enumerate() {
            series_ui(ui, viewer, session, index, series, actions);
        }
    }
    ui.add_space(8.0);
}

/// A click hangs the series in the active pane.
fn series_ui(
    ui: &mut Ui,
    viewer: &Viewer,
    session: &Session,
    index: usize,
    series: &Series,
    actions: &mut Vec<Action>,
) {
    let panes: Vec<String> = session
        .panes
        .iter()
        .enumerate()
        .filter(|(_, pane)| pane.series == Some(index))
        .map(|(i, _)| (i + 1).to_string())
        .collect();
    let name = if series.description.is_empty() { "no description" } else { &series.description };
    let number = series.number.map_or_else(String::new, |n| format!("{n}: "));
    let place = if panes.is_empty() { String::new() } else { format!("   [pane {}]", panes.join(", ")) };
    let text = format!("{number}{name}{place}");
    let hint = format!(
        "{text}\n{} slices\n{}: {}\n{}\nClick: show in pane {}",
        series.slices.len(),
        series.role.map_or("Not graded", |r| r.label()),
        series.role_reason,
        series.transfer_syntaxes.iter().cloned().collect::<Vec<_>>().join(", "),
        viewer.active_pane() + 1
    );
    ui.indent(("series", session.id.0, index), |ui| {
        let button = Button::new(&text).selected(!panes.is_empty()).truncate();
        if wide(ui, button).on_hover_text(hint).clicked() {
            actions.push(Action::ShowSeries(viewer.active_pane(), index));
        }
        let role = series.role.map_or_else(|| series.role_reason.clone(), |r| format!("graded as {}", r.label()));
        let line = format!("{} slices, {role}", series.slices.len());
        ui.add(Label::new(RichText::new(line).color(theme::WEAK_TEXT).small()).truncate());
    });
}

/// A button as wide as the list, its text at the left.
fn wide(ui: &mut Ui, button: Button<'_>) -> Response {
    ui.with_layout(Layout::top_down_justified(Align::LEFT), |ui| ui.add(button)).inner
}

fn study_name(session: &Session) -> String {
    let patient = &session.study.patient;
    [&patient.name, &patient.id, &session.study.uid]
        .into_iter()
        .find(|text| !text.is_empty())
        .cloned()
        .unwrap_or_else(|| "Study without a name".to_owned())
}

fn details(study: &Study) -> String {
    let patient = &study.patient;
    let all = [
        ("Name", &patient.name),
        ("ID", &patient.id),
        ("Born", &patient.birth_date),
        ("Sex", &patient.sex),
        ("Date", &study.date),
        ("Study", &study.description),
    ];
    let lines = all.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| format!("{k}: {v}"));
    lines.collect::<Vec<_>>().join("\n")
}

fn state(session: &Session) -> String {
    let state = match &session.grading {
        Grading::Waiting => "waiting to be graded".to_owned(),
        Grading::Running(done, all) => format!("grading {done} / {all}"),
        Grading::Done if session.table.as_ref().is_some_and(GradeTable::is_assessed) => "graded".to_owned(),
        Grading::Done => "not assessed".to_owned(),
        Grading::Failed(_) => "not graded: failed".to_owned(),
        Grading::Cancelled => "not graded: cancelled".to_owned(),
    };
    let date =
        if session.is_demo { format!("Demo phantom {}", phantom::DEMO_SEED) } else { date_text(&session.study.date) };
    if date.is_empty() { state } else { format!("{date}, {state}") }
}

/// `20260102` as `2026-01-02`; anything else as it is.
fn date_text(date: &str) -> String {
    match (date.get(..4), date.get(4..6), date.get(6..8)) {
        (Some(y), Some(m), Some(d)) if date.len() == 8 => format!("{y}-{m}-{d}"),
        _ => date.to_owned(),
    }
}
