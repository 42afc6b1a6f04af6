//! One disc in patient space.

use glam::DVec3;
use serde::{Deserialize, Serialize};

use crate::grading::Level;

/// A disc that was found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Disc {
    /// Its level, by all boxes together.
    pub level: Level,
    /// Its middle, patient mm; from left to right only as good as the slices that were looked at are placed.
    pub point: DVec3,
    /// The best score of a box that lies there, whatever level it names.
    pub score: f32,
}
