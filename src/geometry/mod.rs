//! Millimetres: where pixels lie in the patient, how slices lie to one another,
//! and which way is left. DICOM patient space: +x patient's left, +y posterior, +z head.
//!
//! Nothing in here knows about DICOM files.

mod cross_reference;
mod orientation;
mod pixel;
mod plane;
mod stack;
mod turn;

pub use cross_reference::cross_reference_line;
pub use orientation::{PlaneKind, direction_letters};
pub use pixel::{PixelCenter, PixelCorner};
pub use plane::{ImagePlane, InvalidPlane};
pub use stack::{PARALLEL_TOLERANCE_DEG, SAME_PLACE_MM, SliceBlock, blocks, places, spacing_between};
pub use turn::Turn;

/// A point or direction in patient space, millimetres.
pub type Vec3 = glam::DVec3;
