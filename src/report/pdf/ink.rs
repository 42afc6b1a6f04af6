//! Colours on white paper; those over images are in [`crate::ink`]. A severity is also given as text, so that it can be
//! read on a grey printout and by colour-blind people.

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

/// The background of a cell.
pub const fn ground(severity: Severity) -> Ink {
    match severity {
        Severity::NormalMild => [222, 244, 235],
        Severity::Moderate => [255, 228, 160],
        Severity::Severe => [255, 176, 144],
    }
}
