//! Which boxes are on screen.

use super::session::Session;
use crate::grading::{Condition, Detection};

/// What the reader wants to see; kept while the window is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visibility {
    /// Anything at all that is painted over images.
    pub overlays: bool,
    /// Canal, foramina, subarticular.
    pub conditions: [bool; 3],
    /// Only the level of the selected cell.
    pub only_selected_level: bool,
}

impl Default for Visibility {
    fn default() -> Self {
        Self { overlays: true, conditions: [true; 3], only_selected_level: false }
    }
}

/// Where a condition stands in [`Visibility::conditions`].
pub const fn index(condition: Condition) -> usize {
    match condition {
        Condition::SpinalCanalStenosis => 0,
        Condition::NeuralForaminalNarrowing => 1,
        Condition::SubarticularStenosis => 2,
    }
}

impl Visibility {
    /// Whether a box is among what the reader wants to see.
    pub fn shows(&self, session: &Session, detection: &Detection) -> bool {
        let grade = detection.class.grade;
        let is_level = session.selected.is_none_or(|id| id.level() == grade.level());
        self.conditions[index(grade.condition())] && (!self.only_selected_level || is_level)
    }
}
