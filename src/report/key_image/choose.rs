//! Which slices a report shows.

use std::{cmp::Reverse, collections::BTreeSet};

use super::KeyBox;
use crate::{
    grading::{Severity, SliceId},
    report::{Report, Row, RowRegion},
};

/// The maximum number of slices added only for findings: more would bury the worst.
pub const MOST: usize = 8;
/// The score from which the viewer shows a box by default.
const SHOWN: f32 = 0.25;

/// A slice to show: index of the series, index of the slice in it.
pub type Place = (usize, usize);

/// The reader's key images, then the slices of the worst findings; each group in reading order.
pub fn places(report: &Report<'_>, rows: &[Row<'_>]) -> Vec<(Place, SliceId)> {
    let find = |id: &SliceId| Some((report.study.find(id)?, id.clone()));
    let mut chosen: Vec<(Place, SliceId)> = report.markup.key_images().keys().filter_map(find).collect();
    chosen.sort();
    let mut taken: BTreeSet<Place> = chosen.iter().map(|(place, _)| *place).collect();
    let mut worst: Vec<(&Row<'_>, &RowRegion)> = rows
        .iter()
        .filter(|row| row.statement.is_finding())
        .filter_map(|row| Some((row, row.regions.first()?)))
        .collect();
    // The reader's own boxes have no score and come first.
    let score = |region: &RowRegion| region.score.unwrap_or(f32::MAX);
    worst.sort_by(|(a, one), (b, other)| {
        let order = Reverse(a.statement.severity()).cmp(&Reverse(b.statement.severity()));
        order.then(score(other).total_cmp(&score(one)))
    });
    let mut found: Vec<(Place, SliceId)> = Vec::new();
    for (_, region) in worst {
        let Some((place, id)) = find(&region.slice) else { continue };
        if found.len() < MOST && taken.insert(place) {
            found.push((place, id));
        }
    }
    found.sort();
    chosen.extend(found);
    chosen
}

/// The boxes on a slice: for each finding its key box, or one that says the same and that the viewer also shows. The
/// worst comes last, so that it is on top.
pub fn boxes(rows: &[Row<'_>], slice: &SliceId, columns: u32, rows_of_image: u32) -> Vec<KeyBox> {
    let mut boxes: Vec<KeyBox> = Vec::new();
    for row in rows.iter().filter(|row| row.statement.is_finding()) {
        let severity = row.statement.severity();
        let says_so = |region: &RowRegion| {
            region.by_reader || (region.severity == severity && region.score.is_some_and(|score| score >= SHOWN))
        };
        let mut here = row.regions.iter().enumerate().filter(|(_, region)| region.slice == *slice);
        let Some((_, region)) = here.find(|(i, region)| *i == 0 || says_so(region)) else { continue };
        let bbox = region.bbox.clipped(columns as f32, rows_of_image as f32);
        if bbox.area() > 0.0 {
            boxes.push(KeyBox { id: row.id, severity, bbox, by_reader: region.by_reader });
        }
    }
    boxes.sort_by_key(|key| key.severity);
    boxes
}

/// What the boxes on an image show: `L4/L5 severe spinal canal stenosis; L5/S1 moderate left ...`. Worst first.
pub fn findings(boxes: &[KeyBox]) -> String {
    let phrase = |key: &KeyBox| {
        let severity = key.severity.map_or_else(String::new, |severity| format!("{} ", word(severity)));
        let side = key.id.side().map_or_else(String::new, |side| format!("{side} "));
        let condition = key.id.condition().label().to_lowercase();
        format!("{} {severity}{side}{condition}", key.id.level().label())
    };
    boxes.iter().rev().map(phrase).collect::<Vec<_>>().join("; ")
}

fn word(severity: Severity) -> String {
    severity.label().to_lowercase()
}
