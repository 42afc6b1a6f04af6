//! A table and where its geometry comes from: what the boxes come to, before anything else is said of it.

use std::collections::BTreeMap;

use crate::{
    geometry::Vec3,
    grading::{Disc, GradeTable, Probabilities, Role, SeriesDoubt},
    uid::SeriesUid,
};

/// A table and where its geometry comes from.
pub struct Conclusion {
    pub table: GradeTable,
    /// The canal at the disc of each level; all `None` without geometry.
    pub levels: [Option<Vec3>; 5],
    /// The discs, where geometry goes by them.
    pub discs: Vec<Disc>,
    /// Roles that geometry could not help, and why.
    pub at_their_word: BTreeMap<Role, String>,
    /// What most boxes of a series, by UID, say against where it lies.
    pub doubts: BTreeMap<SeriesUid, SeriesDoubt>,
    /// The patient space of the levels: the index of the first series in it.
    pub space: Option<usize>,
    /// By row: what the boxes come to before any calibration; `None` for rows that were not assessed.
    pub scores: Vec<Option<Probabilities>>,
    /// Whether any row went through a calibration.
    pub calibrated: bool,
}
