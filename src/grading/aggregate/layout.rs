//! Where slices lie: all that geometric grading needs to know of a study.

use std::collections::BTreeMap;

use glam::DVec3;

use crate::{
    geometry::ImagePlane,
    grading::{Detection, SliceId},
};

/// Where one slice lies, and in which patient space.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// Position, directions, spacing and size, mm and pixels.
    pub plane: ImagePlane,
    /// Slices of the same number share a patient space: their positions may be compared.
    pub space: usize,
}

/// The slices of a study whose planes are known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layout(BTreeMap<SliceId, Placed>);

impl Layout {
    /// From slices; of one named twice the last counts.
    pub fn new(slices: impl IntoIterator<Item = (SliceId, Placed)>) -> Self {
        Self(slices.into_iter().collect())
    }

    /// Where a slice lies, if known.
    pub fn get(&self, id: &SliceId) -> Option<&Placed> {
        self.0.get(id)
    }

    /// The middle of a box in patient space, mm, with its slice's plane and space.
    pub fn point_of<C>(&self, detection: &Detection<C>) -> Option<(DVec3, Placed)> {
        let placed = *self.get(&detection.slice)?;
        Some((placed.plane.patient_from_pixel(detection.bbox.center()), placed))
    }
}
