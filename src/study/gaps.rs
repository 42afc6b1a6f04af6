//! Missing slices: gaps between the positions of a block, distinguished from intended jumps.
//!
//! In a sagittal or coronal stack every gap of more than one and a half steps is one. Axial slices are acquired in
//! groups, one for each disc, and groups of one orientation are a block with jumps in it. So an axial gap is one only
//! if instance numbers are missing across it that no other image of the series has, or, without numbers, if it is a
//! whole number of steps. If every other slice is missing, the positions alone do not show it, but numbers and
//! `SpacingBetweenSlices` together do.

use std::collections::BTreeSet;

use super::model::{Series, SliceRef};
use crate::geometry::{self, ImagePlane, PlaneKind, SliceBlock};

/// A distance of this many steps is a gap.
const GAP: f64 = 1.5;
/// Further than this from a whole number of steps it is not a gap of missing slices.
const WHOLE: f64 = 0.15;
/// Fewer slices do not define a step.
const FEWEST: usize = 4;
/// At most this many gaps are listed individually.
const NAMED: usize = 3;

/// Two neighbours and what lies between them.
struct Gap<'a> {
    after: &'a SliceRef,
    before: &'a SliceRef,
    mm: f64,
    missing: usize,
}

/// What is missing in a series, gap by gap. `numbers` are those of all images of its UID, `said` is the
/// `SpacingBetweenSlices` of its files.
pub fn find(series: &Series, numbers: &BTreeSet<i32>, said: Option<f64>) -> Vec<String> {
    let mut all = Vec::new();
    for block in &series.blocks {
        let slices: Vec<(&SliceRef, ImagePlane)> =
            series.slices[block.clone()].iter().filter_map(|slice| Some((slice, slice.plane?))).collect();
        let planes: Vec<ImagePlane> = slices.iter().map(|(_, plane)| *plane).collect();
        let whole = SliceBlock { slices: (0..planes.len()).collect() };
        let Some(median) = geometry::spacing_between(&planes, &whole).filter(|_| planes.len() >= FEWEST) else {
            continue;
        };
        let normal = planes[0].normal();
        let neighbours: Vec<Gap<'_>> = slices
            .windows(2)
            .map(|pair| {
                let mm = (pair[1].1.origin() - pair[0].1.origin()).dot(normal).abs();
                Gap { after: pair[0].0, before: pair[1].0, mm, missing: 0 }
            })
            .collect();
        let lost = |gap: &Gap<'_>| lost_numbers(gap, numbers);
        // Images without a position are present, and their numbers say between which others.
        let unplaced = |gap: &Gap<'_>| {
            let number = |slice: &SliceRef| slice.instance.number;
            let Some((a, b)) = number(gap.after).zip(number(gap.before)) else { return 0 };
            let between = (a.min(b).saturating_add(1))..a.max(b);
            let lost = series.slices.iter().filter(|slice| slice.plane.is_none());
            lost.filter(|slice| number(slice).is_some_and(|number| between.contains(&number))).count()
        };
        // If every second slice is missing, all distances are doubled.
        let thinned = said.filter(|&said| {
            said > 0.5
                && median > said * GAP
                && neighbours.iter().filter(|gap| lost(gap) > Some(0)).count() * 2 > neighbours.len()
        });
        let step = thinned.unwrap_or(median);
        let is_gap = |gap: &Gap<'_>| {
            let steps = gap.mm / step;
            let is_whole = (steps - steps.round()).abs() <= WHOLE;
            let is_stack = series.plane_kind != Some(PlaneKind::Axial);
            steps > GAP && (is_stack || lost(gap).map_or(is_whole, |lost| lost > 0))
        };
        let count =
            |gap: &Gap<'_>| ((gap.mm / step).round() as usize).saturating_sub(1).max(1).saturating_sub(unplaced(gap));
        let found: Vec<Gap<'_>> = neighbours
            .into_iter()
            .filter(is_gap)
            .map(|gap| Gap { missing: count(&gap), ..gap })
            .filter(|gap| gap.missing > 0)
            .collect();
        all.extend(tell(&found, step));
    }
    all
}

fn tell(gaps: &[Gap<'_>], step: f64) -> Vec<String> {
    let slices = |count: usize| if count == 1 { "1 slice seems".to_owned() } else { format!("{count} slices seem") };
    let mut told: Vec<String> = gaps
        .iter()
        .take(NAMED)
        .map(|gap| {
            format!(
                "{} to be missing between {} and {}: they are {:.1} mm apart, the others {step:.1} mm",
                slices(gap.missing),
                name(gap.after),
                name(gap.before),
                gap.mm
            )
        })
        .collect();
    if gaps.len() > NAMED {
        let missing: usize = gaps[NAMED..].iter().map(|gap| gap.missing).sum();
        told.push(format!("{} to be missing in {} more gaps", slices(missing), gaps.len() - NAMED));
    }
    told
}

/// How many numbers between those of two neighbours no image of the series has; none if they have no numbers.
fn lost_numbers(gap: &Gap<'_>, numbers: &BTreeSet<i32>) -> Option<usize> {
    let number = |slice: &SliceRef| slice.instance.number.filter(|_| slice.instance.frames == 1);
    let (a, b) = (number(gap.after)?, number(gap.before)?);
    let between = a.abs_diff(b) as usize;
    let there = numbers.range(a.min(b)..a.max(b)).count();
    // `there` counts the first of the two.
    Some(between.saturating_sub(there))
}

/// An image in messages.
pub fn name(slice: &SliceRef) -> String {
    let number = slice.instance.number.map_or_else(|| "an image".to_owned(), |number| format!("image {number}"));
    if slice.instance.frames > 1 { format!("{number}, frame {}", slice.frame + 1) } else { number }
}
