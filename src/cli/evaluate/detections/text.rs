//! Detections against labels, as text.

use std::fmt::{Display, Write as _};

use super::{ModelReport, Report, SHOWN};
use crate::{
    grading::{DetectionClass, Level, Severity, Side},
    metric::AveragePrecision,
};

/// Writing to a String does not fail.
macro_rules! line {
    ($text:expr, $($args:tt)*) => { let _ = writeln!($text, $($args)*); };
}

pub fn human(report: &Report) -> String {
    let fold = report.fold.map_or(String::new(), |fold| format!(", fold {fold}"));
    let mut text = format!(
        "{} ({}){fold}: {} images, {} labelled boxes\n",
        report.role,
        report.role.label(),
        report.images,
        report.labels
    );
    for model in &report.models {
        line!(text, "\n{} in {}: {} boxes score above {}", model.file, model.engine, model.boxes, report.score_floor);
        precision(&mut text, model);
        confusion(&mut text, model, report.labels);
    }
    text
}

fn precision(text: &mut String, model: &ModelReport) {
    line!(text, "{:<34}{:>8}{:>9}{:>11}", "mAP over classes with labels", "labels", "mAP50", "mAP50-95");
    let mut row = |name: &dyn Display, ap: &AveragePrecision, wanted: &dyn Fn(DetectionClass) -> bool| {
        if let Some((labels, ap50, ap50_95)) = ap.mean_of(wanted) {
            line!(text, "{name:<34}{labels:>8}{ap50:>9.4}{ap50_95:>11.4}");
        }
    };
    for ap in &model.average_precision {
        row(&ap.definition.label(), ap, &|_| true);
    }
    // The breakdowns use only the first definition: the other would differ in the same way as above.
    let Some(ap) = model.average_precision.first() else { return };
    for &severity in Severity::ALL {
        row(&format!("  {}", severity.label().to_lowercase()), ap, &|class| class.severity == severity);
    }
    for &level in Level::ALL {
        row(&format!("  {}", level.label()), ap, &|class| class.grade.level() == level);
    }
    line!(text, "(by severity and level: {})", ap.definition.label());
}

fn confusion(text: &mut String, model: &ModelReport, labels: usize) {
    let confusion = &model.confusion;
    line!(
        text,
        "\nWhat the highest-scoring box on each label says (score above {SHOWN}, IoU at least 0.5; {} of {labels} labels have one)",
        confusion.found()
    );
    let severities = Severity::ALL.iter().map(|s| s.label().to_lowercase()).collect::<Vec<_>>();
    line!(text, "{:<16}{:>13}{:>13}{:>13}{:>13}", "label", severities[0], severities[1], severities[2], "no box");
    for ((name, row), missed) in severities.iter().zip(confusion.severity).zip(confusion.missed) {
        line!(text, "{name:<16}{:>13}{:>13}{:>13}{missed:>13}", row[0], row[1], row[2]);
    }
    let [a, b, c] = confusion.false_boxes;
    line!(text, "{:<16}{a:>13}{b:>13}{c:>13}", "no label");
    line!(text, "");
    let head: String = Level::ALL.iter().map(|l| format!("{:>8}", l.label())).collect::<Vec<_>>().concat();
    line!(text, "{:<16}{head}", "level of label");
    for (level, row) in Level::ALL.iter().zip(confusion.level) {
        let cells: String = row.iter().map(|n| format!("{n:>8}")).collect::<Vec<_>>().concat();
        line!(text, "{:<16}{cells}", level.label());
    }
    if confusion.side.iter().flatten().sum::<usize>() > 0 {
        line!(text, "\n{:<16}{:>8}{:>8}", "side of label", Side::Left, Side::Right);
        for (side, row) in Side::ALL.iter().zip(confusion.side) {
            line!(text, "{side:<16}{:>8}{:>8}", row[0], row[1]);
        }
    }
}
