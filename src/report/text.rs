//! The report as plain text, for the clipboard and for systems that accept nothing else.

use super::Report;
use crate::review::{Decision, Statement};

/// The whole report. Lines end with a line feed.
pub fn text(report: &Report) -> String {
    let mut lines = Vec::new();
    lines.extend(report.banner());
    lines.push(String::new());
    lines.extend(head(report));
    lines.push(String::new());
    lines.push("IMPRESSION".to_owned());
    lines.extend(report.sentences().into_iter().map(|(level, sentence)| format!("{}: {sentence}", level.label())));
    lines.push(report.conclusion());
    if !report.remark().is_empty() {
        lines.extend([String::new(), "COMMENT".to_owned(), report.remark().to_owned()]);
    }
    lines.extend([String::new(), "GRADES".to_owned()]);
    lines.extend(report.rows().iter().map(row));
    lines.extend([String::new(), "PROVENANCE".to_owned()]);
    lines.extend(report.provenance_lines());
    lines.extend(report.graded.warnings.iter().map(|warning| format!("Warning: {warning}")));
    lines.join("\n") + "\n"
}

fn head(report: &Report) -> Vec<String> {
    let patient = report.patient();
    let (date, uid) = (report.study_date(), report.uid(&report.study.uid));
    let fields = [
        ("Patient", patient.name.as_str()),
        ("ID", &patient.id),
        ("Born", &patient.birth_date),
        ("Sex", &patient.sex),
        ("Study date", date),
        ("Study", report.description()),
        ("Study UID", &uid),
    ];
    let known = fields.iter().filter(|(_, value)| !value.is_empty());
    known.map(|(name, value)| format!("{name}: {}", value.replace(['\r', '\n'], " "))).collect()
}

fn row(row: &super::Row) -> String {
    let said = match (&row.statement, row.review.decision) {
        (Statement::NotAssessed { reason }, _) => format!("not assessed: {reason}"),
        (_, Some(Decision::Accepted(severity))) => format!("{} (accepted by the reader)", severity.label()),
        (_, Some(Decision::Changed(severity))) => {
            format!("{} (by the reader; the program: {})", severity.label(), Statement::of_model(row.grade).label())
        }
        (said, _) => said.label().to_owned(),
    };
    let moved = row.grade.moved().map(|percent| format!(" (moved {percent} to what is usual for the level)"));
    let scores = match row.grade.probabilities().filter(|_| !row.grade.evidence().is_empty()) {
        Some(p) => {
            let [a, b, c] = p.as_array();
            let key = row.grade.key_score().filter(|_| row.grade.is_weak());
            let weak = key.map_or_else(String::new, |score| format!("; weak: best box {score:.2}"));
            format!("; scores normal/mild {a:.2}, moderate {b:.2}, severe {c:.2}{}{weak}", moved.unwrap_or_default())
        }
        None => String::new(),
    };
    let comment = if row.comment.is_empty() { String::new() } else { format!("; comment: {}", row.comment) };
    format!("{}: {said}{scores}{comment}", row.id.label())
}
