//! The results for one submission.

use std::{fmt::Write as _, path::PathBuf};

use serde::Serialize;

use crate::metric::{GroupScore, Interval, Reliability, Resamples, ScoredRow};

/// A submission with all its results.
pub struct Scored {
    pub name: String,
    pub file: PathBuf,
    pub rows: Vec<ScoredRow>,
    pub resamples: Option<Resamples>,
    pub report: Report,
}

#[derive(Serialize)]
pub struct Report {
    /// Lower is better.
    pub score: f64,
    /// The same rows, predicted by the contest's prevalence.
    pub prior_score: f64,
    /// What the contest's own metric gives: each row divided by its sum, "any severe" from the column as submitted.
    pub score_of_rows_divided_by_sum: f64,
    /// Rows whose sum is not 1.
    pub rows_not_summing_to_1: usize,
    pub studies: usize,
    pub rows: usize,
    pub groups: Vec<GroupReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<BootstrapReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Vec<Reliability>>,
}

#[derive(Serialize)]
pub struct GroupReport {
    #[serde(flatten)]
    pub score: GroupScore,
    pub prior_log_loss: f64,
}

#[derive(Serialize)]
pub struct BootstrapReport {
    pub resamples: usize,
    pub seed: u64,
    /// Always `study`.
    pub unit: &'static str,
    /// Always `percentile`, from 2.5 to 97.5 %.
    pub method: &'static str,
    /// The four parts, then the score.
    pub parts: Vec<PartReport>,
}

#[derive(Serialize)]
pub struct PartReport {
    pub part: &'static str,
    pub interval: Option<Interval>,
    /// Resamples in which the part has no labelled row: left out of the interval.
    pub undefined_in: usize,
}

/// How the intervals were made, and what was left out.
pub fn about(bootstrap: &BootstrapReport) -> String {
    let mut text = format!(
        "intervals: {} resamples of studies, 2.5th to 97.5th percentile, seed {}\n",
        bootstrap.resamples, bootstrap.seed
    );
    for part in bootstrap.parts.iter().filter(|p| p.undefined_in > 0 && p.part != "score") {
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "{}: no labelled row in {} of the resamples; they are left out of its interval and of the score's",
            part.part, part.undefined_in
        );
    }
    text
}
