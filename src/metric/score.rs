//! The four parts of the score and their mean.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{MetricError, ScoredRow, divided_by_sum, log_loss, weight};
use crate::grading::{Condition, Severity};

/// A part of the score, in the contest's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Rows of spinal canal stenosis.
    Spinal,
    /// Rows of neural foraminal narrowing, left and right.
    Foraminal,
    /// Rows of subarticular stenosis, left and right.
    Subarticular,
    /// One row a study: whether any level's canal is severely narrow.
    AnySevereSpinal,
}

/// One of the four parts of a score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupScore {
    /// The rows that it is computed from.
    pub group: Group,
    /// How many rows count 1, 2 and 4.
    pub rows_by_weight: [usize; 3],
    /// Weighted log loss, natural logarithm; 0 is perfect.
    pub log_loss: f64,
}

/// A score with its parts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// The plain mean of the four parts, 0 or more; lower is better.
    pub score: f64,
    /// In the order of [`Group::ALL`].
    pub groups: Vec<GroupScore>,
}

impl Group {
    /// The four parts in the contest's order.
    pub const ALL: [Self; 4] = [Self::Spinal, Self::Foraminal, Self::Subarticular, Self::AnySevereSpinal];

    /// As a reader writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Spinal => "spinal canal stenosis",
            Self::Foraminal => "neural foraminal narrowing",
            Self::Subarticular => "subarticular stenosis",
            Self::AnySevereSpinal => "any severe spinal",
        }
    }

    /// `spinal`, `foraminal`, `subarticular` or `any_severe_spinal`, as in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Spinal => "spinal",
            Self::Foraminal => "foraminal",
            Self::Subarticular => "subarticular",
            Self::AnySevereSpinal => "any_severe_spinal",
        }
    }

    const fn condition(self) -> Condition {
        match self {
            Self::Spinal | Self::AnySevereSpinal => Condition::SpinalCanalStenosis,
            Self::Foraminal => Condition::NeuralForaminalNarrowing,
            Self::Subarticular => Condition::SubarticularStenosis,
        }
    }
}

/// The contest's score of rows of [`match_rows`](super::match_rows), as they stand; lower is better.
///
/// ```
/// use foramen::{
///     grading::{GradeId, Severity},
///     metric::{Solution, Studies, Submission, match_rows, score},
/// };
///
/// // One study, normal everywhere, and a submission that gives each row 0.8 of normal/mild.
/// let dir = tempfile::tempdir()?;
/// let (labels, predictions) = (dir.path().join("train.csv"), dir.path().join("submission.csv"));
/// let columns: Vec<String> = GradeId::ALL.iter().map(GradeId::to_string).collect();
/// std::fs::write(&labels, format!("study_id,{}\n7,{}\n", columns.join(","), ["Normal/Mild"; 25].join(",")))?;
/// let rows: String = GradeId::ALL.iter().map(|id| format!("{},0.8,0.1,0.1\n", id.row_id("7"))).collect();
/// std::fs::write(&predictions, format!("row_id,normal_mild,moderate,severe\n{rows}"))?;
///
/// let solution = Solution::read(&labels)?;
/// assert_eq!(solution.study("7").unwrap()[0], Some(Severity::NormalMild));
/// let submission = Submission::read(&predictions, |study| solution.study(study).is_some())?;
/// let rows = match_rows(&solution, &submission, Studies::All)?;
///
/// // Three parts of -ln 0.8, and "any severe spinal", to which 0.1 was given, -ln 0.9.
/// let score = score(&rows)?;
/// let expected = (3.0 * -0.8_f64.ln() - 0.9_f64.ln()) / 4.0;
/// assert!((score.score - expected).abs() < 1e-12);
/// for part in &score.groups {
///     println!("{}: {:.4}", part.group.label(), part.log_loss);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// A part of the score has no labelled row.
pub fn score(rows: &[ScoredRow]) -> Result<Score, MetricError> {
    score_from(|_| rows)
}

