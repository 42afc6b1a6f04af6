//! Which boxes are on the images: all or none, from which score, and what is hidden.

use egui::{Button, RichText, Slider, Ui};

use crate::ui::{
    state::{
        command::UiCommand,
        icon, keymap,
        viewer::{Action, Viewer},
        visibility::Visibility,
    },
    view::theme,
};

/// One line, and a second where something is hidden.
pub fn visibility_bar_ui(ui: &mut Ui, viewer: &Viewer, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let command = UiCommand::Overlays;
        let is_shown = viewer.visibility.overlays;
        let sign = if is_shown { icon::EYE } else { icon::EYE_SLASH };
        let key = viewer.keymap.key(command).map(|key| format!(" ({})", keymap::spoken(key))).unwrap_or_default();
        let button = ui.add(Button::new(RichText::new(sign).size(15.0)).selected(is_shown));
        button.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, is_shown, "All boxes"));
        let hint = format!("{}{key}\n{}", command.info().text, command.info().tooltip);
        if button.on_hover_text(hint).clicked() {
            actions.push(Action::Do(command));
        }
        let label = ui.label("Boxes from");
        let mut threshold = viewer.settings.threshold;
        // What the label and the number leave.
        ui.spacing_mut().slider_width = (ui.available_width() - 62.0).clamp(40.0, 200.0);
        let slider = Slider::new(&mut threshold, 0.01..=0.95).fixed_decimals(2);
        let hint = "Boxes with a lower score are not shown. The grades use every box scoring 0.01 or more.";
        if ui.add(slider).labelled_by(label.id).on_hover_text(hint).changed() {
            actions.push(Action::SetThreshold(threshold));
        }
    });
    if let Some(words) = hidden_words(&viewer.visibility) {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(words).small().color(theme::of(ui).warning));
            if ui.small_button("Show all").on_hover_text("Boxes of all conditions and levels").clicked() {
                actions.push(Action::ShowAllBoxes);
            }
        });
    }
}

/// What is not on the images; `None` where all is.
fn hidden_words(visibility: &Visibility) -> Option<String> {
    use crate::grading::Level;
    if !visibility.overlays {
        return Some("All boxes are hidden".to_owned());
    }
    let conditions = ["canal", "foramina", "subarticular"].into_iter().zip(visibility.conditions);
    let levels = Level::ALL.iter().map(|level| level.label()).zip(visibility.levels);
    let hidden: Vec<&str> = conditions.chain(levels).filter(|(_, is_shown)| !is_shown).map(|(name, _)| name).collect();
    if !hidden.is_empty() {
        return Some(format!("Hidden: {}", hidden.join(", ")));
    }
    visibility.only_selected_level.then(|| "Only the selected cell's level is shown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_said() {
        let mut visibility = Visibility::default();
        assert_eq!(hidden_words(&visibility), None);
        visibility.conditions[1] = false;
        visibility.levels[4] = false;
        assert_eq!(hidden_words(&visibility).unwrap(), "Hidden: foramina, L5/S1");
        visibility.overlays = false;
        assert_eq!(hidden_words(&visibility).unwrap(), "All boxes are hidden");
    }
}
