//! How many studies of a run came out how.

use std::fmt;

use serde::Serialize;

/// How many studies came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// All of it was read, and all 25 rows were assessed.
    pub graded: usize,
    /// Some rows were not assessed, or something is doubtful or could not be read.
    pub partial: usize,
    /// No row was assessed.
    pub not_assessed: usize,
    /// There are no grades.
    pub failed: usize,
}

impl Tally {
    /// How many studies there were in all.
    pub const fn studies(&self) -> usize {
        self.graded + self.partial + self.not_assessed + self.failed
    }

    /// Whether each came out whole.
    pub const fn is_whole(&self) -> bool {
        self.graded == self.studies()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { graded, partial, not_assessed, failed } = self;
        let studies = self.studies();
        let plural = if studies == 1 { "y" } else { "ies" };
        write!(
            f,
            "{studies} stud{plural}: {graded} graded, {partial} partially graded, {not_assessed} not assessed, {failed} failed"
        )
    }
}
