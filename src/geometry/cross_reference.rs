//! The line in which one image cuts another.

use glam::DVec3;

use super::{ImagePlane, PixelCenter};

/// Where `other`'s image rectangle cuts the plane of `image`, as two positions on
/// `image`, clipped to `image`'s edges. `None` if they are parallel or do not meet.
///
/// ```
/// use foramen::geometry::{ImagePlane, cross_reference_line};
///
/// let sagittal = ImagePlane::new([0.0, -50.0, 100.0], [0.0, 1.0, 0.0, 0.0, 0.0, -1.0], [2.0, 1.0], 100, 100)?;
/// let axial = ImagePlane::new([-50.0, -50.0, 60.0], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0], [1.0, 1.0], 100, 100)?;
///
/// // The axial image lies 40 mm below the first row of the sagittal one: 20 of its rows.
/// let [from, to] = cross_reference_line(&sagittal, &axial).unwrap();
/// assert_eq!((from.row, to.row), (20.0, 20.0));
/// assert_eq!(cross_reference_line(&axial, &axial), None);
/// # Ok::<(), foramen::geometry::InvalidPlane>(())
/// ```
pub fn cross_reference_line(image: &ImagePlane, other: &ImagePlane) -> Option<[PixelCenter; 2]> {
    let (w, h) = (f64::from(other.columns()) - 0.5, f64::from(other.rows()) - 0.5);
    let corners =
        [(-0.5, -0.5), (w, -0.5), (w, h), (-0.5, h)].map(|(c, r)| other.patient_from_pixel(PixelCenter::new(c, r)));
    let mut hits: Vec<DVec3> = Vec::with_capacity(2);
    for i in 0..4 {
        let (a, b) = (corners[i], corners[(i + 1) % 4]);
        let (da, db) = (image.distance_from_patient(a), image.distance_from_patient(b));
        // Half-open, so that a corner on the plane counts for one edge only.
        if (da <= 0.0) != (db <= 0.0) {
            hits.push(a + (b - a) * (da / (da - db)));
        }
    }
    let [a, b] = hits.as_slice() else { return None };
    clip(image, image.pixel_from_patient(*a), image.pixel_from_patient(*b))
}

/// Liang-Barsky clipping to the pixel area of `image`.
fn clip(image: &ImagePlane, a: PixelCenter, b: PixelCenter) -> Option<[PixelCenter; 2]> {
    let (mut t0, mut t1) = (0.0f64, 1.0f64);
    let (dx, dy) = (b.column - a.column, b.row - a.row);
    let (right, bottom) = (f64::from(image.columns()) - 0.5, f64::from(image.rows()) - 0.5);
    for (p, q) in [(-dx, a.column + 0.5), (dx, right - a.column), (-dy, a.row + 0.5), (dy, bottom - a.row)] {
        if p == 0.0 {
            if q < 0.0 {
                return None;
            }
        } else if p < 0.0 {
            t0 = t0.max(q / p);
        } else {
            t1 = t1.min(q / p);
        }
    }
    let at = |t: f64| PixelCenter::new(a.column + t * dx, a.row + t * dy);
    (t0 < t1).then(|| [at(t0), at(t1)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_axial_slice_is_a_horizontal_line_on_a_sagittal_one() {
        let sagittal = ImagePlane::new([0.0, -50.0, 100.0], [0.0, 1.0, 0.0, 0.0, 0.0, -1.0], [2.0, 1.0], 100, 100);
        let axial = ImagePlane::new([-50.0, -50.0, 60.0], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0], [1.0, 1.0], 100, 100);
        let [a, b] = cross_reference_line(&sagittal.unwrap(), &axial.unwrap()).unwrap();
        assert!((a.row - 20.0).abs() < 1e-9 && (b.row - 20.0).abs() < 1e-9, "row is 40 mm down at 2 mm a row");
        assert!(((a.column - b.column).abs() - 100.0).abs() < 1e-9, "as wide as the axial image");
    }

    #[test]
    fn parallel_images_have_no_line() {
        let at = |z| ImagePlane::new([0.0, 0.0, z], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0], [1.0; 2], 9, 9).unwrap();
        assert_eq!(cross_reference_line(&at(0.0), &at(5.0)), None);
    }

    proptest! {
        #[test]
        fn the_line_lies_on_both_images(
            a in super::super::plane::tests::any_plane(), b in super::super::plane::tests::any_plane()
        ) {
            if let Some(ends) = cross_reference_line(&a, &b) {
                for end in ends {
                    let p = a.patient_from_pixel(end);
                    let PixelCenter { column: bc, row: br } = b.pixel_from_patient(p);
                    let c = end.column;
                    prop_assert!(b.distance_from_patient(p).abs() < 1e-6);
                    let slack = 1e-6;
                    prop_assert!(c >= -0.5 - slack && c <= f64::from(a.columns()) - 0.5 + slack);
                    prop_assert!(bc >= -0.5 - slack && bc <= f64::from(b.columns()) - 0.5 + slack);
                    prop_assert!(br >= -0.5 - slack && br <= f64::from(b.rows()) - 0.5 + slack);
                }
            }
        }
    }
}
