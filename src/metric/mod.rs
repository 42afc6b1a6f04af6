//! The score of the RSNA 2024 contest, from its two tables: labels and predictions.
//!
//! [`Solution`] and [`Submission`] are read and checked apart, [`match_rows`] puts them side by side,
//! [`score`] is the weighted log loss. Numbers agree with scikit-learn's `log_loss` (1.5 and later) on the
//! same rows; where rows do not sum to 1, [`divided_by_sum`] gives what earlier versions made of them.

mod calibrate;
mod error;
mod log_loss;
mod rows;
mod score;
mod solution;
mod submission;

pub use calibrate::{Fit, MIN_OF_SEVERITY, MIN_ROWS, MIN_STUDIES, PARTS, TooFewRows, calibrate};
pub use error::MetricError;
pub use log_loss::{log_loss, weight};
pub use rows::{ScoredRow, Studies, divided_by_sum, match_rows, prior_alone};
pub use score::{Group, GroupScore, Score, score};
pub use solution::Solution;
pub use submission::Submission;
