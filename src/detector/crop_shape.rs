//! The size of the crops that the second stage looks at.

use crate::grading::GradeId;

/// How many grades a study has, each with crops of its own, in the order of [`GradeId::ALL`].
pub const CELLS: usize = GradeId::ALL.len();

/// The size of crops.
///
/// ```
/// use foramen::detector::CropShape;
///
/// assert_eq!(CropShape::default().pitch, 50.0 / 96.0);
/// assert!(CropShape { slices: 4, ..CropShape::default() }.check().is_err(), "no slice is in the middle of four");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CropShape {
    /// Pixels in width and in height.
    pub side: u32,
    /// mm from pixel to pixel.
    pub pitch: f64,
    /// Slices: the one through the place, and as many on either side.
    pub slices: usize,
}

impl Default for CropShape {
    /// A disc with its canal and both recesses fits into 50 mm; five slices of 4 mm hold a foramen.
    fn default() -> Self {
        Self { side: 96, pitch: 50.0 / 96.0, slices: 5 }
    }
}

impl CropShape {
    /// Width and height, mm.
    pub fn width_mm(&self) -> f64 {
        self.pitch * f64::from(self.side)
    }

    /// With more to choose from around it, for training: `margin` pixels on every side and `spare` slices at both ends.
    /// The same pixels as before are in its middle.
    #[must_use]
    pub const fn grown(&self, margin: u32, spare: usize) -> Self {
        Self { side: self.side + 2 * margin, slices: self.slices + 2 * spare, ..*self }
    }

    /// Whether the numbers make sense.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub fn check(&self) -> Result<(), String> {
        if !(16..=512).contains(&self.side) {
            return Err(format!("crops of {} pixels; 16 to 512 were expected", self.side));
        }
        if !(10.0..=200.0).contains(&self.width_mm()) {
            return Err(format!("crops of {} mm; 10 to 200 were expected", self.width_mm()));
        }
        if self.slices.is_multiple_of(2) || self.slices > 15 {
            return Err(format!("crops of {} slices; an odd number up to 15 was expected", self.slices));
        }
        Ok(())
    }
}
