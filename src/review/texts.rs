//! What was typed into a review, under the numbers that the levels had when it was typed: names of discs in it move when
//! the levels are renumbered, and come back exactly as they were typed.

use std::collections::BTreeMap;

use crate::grading::{GradeId, Shift};

/// A cell whatever its level is called: the cell of the first level, and how far below it lies by the program's numbers.
pub type Place = (GradeId, i8);

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// The comment to a cell.
    Comment(Place),
    /// The sentence of a level, by its place.
    Sentence(i8),
    /// The end of the impression.
    Conclusion,
    /// The comment to the study.
    Remark,
}

/// A text as it was typed, under which numbers, and as it is shown.
#[derive(Debug, Clone, PartialEq)]
struct Typed {
    text: String,
    under: Shift,
    shown: String,
}

/// All texts of a review.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Texts(BTreeMap<Slot, Typed>);

impl Texts {
    /// Writes a text, or takes it away.
    pub fn write(&mut self, slot: Slot, text: Option<String>, under: Shift) {
        match text {
            Some(text) => self.0.insert(slot, Typed { shown: text.clone(), text, under }),
            None => self.0.remove(&slot),
        };
    }

    /// As it is shown.
    pub fn get(&self, slot: Slot) -> Option<&str> {
        self.0.get(&slot).map(|typed| typed.shown.as_str())
    }

    /// The levels have other numbers now.
    pub fn renumber(&mut self, now: Shift) {
        for typed in self.0.values_mut() {
            typed.shown = now.then(typed.under.inverse()).text(&typed.text);
        }
    }
}
