//! Colours on white paper. A severity is told by its word as well, so that a grey printer and every eye can read it.

use super::text::Ink;
use crate::grading::Severity;

pub const TEXT: Ink = [20, 24, 30];
pub const WEAK: Ink = [92, 100, 112];
pub const EDGE: Ink = [176, 184, 194];
pub const RULE: Ink = [60, 68, 80];
pub const WARNING: Ink = [150, 40, 10];
pub const WARNING_GROUND: Ink = [255, 240, 228];
pub const PLAIN_GROUND: Ink = [255, 255, 255];
pub const EMPTY_GROUND: Ink = [238, 240, 243];
pub const READER: Ink = [22, 84, 160];
/// On the images.
pub const LINE: Ink = [110, 200, 255];
pub const MARK: Ink = [255, 235, 90];
pub const LETTER: Ink = [255, 214, 120];

/// The ground of a cell.
pub const fn ground(severity: Severity) -> Ink {
    match severity {
        Severity::NormalMild => [222, 244, 235],
        Severity::Moderate => [255, 228, 160],
        Severity::Severe => [255, 176, 144],
    }
}

/// A box on an image, as in the window.
pub const fn on_image(severity: Option<Severity>) -> Ink {
    match severity {
        Some(Severity::NormalMild) => [60, 190, 150],
        Some(Severity::Moderate) => [240, 178, 40],
        Some(Severity::Severe) => [255, 106, 61],
        None => [230, 230, 230],
    }
}
