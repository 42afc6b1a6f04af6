//! Between the pixels of a slice and points on screen.

use egui::{Pos2, Rect, Vec2, vec2};

use crate::{
    geometry::PixelCorner,
    raster::{BBox, Slice},
    study::SliceRef,
    ui::state::{orientation::Orientation, pane::Pane},
};

/// Size and spacing of an image: all that its place on screen depends on.
///
/// Where no spacing is known, what is said here of millimetres is true of the unit of the pixels' aspect ratio, or of
/// pixels where that is not known either.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Pixels: across, down.
    size: Vec2,
    /// mm of a pixel, 1 where unknown: across, down.
    spacing: Vec2,
}

impl Extent {
    /// Of a decoded slice.
    pub fn of_slice(slice: &Slice) -> Self {
        Self::new(slice.columns(), slice.rows(), slice.pixel_size())
    }

    /// Of a slice that need not be decoded.
    pub fn of_header(slice: &SliceRef) -> Self {
        Self::new(slice.instance.columns, slice.instance.rows, slice.pixel_size())
    }

    fn new(columns: u32, rows: u32, [down, across]: [f64; 2]) -> Self {
        Self { size: vec2(columns.max(1) as f32, rows.max(1) as f32), spacing: vec2(across as f32, down as f32) }
    }
}

/// Where a slice lies on screen. Pixels that are not square are shown in their true proportions.
#[derive(Debug, Clone, Copy)]
pub struct Transform {
    extent: Extent,
    orientation: Orientation,
    /// The image's middle on screen.
    center: Pos2,
    /// Points on screen for a mm (for a pixel, where spacing is unknown) when the whole image is shown.
    fit: f32,
    /// The same as it is zoomed now.
    points_per_mm: f32,
}

impl Transform {
    /// A slice in a pane that fills `rect`.
    pub fn new(rect: Rect, extent: Extent, pane: &Pane) -> Self {
        let mm = extent.spacing * extent.size;
        let shown = if pane.orientation.is_sideways() { mm.yx() } else { mm };
        let fit = (rect.width() / shown.x).min(rect.height() / shown.y).max(f32::MIN_POSITIVE);
        Self {
            extent,
            orientation: pane.orientation,
            // The pan is in mm at fit, so that zooming about a point is the same in any pane.
            center: rect.center() + pane.pan * fit,
            fit,
            points_per_mm: fit * pane.zoom,
        }
    }

    /// Points on screen for a mm of the image.
    pub fn points_per_mm(&self) -> f32 {
        self.points_per_mm
    }

    /// Points on screen for a mm of [`Pane::pan`], whatever the zoom.
    pub fn points_per_pan(&self) -> f32 {
        self.fit
    }

    /// The point on screen of a position on the image.
    pub fn screen_from_pixel(&self, at: impl Into<PixelCorner>) -> Pos2 {
        let PixelCorner { x, y } = at.into();
        let step = (vec2(x as f32, y as f32) - self.extent.size / 2.0) * self.extent.spacing * self.points_per_mm;
        self.center + self.orientation.screen_from_image(step)
    }

    /// The position on the image of a point on screen; outside the image too.
    pub fn pixel_from_screen(&self, point: Pos2) -> PixelCorner {
        let step = self.orientation.image_from_screen(point - self.center) / self.points_per_mm / self.extent.spacing;
        let corner = step + self.extent.size / 2.0;
        PixelCorner::new(corner.x.into(), corner.y.into())
    }

    /// The rectangle on screen of a box.
    pub fn screen_rect(&self, bbox: &BBox) -> Rect {
        let [from, to] = bbox.corners();
        Rect::from_two_pos(self.screen_from_pixel(from), self.screen_from_pixel(to))
    }

    /// The image's corners on screen: as the file has them, top left, top right, bottom right, bottom left.
    pub fn corners(&self) -> [Pos2; 4] {
        let Vec2 { x, y } = self.extent.size;
        let corner = |x: f32, y: f32| self.screen_from_pixel(PixelCorner::new(x.into(), y.into()));
        [corner(0.0, 0.0), corner(x, 0.0), corner(x, y), corner(0.0, y)]
    }

