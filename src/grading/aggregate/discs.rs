//! The discs as the detector of levels sees them: of all its boxes on all slices, the one chain of discs from head to
//! foot that they speak for most.
//!
//! A detector that finds discs and nothing else was trained on patients, and its boxes are the strongest evidence of
//! where the levels are. Still one slice may be a level off, and a disc of the chest or sacrum may have a lumbar name:
//! the same rules of order and spacing as for the boxes of the other detectors ([`super::spine`]) tell them apart.

use std::collections::BTreeMap;

use glam::DVec3;
use serde::{Deserialize, Serialize};

use super::{
    Layout,
    spine::{Sighting, chain, is_one_place},
};
use crate::grading::{Detection, DiscClass, Level, Shift};

/// A fainter box says nothing.
const FAINT: f32 = 0.03;
/// A disc of which no box says more was not found.
const FOUND: f32 = 0.15;
/// With fewer discs the numbering hangs on one name: the boxes of the other detectors decide, as without these.
pub const ENOUGH: usize = 3;

/// A disc that was found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Disc {
    /// Its level, by all boxes together.
    pub level: Level,
    /// Its middle, patient mm; from left to right only as good as the slices that were looked at are placed.
    pub point: DVec3,
    /// The best score of a box that lies there and names this level.
    pub score: f32,
}

/// The discs that were found, by patient space; see [`super::Placed::space`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Discs(BTreeMap<usize, Vec<Disc>>);

impl Discs {
    /// From the boxes of the detector of levels. Boxes on slices without a position are passed over.
    pub fn find(boxes: &[Detection<DiscClass>], layout: &Layout) -> Self {
        let mut by_space: BTreeMap<usize, Vec<Sighting>> = BTreeMap::new();
        for found in boxes.iter().filter(|found| found.score >= FAINT) {
            if let Some((point, at)) = layout.point_of(found) {
                let (level, weight) = (found.class.0, f64::from(found.score));
                by_space.entry(at.space).or_default().push(Sighting { point, level, weight, is_canal: true });
            }
        }
        Self(by_space.into_iter().map(|(space, sightings)| (space, of_space(&sightings))).collect())
    }

    /// Those of a patient space, head to foot, if they are enough to go by.
    pub fn of(&self, space: usize) -> Option<&[Disc]> {
        self.0.get(&space).map(Vec::as_slice).filter(|discs| discs.len() >= ENOUGH)
    }

    /// The spaces in which there are enough.
    pub fn spaces(&self) -> impl Iterator<Item = usize> {
        self.0.iter().filter(|(_, discs)| discs.len() >= ENOUGH).map(|(space, _)| *space)
    }

    /// The same discs under other numbers; those beyond the five levels are left out.
    #[must_use]
    pub fn renumbered(&self, shift: Shift) -> Self {
        let of = |disc: &Disc| Some(Disc { level: shift.level(disc.level)?, ..*disc });
        Self(self.0.iter().map(|(space, discs)| (*space, discs.iter().filter_map(of).collect())).collect())
    }

    /// Those of the space with most, enough or not; what a reader is told of.
    pub fn best(&self) -> &[Disc] {
        let sum = |discs: &[Disc]| discs.iter().map(|disc| disc.score).sum::<f32>();
        let best = self.0.values().max_by(|a, b| a.len().cmp(&b.len()).then(sum(a).total_cmp(&sum(b))));
        best.map_or(&[], Vec::as_slice)
    }
}

fn of_space(sightings: &[Sighting]) -> Vec<Disc> {
    let Some((_, levels)) = chain(sightings) else { return Vec::new() };
    let found = Level::ALL.iter().zip(levels).filter_map(|(&level, point)| {
        let point = point?;
        let names_it = sightings.iter().filter(|s| s.level == level && is_one_place(s.point, point));
        let score = names_it.map(|s| s.weight as f32).fold(0.0, f32::max);
        (score >= FOUND).then_some(Disc { level, point, score })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(z: f64, level: usize, score: f64) -> Sighting {
        Sighting { point: DVec3::new(0.0, 0.0, z), level: Level::ALL[level], weight: score, is_canal: true }
    }

    /// Ten slices of five discs; on two of them the detector counts from the sacrum wrongly, and a disc of the chest has a
    /// lumbar name.
    #[test]
    fn slices_that_are_a_level_off_are_outvoted_and_a_disc_of_the_chest_stays_out() {
        let mut all = Vec::new();
        for slice in 0..10 {
            for level in 0..5usize {
                let named = if slice < 2 { level.saturating_sub(1) } else { level };
                all.push(seen(-36.0 * level as f64 + f64::from(slice) * 0.3, named, 0.8));
            }
            all.push(seen(34.0, 0, 0.3));
        }
        let discs = of_space(&all);
        assert_eq!(discs.iter().map(|d| d.level).collect::<Vec<_>>(), Level::ALL);
        for (i, disc) in discs.iter().enumerate() {
            assert!((disc.point.z + 36.0 * i as f64).abs() < 3.0 && disc.score > 0.7, "{disc:?}");
        }
    }

    #[test]
    fn faint_boxes_are_no_discs_and_few_discs_are_not_gone_by() {
        assert!(of_space(&[seen(0.0, 0, 0.1), seen(-36.0, 1, 0.1), seen(-72.0, 2, 0.1)]).is_empty());
        let two = Discs([(0, of_space(&[seen(0.0, 0, 0.8), seen(-36.0, 1, 0.8)]))].into());
        assert_eq!((two.of(0), two.best().len()), (None, 2));
    }
}
