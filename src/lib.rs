//! Foramen reads lumbar-spine MRI, runs three detectors over it, shows what they found, and grades stenosis and
//! narrowing at the five lumbar levels.
//!
//! Data flow: [`study`] finds files and orders slices, [`raster`] holds pixels, [`detector`] draws boxes, [`grading`]
//! turns boxes into the 25 grades, [`pipeline`] runs it all, [`report`] writes it down. `ui` (feature `gui`) shows it.
//!
//! Research use only; not for diagnosis.

#![forbid(unsafe_code)]

pub mod batch;
pub mod cancel;
pub mod cli;
pub mod dataset;
pub mod detector;
pub mod files;
pub mod geometry;
pub mod grading;
pub mod growing;
pub mod ink;
pub mod library;
pub mod markup;
pub mod metric;
pub mod moment;
pub mod output;
pub mod panics;
pub mod phantom;
pub mod pipeline;
pub mod plain;
pub mod raster;
pub mod report;
pub mod review;
pub mod study;
pub mod training;
#[cfg(feature = "gui")]
pub mod ui;
pub mod uid;
#[cfg(feature = "gui")]
pub mod worker;

/// Shown wherever results are shown.
pub const RESEARCH_USE_ONLY: &str = "Research use only - not for diagnosis";
