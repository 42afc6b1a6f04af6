//! The window. [`App::logic`](eframe::App::logic) takes in what the background says and what the reader
//! asks for; the `_ui` functions only paint, and push [`Action`](viewer::Action)s.

mod app;
pub mod bench;
mod box_edit;
mod cache;
mod cells;
mod cine;
mod command;
mod cover;
mod dialogs;
mod drawing;
mod export;
mod hanging;
mod home;
mod keymap;
mod layout;
mod notices;
mod orientation;
mod pane;
mod panels;
mod picture;
mod place;
mod problems;
mod raster;
mod scores;
mod session;
pub mod settings;
mod steps;
#[cfg(test)]
mod tests;
mod theme;
mod thumbnails;
mod tool;
mod viewer;
mod viewport;
mod visibility;
mod votes;
mod words;
mod worklist;

use std::path::PathBuf;

use app::App;
use home::Home;

use crate::worker::{GradeWith, OpenSource};

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum UiError {
    /// Nothing to show it on.
    #[error("there is no display for the window{0}; `foramen grade PATH` does the same job without one")]
    NoDisplay(String),
}

/// Opens the viewer on `path`, or on the demo study, and returns when it is closed.
pub fn run(path: Option<PathBuf>, with: GradeWith) -> Result<(), UiError> {
    if cfg!(target_os = "linux") && !has_display() {
        return Err(UiError::NoDisplay(" (neither DISPLAY nor WAYLAND_DISPLAY is set)".to_owned()));
    }
    let first = path.map_or(OpenSource::Demo, |path| OpenSource::Paths(vec![path]));
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Foramen")
            .with_app_id("foramen")
            .with_inner_size([1440.0, 860.0])
            .with_min_inner_size([900.0, 560.0])
            .with_drag_and_drop(true),
        ..eframe::NativeOptions::default()
    };
    eframe::run_native(
        "Foramen",
        options,
        Box::new(|cc| Ok(Box::new(App::new(&cc.egui_ctx, with, &Home::of_user(), first)))),
    )
    .map_err(|error| UiError::NoDisplay(format!(" ({error})")))
}

/// A display that is named may still be gone: that is found when the window is made.
fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"]
        .into_iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}
