//! A graded study as files: one format a file. Both forms carry all 25 rows of a study.

pub mod csv;
pub mod json;
mod pdf;

pub use csv::csv_bytes;
pub use json::json_bytes;
