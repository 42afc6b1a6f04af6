//! The colours of what is drawn over images: the same on screen, in secondary captures and in the PDF.

use crate::grading::Severity;

/// Red, green, blue, 0 to 255.
pub type Rgb = [u8; 3];

/// Measurements and notes.
pub const MARK: Rgb = [130, 235, 120];
/// Orientation letters.
pub const LETTERS: Rgb = [255, 214, 130];
/// Where another image crosses this one.
pub const LINE: Rgb = [120, 200, 255];
/// A box without a severity.
pub const UNGRADED: Rgb = [210, 210, 220];

/// A box of a severity.
pub const fn severity(severity: Severity) -> Rgb {
    match severity {
        Severity::NormalMild => [60, 190, 150],
        Severity::Moderate => [240, 178, 40],
        Severity::Severe => [255, 106, 61],
    }
}

/// A box, with a severity or without.
pub const fn graded(of: Option<Severity>) -> Rgb {
    match of {
        Some(of) => severity(of),
        None => UNGRADED,
    }
}
