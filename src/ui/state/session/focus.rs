//! What the reader of an open study looks at: a cell, its box, and where the panes were brought for it.

use crate::grading::{Evidence, GradeId};

/// What the panes were brought to for a cell without a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// To its disc and side.
    ToDisc,
    /// To where its disc must lie, judged by the others.
    ToEstimate,
    /// To the slice that is nearest to its disc, which the series does not reach.
    ToNearest,
    /// Nowhere, and why.
    Nowhere(&'static str),
}

/// What the reader looks at.
#[derive(Default)]
pub struct Focus {
    /// The selected cell.
    pub cell: Option<GradeId>,
    /// The box.
    pub evidence: Option<Evidence>,
    /// Where the panes were brought instead, for a cell without a box.
    pub gone: Option<Gone>,
    /// The pane in which the cell is shown; on screen whatever the layout.
    pub pane: Option<usize>,
    /// The cell, once its box was painted on its slice.
    pub drawn: Option<GradeId>,
}
