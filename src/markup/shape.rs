//! The shapes that are drawn: their handles, how they move, their outline.

use serde::{Deserialize, Serialize};

use super::Point;
use crate::geometry::Turn;

/// Sides of the polygon that stands for an ellipse on screen and under the pointer.
const ELLIPSE_SIDES: u32 = 72;

/// What is drawn, in pixels of its slice.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Shape {
    /// A straight distance.
    Length {
        /// Where it was begun.
        from: Point,
        /// Where it ends.
        to: Point,
    },
    /// The angle between two arms.
    Angle {
        /// End of the first arm.
        first: Point,
        /// Where the arms meet.
        vertex: Point,
        /// End of the second arm.
        second: Point,
    },
    /// An ellipse along rows and columns, in the box of two opposite corners.
    Ellipse {
        /// A corner of its box.
        corner: Point,
        /// The corner across.
        opposite: Point,
    },
    /// A rectangle along rows and columns.
    Rectangle {
        /// A corner.
        corner: Point,
        /// The corner across.
        opposite: Point,
    },
    /// The value at one place.
    Probe {
        /// The place.
        at: Point,
    },
    /// An arrow with a text at its tail.
    Arrow {
        /// What it points at.
        tip: Point,
        /// Where its text stands.
        tail: Point,
    },
    /// A text.
    Note {
        /// Its top left corner on an image that is not turned.
        at: Point,
    },
}

impl Shape {
    /// What a reader calls it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Length { .. } => "Length",
            Self::Angle { .. } => "Angle",
            Self::Ellipse { .. } => "Ellipse",
            Self::Rectangle { .. } => "Rectangle",
            Self::Probe { .. } => "Probe",
            Self::Arrow { .. } => "Arrow",
            Self::Note { .. } => "Note",
        }
    }

    /// The places by which it is changed, always in the same order. A box has its four corners, the one across from
    /// handle `i` being handle `(i + 2) % 4`.
    pub fn handles(&self) -> Vec<Point> {
        match *self {
            Self::Length { from, to } => vec![from, to],
            Self::Angle { first, vertex, second } => vec![first, vertex, second],
            Self::Ellipse { corner, opposite } | Self::Rectangle { corner, opposite } => {
                corners(corner, opposite).to_vec()
            }
            Self::Probe { at } | Self::Note { at } => vec![at],
            Self::Arrow { tip, tail } => vec![tip, tail],
        }
    }

    /// The shape with one handle moved to a place; of a box the corner across stays. No handle of that number: as it
    /// is.
    #[must_use]
    pub fn with_handle(self, handle: usize, place: Point) -> Self {
        match (self, handle) {
            (Self::Length { to, .. }, 0) => Self::Length { from: place, to },
            (Self::Length { from, .. }, 1) => Self::Length { from, to: place },
            (Self::Angle { vertex, second, .. }, 0) => Self::Angle { first: place, vertex, second },
            (Self::Angle { first, second, .. }, 1) => Self::Angle { first, vertex: place, second },
            (Self::Angle { first, vertex, .. }, 2) => Self::Angle { first, vertex, second: place },
            (Self::Ellipse { corner, opposite }, 0..4) => {
                let [corner, opposite] = with_corner(corner, opposite, handle, place);
                Self::Ellipse { corner, opposite }
            }
            (Self::Rectangle { corner, opposite }, 0..4) => {
                let [corner, opposite] = with_corner(corner, opposite, handle, place);
                Self::Rectangle { corner, opposite }
            }
            (Self::Probe { .. }, 0) => Self::Probe { at: place },
            (Self::Note { .. }, 0) => Self::Note { at: place },
            (Self::Arrow { tail, .. }, 0) => Self::Arrow { tip: place, tail },
            (Self::Arrow { tip, .. }, 1) => Self::Arrow { tip, tail: place },
            (as_it_is, _) => as_it_is,
        }
    }

    /// The whole shape, so many columns and rows further.
    #[must_use]
    pub fn translated(self, columns: f64, rows: f64) -> Self {
        self.each(|point| point.moved(columns, rows))
    }

    /// The shape on the upright image of its slice. `stored` is the slice's width and height.
    #[must_use]
    pub fn turned(self, turn: Turn, stored: [u32; 2]) -> Self {
        self.each(|point| point.turned(turn, stored))
    }

    /// The shape with each of its places moved.
    fn each(self, go: impl Fn(Point) -> Point) -> Self {
        match self {
            Self::Length { from, to } => Self::Length { from: go(from), to: go(to) },
            Self::Angle { first, vertex, second } => {
                Self::Angle { first: go(first), vertex: go(vertex), second: go(second) }
            }
            Self::Ellipse { corner, opposite } => Self::Ellipse { corner: go(corner), opposite: go(opposite) },
            Self::Rectangle { corner, opposite } => Self::Rectangle { corner: go(corner), opposite: go(opposite) },
            Self::Probe { at } => Self::Probe { at: go(at) },
            Self::Arrow { tip, tail } => Self::Arrow { tip: go(tip), tail: go(tail) },
            Self::Note { at } => Self::Note { at: go(at) },
        }
    }

    /// The line that is painted, and near which the pointer finds the shape. One place for a probe or a note; closed
    /// (the first place again at the end) for an ellipse or rectangle.
    pub fn outline(&self) -> Vec<Point> {
        match *self {
            Self::Ellipse { corner, opposite } => {
                let (middle, radii) = ellipse(corner, opposite);
                (0..=ELLIPSE_SIDES)
                    .map(|i| {
                        let turn = std::f64::consts::TAU * f64::from(i % ELLIPSE_SIDES) / f64::from(ELLIPSE_SIDES);
                        Point::new(middle[0] + radii[0] * turn.cos(), middle[1] + radii[1] * turn.sin())
                    })
                    .collect()
            }
            Self::Rectangle { .. } => {
                let mut line = self.handles();
                line.extend(line.first().copied());
                line
            }
            _ => self.handles(),
        }
    }

    /// Whether it has no extent and so says nothing: ends in one place, an arm without a length, a box without a
    /// width or height.
    pub fn is_degenerate(&self) -> bool {
        match *self {
            Self::Length { from: a, to: b } | Self::Arrow { tip: a, tail: b } => a == b,
            Self::Angle { first, vertex, second } => first == vertex || second == vertex,
            Self::Ellipse { corner: a, opposite: b } | Self::Rectangle { corner: a, opposite: b } => {
                let way = a.way_to(b, [1.0, 1.0]);
                way.x == 0.0 || way.y == 0.0
            }
            Self::Probe { .. } | Self::Note { .. } => false,
        }
    }
}

