//! The images that a report shows, with what is drawn on them.

use crate::{
    geometry::ImagePlane,
    grading::{GradeId, Severity, SliceId},
    markup::Mark,
    raster::BBox,
};

/// A box on a key image.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyBox {
    /// The row that it stands behind.
    pub id: GradeId,
    /// The severity that is stated of the row.
    pub severity: Option<Severity>,
    /// Where, in pixel edges.
    pub bbox: BBox,
    /// The reader drew it.
    pub by_reader: bool,
}

/// Where the slice of another key image cuts this one.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyLine {
    /// One end, (x, y) in pixel edges.
    pub from: (f32, f32),
    /// The other.
    pub to: (f32, f32),
    /// Which image it is.
    pub label: String,
}

/// An image of the report.
#[derive(Debug, Clone)]
pub struct KeyImage {
    /// Which slice.
    pub slice: SliceId,
    /// Index of its series in the study.
    pub series: usize,
    /// Index of the slice in the series.
    pub index: usize,
    /// Grey values through the window of the file, as the viewer shows them.
    pub pixels: image::GrayImage,
    /// mm between rows and between columns; 1 and 1 where unknown.
    pub pixel_spacing: [f64; 2],
    /// Where it lies, if known.
    pub plane: Option<ImagePlane>,
    /// Boxes of all rows that point at it.
    pub boxes: Vec<KeyBox>,
    /// Where the other key images cut it.
    pub lines: Vec<KeyLine>,
    /// Orientation letters: left, top, right, bottom.
    pub letters: [Option<char>; 4],
    /// What the reader drew on it.
    pub marks: Vec<Mark>,
    /// What the reader wrote to it; empty where the identity is removed.
    pub note: String,
    /// What it shows; never a name.
    pub caption: String,
}
