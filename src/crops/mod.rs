//! Crops of fixed size in millimetres around the places of the 25 grades: what the second stage looks at.
//!
//! Each grade is looked at on its own kind of series, on the slice through its place and the ones beside it, sampled in
//! patient space: every crop is upright, as large as every other, and those of the right side are mirrored, so that they
//! look like those of the left. A data set and a grading cut them with the same code.

mod cut;
mod place;
#[cfg(test)]
mod tests;

pub use crate::detector::{CELLS, CropShape};
pub use cut::{Crops, Tile, cut};
pub use place::{FORAMEN_MM, RECESS_MM, places};
