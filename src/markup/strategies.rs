//! Made-up marks and slices for the property tests of this module.

use proptest::prelude::*;

use super::{Mark, MarkId, Point, Shape};
use crate::{geometry::ImagePlane, grading::SliceId, raster::Slice};

pub fn any_point() -> impl Strategy<Value = Point> {
    (-50f64..600.0, -50f64..600.0).prop_map(|(column, row)| Point::new(column, row))
}

pub fn any_shape() -> impl Strategy<Value = Shape> {
    (0..7, any_point(), any_point(), any_point()).prop_map(|(kind, a, b, c)| match kind {
        0 => Shape::Length { from: a, to: b },
        1 => Shape::Angle { first: a, vertex: b, second: c },
        2 => Shape::Ellipse { corner: a, opposite: b },
        3 => Shape::Rectangle { corner: a, opposite: b },
        4 => Shape::Probe { at: a },
        5 => Shape::Arrow { tip: a, tail: b },
        _ => Shape::Note { at: a },
    })
}

pub fn any_slice_id() -> impl Strategy<Value = SliceId> {
    (0u32..3, 0u32..3).prop_map(|(number, frame)| slice_id(number, frame))
}

pub fn slice_id(number: u32, frame: u32) -> SliceId {
    SliceId { series_uid: "1.2".into(), sop_instance_uid: format!("1.2.{number}").into(), twin: 0, frame }
}

prop_compose! {
    /// Small, of values with fractions, some of them below zero.
    pub fn any_slice()(columns in 1u32..16, rows in 1u32..16)(
        values in prop::collection::vec(-900f32..900.0, (columns * rows) as usize),
        columns in Just(columns), rows in Just(rows),
    ) -> Slice {
        Slice::new(columns, rows, values).unwrap()
    }
}

prop_compose! {
    pub fn any_plane()(
        angles in prop::array::uniform3(-3.2f64..3.2),
        position in prop::array::uniform3(-300f64..300.0),
        spacing in prop::array::uniform2(0.1f64..5.0),
    ) -> ImagePlane {
        let turn = glam::DQuat::from_euler(glam::EulerRot::XYZ, angles[0], angles[1], angles[2]);
        let [a, b] = [turn * glam::DVec3::X, turn * glam::DVec3::Y];
        ImagePlane::new(position, [a.x, a.y, a.z, b.x, b.y, b.z], spacing, 600, 600).unwrap()
    }
}

pub fn mark(shape: Shape) -> Mark {
    Mark { id: MarkId(1), slice: slice_id(1, 0), shape, text: String::new() }
}
