//! A place on an image, and the image's edges.

use serde::{Deserialize, Serialize};

use crate::{
    geometry::{PixelCenter, PixelCorner, Turn},
    raster::Slice,
};

/// Parts of a pixel in which a place is kept.
const PARTS: f64 = 1024.0;
/// DICOM images have at most 65,535 columns; a place farther off is a mistake.
const FARTHEST: f64 = 100_000.0;

/// A place in DICOM pixel coordinates: pixel centres are integers, the first pixel is (0, 0).
///
/// Kept to 1/1024 of a pixel: far finer than a hand can draw, and a number that text holds exactly, so that what is
/// stored comes back as the same place. Always finite.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "RawPoint")]
pub struct Point {
    column: f64,
    row: f64,
}

#[derive(Deserialize)]
struct RawPoint {
    column: f64,
    row: f64,
}

impl From<RawPoint> for Point {
    fn from(raw: RawPoint) -> Self {
        Self::new(raw.column, raw.row)
    }
}

impl Point {
    /// The nearest place that is kept.
    pub fn new(column: f64, row: f64) -> Self {
        Self { column: kept(column), row: kept(row) }
    }

    /// Columns from the centre of the first pixel.
    pub const fn column(self) -> f64 {
        self.column
    }

    /// Rows from the centre of the first pixel.
    pub const fn row(self) -> f64 {
        self.row
    }

    /// So many columns and rows further.
    #[must_use]
    pub fn moved(self, columns: f64, rows: f64) -> Self {
        Self::new(self.column + columns, self.row + rows)
    }

    /// The place on the upright image. `stored` is the stored image's width and height.
    #[must_use]
    pub fn turned(self, turn: Turn, stored: [u32; 2]) -> Self {
        turn.apply(PixelCorner::from(PixelCenter::from(self)), stored).into()
    }

    /// The way to another place, in mm where the spacing between rows and between columns is in mm.
    pub(super) fn way_to(self, other: Self, [between_rows, between_columns]: [f64; 2]) -> glam::DVec2 {
        glam::dvec2((other.column - self.column) * between_columns, (other.row - self.row) * between_rows)
    }
}

impl From<Point> for PixelCenter {
    fn from(point: Point) -> Self {
        Self::new(point.column, point.row)
    }
}

impl From<Point> for PixelCorner {
    fn from(point: Point) -> Self {
        PixelCenter::from(point).into()
    }
}

impl From<PixelCorner> for Point {
    fn from(at: PixelCorner) -> Self {
        PixelCenter::from(at).into()
    }
}

impl From<PixelCenter> for Point {
    /// The nearest place that is kept.
    fn from(PixelCenter { column, row }: PixelCenter) -> Self {
        Self::new(column, row)
    }
}

fn kept(value: f64) -> f64 {
    let value = if value.is_nan() { 0.0 } else { value.clamp(-FARTHEST, FARTHEST) };
    // Adding zero turns the negative zero, which text does not tell from zero, into zero.
    (value * PARTS).round() / PARTS + 0.0
}

/// The edges of an image. What a reader draws or moves stays on the image: its edges are half a pixel outside the
/// centres of the outermost pixels. Marks that were read from elsewhere may lie outside and are left there until
/// somebody moves them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Width of the image in pixels.
    pub columns: u32,
    /// Height of the image in pixels.
    pub rows: u32,
}

impl Bounds {
    /// The edges of a slice.
    pub const fn of(slice: &Slice) -> Self {
        Self { columns: slice.columns(), rows: slice.rows() }
    }

    /// The nearest place on the image.
    pub fn clamp(self, point: Point) -> Point {
        let [columns, rows] = [self.columns, self.rows].map(|n| f64::from(n.max(1)) - 0.5);
        Point::new(point.column.clamp(-0.5, columns), point.row.clamp(-0.5, rows))
    }

    /// As much of a move as keeps all these places on the image; they keep their distances.
    pub fn limit(self, points: &[Point], columns: f64, rows: f64) -> (f64, f64) {
        let span = |of: fn(Point) -> f64| {
            points.iter().map(|&p| of(p)).fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)))
        };
        let within = |wanted: f64, (low, high): (f64, f64), size: u32| {
            let (least, most) = (-0.5 - low, f64::from(size) - 0.5 - high);
            // What is outside already may be brought in, not pushed further out.
            if wanted < 0.0 { wanted.max(least.min(0.0)) } else { wanted.min(most.max(0.0)) }
        };
        (within(columns, span(Point::column), self.columns), within(rows, span(Point::row), self.rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_place_comes_back_from_text_as_it_was(column in -2e5f64..2e5, row in -2e5f64..2e5) {
            let point = Point::new(column, row);
            let text = serde_json::to_string(&point).unwrap();
            prop_assert_eq!(serde_json::from_str::<Point>(&text).unwrap(), point);
        }

        #[test]
        fn a_limited_move_keeps_distances_and_stays_on_the_image(
            places in prop::collection::vec((-0.5f64..63.5, -0.5f64..31.5), 1..5),
            columns in -100f64..100.0, rows in -100f64..100.0,
        ) {
            let bounds = Bounds { columns: 64, rows: 32 };
            let places: Vec<Point> = places.into_iter().map(|(c, r)| Point::new(c, r)).collect();
            let (c, r) = bounds.limit(&places, columns, rows);
            prop_assert!(c.abs() <= columns.abs() && r.abs() <= rows.abs());
            for (before, after) in places.iter().zip(places.iter().map(|p| p.moved(c, r))) {
                prop_assert_eq!(bounds.clamp(after), after);
                let way = before.way_to(after, [1.0, 1.0]) - places[0].way_to(places[0].moved(c, r), [1.0, 1.0]);
                prop_assert!(way.length() < 1e-9);
            }
        }
    }

    #[test]
    fn what_is_no_number_is_no_place_outside_the_world() {
        assert_eq!(Point::new(f64::NAN, f64::INFINITY), Point::new(0.0, FARTHEST));
        assert!(Point::new(-1e-9, 0.0).column().is_sign_positive());
    }
}
