//! Which boxes are on screen.

use super::session::Session;
use crate::grading::{Condition, GradeId, Level};

/// What the reader wants to see; kept while the window is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visibility {
    /// Anything at all that is painted over images.
    pub overlays: bool,
    /// Canal, foramina, subarticular.
    pub conditions: [bool; 3],
    /// L1/L2 to L5/S1.
    pub levels: [bool; 5],
    /// Only the level of the selected cell.
    pub only_selected_level: bool,
}

impl Default for Visibility {
    fn default() -> Self {
        Self { overlays: true, conditions: [true; 3], levels: [true; 5], only_selected_level: false }
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
    /// Whether boxes of a condition are wanted.
    pub const fn shows_condition(&self, condition: Condition) -> bool {
        self.conditions[index(condition)]
    }

    /// Whether boxes of a level are wanted, whatever is selected.
    pub const fn shows_level(&self, level: Level) -> bool {
        self.levels[level.index()]
    }

    /// Whether boxes that count for a cell are among what the reader wants to see.
    pub fn shows(&self, session: &Session, grade: GradeId) -> bool {
        let is_level = session.focus.cell.is_none_or(|id| id.level() == grade.level());
        self.overlays
            && self.shows_condition(grade.condition())
            && self.shows_level(grade.level())
            && (!self.only_selected_level || is_level)
    }
}
