//! Find a command by typing a part of its name.

use egui::{Align2, Button, Key, Modifiers, RichText, ScrollArea, TextEdit, Ui, Window, vec2};

use super::Memory;
use crate::ui::{
    state::{command::UiCommand, keymap, viewer::Viewer},
    view::theme,
};

/// The palette, while it is open. Returns the command that was chosen.
pub fn palette_ui(ui: &Ui, viewer: &Viewer, memory: &mut Memory, open: &mut bool) -> Option<UiCommand> {
    if !viewer.screen.windows.palette {
        memory.palette = (String::new(), 0);
        return None;
    }
    let (step, is_left) = ui.ctx().input_mut(|input| {
        let down = input.count_and_consume_key(Modifiers::NONE, Key::ArrowDown);
        let up = input.count_and_consume_key(Modifiers::NONE, Key::ArrowUp);
        (down as isize - up as isize, input.consume_key(Modifiers::NONE, Key::Escape))
    });
    let (text, chosen) = &mut memory.palette;
    let enter = ui.ctx().input(|i| i.key_pressed(Key::Enter));
    let mut done = None;
    let frame = egui::Frame::window(ui.style());
    Window::new("Find a command")
        .title_bar(false)
        .resizable(false)
        .frame(frame)
        .anchor(Align2::CENTER_TOP, vec2(0.0, 90.0))
        .fixed_size(vec2(460.0, 340.0))
        .show(ui.ctx(), |ui| {
            let edit =
                TextEdit::singleline(text).hint_text("Type part of a command's name").desired_width(f32::INFINITY);
            let field = ui.add(edit);
            field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Find a command"));
            field.request_focus();
            if field.changed() {
                *chosen = 0;
            }
            let found = find(text);
            *chosen = chosen.saturating_add_signed(step).min(found.len().saturating_sub(1));
            if found.is_empty() {
                ui.label(RichText::new("No matching command").color(theme::of(ui).weak_text));
            }
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                for (i, &command) in found.iter().enumerate() {
                    let is_chosen = i == *chosen;
                    if line_ui(ui, viewer, command, is_chosen, step != 0) || is_chosen && enter {
                        done = Some(command);
                    }
                }
            });
        });
    *open &= !is_left && done.is_none();
    done.filter(|&command| viewer.is_possible(command))
}

fn line_ui(ui: &mut Ui, viewer: &Viewer, command: UiCommand, is_chosen: bool, follow: bool) -> bool {
    let info = command.info();
    let icon = if info.icon.is_empty() { "\u{2003}" } else { info.icon };
    let mut button =
        Button::new(format!("{icon}  {}   {}", info.text, info.menu.text())).selected(is_chosen).frame(is_chosen);
    if let Some(key) = viewer.keymap.key(command) {
        button = button.shortcut_text(keymap::spoken(key));
    }
    let button = button.min_size(vec2(ui.available_width(), 0.0));
    let response = ui.add_enabled(viewer.is_possible(command), button).on_hover_text(info.tooltip);
    if is_chosen && follow {
        response.scroll_to_me(None);
    }
    response.clicked()
}

/// Commands that have every word of the text in their name or tooltip; those that begin with it first.
fn find(text: &str) -> Vec<UiCommand> {
    let text = text.trim().to_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut found: Vec<(u8, UiCommand)> = UiCommand::ALL
        .iter()
        .filter_map(|&command| {
            let (name, more) = (command.info().text.to_lowercase(), command.info().tooltip.to_lowercase());
            let rank = if name.starts_with(&text) {
                0
            } else if words.iter().all(|word| name.contains(word)) {
                1
            } else if words.iter().all(|word| name.contains(word) || more.contains(word)) {
                2
            } else {
                return None;
            };
            Some((rank, command))
        })
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, command)| command).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_name_finds_its_command_first() {
        assert_eq!(find("worklist").first(), Some(&UiCommand::ShowWorklist));
        assert_eq!(find("flip horiz").first(), Some(&UiCommand::FlipHorizontal));
        assert!(find("contrast").contains(&UiCommand::Wider), "tooltips count too");
        assert!(find("zzz").is_empty());
        assert_eq!(find("").len(), UiCommand::ALL.len());
    }
}