/// The score that the contest gave for rows that do not sum to 1. Its metric handed three columns to scikit-learn's
/// `log_loss`, which before 1.5 divided each row by its sum, and took "any severe" from the severe column as it was
/// submitted: a binary loss has one column, and nothing to divide by.
///
/// # Errors
///
/// A part of the score has no labelled row.
pub fn score_as_contest(rows: &[ScoredRow]) -> Result<Score, MetricError> {
    let divided = divided_by_sum(rows);
    score_from(|group| if group == Group::AnySevereSpinal { rows } else { &divided })
}

/// Each part from the rows that are given for it.
fn score_from<'a>(rows_of: impl Fn(Group) -> &'a [ScoredRow]) -> Result<Score, MetricError> {
    let mut groups = Vec::with_capacity(4);
    for group in Group::ALL {
        let rows = rows_of(group);
        let of_group: Vec<&ScoredRow> = rows.iter().filter(|r| r.id.condition() == group.condition()).collect();
        if of_group.is_empty() {
            return Err(MetricError::NoLabels { group: group.label() });
        }
        let pairs = counted(group, &of_group);
        let count = |weight: f64| pairs.iter().filter(|(_, w)| w.total_cmp(&weight).is_eq()).count();
        let rows_by_weight = [Severity::NormalMild, Severity::Moderate, Severity::Severe].map(|s| count(weight(s)));
        groups.push(GroupScore { group, rows_by_weight, log_loss: log_loss(pairs.iter().copied()) });
    }
    let score = groups.iter().map(|g| g.log_loss).sum::<f64>() / groups.len() as f64;
    Ok(Score { score, groups })
}

/// What counts in a part: of each row, or of each study for "any severe", the probability given to the truth, and
/// the weight. Rows of other parts are left out.
pub(super) fn counted(group: Group, rows: &[&ScoredRow]) -> Vec<(f64, f64)> {
    let of_group: Vec<&ScoredRow> =
        rows.iter().copied().filter(|row| row.id.condition() == group.condition()).collect();
    match group {
        Group::AnySevereSpinal => any_severe(&of_group),
        _ => of_group.iter().map(|r| (r.predicted[r.truth.index()], weight(r.truth))).collect(),
    }
}

