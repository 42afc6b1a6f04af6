//! What the reader drew on an open study, and how much of it is kept.

use crate::markup::{MarkId, Markup, MarkupError};

/// What the reader drew.
#[derive(Default)]
pub struct Marks {
    /// Measurements, notes and key images.
    pub markup: Markup,
    /// The mark that is selected.
    pub selected: Option<MarkId>,
    /// The revision that is kept.
    pub kept_revision: u64,
    /// Those that are kept cannot be read, and so must not be written over.
    pub are_locked: bool,
}

impl Marks {
    /// Takes in marks that were kept, below what was drawn since the study was opened.
    pub fn take_in(&mut self, text: &str) -> Result<(), MarkupError> {
        let kept = Markup::from_json(text);
        self.are_locked = kept.is_err();
        self.markup.take_in(kept?);
        // Names may have changed.
        self.selected = None;
        Ok(())
    }
}
