//! Where the slices of key images cross one another, and the orientation of an image.

use super::KeyLine;
use crate::geometry::{ImagePlane, PixelCorner, cross_reference_line, direction_letters};

/// Planes that meet at a smaller angle have no useful line; the same rule as in the viewer.
const LEAST_ANGLE_DEG: f64 = 10.0;

/// The line of one plane on another, in pixel edges; `None` where they are nearly parallel or do not meet.
pub fn line(on: &ImagePlane, of: &ImagePlane, label: String) -> Option<KeyLine> {
    if on.normal().dot(of.normal()).abs() > LEAST_ANGLE_DEG.to_radians().cos() {
        return None;
    }
    // Geometry counts from the centre of the first pixel, boxes from its edge. Rounding must not go outside the image.
    let (width, height) = (on.columns() as f32, on.rows() as f32);
    let corner = |at: PixelCorner| ((at.x as f32).clamp(0.0, width), (at.y as f32).clamp(0.0, height));
    let [from, to] = cross_reference_line(on, of)?.map(|end| corner(end.into()));
    Some(KeyLine { from, to, label })
}

/// The letters at the left, top, right and bottom edge.
pub fn letters(plane: Option<&ImagePlane>) -> [Option<char>; 4] {
    let Some(plane) = plane else { return [None; 4] };
    let (across, down) = (plane.column_direction(), plane.row_direction());
    [-across, -down, across, down].map(|direction| direction_letters(direction).chars().next())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::geometry::Vec3;

    /// Any plane near the origin, so that many of them meet.
    fn any_plane() -> impl Strategy<Value = ImagePlane> {
        let turn = (-3.0f64..3.0, -3.0f64..3.0, -3.0f64..3.0);
        let position = (-60.0f64..60.0, -60.0f64..60.0, -60.0f64..60.0);
        (turn, position, 0.3f64..2.0, 0.3f64..2.0, 16u32..200, 16u32..200).prop_map(
            |(turn, place, between_rows, between_columns, columns, rows)| {
                let turn = glam::DQuat::from_euler(glam::EulerRot::XYZ, turn.0, turn.1, turn.2);
                let (across, down) = (turn * Vec3::X, turn * Vec3::Y);
                let middle = Vec3::new(place.0, place.1, place.2);
                let first = middle
                    - across * between_columns * f64::from(columns) / 2.0
                    - down * between_rows * f64::from(rows) / 2.0;
                let cosines = [across.x, across.y, across.z, down.x, down.y, down.z];
                ImagePlane::new(first.to_array(), cosines, [between_rows, between_columns], columns, rows).unwrap()
            },
        )
    }

    proptest! {
        #[test]
        fn a_line_lies_on_the_image_and_in_both_planes(on in any_plane(), of in any_plane()) {
            let Some(line) = line(&on, &of, String::new()) else { return Ok(()) };
            for (x, y) in [line.from, line.to] {
                prop_assert!((0.0..=on.columns() as f32).contains(&x) && (0.0..=on.rows() as f32).contains(&y));
                let point = on.patient_from_pixel(PixelCorner::new(x.into(), y.into()));
                // 200 pixels in f32 and directions near the least angle leave little.
                prop_assert!(of.distance_from_patient(point).abs() < 1e-2, "{}", of.distance_from_patient(point));
            }
        }

        #[test]
        fn planes_of_nearly_one_direction_have_no_line(plane in any_plane(), turn in -0.17f64..0.17) {
            let turn = glam::DQuat::from_axis_angle(plane.column_direction(), turn);
            let down = turn * plane.row_direction();
            let across = plane.column_direction();
            let cosines = [across.x, across.y, across.z, down.x, down.y, down.z];
            let other = ImagePlane::new(plane.center().to_array(), cosines, [1.0, 1.0], 50, 50).unwrap();
            prop_assert_eq!(line(&plane, &other, String::new()), None);
        }
    }

    #[test]
    fn an_axial_image_has_the_patients_right_on_its_left() {
        let axial = ImagePlane::new([0.0; 3], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0], [1.0, 1.0], 8, 8).unwrap();
        assert_eq!(letters(Some(&axial)), [Some('R'), Some('A'), Some('L'), Some('P')]);
        assert_eq!(letters(None), [None; 4]);
    }
}
