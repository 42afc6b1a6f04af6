//! One change of a review: what it is about, what was there, what is there since.

use serde::{Deserialize, Serialize};

use super::{BoxChoice, Decision};
use crate::grading::{GradeId, Level, Shift};

/// A change that can be taken back: it knows what was there before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Change {
    /// What the reader says of a cell; `None`: nothing yet.
    Decision {
        /// The cell of the grade table.
        cell: GradeId,
        /// What was there before.
        from: Option<Decision>,
        /// What is there since.
        to: Option<Decision>,
    },
    /// The comment to a cell; empty for none.
    Comment {
        /// The cell of the grade table.
        cell: GradeId,
        /// What was there before.
        from: String,
        /// What is there since.
        to: String,
    },
    /// The box behind a cell.
    Box {
        /// The cell of the grade table.
        cell: GradeId,
        /// What was there before.
        from: BoxChoice,
        /// What is there since.
        to: BoxChoice,
    },
    /// The sentence of a level in the impression; `None`: the proposed one, which follows the grades.
    Sentence {
        /// The level that it is about.
        level: Level,
        /// What was there before.
        from: Option<String>,
        /// What is there since.
        to: Option<String>,
    },
    /// The end of the impression; `None`: the proposed one, which follows the grades.
    Conclusion {
        /// What was there before.
        from: Option<String>,
        /// What is there since.
        to: Option<String>,
    },
    /// The comment to the whole study.
    Remark {
        /// What was there before.
        from: String,
        /// What is there since.
        to: String,
    },
    /// The numbers of the levels, against those that the program gave. All that was said moves with them.
    Renumber {
        /// Before.
        from: Shift,
        /// Since.
        to: Shift,
    },
    /// The author of the act stands by the report. Nothing changes after it, but that it is opened again.
    SignOff,
    /// What was signed is open to changes again.
    Reopen {
        /// Why, in the reader's words.
        reason: String,
    },
}

impl Change {
    /// The kind of change, as the trail names it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Decision { .. } => "decision",
            Self::Comment { .. } => "comment",
            Self::Box { .. } => "box",
            Self::Sentence { .. } => "sentence",
            Self::Conclusion { .. } => "conclusion",
            Self::Remark { .. } => "remark",
            Self::Renumber { .. } => "renumber",
            Self::SignOff => "sign_off",
            Self::Reopen { .. } => "reopen",
        }
    }

    /// The cell that it is about.
    pub const fn cell(&self) -> Option<GradeId> {
        match self {
            Self::Decision { cell, .. } | Self::Comment { cell, .. } | Self::Box { cell, .. } => Some(*cell),
            Self::Sentence { .. }
            | Self::Conclusion { .. }
            | Self::Remark { .. }
            | Self::Renumber { .. }
            | Self::SignOff
            | Self::Reopen { .. } => None,
        }
    }

    /// The change that takes this one back; a signature cannot be taken back, only opened again with a reason.
    pub fn inverse(&self) -> Option<Self> {
        Some(match self.clone() {
            Self::Decision { cell, from, to } => Self::Decision { cell, from: to, to: from },
            Self::Comment { cell, from, to } => Self::Comment { cell, from: to, to: from },
            Self::Box { cell, from, to } => Self::Box { cell, from: to, to: from },
            Self::Sentence { level, from, to } => Self::Sentence { level, from: to, to: from },
            Self::Conclusion { from, to } => Self::Conclusion { from: to, to: from },
            Self::Remark { from, to } => Self::Remark { from: to, to: from },
            Self::Renumber { from, to } => Self::Renumber { from: to, to: from },
            Self::SignOff | Self::Reopen { .. } => return None,
        })
    }

    /// Whether it leaves everything as it was.
    pub fn is_nothing(&self) -> bool {
        match self {
            Self::Decision { from, to, .. } => from == to,
            Self::Box { from, to, .. } => from == to,
            Self::Comment { from, to, .. } | Self::Remark { from, to } => from == to,
            Self::Sentence { from, to, .. } | Self::Conclusion { from, to } => from == to,
            Self::Renumber { from, to } => from == to,
            Self::SignOff | Self::Reopen { .. } => false,
        }
    }

    /// What was done, in a few words: `L4/L5 spinal canal stenosis: Severe, changed`. Free text is not in it.
    pub fn words(&self) -> String {
        match self {
            Self::Decision { cell, to, .. } => {
                format!("{}: {}", cell.label(), to.map_or_else(|| "undecided".to_owned(), Decision::label))
            }
            Self::Comment { cell, to, .. } => format!("{}: comment {}", cell.label(), written(to)),
            Self::Box { cell, to, .. } => {
                let done = match to {
                    BoxChoice::Model => "detector's box",
                    BoxChoice::Reader(_) => "hand-drawn box",
                    BoxChoice::Removed => "no box",
                };
                format!("{}: {done}", cell.label())
            }
            Self::Sentence { level, to, .. } => format!("{}: sentence {}", level.label(), proposed_or(to.as_ref())),
            Self::Conclusion { to, .. } => format!("Impression {}", proposed_or(to.as_ref())),
            Self::Remark { to, .. } => format!("Comment on the study {}", written(to)),
            Self::Renumber { to, .. } if to.is_none() => "Levels numbered as the program numbers them".to_owned(),
            Self::Renumber { from, to } => format!("Levels renumbered: {}", to.then(from.inverse()).words()),
            Self::SignOff => "Signed".to_owned(),
            Self::Reopen { .. } => "Reopened".to_owned(),
        }
    }
}

const fn written(text: &str) -> &'static str {
    if text.is_empty() { "removed" } else { "written" }
}

const fn proposed_or(text: Option<&String>) -> &'static str {
    if text.is_some() { "written" } else { "as proposed" }
}
