//! What stands around the images.

mod about;
mod banner;
mod browser;
mod edited;
mod evidence;
mod export;
mod grade_cell;
mod grade_table;
mod hints;
mod keys;
mod marks;
mod menu;
mod messages;
mod palette;
mod problems;
mod recent;
mod report;
mod review;
mod settings;
mod status;
mod strip;
mod toasts;
mod toolbar;
mod visibility_bar;
mod windows;
mod worklist;
mod worklist_table;

pub use banner::{banner_ui, cautions};
pub use browser::browser_ui;
pub use evidence::evidence_ui;
pub use grade_table::grade_table_ui;
pub use menu::menu_ui;
pub use problems::problems_strip_ui;
pub use recent::recent_list_ui;
pub use review::review_ui;
pub use status::status_ui;
pub use toasts::{drop_hint_ui, toasts_ui};
pub use toolbar::toolbar_ui;
pub use windows::windows_ui;

use crate::ui::state::{command::UiCommand, export::Wish};

/// What panels remember from frame to frame, beside the viewer's state.
#[derive(Default)]
pub struct Memory {
    /// Text in the palette, and the chosen line.
    palette: (String, usize),
    /// Text in the search field of the keys.
    keys_filter: String,
    /// The command whose key the reader is about to press.
    recording: Option<UiCommand>,
    /// The text of a mark or key image that is being changed in the list.
    marks_text: Option<(marks::Entry, String)>,
    /// A text of the review that is being typed.
    edited: edited::Edited,
    /// Why a signed report is to be opened again.
    reason: String,
    /// What is to be exported.
    wish: Wish,
    /// The path of the logo as it is typed.
    logo: Option<String>,
    /// Whether the worklist was on screen in the last frame.
    was_worklist_shown: bool,
    /// Pictures of series.
    pictures: browser::Pictures,
}

impl Memory {
    /// Whether the next key belongs to a panel and must not do what it does otherwise.
    pub const fn wants_keys(&self) -> bool {
        self.recording.is_some()
    }

    /// The next key is an ordinary one again.
    pub const fn stop_recording(&mut self) {
        self.recording = None;
    }
}
