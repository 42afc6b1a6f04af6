//! The measurements, notes and key images of a study, in a list.

use egui::{Button, RichText, ScrollArea, TextEdit, Ui};

use super::Memory;
use crate::{
    grading::SliceId,
    markup::{Mark, MarkId, lines, measure},
    study::Study,
    ui::{
        state::{
            command::UiCommand,
            icon,
            session::Session,
            viewer::{Action, MarkAction, Viewer},
            words,
        },
        view::theme,
    },
    worker::SliceKey,
};

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A key image.
    Key(SliceId),
    /// A mark.
    Mark(MarkId),
}

/// The window's content.
pub fn marks_ui(ui: &mut Ui, viewer: &Viewer, memory: &mut Memory, actions: &mut Vec<Action>) {
    let Some(id) = viewer.screen.current else {
        ui.label("No study is open.");
        return;
    };
    let values = values(viewer);
    let Some(session) = viewer.find(id) else { return };
    if session.marks.markup.is_empty() {
        ui.label("None yet. Choose a tool to draw one; K marks the slice on screen as a key image.");
        return;
    }
    ui.horizontal(|ui| {
        for command in [UiCommand::Undo, UiCommand::Redo] {
            let info = command.info();
            let button = Button::new(format!("{} {}", info.icon, info.text));
            if ui.add_enabled(viewer.is_possible(command), button).on_hover_text(info.tooltip).clicked() {
                actions.push(Action::Do(command));
            }
        }
    });
    ui.separator();
    ScrollArea::vertical().max_height(420.0).auto_shrink([false, true]).show(ui, |ui| {
        for slice in slices(session) {
            slice_ui(ui, session, &slice, &values, memory, actions);
        }
    });
}

/// The values of marks are those of decoded slices; of the others only what needs no pixels is said.
fn values(viewer: &Viewer) -> Vec<(MarkId, String)> {
    let Some(session) = viewer.session() else { return Vec::new() };
    session.marks.markup.marks().iter().map(|mark| (mark.id, value(viewer, session, mark))).collect()
}

fn value(viewer: &Viewer, session: &Session, mark: &Mark) -> String {
    let Some((series, slice)) = session.study.find(&mark.slice) else { return String::new() };
    let decoded =
        viewer.slices.cache.get(SliceKey { session: session.id, series, slice }).and_then(|slice| slice.as_ref().ok());
    let spacing = session.study.series[series].slices[slice].pixel_spacing;
    let unnamed = Mark { text: String::new(), ..mark.clone() };
    lines(&unnamed, &measure(&unnamed, spacing, decoded.map(AsRef::as_ref))).join(", ")
}

/// Every slice with a key image or a mark: those of the study in its order, then those that are not open.
fn slices(session: &Session) -> Vec<SliceId> {
    let markup = &session.marks.markup;
    let mut all: Vec<SliceId> = markup.key_images().keys().cloned().collect();
    all.extend(markup.marks().iter().map(|mark| mark.slice.clone()));
    all.sort_by_cached_key(|slice| (session.study.find(slice).map_or((usize::MAX, 0), |at| at), slice.clone()));
    all.dedup();
    all
}

fn slice_ui(
    ui: &mut Ui,
    session: &Session,
    slice: &SliceId,
    values: &[(MarkId, String)],
    memory: &mut Memory,
    actions: &mut Vec<Action>,
) {
    let name = RichText::new(slice_name(&session.study, slice)).family(theme::bold());
    if ui.add(Button::new(name).frame(false).truncate()).on_hover_text("Show this slice").clicked() {
        actions.push(Action::Mark(MarkAction::GoTo(session.id, slice.clone(), None)));
    }
    if let Some(note) = session.marks.markup.key_images().get(slice) {
        ui.horizontal(|ui| {
            let toggle = MarkAction::ToggleKeyImage(session.id, slice.clone());
            delete_ui(ui, "No longer a key image", toggle, actions);
            ui.label(format!("{} Key image", icon::STAR));
            let entry = Entry::Key(slice.clone());
            if let Some(note) = text_ui(ui, &entry, note, "Note on the key image", memory) {
                actions.push(Action::Mark(MarkAction::SetKeyImageNote(session.id, slice.clone(), note)));
            }
        });
    }
    for mark in session.marks.markup.on(slice) {
        let value = values.iter().find(|(id, _)| *id == mark.id).map_or("", |(_, value)| value.as_str());
        mark_ui(ui, session, mark, value, memory, actions);
    }
    ui.add_space(6.0);
}

fn mark_ui(ui: &mut Ui, session: &Session, mark: &Mark, value: &str, memory: &mut Memory, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        delete_ui(ui, "Delete", MarkAction::Delete(session.id, mark.id), actions);
        let is_selected = session.marks.selected == Some(mark.id);
        let name = format!("{} {}", mark.shape.name(), mark.id.0);
        if ui.add(Button::new(name).selected(is_selected)).on_hover_text("Show it").clicked() {
            actions.push(Action::Mark(MarkAction::GoTo(session.id, mark.slice.clone(), Some(mark.id))));
        }
        let entry = Entry::Mark(mark.id);
        if let Some(text) = text_ui(ui, &entry, &mark.text, &format!("Text of {}", mark.id.0), memory) {
            actions.push(Action::Mark(MarkAction::SetText(session.id, mark.id, text)));
        }
        ui.add(egui::Label::new(value).truncate()).on_hover_text(value);
    });
}

fn delete_ui(ui: &mut Ui, says: &str, action: MarkAction, actions: &mut Vec<Action>) {
    if ui.add(Button::new(icon::TRASH).small()).on_hover_text(says).clicked() {
        actions.push(Action::Mark(action));
    }
}

/// A text that can be changed; the new one comes back once the reader is done with it, so that it is one step.
fn text_ui(ui: &mut Ui, entry: &Entry, text: &str, says: &str, memory: &mut Memory) -> Option<String> {
    let mut shown = match &memory.marks_text {
        Some((edited, text)) if edited == entry => text.clone(),
        _ => text.to_owned(),
    };
    let field = ui.add(TextEdit::singleline(&mut shown).hint_text("text").desired_width(130.0));
    field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, says));
    if field.changed() || field.has_focus() {
        memory.marks_text = Some((entry.clone(), shown));
        return None;
    }
    let is_edited = memory.marks_text.as_ref().is_some_and(|(edited, _)| edited == entry);
    if !is_edited {
        return None;
    }
    let is_dropped = ui.input(|i| i.key_pressed(egui::Key::Escape));
    memory.marks_text.take().map(|(_, typed)| typed).filter(|typed| !is_dropped && typed != text)
}

fn slice_name(study: &Study, slice: &SliceId) -> String {
    let Some((series, index)) = study.find(slice) else { return "An image that is not open".to_owned() };
    let series = &study.series[series];
    format!("{}, slice {} / {}", words::series_name(series), index + 1, series.slices.len())
}
