//! Calibration as text.

use std::fmt::Write as _;

use crate::{
    grading::Severity,
    metric::{BINS, Reliability},
};

/// One line per condition.
pub fn human(all: &[Reliability]) -> String {
    let mut text = format!("calibration ({BINS} bins; every row counts once)\n");
    // Writing to a String does not fail.
    let _ = writeln!(
        text,
        "{:<28}{:>6}{:>9}{:>9}   error of {}",
        "",
        "rows",
        "error",
        "Brier",
        Severity::ALL.iter().map(|s| s.label().to_lowercase()).collect::<Vec<_>>().join(", ")
    );
    for one in all {
        let by_severity: Vec<String> = one.curves.iter().map(|c| format!("{:.4}", c.ece)).collect();
        let _ = writeln!(
            text,
            "{:<28}{:>6}{:>9.4}{:>9.4}   {}",
            one.condition.label().to_lowercase(),
            one.rows,
            one.ece,
            one.brier,
            by_severity.join(", ")
        );
    }
    text.push_str("error: expected calibration error, 0 is best; Brier: sum over the severities, 0 best, 2 worst\n");
    text
}
