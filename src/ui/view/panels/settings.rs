//! Settings: what the menus do not already switch.

use egui::{ComboBox, Grid, Slider, Ui};

use crate::ui::state::{
    cine,
    command::UiCommand as C,
    home::Home,
    layout::Layout,
    settings::{SCALES, Settings, ThemeChoice},
    viewer::{Action, Viewer},
};

/// The window's content.
pub fn settings_ui(ui: &mut Ui, viewer: &Viewer, actions: &mut Vec<Action>) {
    let mut changed = viewer.settings.clone();
    let settings = &mut changed;
    Grid::new("settings").num_columns(2).spacing([20.0, 8.0]).show(ui, |ui| {
        look_ui(ui, settings);
        let label = ui.label("Your name");
        let name = egui::TextEdit::singleline(&mut settings.reader).hint_text("account name").desired_width(200.0);
        ui.add(name).labelled_by(label.id).on_hover_text("Appears in the audit trail and under what you sign");
        ui.end_row();
        let label = ui.label("Panes at startup");
        let combo = ComboBox::from_id_salt("layout").selected_text(layout_text(settings.layout)).show_ui(ui, |ui| {
            for layout in [Layout::One, Layout::Two, Layout::Three, Layout::Four] {
                ui.selectable_value(&mut settings.layout, layout, layout_text(layout));
            }
        });
        combo.response.labelled_by(label.id);
        ui.end_row();
        let label = ui.label("Slices per second when playing");
        ui.add(Slider::new(&mut settings.cine_rate, cine::RATES).integer()).labelled_by(label.id);
        ui.end_row();
    });
    ui.separator();
    for (switch, command) in [
        (&mut settings.smooth, C::Smooth),
        (&mut settings.link_scroll, C::LinkScroll),
        (&mut settings.link_zoom, C::LinkZoom),
        (&mut settings.link_window, C::LinkWindow),
        (&mut settings.reference_lines, C::ReferenceLines),
        (&mut settings.captions, C::Captions),
        (&mut settings.level_labels, C::LevelLabels),
    ] {
        ui.checkbox(switch, command.info().text).on_hover_text(command.info().tooltip);
    }
    ui.separator();
    folders_ui(ui, &viewer.home);
    if ui.button("Reset all settings").on_hover_text("Including keys").clicked() {
        *settings = Settings { hints_seen: true, ..Settings::default() };
    }
    if changed != viewer.settings {
        actions.push(Action::Settings(Box::new(changed)));
    }
}

fn look_ui(ui: &mut Ui, settings: &mut Settings) {
    ui.label("Around the images");
    ui.horizontal(|ui| {
        ui.radio_value(&mut settings.theme, ThemeChoice::Dark, "Dark");
        ui.radio_value(&mut settings.theme, ThemeChoice::Light, "Light");
    });
    ui.end_row();
    let label = ui.label("Size of text and buttons");
    // Not while it is dragged: the slider would run away under the pointer.
    let mut percent = settings.scale * 100.0;
    let slider = Slider::new(&mut percent, SCALES.start() * 100.0..=SCALES.end() * 100.0).step_by(5.0).suffix(" %");
    let response = ui.add(slider.update_while_editing(false)).labelled_by(label.id);
    if response.drag_stopped() || response.changed() && !response.dragged() {
        settings.scale = percent / 100.0;
    }
    ui.end_row();
}

/// Where things are kept: to copy, or to look into.
fn folders_ui(ui: &mut Ui, home: &Home) {
    let folders = [("Settings", &home.settings), ("Worklist, reviews, measurements", &home.library)];
    let kept: Vec<_> = folders.into_iter().filter_map(|(what, folder)| Some((what, folder.as_ref()?))).collect();
    for (what, folder) in &kept {
        ui.horizontal_wrapped(|ui| {
            ui.label(format!("{what}:"));
            ui.label(folder.display().to_string());
        });
    }
    if !kept.is_empty() {
        ui.separator();
    }
}

const fn layout_text(layout: Layout) -> &'static str {
    match layout {
        Layout::One => "One",
        Layout::Two => "Two: sagittal T2, axial T2",
        Layout::Three => "Three: sagittal T1, sagittal T2, axial T2",
        Layout::Four => "Two by two",
    }
}
