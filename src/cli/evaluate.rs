//! `foramen evaluate`: the score of the RSNA 2024 contest.

use std::{collections::BTreeSet, fmt::Write as _, path::PathBuf};

use serde::Serialize;

use super::exit::{Exit, Failure, Outcome, print};
use crate::{
    grading::Prior,
    metric::{self, GroupScore, MetricError, Score, ScoredRow, Solution, Studies, Submission},
};

/// Rows whose sum is farther from 1 than 32-bit rounding explains are worth a word.
const SUM_TOLERANCE: f64 = 1e-5;

/// Score a submission against labels: the weighted log loss of RSNA 2024
///
/// The score is the mean of four log losses: spinal, foraminal and subarticular rows, and whether any level's
/// canal is severe, one row a study. Normal/mild counts 1, moderate 2, severe 4. Lower is better; 0 is
/// perfect. Cells without a label are not scored. Beside it stands the score of the contest's prevalence alone,
/// on the same rows: what a submission must beat to have seen anything.
///
/// Every labelled row of every study of the solution must be in the submission, as in the contest. With
/// --studies-of-submission only the studies that the submission names count; each of those must be complete.
///
/// Numbers agree with scikit-learn's `log_loss` (1.5 and later), which takes rows as they stand. Where rows do not
/// sum to 1, the score with each row divided by its sum, as the contest's own scikit-learn did, is given too.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Labels: the contest's `train.csv` (`study_id` and 25 columns of Normal/Mild, Moderate, Severe or nothing)
    #[arg(long, value_name = "FILE")]
    solution: PathBuf,
    /// Predictions: `row_id,normal_mild,moderate,severe`, as `foramen grade` writes them
    #[arg(long, value_name = "FILE")]
    submission: PathBuf,
    /// Score only the studies of which the submission has a row, instead of all studies of the solution
    #[arg(long)]
    studies_of_submission: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    /// Lower is better.
    score: f64,
    /// The same rows, predicted by the contest's prevalence.
    prior_score: f64,
    /// The score with each row divided by its sum.
    score_of_rows_divided_by_sum: f64,
    /// Rows whose sum is not 1.
    rows_not_summing_to_1: usize,
    studies: usize,
    rows: usize,
    groups: Vec<GroupReport>,
}

#[derive(Serialize)]
struct GroupReport {
    #[serde(flatten)]
    score: GroupScore,
    prior_log_loss: f64,
}

pub fn run(args: &Args) -> Outcome {
    let report = evaluate(args).map_err(|error| Failure::new(Exit::Input, error))?;
    if report.rows_not_summing_to_1 > 0 {
        eprintln!(
            "foramen: {}: {} of {} rows do not sum to 1: the score means little; with each divided by its sum it is {:.6}",
            args.submission.display(),
            report.rows_not_summing_to_1,
            report.rows,
            report.score_of_rows_divided_by_sum
        );
    }
    let text = if args.json {
        serde_json::to_string_pretty(&report).map_err(|e| Failure::new(Exit::Error, e))? + "\n"
    } else {
        human(&report)
    };
    print(text.as_bytes())?;
    Ok(Exit::Ok)
}

fn evaluate(args: &Args) -> Result<Report, MetricError> {
    let solution = Solution::read(&args.solution)?;
    let submission = Submission::read(&args.submission, |study| solution.study(study).is_some())?;
    let studies = if args.studies_of_submission { Studies::OfSubmission } else { Studies::All };
    let rows = metric::match_rows(&solution, &submission, studies)?;
    let score = metric::score(&rows)?;
    let divided = metric::score(&metric::divided_by_sum(&rows))?;
    let prior = metric::score(&metric::prior_alone(&rows, &Prior::default()))?;
    Ok(report(&rows, score, &divided, prior))
}

fn report(rows: &[ScoredRow], score: Score, divided: &Score, prior: Score) -> Report {
    let is_off = |row: &&ScoredRow| (row.predicted.iter().sum::<f64>() - 1.0).abs() > SUM_TOLERANCE;
    let groups = score.groups.into_iter().zip(prior.groups);
    Report {
        score: score.score,
        prior_score: prior.score,
        score_of_rows_divided_by_sum: divided.score,
        rows_not_summing_to_1: rows.iter().filter(is_off).count(),
        studies: rows.iter().map(|r| r.study.as_str()).collect::<BTreeSet<_>>().len(),
        rows: rows.len(),
        groups: groups.map(|(score, prior)| GroupReport { score, prior_log_loss: prior.log_loss }).collect(),
    }
}

fn human(report: &Report) -> String {
    let mut text = format!("labelled rows: {}, studies: {}\n\n", report.rows, report.studies);
    // Writing to a String does not fail.
    let _ = writeln!(
        text,
        "{:<28}{:>14}{:>13}{:>11}{:>11}{:>13}",
        "", "normal/mild x1", "moderate x2", "severe x4", "log loss", "prior alone"
    );
    for GroupReport { score, prior_log_loss } in &report.groups {
        let [normal, moderate, severe] = score.rows_by_weight;
        let _ = writeln!(
            text,
            "{:<28}{normal:>14}{moderate:>13}{severe:>11}{:>11.4}{prior_log_loss:>13.4}",
            score.group.label(),
            score.log_loss
        );
    }
    let _ = writeln!(text, "{:<66}{:>11.4}{:>13.4}", "score (mean of the four)", report.score, report.prior_score);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grading::{GradeId, Severity};

    #[test]
    fn the_table_holds_each_part_its_rows_and_the_prior_beside_it() {
        let row = |id: GradeId| {
            let truth = Severity::ALL[id.index() % 3];
            let mut predicted = [0.25; 3];
            predicted[truth.index()] = 0.5;
            ScoredRow { study: "7".into(), id, truth, predicted }
        };
        let rows: Vec<ScoredRow> = GradeId::ALL.into_iter().map(row).collect();
        let score = |rows: &[ScoredRow]| metric::score(rows).unwrap();
        let prior = metric::prior_alone(&rows, &Prior::default());
        let text = human(&report(&rows, score(&rows), &score(&rows), score(&prior)));
        let lines: Vec<Vec<&str>> = text.lines().map(|l| l.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["labelled", "rows:", "25,", "studies:", "1"]);
        assert!(lines[3].starts_with(&["spinal", "canal", "stenosis", "2", "1", "2", "0.6931"]), "{text}");
        assert!(lines[4].starts_with(&["neural", "foraminal", "narrowing", "3", "4", "3", "0.6931"]), "{text}");
        // One study, severe at some level, predicted 0.5: weight 4.
        assert!(lines[6].starts_with(&["any", "severe", "spinal", "0", "0", "1", "0.6931"]), "{text}");
        assert!(lines[7].ends_with(&["0.6931", &format!("{:.4}", score(&prior).score)]), "{text}");
    }
}