    /// How a direction on screen (right, say) runs in the image: across, down.
    pub fn image_from_screen_direction(&self, direction: Vec2) -> Vec2 {
        self.orientation.image_from_screen(direction)
    }

    /// The zoom at which a pixel of the image is a pixel of the screen, by its width.
    pub fn one_to_one(&self, pixels_per_point: f32) -> f32 {
        1.0 / (pixels_per_point * self.extent.spacing.x * self.fit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PixelCenter;

    #[test]
    fn pixels_that_are_not_square_keep_their_proportions() {
        let mut slice = Slice::new(100, 50, vec![0.0; 5000]).unwrap();
        // Rows 2 mm apart, columns 0.5 mm: 50 mm wide, 100 mm high.
        slice.pixel_spacing = Some([2.0, 0.5]);
        let rect = Rect::from_min_size(Pos2::new(10.0, 20.0), vec2(300.0, 200.0));
        let extent = Extent::of_slice(&slice);
        let transform = Transform::new(rect, extent, &Pane::default());
        let image = Rect::from_two_pos(transform.corners()[0], transform.corners()[2]);
        // Where only the proportions are known they are the same.
        let mut aspect = slice.clone();
        (aspect.pixel_spacing, aspect.pixel_aspect) = (None, Some([4.0, 1.0]));
        let by_aspect = Transform::new(rect, Extent::of_slice(&aspect), &Pane::default()).corners();
        assert_eq!(Rect::from_two_pos(by_aspect[0], by_aspect[2]), image);
        assert!((image.width() - 100.0).abs() < 1e-3 && (image.height() - 200.0).abs() < 1e-3, "{image:?}");
        assert_eq!(image.center(), rect.center());
        // The centre of the first pixel lies half a pixel inside the image's corner.
        let first = transform.screen_from_pixel(PixelCenter::new(0.0, 0.0)) - image.min;
        assert!((first - vec2(0.5, 2.0)).length() < 1e-3, "{first:?}");
        // Turned on its side it fills the width: 100 mm in 300 points, but 50 mm in 200 are tighter.
        let mut pane = Pane::default();
        pane.turn_right(1);
        let turned = Transform::new(rect, extent, &pane);
        assert!((turned.points_per_mm() - 3.0).abs() < 1e-4, "{turned:?}");
    }

    #[test]
    fn a_point_on_screen_comes_back_whatever_was_flipped_turned_zoomed_and_moved() {
        let mut slice = Slice::new(60, 90, vec![0.0; 5400]).unwrap();
        slice.pixel_spacing = Some([0.7, 1.3]);
        let rect = Rect::from_min_size(Pos2::new(3.0, 4.0), vec2(410.0, 290.0));
        for quarters in 0..4 {
            for flip in [false, true] {
                let mut pane = Pane { zoom: 2.3, pan: vec2(14.0, -9.0), ..Pane::default() };
                pane.turn_right(quarters);
                if flip {
                    pane.flip_horizontally();
                }
                let transform = Transform::new(rect, Extent::of_slice(&slice), &pane);
                let there = transform.screen_from_pixel(PixelCenter::new(12.25, 70.5));
                let PixelCenter { column, row } = transform.pixel_from_screen(there).into();
                assert!((column - 12.25).abs() < 1e-3 && (row - 70.5).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn a_larger_window_shows_the_same_part_of_the_image() {
        let slice = Slice::new(100, 100, vec![0.0; 10_000]).unwrap();
        let pane = Pane { zoom: 3.0, pan: vec2(20.0, -10.0), ..Pane::default() };
        let at = |side: f32| {
            let rect = Rect::from_min_size(Pos2::ZERO, vec2(side, side));
            (Transform::new(rect, Extent::of_slice(&slice), &pane).screen_from_pixel(PixelCorner::new(40.0, 60.0))
                - rect.center())
                / side
        };
        assert!((at(200.0) - at(700.0)).length() < 1e-4);
    }
}
