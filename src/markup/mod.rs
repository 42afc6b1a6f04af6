//! What a reader draws on images: lengths, angles, regions, probes, arrows, notes, and the images kept as key
//! images. What they measure, how they are changed and taken back, and the text in which they are stored.
//!
//! Nothing in here knows about files, DICOM or windows.

mod edit;
mod history;
mod mark;
mod measure;
mod point;
mod region;
mod shape;
mod store;
mod text;

pub use edit::Markup;
pub use mark::{Mark, MarkId};
pub use measure::{Measurement, Unit, measure};
pub use point::{Bounds, Point};
pub use region::Statistics;
pub use shape::Shape;
pub use store::{MARKUP_VERSION, MarkupError};
pub use text::lines;

#[cfg(test)]
mod strategies;