/// For each study the probability given to the truth of "any level is severe", and the study's weight.
fn any_severe(rows: &[&ScoredRow]) -> Vec<(f64, f64)> {
    let mut studies: BTreeMap<&str, (bool, f64, f64)> = BTreeMap::new();
    for row in rows {
        let (any, predicted, most) = studies.entry(&row.study).or_insert((false, 0.0, 0.0));
        *any |= row.truth == Severity::Severe;
        *predicted = predicted.max(row.predicted[Severity::Severe.index()]);
        *most = most.max(weight(row.truth));
    }
    studies.into_values().map(|(any, p, weight)| (if any { p } else { 1.0 - p }, weight)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        grading::{GradeId, Prior},
        metric::{divided_by_sum, prior_alone},
    };
    use proptest::prelude::*;

    fn row(study: usize, id: usize, truth: usize, predicted: [f64; 3]) -> ScoredRow {
        ScoredRow { study: study.to_string(), id: GradeId::ALL[id], truth: Severity::ALL[truth], predicted }
    }

    /// Two studies of 25 rows with any labels and predictions.
    fn rows() -> impl Strategy<Value = Vec<ScoredRow>> {
        let one = (0usize..3, prop::array::uniform3(0.01f64..1.0));
        prop::collection::vec(one, 50).prop_map(|all| {
            let rows = all.into_iter().enumerate().map(|(i, (truth, p))| row(i / 25, i % 25, truth, p));
            divided_by_sum(&rows.collect::<Vec<_>>())
        })
    }

    #[test]
    fn a_part_without_labels_is_refused_by_name() {
        let message = score(&[row(1, 20, 0, [1.0, 0.0, 0.0])]).unwrap_err().to_string();
        assert!(message.contains("neural foraminal narrowing"), "{message}");
    }

    #[test]
    fn any_severe_takes_the_worst_label_and_the_boldest_prediction_of_a_study() {
        let rows = [
            row(1, 20, 0, [0.9, 0.0, 0.1]),
            row(1, 21, 2, [0.5, 0.3, 0.2]),
            row(1, 22, 1, [0.2, 0.2, 0.6]),
            row(2, 20, 1, [0.3, 0.4, 0.3]),
        ];
        let pairs = any_severe(&rows.iter().collect::<Vec<_>>());
        assert_eq!(pairs, [(0.6, 4.0), (0.7, 2.0)]);
    }

    /// Two studies, rows that do not sum to 1. The figures are those of the contest's metric (its pandas code, with
    /// scikit-learn 1.2.2's `log_loss` written out in numpy), which takes "any severe" from the column as submitted.
    #[test]
    fn rows_that_do_not_sum_to_1_score_as_in_the_contest() {
        let prediction = |study: usize, id: usize| {
            let part = |k: usize| ((study * 31 + id * 7 + k * 13) % 17 + 1) as f64 / 20.0;
            [part(0), part(1), part(2)]
        };
        let rows: Vec<ScoredRow> = (1..=2)
            .flat_map(|study| (0..25).map(move |id| row(study, id, (study + id) % 3, prediction(study, id))))
            .collect();
        let contest = score_as_contest(&rows).unwrap();
        let expected = CONTEST_PARTS;
        for (group, expected) in contest.groups.iter().zip(expected) {
            assert!((group.log_loss - expected).abs() < 1e-9, "{:?}: {}", group.group, group.log_loss);
        }
        assert!((contest.score - expected.iter().sum::<f64>() / 4.0).abs() < 1e-9);
        // Dividing before the maximum is taken is another number, and was ours.
        let divided = score(&divided_by_sum(&rows)).unwrap();
        assert!((divided.groups[3].log_loss - contest.groups[3].log_loss).abs() > 0.01);
    }

    const CONTEST_PARTS: [f64; 4] =
        [1.267_092_792_918_098_4, 1.420_019_785_550_742, 1.228_568_891_163_840_4, 0.287_682_072_451_780_9];

    proptest! {
        #[test]
        fn the_order_of_rows_does_not_matter((rows, shuffled) in rows().prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle()))) {
            let (a, b) = (score(&rows).unwrap(), score(&shuffled).unwrap());
            prop_assert!((a.score - b.score).abs() < 1e-12);
            prop_assert_eq!(a.groups.iter().map(|g| g.rows_by_weight).collect::<Vec<_>>(),
                b.groups.iter().map(|g| g.rows_by_weight).collect::<Vec<_>>());
        }

        #[test]
        fn the_truth_scores_0_and_certain_error_36(rows in rows()) {
            let certain = |shift: usize| -> Vec<ScoredRow> {
                let sure = |r: &ScoredRow| {
                    let mut predicted = [0.0; 3];
                    predicted[(r.truth.index() + shift) % 3] = 1.0;
                    ScoredRow { predicted, ..r.clone() }
                };
                rows.iter().map(sure).collect()
            };
            prop_assert!(score(&certain(0)).unwrap().score < 1e-12);
            let wrong = score(&certain(1)).unwrap();
            prop_assert!(wrong.groups[..3].iter().all(|g| (g.log_loss - 36.043_653_389_117_15).abs() < 1e-9));
        }

        #[test]
        fn rows_that_sum_to_1_are_left_alone_and_the_prior_does_not_see_predictions(rows in rows()) {
            let (plain, again) = (score(&rows).unwrap(), score(&divided_by_sum(&rows)).unwrap());
            prop_assert!((plain.score - again.score).abs() < 1e-12);
            prop_assert!((plain.score - score_as_contest(&rows).unwrap().score).abs() < 1e-12);
            let prior = Prior::default();
            let from_prior = prior_alone(&rows, &prior);
            prop_assert!(from_prior.iter().all(|r| (r.predicted.iter().sum::<f64>() - 1.0).abs() < 1e-12));
            prop_assert_eq!(prior_alone(&from_prior, &prior), from_prior);
        }
    }
}
