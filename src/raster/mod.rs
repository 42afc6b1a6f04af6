//! Pixels: one decoded slice, boxes on it, window/level, and how modality values become 0-255.

mod bbox;
mod image8;
mod slice;
mod standardize;
mod table;
mod turn;
mod window;

pub use bbox::BBox;
pub use image8::Image8;
pub use slice::Slice;
pub use standardize::{Standardize, ValueRange};
pub use table::VoiTable;
pub use window::{VoiFunction, Window};

/// What is said of an image that is one grey.
pub const BLANK: &str = "all its pixels have the same value: there is nothing to see";
