//! The text parts: impression, comments, warnings, and provenance.

use super::{
    ink,
    sheet::Sheet,
    text::{Align, Style},
};
use crate::report::Report;

const TEXT: Style = Style::new(9.2, ink::TEXT);
const SMALL: Style = Style::new(6.8, ink::WEAK);
/// Where sentences start, after the level.
const INDENT: f32 = 44.0;

/// Level by level, then the conclusion, then the reader's remark.
pub fn impression(sheet: &mut Sheet, report: &Report) {
    sheet.heading("Findings by level", 30.0);
    for (level, sentence) in report.sentences() {
        named(sheet, level.label(), &sentence);
    }
    sheet.heading("Impression", 24.0);
    let place = super::across(sheet);
    let block = sheet.set(&report.conclusion(), TEXT.bold(), Align::Start, Some(place.width));
    sheet.block(block, place.x);
    let comments: Vec<(String, &str)> =
        report.rows().iter().filter(|row| !row.comment.is_empty()).map(|row| (row.id.label(), row.comment)).collect();
    if !report.remark().is_empty() || !comments.is_empty() {
        sheet.heading("Comments", 24.0);
        if !report.remark().is_empty() {
            let block = sheet.set(report.remark(), TEXT, Align::Start, Some(place.width));
            sheet.block(block, place.x);
        }
        for (grade, comment) in comments {
            let place = super::across(sheet);
            let grade = format!("{grade}: ");
            let block = sheet.set_spans(&[(&grade, TEXT.bold()), (comment, TEXT)], Align::Start, Some(place.width));
            sheet.block(block, place.x);
            sheet.skip(1.5);
        }
    }
}

/// A level and its sentence.
fn named(sheet: &mut Sheet, name: &str, text: &str) {
    let place = super::across(sheet);
    let block = sheet.set(text, TEXT, Align::Start, Some(place.width - INDENT));
    sheet.need(block.height().min(40.0));
    let y = sheet.y();
    sheet.text_at(name, TEXT.bold(), Align::Left, super::Place::new(place.x, y, INDENT, 0.0));
    sheet.block(block, place.x + INDENT);
    sheet.skip(1.5);
}

/// Program, models, settings, images.
pub fn provenance(sheet: &mut Sheet, report: &Report) {
    sheet.heading("Provenance", 20.0);
    let warnings = report.graded.warnings.iter().map(|warning| format!("Note: {warning}"));
    for line in report.provenance_lines().into_iter().chain(warnings) {
        let place = super::across(sheet);
        let block = sheet.set(&line, SMALL, Align::Left, Some(place.width));
        sheet.block(block, place.x);
    }
    if let Some(reason) = report.review.reopened_because().filter(|_| !report.identity.is_removed()) {
        let place = super::across(sheet);
        let line = format!("The report was signed earlier and reopened: {reason}");
        let block = sheet.set(&line, SMALL, Align::Left, Some(place.width));
        sheet.block(block, place.x);
    }
    let list = report
        .provenance
        .sources
        .iter()
        .map(|series| format!("Series {} ({} instances)", report.uid(&series.series_uid), series.instances.len()));
    let place = super::across(sheet);
    let block = sheet.set(&list.collect::<Vec<_>>().join("; "), SMALL, Align::Left, Some(place.width));
    sheet.block(block, place.x);
}
