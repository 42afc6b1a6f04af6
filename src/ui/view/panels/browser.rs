//! Open studies and the series of the one in front. A click or a drag hangs a series.

use std::collections::HashMap;

use egui::{
    Align, Button, Id, Label, Layout, Response, RichText, ScrollArea, Sense, TextureHandle, TextureOptions, Ui, vec2,
};

use super::Memory;
use crate::{
    grading::{GradeTable, Role},
    library::StudyState,
    phantom,
    study::{Series, Study},
    ui::{
        state::{
            command::UiCommand,
            icon,
            session::{Grading, Session},
            viewer::{Action, Viewer, Wanted},
            words,
        },
        view::{theme, viewport::DraggedSeries},
    },
    worker::SessionId,
};

/// Points of a picture's longer side.
const PICTURE: f32 = 56.0;

/// Pictures of series as textures.
pub type Pictures = HashMap<(SessionId, usize), TextureHandle>;

/// The list on the left.
pub fn browser_ui(ui: &mut Ui, viewer: &Viewer, memory: &mut Memory, actions: &mut Vec<Action>) {
    memory.pictures.retain(|(session, _), _| viewer.find(*session).is_some());
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        ui.spacing_mut().button_padding.x = 3.0;
        for (text, command) in
            [("Folder", UiCommand::OpenFolder), ("Files", UiCommand::OpenFiles), ("Worklist", UiCommand::ShowWorklist)]
        {
            let info = command.info();
            if ui
                .button(RichText::new(format!("{} {text}", info.icon)).size(12.0))
                .on_hover_text(info.tooltip)
                .clicked()
            {
                actions.push(Action::Do(command));
            }
        }
    });
    ui.separator();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for session in &viewer.sessions {
            study_ui(ui, viewer, memory, session, actions);
        }
    });
}

fn study_ui(ui: &mut Ui, viewer: &Viewer, memory: &mut Memory, session: &Session, actions: &mut Vec<Action>) {
    let is_current = viewer.screen.current == Some(session.id);
    let is_compared = viewer.screen.compared == Some(session.id);
    let button = Button::new(RichText::new(words::open_study_name(session)).family(theme::bold()))
        .selected(is_current)
        .truncate();
    let response = wide(ui, button).on_hover_text(details(&session.study));
    if response.clicked() {
        actions.push(Action::SelectStudy(session.id));
    }
    response.context_menu(|ui| study_menu_ui(ui, viewer, session, actions));
    let below = if is_compared { "shown below, " } else { "" };
    let line = format!("{below}{}", state(session));
    ui.add(Label::new(RichText::new(line).color(theme::of(ui).weak_text).small()).truncate());
    if is_current || is_compared {
        for (index, series) in session.study.series.iter().enumerate() {
            series_ui(ui, viewer, memory, session, index, series, actions);
        }
        priors_ui(ui, viewer, session, actions);
    }
    ui.add_space(8.0);
}

/// Other studies of the patient. A click shows one below the study in front.
fn priors_ui(ui: &mut Ui, viewer: &Viewer, session: &Session, actions: &mut Vec<Action>) {
    if session.listed.priors.is_empty() {
        return;
    }
    let weak = theme::of(ui).weak_text;
    ui.label(RichText::new("Other studies of this patient").color(weak).small());
    for prior in &session.listed.priors {
        let texts = [prior.shown_date(), prior.description.clone(), prior.state.label().to_lowercase()];
        let text = texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ");
        let is_below = viewer.screen.compared.and_then(|id| viewer.find(id)).is_some_and(|s| s.study.uid == prior.uid);
        let button = Button::new(format!("{}  {text}", icon::CLOCK)).selected(is_below).truncate();
        let hint = format!("{text}\n{}\nClick: show below.", prior.findings.as_deref().unwrap_or("not graded"));
        let response = wide(ui, button);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Prior {text}")));
        if response.on_hover_text(hint).clicked() {
            let wanted = Wanted { uid: prior.uid.clone(), beside: true };
            actions.push(Action::OpenListed(wanted, prior.place.to_open()));
        }
    }
}

fn study_menu_ui(ui: &mut Ui, viewer: &Viewer, session: &Session, actions: &mut Vec<Action>) {
    let is_current = viewer.screen.current == Some(session.id);
    if ui.add_enabled(!is_current, Button::new("Show below the current study")).clicked() {
        actions.push(Action::Compare(session.id));
        ui.close();
    }
    if ui.button("Close").clicked() {
        actions.push(Action::Close(session.id));
        ui.close();
    }
}

