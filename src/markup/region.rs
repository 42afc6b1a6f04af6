//! The values inside an ellipse or a rectangle.

use super::{Point, Shape, shape::ellipse};
use crate::raster::Slice;

/// Pixels. Rounding must not put a centre that lies on the edge of an ellipse outside.
const ON_THE_EDGE: f64 = 1e-9;

/// The values of the pixels whose centres lie inside a region or on its edge. Padding has no value and does not count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statistics {
    /// How many pixels are counted, at least 1.
    pub count: usize,
    /// Mean of the modality values.
    pub mean: f64,
    /// Standard deviation of these pixels as they are (the population's: divided by their number, not by one less),
    /// as radiology viewers give it.
    pub sd: f64,
    /// The lowest modality value.
    pub min: f32,
    /// The highest modality value.
    pub max: f32,
}

/// The area inside an ellipse or rectangle, in square pixels.
pub(super) fn area(shape: &Shape) -> Option<f64> {
    match *shape {
        Shape::Ellipse { corner, opposite } => {
            let (_, [across, down]) = ellipse(corner, opposite);
            Some(std::f64::consts::PI * across * down)
        }
        Shape::Rectangle { corner, opposite } => {
            let way = corner.way_to(opposite, [1.0, 1.0]);
            Some((way.x * way.y).abs())
        }
        _ => None,
    }
}

/// The values inside an ellipse or rectangle; `None` where no pixel centre of the slice lies inside, or only padding.
pub(super) fn statistics(shape: &Shape, slice: &Slice) -> Option<Statistics> {
    match *shape {
        Shape::Rectangle { corner, opposite } => {
            let (left, right) = ends(corner.column(), opposite.column());
            over_rows(slice, corner, opposite, |_| Some((left, right)))
        }
        Shape::Ellipse { corner, opposite } => {
            let ([middle, middle_row], [across, down]) = ellipse(corner, opposite);
            over_rows(slice, corner, opposite, |row| {
                // Half the width of the ellipse at this row.
                let up = if down > 0.0 { (f64::from(row) - middle_row) / down } else { 0.0 };
                let half = across * (1.0 - up * up).max(0.0).sqrt() + ON_THE_EDGE;
                (up.abs() <= 1.0).then_some((middle - half, middle + half))
            })
        }
        _ => None,
    }
}

fn ends(a: f64, b: f64) -> (f64, f64) {
    (a.min(b), a.max(b))
}

/// The pixel centres from `low` to `high`, of `size`.
fn centres((low, high): (f64, f64), size: u32) -> std::ops::Range<u32> {
    let begin = low.ceil().clamp(0.0, f64::from(size)) as u32;
    let end = (high.floor() + 1.0).clamp(0.0, f64::from(size)) as u32;
    begin..end
}

