//! What could not be read: a strip that cannot be closed while anything is missing, and the list, to be read and
//! copied.

use egui::{Button, Frame, Label, Margin, Panel, RichText, ScrollArea, Ui};

use crate::{
    study::Issue,
    ui::{
        state::{
            command::UiCommand,
            icon, keymap, problems,
            viewer::{Action, Viewer},
            words,
        },
        view::theme,
    },
};

/// More lines than this nobody reads here; they are copied with the others.
const MOST: usize = 500;

/// The strip.
pub fn problems_strip_ui(ui: &mut Ui, viewer: &Viewer, actions: &mut Vec<Action>) {
    let Some(headline) = problems::headline(viewer) else { return };
    let palette = theme::of(ui);
    let frame = Frame::new().fill(palette.alarm).inner_margin(Margin::symmetric(8, 3));
    Panel::top("problems").frame(frame).show_separator_line(false).show(ui, |ui| {
        ui.horizontal(|ui| {
            let command = UiCommand::ShowProblems;
            let key = viewer.keymap.key(command).map(|key| format!(" ({})", keymap::spoken(key))).unwrap_or_default();
            if ui
                .add(Button::new(format!("Show the list{key}")).small())
                .on_hover_text(command.info().tooltip)
                .clicked()
            {
                actions.push(Action::Do(command));
            }
            let text = format!("{} {headline}: {}", icon::WARNING, problems::consequence(viewer));
            ui.add(Label::new(RichText::new(text).color(palette.alarm_text).family(theme::bold())).truncate());
        });
    });
}

/// The window's content.
pub fn problems_ui(ui: &mut Ui, viewer: &Viewer) {
    let all = problems::on_screen(viewer);
    let (bad, notes): (Vec<&Issue>, Vec<&Issue>) = all.into_iter().partition(|issue| !issue.is_note);
    if bad.is_empty() && notes.is_empty() {
        ui.label("None: everything that was found could be read.");
        return;
    }
    ui.label("Everything else is open and graded. What is listed here is missing from it or doubtful.");
    if ui.button(format!("{} Copy all", icon::COPY)).on_hover_text("Every file with its reason, as text").clicked() {
        ui.ctx().copy_text(text(&bad, &notes));
    }
    ui.separator();
    ScrollArea::vertical().max_height(420.0).auto_shrink([false, true]).show(ui, |ui| {
        for issue in bad.iter().take(MOST) {
            issue_ui(ui, issue);
        }
        if bad.len() > MOST {
            let more = words::count(bad.len() - MOST, "more problem", "more problems");
            ui.label(RichText::new(format!("and {more}: Copy all includes them")).color(theme::of(ui).warning));
        }
        if !notes.is_empty() {
            ui.add_space(6.0);
            ui.label(RichText::new("For information; nothing is missing because of these").family(theme::bold()));
            notes.iter().take(MOST).for_each(|issue| issue_ui(ui, issue));
        }
    });
}

fn issue_ui(ui: &mut Ui, issue: &Issue) {
    if !issue.file.is_empty() {
        ui.add(Label::new(RichText::new(&issue.file).family(theme::bold())).wrap());
    }
    let color = if issue.is_note { theme::of(ui).text } else { theme::of(ui).warning };
    ui.add(Label::new(RichText::new(&issue.message).color(color)).wrap());
    ui.add_space(4.0);
}

fn text(bad: &[&Issue], notes: &[&Issue]) -> String {
    let notes = notes.iter().map(|note| format!("Note: {note}"));
    bad.iter().map(ToString::to_string).chain(notes).collect::<Vec<_>>().join("\n")
}
