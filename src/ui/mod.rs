//! The window. [`App::logic`](eframe::App::logic) takes in what the background says and what the reader
//! asks for; the `_ui` functions only paint, and push `state::viewer::Action`s.
//!
//! `state` is what is so, `view` paints it, `picture` makes pictures that leave the program.

mod app;
pub mod bench;
mod cover;
mod dialogs;
mod picture;
mod state;
#[cfg(test)]
mod tests;
mod view;

use std::path::PathBuf;

use app::App;
use state::home::Home;
pub use state::settings;

use crate::worker::{GradeWith, StudySource};

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum UiError {
    /// Nothing to show it on.
    #[error("there is no display for the window{0}; `foramen grade PATH` grades without one")]
    NoDisplay(String),
}

/// Opens the viewer on `path`, or on the demo study, and returns when it is closed.
pub fn run(path: Option<PathBuf>, with: GradeWith) -> Result<(), UiError> {
    if cfg!(target_os = "linux") && !has_display() {
        return Err(UiError::NoDisplay(" (neither DISPLAY nor WAYLAND_DISPLAY is set)".to_owned()));
    }
    let first = path.map_or(StudySource::Demo, |path| StudySource::Paths(vec![path]));
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
