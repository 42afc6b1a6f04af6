//! A grading as files for other programs: the submission, JSON, a sample submission with every row filled. What a person
//! said of it is in `report`.

pub mod csv;
pub mod json;
mod sample;
mod tally;

pub use csv::csv_bytes;
pub use json::{About, json_bytes, json_bytes_of};
pub use sample::{FilledStudy, Filling, Known, Sample, SampleError, Scores as SampleScores};
pub use tally::Tally;
