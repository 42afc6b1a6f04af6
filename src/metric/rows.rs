//! Labels and predictions side by side.

use super::{MetricError, Solution, Submission};
use crate::grading::{GradeId, Prior, Severity};

/// A row that counts: it has a label and a prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredRow {
    /// `study_id` of labels and submission.
    pub study: String,
    /// Condition, side and level.
    pub id: GradeId,
    /// The severity by the labels.
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
///
/// # Errors
///
/// A labelled row of one of the `studies` has no prediction.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels for two studies, the second without its last; predictions for the studies and grades wanted.
    fn tables(predicted: impl Fn(&str, GradeId) -> bool) -> (Solution, Submission) {
        let dir = tempfile::tempdir().unwrap();
        let head = GradeId::ALL.map(|id| id.to_string()).join(",");
        let labels = format!("study_id,{head}\n1,{}\n2,{},\n", ["Severe"; 25].join(","), ["Moderate"; 24].join(","));
        let rows: String = ["1", "2"]
            .iter()
            .flat_map(|study| GradeId::ALL.map(|id| (study, id)))
            .filter(|(study, id)| predicted(study, *id))
            .map(|(study, id)| id.row_id(study) + ",0.5,0.3,0.2\n")
            .collect();
        let (solution, submission) = (dir.path().join("train.csv"), dir.path().join("sub.csv"));
        std::fs::write(&solution, labels).unwrap();
        std::fs::write(&submission, format!("row_id,normal_mild,moderate,severe\n{rows}")).unwrap();
        let solution = Solution::read(&solution).unwrap();
        let submission = Submission::read(&submission, |study| solution.study(study).is_some()).unwrap();
        (solution, submission)
    }

    #[test]
    fn a_cell_without_a_label_is_not_scored_whether_predicted_or_not() {
        let (solution, with) = tables(|_, _| true);
        let (_, without) = tables(|study, id| study == "1" || id != GradeId::ALL[24]);
        let rows = match_rows(&solution, &with, Studies::All).unwrap();
        assert_eq!(rows.len(), 49);
        assert_eq!(rows, match_rows(&solution, &without, Studies::All).unwrap());
    }

    #[test]
    fn a_study_may_be_left_out_only_when_asked_for_and_a_row_never() {
        let (solution, one) = tables(|study, _| study == "1");
        let message = match_rows(&solution, &one, Studies::All).unwrap_err().to_string();
        assert!(
            message.contains("24 labelled rows") && message.contains("2_left_neural_foraminal_narrowing_l1_l2"),
            "{message}"
        );
        assert!(message.contains("--studies-of-submission"), "{message}");
        assert_eq!(match_rows(&solution, &one, Studies::OfSubmission).unwrap().len(), 25);
        let (solution, holes) = tables(|study, id| study == "1" && id != GradeId::ALL[3]);
        let message = match_rows(&solution, &holes, Studies::OfSubmission).unwrap_err().to_string();
        assert!(message.contains(&GradeId::ALL[3].row_id("1")), "{message}");
    }
}
