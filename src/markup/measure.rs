//! What a mark measures.

use super::{
    Mark, Point, Shape, Statistics,
    region::{area, statistics},
};
use crate::{geometry::Vec3, raster::Slice};

/// In what lengths are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Millimetres: the spacing of the pixels is known.
    Millimetres,
    /// It is not: lengths are counted in pixels, which are taken to be square.
    Pixels,
}

/// What a mark measures, and in what unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measurement {
    /// The length of a straight line.
    Length {
        /// 0 or more, in `unit`.
        length: f64,
        /// Millimetres, or pixels where spacing is unknown.
        unit: Unit,
    },
    /// An angle, measured where a millimetre is as long down as across.
    Angle {
        /// 0 to 180; none where an arm has no length.
        degrees: Option<f64>,
        /// Pixels where they had to be taken to be square.
        unit: Unit,
    },
    /// An ellipse or rectangle.
    Region {
        /// Of the shape itself, not of the pixels in it.
        area: f64,
        /// The area is in squares of this.
        unit: Unit,
        /// The values inside, once the slice is there; none where no pixel centre is inside.
        statistics: Option<Statistics>,
    },
    /// The value at a place.
    Probe {
        /// Column and row of the pixel, both from 0; none outside the image.
        pixel: Option<(u32, u32)>,
        /// Its modality value, once the slice is there.
        value: Option<f32>,
        /// Where the place itself lies in the patient, mm, if the file says so.
        patient: Option<Vec3>,
    },
    /// An arrow or a note: a text, no number.
    Text,
}

/// Measures a mark. `spacing` is DICOM's `PixelSpacing`: mm between rows, mm between columns. Values, and the place in
/// the patient, come from the slice; without it the rest is measured.
///
/// ```
/// use foramen::{
///     grading::SliceId,
///     markup::{Mark, MarkId, Measurement, Point, Shape, Unit, measure},
/// };
///
/// // Three columns of 0.5 mm and two rows of 1 mm.
/// let shape = Shape::Length { from: Point::new(10.0, 10.0), to: Point::new(13.0, 12.0) };
/// let slice = SliceId { series_uid: "1.2.3".into(), sop_instance_uid: "1.2.3.7".into(), twin: 0, frame: 0 };
/// let mark = Mark { id: MarkId(1), slice, shape, text: String::new() };
///
/// let Measurement::Length { length, unit } = measure(&mark, Some([1.0, 0.5]), None) else { unreachable!() };
/// assert_eq!((length, unit), (2.5, Unit::Millimetres));
/// ```
pub fn measure(mark: &Mark, spacing: Option<[f64; 2]>, slice: Option<&Slice>) -> Measurement {
    let spacing = spacing.filter(|s| s.iter().all(|v| v.is_finite() && *v > 0.0));
    let unit = if spacing.is_some() { Unit::Millimetres } else { Unit::Pixels };
    let spacing = spacing.unwrap_or([1.0, 1.0]);
    match mark.shape {
        Shape::Length { from, to } => Measurement::Length { length: from.way_to(to, spacing).length(), unit },
        Shape::Angle { first, vertex, second } => {
            Measurement::Angle { degrees: degrees(vertex.way_to(first, spacing), vertex.way_to(second, spacing)), unit }
        }
        Shape::Ellipse { .. } | Shape::Rectangle { .. } => Measurement::Region {
            area: area(&mark.shape).unwrap_or_default() * spacing[0] * spacing[1],
            unit,
            statistics: slice.and_then(|slice| statistics(&mark.shape, slice)),
        },
        Shape::Probe { at } => probe(at, slice),
        Shape::Arrow { .. } | Shape::Note { .. } => Measurement::Text,
    }
}

/// From both the sine and the cosine: exact also near 0 and 180 degrees, where the cosine alone says little.
fn degrees(a: glam::DVec2, b: glam::DVec2) -> Option<f64> {
    let has_length = a.length() > 0.0 && b.length() > 0.0;
    has_length.then(|| a.perp_dot(b).abs().atan2(a.dot(b)).to_degrees())
}

fn probe(at: Point, slice: Option<&Slice>) -> Measurement {
    let pixel =
        slice.and_then(|slice| Some((nearest(at.column(), slice.columns())?, nearest(at.row(), slice.rows())?)));
    Measurement::Probe {
        pixel,
        value: slice.zip(pixel).and_then(|(slice, (column, row))| slice.value(column, row)),
        patient: slice.and_then(|s| s.plane).map(|plane| plane.patient_from_pixel(at)),
    }
}

