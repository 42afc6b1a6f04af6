//! Between the pixels of a slice and points on screen.

use egui::{Pos2, Rect, Vec2, vec2};

use crate::{raster::Slice, ui::pane::Pane};

/// Where a slice lies on screen. Pixels that are not square are shown in their true proportions.
#[derive(Debug, Clone, Copy)]
pub struct Transform {
    /// The image's middle on screen.
    center: Pos2,
    /// Points on screen for a mm (for a pixel, where spacing is unknown) when the whole image is shown.
    fit: f32,
    /// The same as it is zoomed now.
    points_per_mm: f32,
    /// mm of a pixel: across, down.
    spacing: Vec2,
    /// Pixels: across, down.
    size: Vec2,
}

impl Transform {
    /// A slice in a pane that fills `rect`.
    pub fn new(rect: Rect, slice: &Slice, pane: &Pane) -> Self {
        let [down, across] = slice.pixel_spacing.unwrap_or([1.0, 1.0]);
        let spacing = vec2(across as f32, down as f32);
        let size = vec2(slice.columns() as f32, slice.rows() as f32);
        let mm = spacing * size;
        let fit = (rect.width() / mm.x).min(rect.height() / mm.y).max(f32::MIN_POSITIVE);
        // The pan is in mm at fit, so that zooming about a point is the same in any pane.
        Self { center: rect.center() + pane.pan * fit, fit, points_per_mm: fit * pane.zoom, spacing, size }
    }

    /// Points on screen for a mm of the image.
    pub fn points_per_mm(&self) -> f32 {
        self.points_per_mm
    }

    /// Points on screen for a mm of [`Pane::pan`], whatever the zoom.
    pub fn points_per_pan(&self) -> f32 {
        self.fit
    }

    /// From pixel-edge coordinates, in which the image spans 0 to its width, as boxes have them.
    pub fn screen_from_edge(&self, x: f32, y: f32) -> Pos2 {
        self.center + (vec2(x, y) - self.size / 2.0) * self.spacing * self.points_per_mm
    }

    /// From DICOM pixel coordinates, in which pixel centres are integers.
    pub fn screen_from_pixel(&self, column: f64, row: f64) -> Pos2 {
        self.screen_from_edge(column as f32 + 0.5, row as f32 + 0.5)
    }

    /// The whole image.
    pub fn image_rect(&self) -> Rect {
        Rect::from_min_max(self.screen_from_edge(0.0, 0.0), self.screen_from_edge(self.size.x, self.size.y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_that_are_not_square_keep_their_proportions() {
        let mut slice = Slice::new(100, 50, vec![0.0; 5000]).unwrap();
        // Rows 2 mm apart, columns 0.5 mm: 50 mm wide, 100 mm high.
        slice.pixel_spacing = Some([2.0, 0.5]);
        let rect = Rect::from_min_size(Pos2::new(10.0, 20.0), vec2(300.0, 200.0));
        let transform = Transform::new(rect, &slice, &Pane::default());
        let image = transform.image_rect();
        assert!((image.width() - 100.0).abs() < 1e-3 && (image.height() - 200.0).abs() < 1e-3, "{image:?}");
        assert_eq!(image.center(), rect.center());
        // The centre of the first pixel lies half a pixel inside the image's corner.
        let first = transform.screen_from_pixel(0.0, 0.0) - image.min;
        assert!((first - vec2(0.5, 2.0)).length() < 1e-3, "{first:?}");
    }

    #[test]
    fn a_larger_window_shows_the_same_part_of_the_image() {
        let slice = Slice::new(100, 100, vec![0.0; 10_000]).unwrap();
        let pane = Pane { zoom: 3.0, pan: vec2(20.0, -10.0), ..Pane::default() };
        let at = |side: f32| {
            let rect = Rect::from_min_size(Pos2::ZERO, vec2(side, side));
            (Transform::new(rect, &slice, &pane).screen_from_edge(40.0, 60.0) - rect.center()) / side
        };
        assert!((at(200.0) - at(700.0)).length() < 1e-4);
    }
}
