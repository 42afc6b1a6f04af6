//! Figures of merit: the score of the RSNA 2024 contest and how sure it is, calibration, boxes against labels,
//! and millimetres.
//!
//! [`Solution`] and [`Submission`] are read and checked apart, [`match_rows`] puts them side by side,
//! [`score`] is the weighted log loss. Numbers agree with scikit-learn's `log_loss` (1.5 and later) on the
//! same rows; where rows do not sum to 1, [`score_as_contest`] gives what the contest made of them.
//! [`mix`] finds how two predictions are best made into one. [`resample`] draws studies for intervals, [`reliability`] asks whether the probabilities hold.
//!
//! For boxes, [`judge`] matches an image's boxes with its labels, [`average_precision`] is mAP, [`Confusion`] what
//! was taken for what. [`localisation`] measures how far evidence lies from a grader's points.

mod average_precision;
mod bootstrap;
mod calibrate;
mod confusion;
mod error;
mod localisation;
mod log_loss;
mod matching;
mod mix;
mod quantile;
mod reliability;
mod rows;
mod score;
mod solution;
mod submission;

pub use average_precision::{AveragePrecision, ClassPrecision, Definition, average_precision};
pub use bootstrap::{Bootstrap, Comparison, Interval, Part, Resamples, resample};
pub use calibrate::{Fit, MIN_OF_SEVERITY, MIN_ROWS, MIN_STUDIES, PARTS, TooFewRows, calibrate};
pub use confusion::Confusion;
pub use error::MetricError;
pub use localisation::{LevelLocalisation, Localisation, LocatedLevel, LocatedRow, level_localisation, localisation};
pub use log_loss::{log_loss, weight};
pub use matching::{IOU_THRESHOLDS, JudgedBox, ScoredBox, judge};
pub use mix::{MixtureFit, mix};
pub use quantile::{Spread, quantile};
pub use reliability::{BINS, Bin, Curve, Reliability, reliability};
pub use rows::{ScoredRow, Studies, divided_by_sum, match_rows, prior_alone};
pub use score::{Group, GroupScore, Score, score, score_as_contest};
pub use solution::Solution;
pub use submission::Submission;