/// A click hangs the series in the active pane, a drag in any.
fn series_ui(
    ui: &mut Ui,
    viewer: &Viewer,
    memory: &mut Memory,
    session: &Session,
    index: usize,
    series: &Series,
    actions: &mut Vec<Action>,
) {
    let panes: Vec<String> = (0..session.panes.len())
        .filter(|&i| session.panes[i].series == Some(index))
        .map(|i| (i + 1).to_string())
        .collect();
    let name = if series.description.is_empty() { "no description" } else { &series.description };
    let number = series.number.map_or_else(String::new, |n| format!("{n}: "));
    let part = if series.part.is_empty() { String::new() } else { format!(" ({})", series.part) };
    let title = format!("{number}{name}{part}");
    let role = series.role.map_or_else(|| "not graded".to_owned(), |r| r.label().to_owned());
    let place = if panes.is_empty() { String::new() } else { format!(", pane {}", panes.join(", ")) };
    let lines = format!("{}{place}\n{role}", words::count(series.slices.len(), "slice", "slices"));
    let dragged = DraggedSeries { session: session.id, series: index };
    let is_shown = !panes.is_empty();
    let inner = ui.dnd_drag_source(Id::unique(("series", session.id, index)), dragged, |ui| {
        card_ui(ui, memory, session, index, &title, &lines, is_shown);
    });
    let response = ui.interact(inner.response.rect, Id::unique(("series card", session.id, index)), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Series {title}")));
    let response = response.on_hover_text(hint(series, &title));
    if response.clicked()
        && let Some(pane) = viewer.active_pane()
    {
        actions.push(Action::ShowSeries(pane, session.id, index));
    }
    response.context_menu(|ui| role_menu_ui(ui, session.id, index, series, actions));
}

fn hint(series: &Series, title: &str) -> String {
    format!(
        "{title}\n{}\n{}: {}\n{}\nClick: show in the active pane. Drag: show in any pane. Right click: change what it is graded as.",
        words::count(series.slices.len(), "slice", "slices"),
        series.role.map_or("Not graded", |r| r.label()),
        series.role_reason,
        series.transfer_syntaxes.iter().cloned().collect::<Vec<_>>().join(", "),
    )
}

fn card_ui(
    ui: &mut Ui,
    memory: &mut Memory,
    session: &Session,
    index: usize,
    title: &str,
    lines: &str,
    is_shown: bool,
) {
    let palette = theme::of(ui);
    let fill = if is_shown { palette.accent.gamma_multiply(0.22) } else { palette.panel };
    egui::Frame::new().fill(fill).corner_radius(3.0).inner_margin(3.0).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(PICTURE, PICTURE), Sense::hover());
            ui.painter().rect_filled(rect, 2.0, theme::AROUND_IMAGES);
            if let Some(image) = session.thumbnails.get(index) {
                let texture = memory.pictures.entry((session.id, index)).or_insert_with(|| {
                    ui.ctx().load_texture(format!("series {index}"), image.clone(), TextureOptions::LINEAR)
                });
                let size = vec2(image.size[0] as f32, image.size[1] as f32);
                let shown = size * (PICTURE / size.max_elem());
                let place = egui::Rect::from_center_size(rect.center(), shown);
                egui::Image::new((texture.id(), shown)).paint_at(ui, place);
            } else {
                let font = egui::FontId::proportional(20.0);
                ui.painter().text(
                    rect.center(),
                    egui::Align2::CENTER_CENTER,
                    icon::IMAGE,
                    font,
                    theme::IMAGE_WEAK_TEXT,
                );
            }
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 1.0;
                ui.add(Label::new(title).truncate());
                for line in lines.lines() {
                    ui.add(Label::new(RichText::new(line).color(palette.weak_text).small()).truncate());
                }
            });
        });
    });
}

fn role_menu_ui(ui: &mut Ui, session: SessionId, index: usize, series: &Series, actions: &mut Vec<Action>) {
    ui.label(RichText::new("Grade this series as").color(theme::of(ui).weak_text));
    let choices = Role::ALL.iter().map(|&role| (Some(role), role.label())).chain([(None, "Not graded")]);
    for (role, text) in choices {
        if ui.add(Button::new(text).selected(series.role == role)).clicked() {
            actions.push(Action::SetRole(session, index, role));
            ui.close();
        }
    }
}

/// A button as wide as the list, its text at the left.
fn wide(ui: &mut Ui, button: Button<'_>) -> Response {
    ui.with_layout(Layout::top_down_justified(Align::LEFT), |ui| ui.add(button)).inner
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
    let state = match &session.run.progress {
        Grading::Waiting => "waiting to be graded".to_owned(),
        Grading::Running(done, all) => format!("grading {done} / {all}"),
        Grading::Done if session.run.table.as_ref().is_some_and(GradeTable::is_assessed) => "graded".to_owned(),
        Grading::Done => "not assessed".to_owned(),
        Grading::Failed(_) => "not graded: failed".to_owned(),
        Grading::Cancelled => "not graded: cancelled".to_owned(),
    };
    // "Graded" is said already.
    let state = match session.listed.state {
        None | Some(StudyState::Graded) => state,
        Some(kept) => format!("{state}, {}", kept.label().to_lowercase()),
    };
    let date = if session.origin.is_demo {
        format!("Demo phantom {}", phantom::DEMO_SEED)
    } else {
        words::date(&session.study.date)
    };
    if date.is_empty() { state } else { format!("{date}, {state}") }
}
