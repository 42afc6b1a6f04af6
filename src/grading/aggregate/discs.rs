//! The discs as the detector of levels sees them, and which level each of them is.
//!
//! Where discs are, that detector says best: it was trained on patients and looks for nothing else. Which is which it cannot
//! always tell: half a spine, or a phantom, may be numbered either way. So the names that all detectors give to a place count
//! together, its own twice, and the rules of order and spacing ([`super::spine`]) find the one chain of discs from head to
//! foot that they speak for most. Slices that are a level off are outvoted, and so is a detector that is not sure of itself.

use std::collections::BTreeMap;

use glam::DVec3;

use super::{
    Layout,
    canal::by_disc,
    disc::Disc,
    spine::{Place, Sighting, best_chain, gather, is_one_place},
};
use crate::grading::{Detection, DiscClass, Level};

/// A fainter box says nothing.
const FAINT: f32 = 0.03;
/// A place of which no box says more, by whatever name, is no disc.
const FOUND: f32 = 0.15;
/// With fewer discs the numbering hangs on one name: the boxes of the other detectors decide, as without these.
pub const ENOUGH: usize = 3;
/// What a name by the detector of levels counts against one by all other detectors, where it is sure.
const OWN_NAME: f64 = 2.0;
/// Mean score of its discs from which it is sure, and below which its names say nothing: 19 of 20 patients' slices that it
/// was not trained on score 0.72 and more, the images that it numbers wrongly less (docs/grading.md).
const SURE: f64 = 0.8;
const UNSURE: f64 = 0.5;

/// Where the detector of levels sees discs, by patient space (see [`super::Placed::space`]), head to foot, each with its
/// best score.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Discs(BTreeMap<usize, Vec<(Place, f32)>>);

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
        Self(by_space.into_iter().map(|(space, sightings)| (space, places(&sightings))).collect())
    }

    /// The discs of a patient space, head to foot, numbered by all detectors, if they are enough to go by. `sightings` are
    /// the sagittal boxes of the other detectors; without them its own names decide.
    pub fn of(&self, space: usize, sightings: &[Sighting]) -> Option<Vec<Disc>> {
        self.0.get(&space).map(|places| numbered(places, sightings)).filter(|discs| discs.len() >= ENOUGH)
    }

    /// The patient spaces in which any disc was seen.
    pub fn spaces(&self) -> impl Iterator<Item = usize> {
        self.0.keys().copied()
    }

    /// By its own names, the discs of the space with most, enough or not.
    pub fn alone(&self) -> Vec<Disc> {
        self.0.values().map(|places| numbered(places, &[])).max_by_key(Vec::len).unwrap_or_default()
    }
}

fn places(sightings: &[Sighting]) -> Vec<(Place, f32)> {
    let best = |place: &Place| {
        let here = sightings.iter().filter(|s| is_one_place(s.point, place.point));
        here.map(|s| s.weight as f32).fold(0.0, f32::max)
    };
    gather(sightings).into_iter().map(|place| (place, best(&place))).filter(|(_, score)| *score >= FOUND).collect()
}

fn numbered(places: &[(Place, f32)], sightings: &[Sighting]) -> Vec<Disc> {
    let points: Vec<DVec3> = places.iter().map(|(place, _)| place.point).collect();
    let own: Vec<[f64; 5]> = places.iter().map(|(place, _)| place.by_level).collect();
    let mut others = vec![[0.0; 5]; places.len()];
    for (here, names) in by_disc(&points, sightings).iter().zip(&mut others) {
        for s in here {
            names[s.level.index()] += s.weight;
        }
    }
    // A detector that draws more boxes, or looks at more slices, has no more to say.
    let share = |all: &[[f64; 5]]| all.as_flattened().iter().sum::<f64>() / Level::ALL.len() as f64;
    let (own_share, others_share) = (share(&own), share(&others));
    let own_name = OWN_NAME * sureness(places);
    let part = |value: f64, share: f64| if share > 0.0 { value / share } else { 0.0 };
    let together: Vec<Place> = (0..places.len())
        .map(|i| Place {
            point: points[i],
            by_level: std::array::from_fn(|l| own_name * part(own[i][l], own_share) + part(others[i][l], others_share)),
        })
        .collect();
    let mut chain = best_chain(&together).map(|(_, chain)| chain).unwrap_or_default();
    chain.sort_unstable();
    let disc = |(place, level): (usize, usize)| {
        Some(Disc { level: *Level::ALL.get(level)?, point: points[place], score: places[place].1 })
    };
    chain.into_iter().filter_map(disc).collect()
}

/// How far the detector of levels is to be believed about numbers, 0 to 1, by the scores of its five best discs. Never
/// quite 0: it is asked where nobody else says anything.
fn sureness(places: &[(Place, f32)]) -> f64 {
    let mut scores: Vec<f64> = places.iter().map(|(_, score)| f64::from(*score)).collect();
    scores.sort_unstable_by(|a, b| b.total_cmp(a));
    scores.truncate(Level::ALL.len());
    let mean = scores.iter().sum::<f64>() / scores.len().max(1) as f64;
    ((mean - UNSURE) / (SURE - UNSURE)).clamp(0.1, 1.0).powi(2)
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
        let discs = numbered(&places(&all), &[]);
        assert_eq!(discs.iter().map(|d| d.level).collect::<Vec<_>>(), Level::ALL);
        for (i, disc) in discs.iter().enumerate() {
            assert!((disc.point.z + 36.0 * i as f64).abs() < 3.0 && disc.score > 0.7, "{disc:?}");
        }
    }

    #[test]
    fn faint_boxes_are_no_discs_and_few_discs_are_not_gone_by() {
        assert!(places(&[seen(0.0, 0, 0.1), seen(-36.0, 1, 0.1), seen(-72.0, 2, 0.1)]).is_empty());
        let two = Discs([(0, places(&[seen(0.0, 0, 0.8), seen(-36.0, 1, 0.8)]))].into());
        assert_eq!((two.of(0, &[]), two.alone().len()), (None, 2));
    }

    /// Of half a spine the detector of levels is not sure; where it is, the others do not count.
    #[test]
    fn the_other_detectors_decide_where_the_detector_of_levels_is_not_sure_and_only_there() {
        let canal = |i: usize, named: usize| Sighting {
            point: DVec3::new(0.0, 24.0, -36.0 * i as f64),
            ..seen(0.0, named, 0.8)
        };
        let others: Vec<Sighting> = (0..4).map(|i| canal(i, i + 1)).collect();
        let first = |own: &[Sighting]| numbered(&places(own), &others).first().map(|disc| disc.level);
        let sure: Vec<Sighting> = (0..4).map(|i| seen(-36.0 * i as f64, i, 0.8)).collect();
        assert_eq!(first(&sure), Some(Level::L1L2));
        let other_names = (0..4).map(|i| seen(-36.0 * i as f64, i + 1, 0.6));
        let unsure: Vec<Sighting> = sure.iter().copied().chain(other_names).collect();
        assert_eq!(first(&unsure), Some(Level::L2L3));
    }
}
