//! A graded and reviewed study as files: one format a file. All forms carry all 25 rows of a study, the ids of the study
//! that they came from, and their provenance.

pub mod csv;
pub mod dicom;
mod identity;
pub mod json;
mod key_image;
mod model;
mod picture;
mod provenance;

pub use csv::csv_bytes;
pub use identity::{DeidentifyKey, Identity};
pub use json::json_bytes;
pub use key_image::{KeyBox, KeyImage, KeyLine};
pub use model::{Report, ReportError, Row, RowRegion};
pub use provenance::{Provenance, ReviewStatus, SourceSeries};