/// Around the box.
fn corners(corner: Point, opposite: Point) -> [Point; 4] {
    [corner, Point::new(opposite.column(), corner.row()), opposite, Point::new(corner.column(), opposite.row())]
}

fn with_corner(corner: Point, opposite: Point, handle: usize, place: Point) -> [Point; 2] {
    match handle {
        0 => [place, opposite],
        1 => [Point::new(corner.column(), place.row()), Point::new(place.column(), opposite.row())],
        2 => [corner, place],
        _ => [Point::new(place.column(), corner.row()), Point::new(opposite.column(), place.row())],
    }
}

/// Middle and half axes (column, row) of the ellipse in the box of two corners.
pub(super) fn ellipse(corner: Point, opposite: Point) -> ([f64; 2], [f64; 2]) {
    let (a, b) = (corner, opposite);
    (
        [f64::midpoint(a.column(), b.column()), f64::midpoint(a.row(), b.row())],
        [(b.column() - a.column()).abs() / 2.0, (b.row() - a.row()).abs() / 2.0],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markup::strategies::{any_point, any_shape};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_handle_goes_where_it_is_put_and_what_it_does_not_hold_stays(
            shape in any_shape(), place in any_point(), pick in any::<prop::sample::Index>()
        ) {
            let before = shape.handles();
            let i = pick.index(before.len());
            let after = shape.with_handle(i, place).handles();
            prop_assert_eq!(after.len(), before.len());
            prop_assert_eq!(after[i], place);
            if matches!(shape, Shape::Ellipse { .. } | Shape::Rectangle { .. }) {
                prop_assert_eq!(after[(i + 2) % 4], before[(i + 2) % 4]);
                // Still a box along rows and columns.
                let [a, _, c, _] = [0, 1, 2, 3].map(|i| after[i]);
                let around = [a, Point::new(c.column(), a.row()), c, Point::new(a.column(), c.row())];
                prop_assert_eq!(after.as_slice(), around);
            } else {
                for other in (0..before.len()).filter(|&other| other != i) {
                    prop_assert_eq!(after[other], before[other]);
                }
            }
            prop_assert_eq!(shape.with_handle(before.len(), place), shape);
        }

        #[test]
        fn a_move_and_its_way_back_change_nothing(shape in any_shape(), by in any_point()) {
            let there = shape.translated(by.column(), by.row());
            for (before, after) in shape.handles().iter().zip(there.handles()) {
                prop_assert_eq!(before.moved(by.column(), by.row()), after);
            }
            prop_assert_eq!(there.translated(-by.column(), -by.row()), shape);
        }
    }

    #[test]
    fn an_ellipse_touches_the_four_sides_of_its_box() {
        let shape = Shape::Ellipse { corner: Point::new(10.0, 2.0), opposite: Point::new(2.0, 8.0) };
        let line = shape.outline();
        for touched in [(10.0, 5.0), (2.0, 5.0), (6.0, 2.0), (6.0, 8.0)] {
            assert!(line.contains(&Point::new(touched.0, touched.1)), "{touched:?}");
        }
        assert_eq!(line.first(), line.last());
        assert!(line.iter().all(|p| ((p.column() - 6.0) / 4.0).hypot((p.row() - 5.0) / 3.0) - 1.0 < 1e-3));
    }

    #[test]
    fn shapes_without_extent_are_known() {
        let (a, b) = (Point::new(1.0, 1.0), Point::new(4.0, 1.0));
        assert!(Shape::Length { from: a, to: a }.is_degenerate() && !Shape::Length { from: a, to: b }.is_degenerate());
        assert!(Shape::Ellipse { corner: a, opposite: b }.is_degenerate());
        assert!(Shape::Angle { first: a, vertex: a, second: b }.is_degenerate());
        assert!(!Shape::Note { at: a }.is_degenerate());
    }
}
