//! Charts as SVG, with text as text: for a paper, a model card, an issue.

mod confusion;
mod precision_recall;
mod reliability;

use std::path::Path;

use plotters::prelude::*;

use crate::{
    files::{WriteError, write_atomic},
    grading::{Role, Severity},
    metric::{AveragePrecision, Confusion, Reliability},
};

/// Dark grey for text and axes, light grey for the grid, on white.
const INK: RGBColor = RGBColor(40, 40, 40);
const GRID: RGBColor = RGBColor(225, 225, 225);
const FONT: &str = "sans-serif";

/// Okabe and Ito's blue, orange and vermilion, which colour-blind people can distinguish. Marks differ in shape too.
const fn colour(severity: Severity) -> RGBColor {
    match severity {
        Severity::NormalMild => RGBColor(0, 114, 178),
        Severity::Moderate => RGBColor(230, 159, 0),
        Severity::Severe => RGBColor(213, 94, 0),
    }
}

fn text(size: u32) -> TextStyle<'static> {
    (FONT, size).into_font().color(&INK)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
/// The error that plotters returns if it cannot draw; in memory it always can.
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// `reliability.svg`.
pub fn reliability(folder: &Path, prefix: Option<&str>, curves: &[Reliability]) -> Result<(), WriteError> {
    let width = 440 * curves.len().max(1) as u32;
    save(folder, prefix, "reliability", (width, 640), |area| reliability::draw(area, curves))
}

/// `precision-recall.svg` and `confusion.svg`.
pub fn detections(
    folder: &Path,
    prefix: Option<&str>,
    role: Role,
    precision: &[AveragePrecision],
    confusion: &Confusion,
) -> Result<(), WriteError> {
    if let Some(first) = precision.first() {
        save(folder, prefix, "precision-recall", (680, 560), |area| precision_recall::draw(area, role, first))?;
    }
    save(folder, prefix, "confusion", (1120, 560), |area| confusion::draw(area, role, confusion))
}

fn save(
    folder: &Path,
    prefix: Option<&str>,
    name: &str,
    size: (u32, u32),
    draw: impl FnOnce(&Area<'_>) -> Drawn,
) -> Result<(), WriteError> {
    // A name chosen by the user must not lead outside the folder.
    let tame = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let file = match prefix {
        Some(prefix) => format!("{}-{name}.svg", prefix.chars().map(tame).collect::<String>()),
        None => format!("{name}.svg"),
    };
    let path = folder.join(file);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        let drawn = area.fill(&WHITE).map_err(Into::into).and_then(|()| draw(&area));
        let drawn = drawn.and_then(|()| area.present().map_err(Into::into));
        drawn.map_err(|e| WriteError { path: path.clone(), source: std::io::Error::other(e.to_string()) })?;
    }
    write_atomic(&path, svg.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{grading::GradeId, metric};

    #[test]
    fn text_stays_text_and_a_name_stays_in_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let row = |id: GradeId| metric::ScoredRow {
            study: "1".into(),
            id,
            truth: Severity::ALL[id.index() % 3],
            predicted: [0.5, 0.3, 0.2],
        };
        let rows: Vec<_> = GradeId::ALL.into_iter().map(row).collect();
        reliability(dir.path(), Some("../my way"), &metric::reliability(&rows)).unwrap();
        let svg = std::fs::read_to_string(dir.path().join(".._my_way-reliability.svg")).unwrap();
        for expected in
            ["Spinal canal stenosis", "Subarticular stenosis", "predicted probability", "observed share", "severe"]
        {
            assert!(svg.contains(expected), "{expected} is missing");
        }
        assert!(svg.contains("<text"));
    }
}
