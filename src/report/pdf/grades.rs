//! The 25 grades as a heat map: levels from top to bottom, conditions across, the patient's right on the left.

use super::{
    ink,
    sheet::{Place, Shape, Sheet},
    text::{Align, Ink, Style},
};
use crate::{
    grading::{Condition, Grade, GradeId, Level, Side},
    report::{Report, Row},
    review::{Decision, Statement},
};

const LEVELS: f32 = 44.0;
const HEAD: f32 = 26.0;
const ROW: f32 = 34.0;

const COLUMNS: [(Condition, Option<Side>, &str, &str); 5] = [
    (Condition::SpinalCanalStenosis, None, "Spinal canal", "stenosis"),
    (Condition::NeuralForaminalNarrowing, Some(Side::Right), "Foramen", "right"),
    (Condition::NeuralForaminalNarrowing, Some(Side::Left), "Foramen", "left"),
    (Condition::SubarticularStenosis, Some(Side::Right), "Subarticular", "right"),
    (Condition::SubarticularStenosis, Some(Side::Left), "Subarticular", "left"),
];

/// The table and its legend.
pub fn table(sheet: &mut Sheet, report: &Report) {
    sheet.heading("Grades", HEAD + 5.0 * ROW);
    let place = super::across(sheet);
    let cell = (place.width - LEVELS) / 5.0;
    let left = |column: usize| place.x + LEVELS + column as f32 * cell;
    for (column, (_, _, name, side)) in COLUMNS.iter().enumerate() {
        let at = Place::new(left(column), sheet.y(), cell, 0.0);
        sheet.text_at(name, Style::new(8.5, ink::TEXT).bold(), Align::Middle, at);
        sheet.text_at(side, Style::new(8.0, ink::WEAK), Align::Middle, Place { y: at.y + 11.5, ..at });
    }
    sheet.skip(HEAD);
    let rows = report.rows();
    for &level in Level::ALL {
        let at = Place::new(place.x, sheet.y() + 10.0, LEVELS, 0.0);
        sheet.text_at(level.label(), Style::new(10.0, ink::TEXT).bold(), Align::Left, at);
        for (column, &(condition, side, ..)) in COLUMNS.iter().enumerate() {
            let Some(row) = GradeId::new(condition, side, level).and_then(|id| rows.get(id.index())) else { continue };
            grade(sheet, row, Place::new(left(column), sheet.y(), cell, ROW).shrunk(1.5));
        }
        sheet.skip(ROW);
    }
    sheet.skip(2.0);
    let legend = "The number is the model's score for the severity it found most likely, not a probability of disease. \
                  \"Weak\": the best box behind it scores below 0.25, and its score is shown instead. \
                  Blue: by a person. \"Not seen\": the detector looked and drew no box. \"Not assessed\": nothing looked. \
                  \"Not assessable\": a person says that the images do not allow a grade. \
                  \"Doubtful\": the images are unlike those that the models were trained on. None of these four means normal.";
    let block = sheet.set(legend, Style::new(7.0, ink::WEAK), Align::Left, Some(place.width));
    sheet.block(block, place.x);
}

fn grade(sheet: &mut Sheet, row: &Row, place: Place) {
    let (ground, word) = match &row.statement {
        Statement::Severity { severity, .. } => (ink::ground(*severity), severity.label()),
        Statement::Doubtful => (ink::EMPTY_GROUND, "doubtful"),
        Statement::NotSeen => (ink::PLAIN_GROUND, "not seen"),
        Statement::NotAssessed { .. } => (ink::EMPTY_GROUND, "not assessed"),
        Statement::NotAssessable => (ink::EMPTY_GROUND, "not assessable"),
    };
    sheet.put(Shape::Fill(place, ground));
    let is_stated = row.statement.severity().is_some();
    match row.statement {
        Statement::Severity { .. } => sheet.put(Shape::Frame(place, ink::EDGE, 0.5, None)),
        Statement::NotSeen => sheet.put(Shape::Frame(place, ink::WEAK, 0.7, Some(2.5))),
        Statement::Doubtful | Statement::NotAssessed { .. } | Statement::NotAssessable => hatch(sheet, place),
    }
    let style = if is_stated { Style::new(10.0, ink::TEXT).bold() } else { Style::new(9.0, ink::WEAK) };
    let (below, color) = below(row);
    let top = if below.is_empty() { 9.0 } else { 3.0 };
    sheet.text_at(word, style, Align::Middle, Place { y: place.y + top, ..place });
    sheet.text_at(&below, Style::new(7.2, color), Align::Middle, Place { y: place.y + 17.5, ..place });
}

/// The score, or who decided and what the program said.
fn below(row: &Row) -> (String, Ink) {
    let program = scored(row.grade);
    // For weak evidence the best box's score, not the normalised one.
    let weak = row.grade.key_score().filter(|_| row.grade.is_weak());
    match row.review.decision {
        None if row.grade.is_doubtful() => ("images unlike any known".to_owned(), ink::WEAK),
        None => match weak {
            Some(score) => (format!("weak: best box {score:.2}"), ink::WEAK),
            None => (program.map_or_else(String::new, |(_, score)| format!("score {score:.2}")), ink::WEAK),
        },
        Some(Decision::Accepted(_)) => {
            let said = match (weak, program) {
                (Some(score), _) => format!("accepted, weak {score:.2}"),
                (None, Some((_, score))) => format!("accepted, {score:.2}"),
                (None, None) => "accepted".to_owned(),
            };
            (said, ink::READER)
        }
        Some(Decision::Changed(_) | Decision::NotAssessable) => match program.filter(|_| !row.grade.is_doubtful()) {
            Some((said, score)) => (format!("reader; was {said} {score:.2}"), ink::READER),
            None => (format!("reader; was {}", Statement::of_model(row.grade).label().to_lowercase()), ink::READER),
        },
    }
}

/// The letter of what the program found most likely, with its score; none where it saw nothing.
fn scored(grade: &Grade) -> Option<(&'static str, f32)> {
    let scores = grade.probabilities().filter(|_| !grade.evidence().is_empty())?;
    let severity = scores.most_likely();
    let letter = match severity {
        crate::grading::Severity::NormalMild => "N",
        crate::grading::Severity::Moderate => "M",
        crate::grading::Severity::Severe => "S",
    };
    Some((letter, scores.of(severity)))
}

/// Hatching: no severity is stated.
fn hatch(sheet: &mut Sheet, place: Place) {
    sheet.put(Shape::Clip(place));
    let mut x = place.x - place.height;
    while x < place.x + place.width {
        let line = vec![[x, place.y + place.height], [x + place.height, place.y]];
        sheet.put(Shape::Line(line, [212, 216, 222], 0.6));
        x += 7.0;
    }
    sheet.put(Shape::EndClip);
    sheet.put(Shape::Frame(place, ink::EDGE, 0.5, None));
}
