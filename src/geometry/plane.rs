//! One image in patient space.

use glam::DVec3;
use serde::{Deserialize, Serialize};

use super::{PixelCenter, Turn};

/// The plane of one image: where its pixels lie in the patient.
///
/// Pixel centres are at integer coordinates (DICOM PS3.3 C.7.6.2.1.1), so the image covers
/// columns -0.5 to `columns` - 0.5.
///
/// ```
/// use foramen::geometry::{ImagePlane, Vec3, PixelCenter};
///
/// // A sagittal image: rows run towards the back, columns towards the feet; rows are 2 mm apart, columns 0.5 mm.
/// let plane = ImagePlane::new([10.0, -40.0, 90.0], [0.0, 1.0, 0.0, 0.0, 0.0, -1.0], [2.0, 0.5], 160, 100)?;
///
/// let point = plane.patient_from_pixel(PixelCenter::new(20.0, 30.0));
/// assert_eq!(point, Vec3::new(10.0, -40.0 + 20.0 * 0.5, 90.0 - 30.0 * 2.0));
/// assert_eq!(plane.pixel_from_patient(point), PixelCenter::new(20.0, 30.0));
///
/// // A point 4 mm to the patient's left of the image lies at the same pixel, and 4 mm off the plane.
/// let beside = point + Vec3::new(4.0, 0.0, 0.0);
/// assert_eq!(plane.pixel_from_patient(beside), PixelCenter::new(20.0, 30.0));
/// assert_eq!(plane.distance_from_patient(beside).abs(), 4.0);
/// # Ok::<(), foramen::geometry::InvalidPlane>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ImagePlane {
    origin: DVec3,
    column_direction: DVec3,
    row_direction: DVec3,
    row_spacing: f64,
    column_spacing: f64,
    columns: u32,
    rows: u32,
}

/// Numbers that describe no plane.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InvalidPlane {
    /// A coordinate is NaN or infinite.
    #[error("ImagePositionPatient, ImageOrientationPatient or PixelSpacing holds a number that is not finite")]
    NotFinite,
    /// The direction cosines are not two perpendicular unit vectors.
    #[error("ImageOrientationPatient is not two perpendicular unit vectors: {0:?}")]
    NotOrthonormal([f64; 6]),
    /// A spacing is zero or negative.
    #[error("PixelSpacing is not positive: {0:?}")]
    Spacing([f64; 2]),
}

impl ImagePlane {
    /// Directions in files are rounded, to one digit even, and not always of length 1: this much is forgiven, and
    /// mended.
    const TOLERANCE: f64 = 0.075;

    /// From the DICOM attributes: `ImagePositionPatient`, `ImageOrientationPatient`,
    /// `PixelSpacing` (between rows, between columns; mm), `Columns`, `Rows`.
    ///
    /// # Errors
    ///
    /// A number is not finite, a spacing is not positive, or the directions are farther from two perpendicular unit
    /// vectors than files round them.
    pub fn new(
        position: [f64; 3],
        orientation: [f64; 6],
        pixel_spacing: [f64; 2],
        columns: u32,
        rows: u32,
    ) -> Result<Self, InvalidPlane> {
        if position.iter().chain(&orientation).chain(&pixel_spacing).any(|v| !v.is_finite()) {
            return Err(InvalidPlane::NotFinite);
        }
        if pixel_spacing.iter().any(|&s| s <= 0.0) {
            return Err(InvalidPlane::Spacing(pixel_spacing));
        }
        let [a, b, c, d, e, f] = orientation;
        let along_row = DVec3::new(a, b, c);
        let down_column = DVec3::new(d, e, f);
        let off = |v: DVec3| (v.length() - 1.0).abs() > Self::TOLERANCE;
        if off(along_row) || off(down_column) || along_row.dot(down_column).abs() > Self::TOLERANCE {
            return Err(InvalidPlane::NotOrthonormal(orientation));
        }
        let column_direction = along_row.normalize();
        let row_direction = (down_column - column_direction * down_column.dot(column_direction)).normalize();
        Ok(Self {
            origin: DVec3::from_array(position),
            column_direction,
            row_direction,
            row_spacing: pixel_spacing[0],
            column_spacing: pixel_spacing[1],
            columns,
            rows,
        })
    }

    /// The patient point of a pixel position: `P = IPP + IOP[0..3]·Δcol·col + IOP[3..6]·Δrow·row`.
    pub fn patient_from_pixel(&self, at: impl Into<PixelCenter>) -> DVec3 {
        let PixelCenter { column, row } = at.into();
        self.origin
            + self.column_direction * (self.column_spacing * column)
            + self.row_direction * (self.row_spacing * row)
    }

    /// The pixel position of the foot of the perpendicular from `point`.
    /// [`Self::distance_from_patient`] tells how far off the plane it was.
    pub fn pixel_from_patient(&self, point: DVec3) -> PixelCenter {
        let offset = point - self.origin;
        let column = offset.dot(self.column_direction) / self.column_spacing;
        PixelCenter::new(column, offset.dot(self.row_direction) / self.row_spacing)
    }

    /// Signed distance in mm from the plane to `point`, along [`Self::normal`].
    pub fn distance_from_patient(&self, point: DVec3) -> f64 {
        (point - self.origin).dot(self.normal())
    }

    /// Unit normal: direction of columns × direction of rows.
    pub fn normal(&self) -> DVec3 {
        self.column_direction.cross(self.row_direction)
    }

    /// Position along the normal, mm. Orders parallel slices.
    pub fn position(&self) -> f64 {
        self.origin.dot(self.normal())
    }

    /// Centre of pixel (0, 0): `ImagePositionPatient`.
    pub const fn origin(&self) -> DVec3 {
        self.origin
    }

