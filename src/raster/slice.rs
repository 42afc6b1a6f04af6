//! One decoded frame.

use super::Window;
use crate::geometry::ImagePlane;

/// One decoded frame: modality values (after rescale), where it lies, and how its file wants it shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    columns: u32,
    rows: u32,
    values: Vec<f32>,
    /// Where the slice lies in the patient, if the file says so.
    pub plane: Option<ImagePlane>,
    /// mm between rows and between columns, if known (also without a plane).
    pub pixel_spacing: Option<[f64; 2]>,
    /// VOI window of the file, the first where it gives several.
    pub window: Option<Window>,
    /// MONOCHROME1: low values are shown bright.
    pub inverted: bool,
}

impl Slice {
    /// `None` unless there are exactly `columns` × `rows` values and at least one.
    pub fn new(columns: u32, rows: u32, values: Vec<f32>) -> Option<Self> {
        let expected = (columns as usize).checked_mul(rows as usize)?;
        (expected > 0 && values.len() == expected).then_some(Self {
            columns,
            rows,
            values,
            plane: None,
            pixel_spacing: None,
            window: None,
            inverted: false,
        })
    }

    /// Width in pixels.
    pub const fn columns(&self) -> u32 {
        self.columns
    }

    /// Height in pixels.
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// Modality values, row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The value at a pixel.
    pub fn value(&self, column: u32, row: u32) -> Option<f32> {
        (column < self.columns)
            .then(|| self.values.get(row as usize * self.columns as usize + column as usize).copied())?
    }

    /// Bytes that the values take in memory.
    pub fn byte_len(&self) -> usize {
        self.values.len() * size_of::<f32>()
    }
}
