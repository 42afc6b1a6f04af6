//! Foramen reads lumbar-spine MRI, runs three detectors over it, shows what they found, and grades stenosis and
//! narrowing at the five lumbar levels.
//!
//! Data flow: [`study`] finds files and orders slices, [`raster`] holds pixels, [`detector`] draws boxes, [`grading`]
//! turns boxes into the 25 grades, [`pipeline`] runs it all, [`report`] writes it down. `ui` (feature `gui`) shows it.
//!
//! Research use only; not for diagnosis.
//!
//! ```
//! use foramen::{
//!     cancel::Cancel,
//!     detector::ModelSet,
//!     output, phantom,
//!     pipeline::{self, GradeOptions},
//!     study,
//! };
//!
//! // `study::scan` reads folders, zips and DICOMDIRs; this study is computed.
//! let mut study = study::scan_memory(phantom::study_in_memory(phantom::DEMO_SEED)).studies.remove(0);
//! # study.series.iter_mut().for_each(|series| series.slices.truncate(2));
//! let (models, options) = (ModelSet::embedded()?, GradeOptions::default());
//! let graded = pipeline::grade(&study, &models, &options, &Cancel::default(), &|_event| ())?;
//! for row in graded.table.rows() {
//!     println!("{}: {:?}", row.id.label(), row.probabilities().map(|p| p.most_likely()));
//! }
//! let submission = output::csv_bytes(&[graded]);
//! # assert_eq!(submission.iter().filter(|byte| **byte == b'\n').count(), 26);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

#[cfg(feature = "network")]
pub mod archive;
pub mod batch;
pub mod cancel;
pub mod cli;
pub mod crops;
pub mod dataset;
pub mod detector;
pub mod files;
pub mod geometry;
pub mod grading;
pub mod growing;
pub(crate) mod ink;
pub mod library;
pub mod markup;
pub mod metric;
pub mod moment;
pub mod output;
pub(crate) mod panics;
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
pub(crate) mod worker;

/// Shown wherever results are shown.
pub const RESEARCH_USE_ONLY: &str = "Research use only - not for diagnosis";
