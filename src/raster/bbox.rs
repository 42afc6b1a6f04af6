//! Axis-aligned boxes in pixels.

use crate::geometry::PixelCorner;
use serde::{Deserialize, Serialize};

/// A box in continuous pixel-edge coordinates as YOLO uses them: the image spans 0 to width,
/// the centre of pixel (0, 0) is at (0.5, 0.5).
///
/// ```
/// use foramen::{
///     geometry::{PixelCenter, PixelCorner},
///     raster::BBox,
/// };
///
/// let b = BBox::new(10.0, 20.0, 30.0, 60.0);
/// assert_eq!((b.width(), b.height(), b.area()), (20.0, 40.0, 800.0));
/// // DICOM counts from the centre of the first pixel, half a pixel further in.
/// assert_eq!(b.center(), PixelCorner::new(20.0, 40.0));
/// assert_eq!(PixelCenter::from(b.center()), PixelCenter::new(19.5, 39.5));
/// // Half of each lies in the other.
/// assert!((b.iou(&BBox::new(20.0, 20.0, 40.0, 60.0)) - 1.0 / 3.0).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BBox {
    /// Left edge, in columns from the image's left edge.
    pub x0: f32,
    /// Top edge, in rows from the image's top edge.
    pub y0: f32,
    /// Right edge, at least `x0` in a box that is not empty.
    pub x1: f32,
    /// Bottom edge, at least `y0` in a box that is not empty.
    pub y1: f32,
}

impl BBox {
    /// From left, top, right and bottom edge.
    pub const fn new(x0: f32, y0: f32, x1: f32, y1: f32) -> Self {
        Self { x0, y0, x1, y1 }
    }

    /// From centre and size, as YOLO has them.
    pub fn from_center(xc: f32, yc: f32, width: f32, height: f32) -> Self {
        Self::new(xc - width / 2.0, yc - height / 2.0, xc + width / 2.0, yc + height / 2.0)
    }

    /// Right edge minus left edge.
    pub fn width(&self) -> f32 {
        self.x1 - self.x0
    }

    /// Bottom edge minus top edge.
    pub fn height(&self) -> f32 {
        self.y1 - self.y0
    }

    /// The middle.
    pub fn center(&self) -> PixelCorner {
        PixelCorner::new(f32::midpoint(self.x0, self.x1).into(), f32::midpoint(self.y0, self.y1).into())
    }

    /// Area; 0 for a box turned inside out.
    pub fn area(&self) -> f32 {
        self.width().max(0.0) * self.height().max(0.0)
    }

    /// Intersection over union, 0 for empty boxes.
    pub fn iou(&self, other: &Self) -> f32 {
        let overlap =
            Self::new(self.x0.max(other.x0), self.y0.max(other.y0), self.x1.min(other.x1), self.y1.min(other.y1))
                .area();
        let union = self.area() + other.area() - overlap;
        if union > 0.0 { overlap / union } else { 0.0 }
    }

    /// Cut to an image of the given size.
    #[must_use]
    pub fn clipped(&self, width: f32, height: f32) -> Self {
        Self::new(
            self.x0.clamp(0.0, width),
            self.y0.clamp(0.0, height),
            self.x1.clamp(0.0, width),
            self.y1.clamp(0.0, height),
        )
    }

    /// Whether a point lies in the box, edges included.
    pub fn contains(&self, at: impl Into<PixelCorner>) -> bool {
        let at = at.into();
        (self.x0..=self.x1).contains(&(at.x as f32)) && (self.y0..=self.y1).contains(&(at.y as f32))
    }
}
