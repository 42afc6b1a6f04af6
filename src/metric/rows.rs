//! Labels and predictions side by side.

use super::{MetricError, Solution, Submission};
use crate::grading::{GradeId, Prior, Severity};

/// A row that counts: it has a label and a prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredRow {
    /// `study_id`.
    pub study: String,
    /// Condition and level.
    pub id: GradeId,
    /// The label.
    pub truth: Severity,
    /// Predicted for each severity, as it stands in the submission.
    pub predicted: [f64; 3],
}

/// Which studies must be complete and are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Studies {
    /// All of the solution, as in the contest.
    All,
    /// Those of which the submission has at least one row.
    OfSubmission,
}

/// The labelled rows of `studies`, in order of study and grade. Each must have been predicted.
pub fn match_rows(
    solution: &Solution,
    submission: &Submission,
    studies: Studies,
) -> Result<Vec<ScoredRow>, MetricError> {
    let (mut rows, mut missing) = (Vec::new(), Vec::new());
    for (study, labels) in solution.studies() {
        let predicted = submission.study(study);
        if predicted.is_none() && studies == Studies::OfSubmission {
            continue;
        }
        for id in GradeId::ALL {
            let Some(truth) = labels[id.index()] else { continue };
            match predicted.and_then(|row| row[id.index()]) {
                Some(predicted) => rows.push(ScoredRow { study: study.to_owned(), id, truth, predicted }),
                None => missing.push(id.row_id(study)),
            }
        }
    }
    match missing.first() {
        None => Ok(rows),
        Some(first) => Err(MetricError::Missing {
            file: submission.file().to_owned(),
            count: missing.len(),
            first: first.clone(),
            studies: match studies {
                Studies::All => {
                    "all studies of the solution (or use --studies-of-submission to score only those it names)"
                }
                Studies::OfSubmission => "each study that it names",
            },
        }),
    }
}

/// The same rows, each predicted by how common the severities are and nothing else.
pub fn prior_alone(rows: &[ScoredRow], prior: &Prior) -> Vec<ScoredRow> {
    let predicted = |row: &ScoredRow| prior.of(row.id).as_array().map(f64::from);
    let rows: Vec<ScoredRow> = rows.iter().map(|row| ScoredRow { predicted: predicted(row), ..row.clone() }).collect();
    divided_by_sum(&rows)
}

/// The same rows as scikit-learn before 1.5 took them, the contest's among those: clipped, then divided by their sum.
pub fn divided_by_sum(rows: &[ScoredRow]) -> Vec<ScoredRow> {
    let divided = |row: &ScoredRow| {
        let clipped = row.predicted.map(|p| p.clamp(f64::EPSILON, 1.0 - f64::EPSILON));
        let sum: f64 = clipped.iter().sum();
        ScoredRow { predicted: clipped.map(|p| p / sum), ..row.clone() }
    };
    rows.iter().map(divided).collect()
}
