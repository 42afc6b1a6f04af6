//! The menu bar, made from [`Menu`].

use egui::{Button, MenuBar, Ui};

use crate::ui::{
    command::{Menu, UiCommand},
    viewer::{Action, Viewer},
};

/// The menu bar.
pub fn menu_ui(ui: &mut Ui, viewer: &Viewer, actions: &mut Vec<Action>) {
    MenuBar::new().ui(ui, |ui| {
        for menu in Menu::ALL {
            ui.menu_button(menu.text(), |ui| {
                for &command in menu.commands() {
                    item_ui(ui, viewer, command, actions);
                }
            });
        }
    });
}

fn item_ui(ui: &mut Ui, viewer: &Viewer, command: UiCommand, actions: &mut Vec<Action>) {
    let mut button = Button::new(command.text()).selected(is_on(viewer, command));
    if let Some(shortcut) = command.shortcut() {
        button = button.shortcut_text(ui.ctx().format_shortcut(&shortcut));
    }
    let response = ui.add_enabled(is_possible(viewer, command), button).on_hover_text(command.tooltip());
    if response.clicked() {
        actions.push(Action::Do(command));
        ui.close();
    }
}

/// A switch that is on.
fn is_on(viewer: &Viewer, command: UiCommand) -> bool {
    match command {
        UiCommand::ToggleOverlays => viewer.overlays,
        UiCommand::ToggleReferenceLines => viewer.reference_lines,
        UiCommand::Maximise => viewer.maximised.is_some(),
        UiCommand::Invert => viewer.session().is_some_and(|s| s.panes[viewer.active_pane()].inverted),
        _ => false,
    }
}

fn is_possible(viewer: &Viewer, command: UiCommand) -> bool {
    use UiCommand as C;
    match command {
        C::OpenFolder
        | C::OpenFiles
        | C::OpenDemo
        | C::Quit
        | C::ShowHelp
        | C::ShowMessages
        | C::ShowAbout
        | C::ToggleOverlays
        | C::ToggleReferenceLines => true,
        C::Cancel => viewer.is_busy(),
        C::ExportCsv | C::ExportJson => viewer.session().is_some_and(|s| s.graded.is_some()),
        C::PreviousFinding | C::NextFinding => viewer.session().is_some_and(|s| !s.findings().is_empty()),
        _ => viewer.session().is_some(),
    }
}
