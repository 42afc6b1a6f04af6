//! The RSNA 2024 submission of reports: with the reader's decisions, or without.

use super::{Report, Row};
use crate::{
    grading::{Prior, Probabilities, Severity},
    output::csv::{row_id, write},
    review::Decision,
};

/// 25 rows for each report; with the reader's severity as near to 1 as any number here is, where there is one
/// and it is asked for. The form has no word for "not assessable": such rows keep the program's numbers.
pub fn report_bytes(reports: &[Report], is_reviewed: bool) -> Vec<u8> {
    let prior = Prior::default();
    let numbers = |row: &Row| {
        let decided = row.review.decision.and_then(Decision::severity).filter(|_| is_reviewed);
        decided.and_then(certain).or_else(|| row.grade.probabilities()).unwrap_or_else(|| prior.of(row.id))
    };
    write(reports.iter().flat_map(|report| {
        let study = report.uid(&report.study.uid);
        report.rows().into_iter().map(|row| (row_id(&study, row.id), numbers(&row))).collect::<Vec<_>>()
    }))
}

fn certain(severity: Severity) -> Option<Probabilities> {
    let mut scores = [0.0; 3];
    scores[severity.index()] = 1.0;
    Probabilities::normalized(scores).ok()
}
