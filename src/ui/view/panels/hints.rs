//! First steps: the few things that make the rest easy to find. Shown once.

use egui::{RichText, Ui};

use crate::{
    RESEARCH_USE_ONLY,
    ui::{
        state::{command::UiCommand as C, keymap, viewer::Viewer},
        view::theme,
    },
};

/// The window's content. Returns whether the reader has read it.
pub fn hints_ui(ui: &mut Ui, viewer: &Viewer) -> bool {
    ui.label(RichText::new(RESEARCH_USE_ONLY).color(theme::of(ui).warning).family(theme::bold()));
    let is_demo = viewer.session().is_some_and(|s| s.origin.is_demo);
    let first = if is_demo {
        "This study is a computed phantom, graded by demo models. To open your own, drop"
    } else {
        "Drop"
    };
    ui.label(format!("{first} a folder, a zip or a DICOMDIR anywhere on the window."));
    ui.add_space(6.0);
    let lines: [(&[C], &str); 6] = [
        (&[C::NextFinding, C::PreviousFinding], "next and previous finding; all panes go to its box"),
        (&[C::NextSlice, C::PreviousSlice], "slices; the wheel does the same"),
        (&[C::Overlays], "hides or shows all boxes and lines"),
        (&[C::Maximise], "enlarges one pane; a double click does the same"),
        (&[C::ShowPalette], "finds every command by its name"),
        (&[C::ShowKeys], "all keys; each can be changed"),
    ];
    egui::Grid::new("hints").num_columns(2).spacing([18.0, 5.0]).show(ui, |ui| {
        ui.label(RichText::new("Left drag").family(theme::bold()));
        ui.label("window: right is wider, down is darker");
        ui.end_row();
        for (commands, does) in lines {
            let keys = commands.iter().filter_map(|&c| viewer.keymap.key(c)).map(keymap::spoken);
            ui.label(RichText::new(keys.collect::<Vec<_>>().join(", ")).family(theme::bold()));
            ui.label(does);
            ui.end_row();
        }
    });
    ui.add_space(6.0);
    ui.button("Start").clicked()
}
