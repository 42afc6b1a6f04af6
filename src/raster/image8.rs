//! An 8-bit grey image: what detectors see.

/// 8-bit grey, row-major.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image8 {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Image8 {
    /// `None` unless there are exactly `width` × `height` pixels and at least one.
    pub fn new(width: u32, height: u32, pixels: Vec<u8>) -> Option<Self> {
        let expected = (width as usize).checked_mul(height as usize)?;
        (expected > 0 && pixels.len() == expected).then_some(Self { width, height, pixels })
    }

    /// Width in pixels, at least 1.
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels, at least 1.
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// Whether all pixels have one value.
    pub fn is_blank(&self) -> bool {
        self.pixels.iter().all(|value| Some(value) == self.pixels.first())
    }

    /// Columns × rows grey values, row-major.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }
}