    /// Unit vector in which the column index grows (`IOP[0..3]`, along a row).
    pub const fn column_direction(&self) -> DVec3 {
        self.column_direction
    }

    /// Unit vector in which the row index grows (`IOP[3..6]`, down a column).
    pub const fn row_direction(&self) -> DVec3 {
        self.row_direction
    }

    /// `PixelSpacing`: mm between rows, mm between columns.
    pub const fn pixel_spacing(&self) -> [f64; 2] {
        [self.row_spacing, self.column_spacing]
    }

    /// Width in pixels, `Columns`.
    pub const fn columns(&self) -> u32 {
        self.columns
    }

    /// Height in pixels, `Rows`.
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// The middle of the image in patient space, mm.
    pub fn center(&self) -> DVec3 {
        self.patient_from_pixel(PixelCenter::new(
            (f64::from(self.columns) - 1.0) / 2.0,
            (f64::from(self.rows) - 1.0) / 2.0,
        ))
    }

    /// Whether a pixel position lies on the image.
    pub fn contains(&self, at: impl Into<PixelCenter>) -> bool {
        let PixelCenter { column, row } = at.into();
        (-0.5..=f64::from(self.columns) - 0.5).contains(&column) && (-0.5..=f64::from(self.rows) - 0.5).contains(&row)
    }

    /// Whether two planes are parallel within `degrees`, whatever way their rows and columns run.
    pub fn is_parallel(&self, other: &Self, degrees: f64) -> bool {
        self.normal().dot(other.normal()).abs() >= degrees.to_radians().cos()
    }

    /// The plane of the same image once `turn` has made it upright: other columns and rows, the same patient points.
    #[must_use]
    pub fn turned(&self, turn: Turn) -> Self {
        let [columns, rows] = turn.size([self.columns, self.rows]);
        let [column_direction, row_direction] = turn.directions(self.column_direction, self.row_direction);
        let spacing = [self.row_spacing, self.column_spacing];
        let [row_spacing, column_spacing] = if turn.is_transposed() { [spacing[1], spacing[0]] } else { spacing };
        let last = |is_reversed: bool, count: u32| if is_reversed { f64::from(count) - 1.0 } else { 0.0 };
        let (x, y) = (last(turn.has_reversed_columns(), columns), last(turn.has_reversed_rows(), rows));
        let (x, y) = if turn.is_transposed() { (y, x) } else { (x, y) };
        let origin = self.patient_from_pixel(PixelCenter::new(x, y));
        Self { origin, column_direction, row_direction, row_spacing, column_spacing, columns, rows }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        /// Any well-formed plane, with non-square pixels.
        pub(crate) fn any_plane()(
            angles in prop::array::uniform3(-3.2f64..3.2),
            position in prop::array::uniform3(-300f64..300.0),
            spacing in prop::array::uniform2(0.1f64..5.0),
            columns in 1u32..1000, rows in 1u32..1000,
        ) -> ImagePlane {
            let turn = glam::DQuat::from_euler(glam::EulerRot::XYZ, angles[0], angles[1], angles[2]);
            let [a, b] = [turn * DVec3::X, turn * DVec3::Y];
            ImagePlane::new(position, [a.x, a.y, a.z, b.x, b.y, b.z], spacing, columns, rows).unwrap()
        }
    }

    proptest! {
        #[test]
        fn pixel_and_patient_are_inverse(plane in any_plane(), col in -50f64..1050.0, row in -50f64..1050.0) {
            let point = plane.patient_from_pixel(PixelCenter::new(col, row));
            let back = plane.pixel_from_patient(point);
            prop_assert!((back.column - col).abs() < 1e-6 && (back.row - row).abs() < 1e-6);
            prop_assert!(plane.distance_from_patient(point).abs() < 1e-6);
        }

        #[test]
        fn distance_is_along_the_normal(plane in any_plane(), d in -100f64..100.0) {
            let point = plane.center() + plane.normal() * d;
            prop_assert!((plane.distance_from_patient(point) - d).abs() < 1e-6);
        }
    }

    #[test]
    fn row_spacing_is_the_first_of_pixel_spacing() {
        // Axial, rows 2 mm apart, columns 0.5 mm apart: PS3.3 C.7.6.2.
        let plane = ImagePlane::new([10.0, 20.0, 30.0], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0], [2.0, 0.5], 8, 8).unwrap();
        assert_eq!(plane.patient_from_pixel(PixelCenter::new(4.0, 3.0)), DVec3::new(12.0, 26.0, 30.0));
    }

    #[test]
    fn nonsense_is_refused() {
        let iop = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
        assert_eq!(ImagePlane::new([f64::NAN, 0.0, 0.0], iop, [1.0; 2], 1, 1), Err(InvalidPlane::NotFinite));
        assert!(matches!(ImagePlane::new([0.0; 3], iop, [0.0, 1.0], 1, 1), Err(InvalidPlane::Spacing(_))));
        assert!(matches!(ImagePlane::new([0.0; 3], [1.0; 6], [1.0; 2], 1, 1), Err(InvalidPlane::NotOrthonormal(_))));
    }

    proptest! {
        /// Writers round cosines to two digits and more, write -0, and scale by a little: the plane is the same.
        #[test]
        fn rounded_cosines_are_mended(plane in any_plane(), digits in 2i32..10, scale in 0.96f64..1.04) {
            let (a, b) = (plane.column_direction(), plane.row_direction());
            let unit = 10f64.powi(digits);
            let rounded = [a.x, a.y, a.z, b.x, b.y, b.z].map(|v| (v * scale * unit).round() / unit);
            let mended = ImagePlane::new(plane.origin().to_array(), rounded, [1.0; 2], 9, 9);
            prop_assert!(mended.is_ok_and(|mended| mended.is_parallel(&plane, 1.2)));
        }
    }
}
