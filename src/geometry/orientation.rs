//! Names for directions: sagittal, coronal, axial; R L A P F H.

use std::fmt;

use glam::DVec3;
use serde::{Deserialize, Serialize};

use super::ImagePlane;

/// Which anatomical plane an image lies nearest to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaneKind {
    /// Normal nearest to left-right.
    Sagittal,
    /// Normal nearest to front-back.
    Coronal,
    /// Normal nearest to head-foot.
    Axial,
}

impl PlaneKind {
    /// By the largest component of the normal.
    ///
    /// ```
    /// use foramen::geometry::{ImagePlane, PlaneKind};
    ///
    /// let plane = ImagePlane::new([0.0; 3], [0.0, 1.0, 0.0, 0.0, 0.0, -1.0], [1.0, 1.0], 256, 256)?;
    /// assert_eq!(PlaneKind::of(&plane), PlaneKind::Sagittal);
    /// assert_eq!(PlaneKind::Axial.angle(&plane), 90.0);
    /// # Ok::<(), foramen::geometry::InvalidPlane>(())
    /// ```
    pub fn of(plane: &ImagePlane) -> Self {
        let n = plane.normal().abs();
        if n.x >= n.y && n.x >= n.z {
            Self::Sagittal
        } else if n.y >= n.z {
            Self::Coronal
        } else {
            Self::Axial
        }
    }

    /// Degrees between a plane and the plane of this kind, 0 to 90.
    pub fn angle(self, plane: &ImagePlane) -> f64 {
        let n = plane.normal().abs();
        let along = match self {
            Self::Sagittal => n.x,
            Self::Coronal => n.y,
            Self::Axial => n.z,
        };
        along.min(1.0).acos().to_degrees()
    }
}

impl fmt::Display for PlaneKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sagittal => "sagittal",
            Self::Coronal => "coronal",
            Self::Axial => "axial",
        })
    }
}

/// The letters of a direction, strongest first, as radiology viewers print them at image
/// edges: `L` left, `R` right, `A` anterior, `P` posterior, `H` head, `F` foot. Components
/// below 0.1 (about 6°) are left out, so an axis-aligned direction has one letter.
///
/// ```
/// use foramen::geometry::{ImagePlane, Vec3, direction_letters};
///
/// let axial = ImagePlane::new([0.0; 3], [1.0, 0.0, 0.0, 0.0, 0.94, -0.342], [1.0, 1.0], 256, 256)?;
/// // Letters at the right and the bottom edge of the image.
/// assert_eq!(direction_letters(axial.column_direction()), "L");
/// assert_eq!(direction_letters(axial.row_direction()), "PF");
/// assert_eq!(direction_letters(Vec3::NEG_Z), "F");
/// # Ok::<(), foramen::geometry::InvalidPlane>(())
/// ```
pub fn direction_letters(direction: DVec3) -> String {
    let mut parts = [(direction.x, 'L', 'R'), (direction.y, 'P', 'A'), (direction.z, 'H', 'F')];
    parts.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    parts
        .into_iter()
        .filter(|(v, ..)| v.abs() >= 0.1)
        .map(|(v, positive, negative)| if v > 0.0 { positive } else { negative })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_follow_dicom_patient_space() {
        assert_eq!(direction_letters(DVec3::X), "L");
        assert_eq!(direction_letters(-DVec3::Y), "A");
        assert_eq!(direction_letters(DVec3::new(0.0, 0.3, -0.95)), "FP");
        assert_eq!(direction_letters(DVec3::ZERO), "");
    }

    #[test]
    fn usual_orientations_are_named() {
        let kind = |iop| PlaneKind::of(&ImagePlane::new([0.0; 3], iop, [1.0; 2], 4, 4).unwrap());
        assert_eq!(kind([0.0, 1.0, 0.0, 0.0, 0.0, -1.0]), PlaneKind::Sagittal);
        assert_eq!(kind([1.0, 0.0, 0.0, 0.0, 0.0, -1.0]), PlaneKind::Coronal);
        assert_eq!(kind([1.0, 0.0, 0.0, 0.0, 0.94, 0.342]), PlaneKind::Axial);
    }
}
