//! What worker threads have found so far.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::Job;
use crate::{detector::ModelError, grading::Detection, study::Doubt};

#[derive(Default)]
pub struct Results {
    /// By job; `None` until done.
    pub boxes: Vec<Option<Vec<Detection>>>,
    /// Slices that could not be read or looked at, and why.
    pub failures: Vec<(Job, String)>,
    /// Models, by index, that have run on a slice.
    pub ran: BTreeSet<usize>,
    /// What was doubtful about slices that were looked at.
    pub doubts: Vec<(Job, Doubt)>,
    /// By model: the engine that ran it.
    pub engines: BTreeMap<usize, String>,
    pub failure: Option<ModelError>,
}
