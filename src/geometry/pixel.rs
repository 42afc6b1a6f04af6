//! The two ways to count pixels, as two types, and the one place where one becomes the other.

use serde::{Deserialize, Serialize};

/// A position on an image as DICOM counts (PS3.3 C.7.6.2.1.1): whole numbers are centres of pixels, so the first pixel
/// is (0, 0) and an image reaches from -0.5 to `columns` - 0.5.
///
/// ```
/// use foramen::geometry::{PixelCenter, PixelCorner};
///
/// // The middle of the first pixel, in both ways.
/// assert_eq!(PixelCorner::from(PixelCenter::new(0.0, 0.0)), PixelCorner::new(0.5, 0.5));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct PixelCenter {
    /// Columns to the right of the first one's centre.
    pub column: f64,
    /// Rows below the first one's centre.
    pub row: f64,
}

/// A position on an image as boxes, YOLO and screens count: whole numbers are corners of pixels, so an image reaches from
/// 0 to its width.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct PixelCorner {
    /// Pixels from the left edge of the image.
    pub x: f64,
    /// Pixels from its top edge.
    pub y: f64,
}

impl PixelCenter {
    /// From a column and a row.
    pub const fn new(column: f64, row: f64) -> Self {
        Self { column, row }
    }
}

impl PixelCorner {
    /// From the distances to the left and to the top edge.
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }
}

impl From<PixelCorner> for PixelCenter {
    fn from(PixelCorner { x, y }: PixelCorner) -> Self {
        Self::new(x - 0.5, y - 0.5)
    }
}

impl From<PixelCenter> for PixelCorner {
    fn from(PixelCenter { column, row }: PixelCenter) -> Self {
        Self::new(column + 0.5, row + 0.5)
    }
}