/// Goes through the rows between two corners, in each from the left to the right end that `span` gives.
fn over_rows(
    slice: &Slice,
    corner: Point,
    opposite: Point,
    span: impl Fn(u32) -> Option<(f64, f64)>,
) -> Option<Statistics> {
    let rows = centres(ends(corner.row(), opposite.row()), slice.rows());
    let runs = rows.filter_map(|row| {
        let inside = centres(span(row)?, slice.columns());
        Some(slice.row_values(row, inside.start..inside.end.max(inside.start)))
    });
    let values = runs.flatten();
    let count = values.clone().count();
    if count == 0 {
        return None;
    }
    // The mean first, then the distances from it: one pass over the squares would lose digits.
    let mean = values.clone().map(f64::from).sum::<f64>() / count as f64;
    let variance = values.clone().map(|v| (f64::from(v) - mean).powi(2)).sum::<f64>() / count as f64;
    let (min, max) = values.fold((f32::MAX, f32::MIN), |(min, max), v| (min.min(v), max.max(v)));
    Some(Statistics { count, mean, sd: variance.sqrt(), min, max })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markup::strategies::any_slice;
    use proptest::prelude::*;

    /// Every pixel of the slice is asked, in whole numbers of 1/2048 of a pixel so that an edge is an edge.
    fn inside(shape: &Shape, column: i128, row: i128) -> bool {
        let parts = |v: f64| (v * 1024.0) as i128;
        match *shape {
            Shape::Rectangle { corner: a, opposite: b } => {
                let between = |v: i128, a: f64, b: f64| (parts(a.min(b))..=parts(a.max(b))).contains(&(v * 1024));
                between(column, a.column(), b.column()) && between(row, a.row(), b.row())
            }
            Shape::Ellipse { corner: a, opposite: b } => {
                let twice = |a: f64, b: f64| (parts(a) + parts(b), (parts(a) - parts(b)).abs());
                let ((mc, wc), (mr, wr)) = (twice(a.column(), b.column()), twice(a.row(), b.row()));
                let (dc, dr) = (column * 2048 - mc, row * 2048 - mr);
                dc * dc * wr * wr + dr * dr * wc * wc <= wc * wc * wr * wr
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn statistics_are_those_of_every_pixel_asked_by_itself(
            slice in any_slice(),
            (a, b, c, d) in (-3f64..20.0, -3f64..20.0, -3f64..20.0, -3f64..20.0),
            is_ellipse: bool,
        ) {
            let (corner, opposite) = (Point::new(a, b), Point::new(c, d));
            let shape =
                if is_ellipse { Shape::Ellipse { corner, opposite } } else { Shape::Rectangle { corner, opposite } };
            prop_assume!(!shape.is_degenerate());
            let mut values = Vec::new();
            for row in 0..slice.rows() {
                for column in 0..slice.columns() {
                    if inside(&shape, i128::from(column), i128::from(row)) {
                        values.push(f64::from(slice.value(column, row).unwrap()));
                    }
                }
            }
            let Some(found) = statistics(&shape, &slice) else {
                prop_assert!(values.is_empty(), "{} pixels are inside", values.len());
                return Ok(());
            };
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            // The variance by another road: half the mean square distance of all pairs.
            let pairs: f64 = values.iter().flat_map(|a| values.iter().map(move |b| (a - b).powi(2))).sum();
            prop_assert_eq!(found.count, values.len());
            prop_assert!((found.mean - mean).abs() < 1e-6);
            prop_assert!((found.sd.powi(2) - pairs / (2.0 * n * n)).abs() < 1e-3);
            values.sort_by(f64::total_cmp);
            let ends = [found.min, found.max].map(f64::from);
            prop_assert_eq!(Some((&ends[0], &ends[1])), values.first().zip(values.last()));
        }
    }

    #[test]
    fn a_circle_of_radius_five_holds_the_lattice_points_on_its_edge_too() {
        let slice = Slice::new(11, 11, vec![1.0; 121]).unwrap();
        let circle = Shape::Ellipse { corner: Point::new(0.0, 0.0), opposite: Point::new(10.0, 10.0) };
        // Gauss's circle problem: 1, 5, 13, 29, 49, 81.
        assert_eq!(statistics(&circle, &slice).unwrap().count, 81);
    }

    #[test]
    fn padding_does_not_count() {
        let slice = Slice::new(3, 2, vec![1.0, -32768.0, 3.0, 5.0, -32768.0, 7.0]).unwrap();
        let slice = slice.with_padding(vec![false, true, false, false, true, false]);
        let shape = Shape::Rectangle { corner: Point::new(0.0, 0.0), opposite: Point::new(2.0, 1.0) };
        let found = statistics(&shape, &slice).unwrap();
        assert_eq!((found.count, found.mean, found.min, found.max), (4, 4.0, 1.0, 7.0));
        let on_padding = Shape::Rectangle { corner: Point::new(1.0, 0.0), opposite: Point::new(1.0, 1.0) };
        assert!(statistics(&on_padding, &slice).is_none());
    }

    #[test]
    fn edges_count_and_the_deviation_is_the_populations() {
        let slice = Slice::new(3, 1, vec![1.0, 2.0, 6.0]).unwrap();
        let shape = Shape::Rectangle { corner: Point::new(0.0, -0.5), opposite: Point::new(1.0, 0.5) };
        let found = statistics(&shape, &slice).unwrap();
        assert_eq!((found.count, found.mean, found.sd, found.min, found.max), (2, 1.5, 0.5, 1.0, 2.0));
        assert!(statistics(&shape.translated(0.0, 0.75), &slice).is_none(), "between rows no centre is inside");
    }
}
