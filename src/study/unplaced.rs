//! Images without a position, or with an impossible one.

use std::collections::BTreeMap;

use super::{
    model::Series,
    parts::{Image, Part},
};
use crate::geometry::{PARALLEL_TOLERANCE_DEG, Turn, Vec3};

/// Centres of the parallel images of a series lie on a line; one further from it than this, in mm, is elsewhere.
const OFF_THE_LINE_MM: f64 = 5.0;

/// Writers use 0, 0, 0 for an unknown position. It is only trusted if the other images are in line with it; otherwise
/// it is removed and counted.
pub fn forget_unset(images: &mut [Image<'_>]) -> usize {
    let is_unset = |image: &Image<'_>| image.slice.plane.is_some_and(|plane| plane.origin() == Vec3::ZERO);
    let others: Vec<_> = images.iter().filter(|image| !is_unset(image)).filter_map(|image| image.slice.plane).collect();
    let mut count = 0;
    for image in images.iter_mut().filter(|image| is_unset(image)) {
        let Some(plane) = image.slice.plane else { continue };
        let aside = |other: &&crate::geometry::ImagePlane| {
            let step = other.center() - plane.center();
            (step - plane.normal() * step.dot(plane.normal())).length()
        };
        let parallel = others.iter().filter(|other| other.is_parallel(&plane, PARALLEL_TOLERANCE_DEG));
        if parallel.clone().count() > 0 && parallel.map(|other| aside(&other)).all(|mm| mm > OFF_THE_LINE_MM) {
            image.slice.plane = None;
            count += 1;
        }
    }
    count
}

/// The message about a part whose image positions are unknown. For one that is not graded, only what is wrong, not what
/// is missing.
pub fn unknown(part: &Part<'_>, is_graded: bool) -> Option<String> {
    let without = "no level, side or distance is derived from their positions";
    if part.unplaced > 0 && !part.is_localizer {
        return Some(format!(
            "{} of {} images share a position with another, and nothing distinguishes them: {without}",
            part.unplaced,
            part.images.len()
        ));
    }
    // A wrong position was reported with its file.
    let lost = part.images.iter().filter(|image| image.slice.plane.is_none() && !image.frame.is_place_wrong).count();
    (is_graded && lost > 0).then(|| format!("{lost} of {} images have no position: {without}", part.images.len()))
}

/// Images whose rows and columns run in other directions than those of most images beside them. This may be correct, or
/// someone rotated the pixels or the header but not both.
pub fn turned_against_others(series: &Series) -> Option<String> {
    let mut odd: Vec<String> = Vec::new();
    for block in &series.blocks {
        let slices = || series.slices[block.clone()].iter().filter(|slice| slice.plane.is_some());
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        let number = |turn: Turn| Turn::ALL.iter().position(|other| *other == turn).unwrap_or(0);
        slices().for_each(|slice| *counts.entry(number(slice.turn)).or_default() += 1);
        let Some((&most, _)) = counts.iter().rev().max_by_key(|(_, count)| **count) else { continue };
        odd.extend(slices().filter(|slice| number(slice.turn) != most).map(super::gaps::name));
    }
    let verb = if odd.len() == 1 { "is" } else { "are" };
    let more = if odd.len() > 5 { format!(" and {} more", odd.len() - 5) } else { String::new() };
    odd.truncate(5);
    (!odd.is_empty()).then(|| {
        format!(
            "{}{more} {verb} stored rotated or mirrored relative to the others: shown and read as the header says",
            odd.join(", ")
        )
    })
}