/// The pixel that a place lies in; the last edge of the image belongs to the last pixel.
fn nearest(at: f64, size: u32) -> Option<u32> {
    let inside = (-0.5..=f64::from(size) - 0.5).contains(&at);
    inside.then(|| ((at + 0.5).floor() as u32).min(size.saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        geometry::ImagePlane,
        markup::strategies::{any_plane, any_point, any_shape, mark},
    };
    use proptest::prelude::*;

    fn angle(first: (f64, f64), second: (f64, f64), spacing: Option<[f64; 2]>) -> f64 {
        let vertex = Point::new(100.0, 50.0);
        let to = |(c, r): (f64, f64)| vertex.moved(c, r);
        let shape = Shape::Angle { first: to(first), vertex, second: to(second) };
        match measure(&mark(shape), spacing, None) {
            Measurement::Angle { degrees: Some(degrees), .. } => degrees,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn angles_are_those_in_millimetres() {
        // Rows 2 mm apart, columns 0.5 mm: four columns are as long as one row.
        let spacing = Some([2.0, 0.5]);
        for (first, second, expected) in [
            ((4.0, 0.0), (4.0, 1.0), 45.0),
            ((4.0, 0.0), (0.0, 3.0), 90.0),
            ((4.0, 0.0), (-4.0, 1.0), 135.0),
            ((4.0, 1.0), (8.0, 2.0), 0.0),
            ((4.0, 1.0), (-8.0, -2.0), 180.0),
            ((4.0, -1.0), (4.0, 1.0), 90.0),
        ] {
            let found = angle(first, second, spacing);
            assert!((found - expected).abs() < 1e-12, "{first:?} {second:?}: {found}");
        }
        assert!((angle((4.0, 0.0), (1.0, 1.0), None) - 45.0).abs() < 1e-12, "pixels are square where nothing is known");
    }

    #[test]
    fn lengths_are_in_millimetres_or_in_pixels() {
        let length = mark(Shape::Length { from: Point::new(1.0, 1.0), to: Point::new(7.0, 3.0) });
        // 6 columns of 0.5 mm, 2 rows of 2 mm: 3 and 4.
        let in_mm = Measurement::Length { length: 5.0, unit: Unit::Millimetres };
        assert_eq!(measure(&length, Some([2.0, 0.5]), None), in_mm);
        let in_pixels = Measurement::Length { length: 40f64.sqrt(), unit: Unit::Pixels };
        assert_eq!(measure(&length, None, None), in_pixels);
        assert_eq!(measure(&length, Some([0.0, 0.5]), None), in_pixels, "a spacing of nothing is none");
    }

    #[test]
    fn areas_are_those_of_the_shape() {
        let (corner, opposite) = (Point::new(9.0, 1.0), Point::new(1.0, 4.0));
        let area = |shape, spacing| match measure(&mark(shape), spacing, None) {
            Measurement::Region { area, .. } => area,
            other => panic!("{other:?}"),
        };
        let rectangle = area(Shape::Rectangle { corner, opposite }, Some([2.0, 0.25]));
        assert!((rectangle - 12.0).abs() < 1e-12);
        let ellipse = area(Shape::Ellipse { corner, opposite }, None);
        assert!((ellipse - std::f64::consts::PI * 4.0 * 1.5).abs() < 1e-9);
    }

    #[test]
    fn a_probe_names_pixel_value_and_place() {
        let mut slice = Slice::new(3, 2, vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        let iop = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
        slice.plane = Some(ImagePlane::new([-10.0, 4.0, 7.0], iop, [2.0, 0.5], 3, 2).unwrap());
        let probe = |c, r| measure(&mark(Shape::Probe { at: Point::new(c, r) }), None, Some(&slice));
        let Measurement::Probe { pixel, value, patient } = probe(1.75, 0.75) else { panic!("no probe") };
        assert_eq!((pixel, value), (Some((2, 1)), Some(5.0)));
        assert_eq!(patient, Some(Vec3::new(-9.125, 5.5, 7.0)));
        assert!(matches!(probe(2.5, -0.5), Measurement::Probe { pixel: Some((2, 0)), value: Some(2.0), .. }));
        assert!(matches!(probe(2.75, 0.0), Measurement::Probe { pixel: None, value: None, .. }));
    }

    proptest! {
        #[test]
        fn what_is_moved_keeps_its_size(
            shape in any_shape(), by in any_point(), spacing in prop::array::uniform2(0.1f64..5.0)
        ) {
            let sizes = |shape: Shape| match measure(&mark(shape), Some(spacing), None) {
                Measurement::Length { length, .. } => length,
                Measurement::Angle { degrees, .. } => degrees.unwrap_or(-1.0),
                Measurement::Region { area, .. } => area,
                Measurement::Probe { .. } | Measurement::Text => 0.0,
            };
            let change = sizes(shape) - sizes(shape.translated(by.column(), by.row()));
            prop_assert!(change.abs() < 1e-9, "{change}");
        }

        #[test]
        fn a_length_is_the_distance_in_the_patient(
            plane in any_plane(), from in any_point(), to in any_point()
        ) {
            let patient = |p: Point| plane.patient_from_pixel(p);
            let found = measure(&mark(Shape::Length { from, to }), Some(plane.pixel_spacing()), None);
            let Measurement::Length { length, .. } = found else { panic!("{found:?}") };
            prop_assert!((length - patient(from).distance(patient(to))).abs() < 1e-6);
        }
    }
}
