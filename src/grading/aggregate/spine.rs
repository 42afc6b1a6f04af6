//! Where the five discs are, from the sagittal boxes: places where boxes gather, and the order and spacing in
//! which levels follow each other.
//!
//! One box may name the wrong level, and a detector that sees half a spine may shift all of them on a slice. All
//! boxes together, held against the way a spine is built, are seldom wrong.

use glam::{DVec2, DVec3};

use crate::grading::Level;

/// Boxes nearer to each other than this, seen from the side, are about one disc. Neighbouring discs are 25 mm
/// apart at least.
const GATHER_MM: f64 = 13.0;
/// Distance of neighbouring discs in adults, about, and how far from it is unusual.
const SPACING_MM: (f64, f64) = (36.0, 8.0);
/// No neighbouring discs are nearer or farther than this.
const SPACING_LIMITS_MM: (f64, f64) = (18.0, 56.0);
/// What an unusual distance costs, in sums of scores.
const SPACING_COST: f64 = 0.1;
/// Sums of scores below this are no evidence for a level.
const FAINT: f64 = 0.02;
/// A place has room for a box this far from it, at most, and at most this share of the way to its neighbour.
const REACH: (f64, f64) = (16.0, 0.45);

/// A sagittal box: where the disc is that it is about, and how much it says for that level.
#[derive(Debug, Clone, Copy)]
pub struct Sighting {
    /// Patient mm, at the height of the disc.
    pub point: DVec3,
    /// As the detector claims.
    pub level: Level,
    /// Its score.
    pub weight: f64,
    /// Of the canal, whose middle is the middle of the spine; else of a foramen to one side.
    pub is_canal: bool,
}

/// The discs that were found, in patient mm, at the canal.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spine {
    levels: [Option<DVec3>; 5],
    /// How much all boxes say for these levels.
    evidence: f64,
}

/// Where boxes gather, and how much they say for each level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Patient mm.
    pub point: DVec3,
    /// Sums of scores.
    pub by_level: [f64; 5],
}

/// Seen from the side: the left-right position of a sagittal slice says nothing of a level.
pub fn side_view(point: DVec3) -> DVec2 {
    DVec2::new(point.y, point.z)
}

impl Spine {
    /// From the boxes of one patient space.
    pub fn find(sightings: &[Sighting]) -> Self {
        let places = gather(sightings);
        let Some((evidence, chain)) = best_chain(&places) else { return Self::default() };
        let mut levels = [None; 5];
        for (place, level) in chain {
            levels[level] = Some(places[place].point);
        }
        fill_gaps(&mut levels);
        Self { levels, evidence }
    }

    /// From the canal at discs that are known for certain, with the scores that speak for them; levels between them are
    /// filled in.
    pub fn certain(mut levels: [Option<DVec3>; 5], evidence: f64) -> Self {
        fill_gaps(&mut levels);
        Self { levels, evidence }
    }

    /// From discs that are known, by level, head to foot.
    pub const fn of(levels: [Option<DVec3>; 5]) -> Self {
        Self { levels, evidence: 0.0 }
    }

    /// The canal at the disc of a level.
    pub fn at(&self, level: Level) -> Option<DVec3> {
        self.levels[level.index()]
    }

    /// By level, head to foot.
    pub fn levels(&self) -> [Option<DVec3>; 5] {
        self.levels
    }

    /// Whether no disc was found.
    pub fn is_empty(&self) -> bool {
        self.levels.iter().all(Option::is_none)
    }

    /// How much all boxes say for these levels.
    pub fn evidence(&self) -> f64 {
        self.evidence
    }

    /// The level whose disc lies nearest to a point, seen from the side, if any lies near enough.
    pub fn level_at(&self, point: DVec3) -> Option<Level> {
        self.nearest(|disc| side_view(disc).distance(side_view(point)))
    }

    /// The nearest level by any distance in mm, if it is within reach.
    pub fn nearest(&self, distance: impl Fn(DVec3) -> f64) -> Option<Level> {
        let known = Level::ALL.iter().filter_map(|&level| Some((level, distance(self.at(level)?))));
        let (level, mm) = known.min_by(|a, b| a.1.total_cmp(&b.1))?;
        (mm <= self.reach(level)).then_some(level)
    }

    /// How far from a disc its level goes, mm.
    pub fn reach(&self, level: Level) -> f64 {
        let here = self.at(level);
        let distance = |other: usize| Some(self.levels.get(other).copied()??.distance(here?));
        let neighbours = [level.index().checked_sub(1).and_then(distance), distance(level.index() + 1)];
        neighbours.into_iter().flatten().map(|mm| mm * REACH.1).fold(REACH.0, f64::min)
    }
}

/// Whether two points are about one disc.
pub fn is_one_place(a: DVec3, b: DVec3) -> bool {
    side_view(a).distance(side_view(b)) <= GATHER_MM
}

/// Places where boxes gather, head to foot.
pub fn gather(sightings: &[Sighting]) -> Vec<Place> {
    let mut left: Vec<&Sighting> = sightings.iter().filter(|s| s.point.is_finite() && s.weight > 0.0).collect();
    // The strongest first; equals in an order of their own, so that it does not matter how they were listed.
    let key = |s: &Sighting| [-s.weight, s.point.z, s.point.y, s.point.x, s.level.index() as f64];
    left.sort_by(|a, b| key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal));
    let mut places = Vec::new();
    while let Some(&seed) = left.first() {
        let is_near = |s: &&Sighting| side_view(s.point).distance(side_view(seed.point)) <= GATHER_MM;
        let (near, rest): (Vec<&Sighting>, Vec<&Sighting>) = left.into_iter().partition(is_near);
        left = rest;
        places.push(Place::of(&near));
    }
    places.sort_by(|a, b| b.point.z.total_cmp(&a.point.z));
    places
}

impl Place {
    fn of(near: &[&Sighting]) -> Self {
        let mut by_level = [0.0; 5];
        for sighting in near {
            by_level[sighting.level.index()] += sighting.weight;
        }
        // Foramina tell the height of a disc, the canal tells it better and tells the midline too.
        let has_canal = near.iter().any(|s| s.is_canal);
        let counted = near.iter().filter(|s| s.is_canal == has_canal);
        let (sum, weight) = counted.fold((DVec3::ZERO, 0.0), |(p, w), s| (p + s.point * s.weight, w + s.weight));
        Self { point: sum / weight, by_level }
    }
}

/// The best way to give levels to places, head to foot, levels left out where nothing speaks for them:
/// (sum of scores less what odd distances cost, (place, level) pairs).
pub fn best_chain(places: &[Place]) -> Option<(f64, Vec<(usize, usize)>)> {
    /// Sum so far, and the place and level before.
    type Step = (f64, Option<(usize, usize)>);
    let mut best: Vec<[Option<Step>; 5]> = Vec::with_capacity(places.len());
    for (here, place) in places.iter().enumerate() {
        let mut row = [None; 5];
        for (level, step) in row.iter_mut().enumerate() {
            let evidence = place.by_level[level];
            if evidence < FAINT {
                continue;
            }
            let mut most: Step = (evidence, None);
            for (before, steps) in best.iter().enumerate().take(here) {
                for (level_before, earlier) in steps.iter().enumerate().take(level) {
                    let cost = spacing_cost(places[before].point, place.point, level - level_before);
                    if let (Some((sum, _)), Some(cost)) = (earlier, cost)
                        && sum + evidence - cost > most.0
                    {
                        most = (sum + evidence - cost, Some((before, level_before)));
                    }
                }
            }
            *step = Some(most);
        }
        best.push(row);
    }
    let ends = best.iter().enumerate().flat_map(|(p, row)| row.iter().enumerate().map(move |(l, step)| (p, l, step)));
    let (mut place, mut level, last) =
        ends.filter_map(|(p, l, step)| Some((p, l, (*step)?))).max_by(|a, b| a.2.0.total_cmp(&b.2.0))?;
    let mut chain = vec![(place, level)];
    while let Some((_, Some((p, l)))) = best[place][level] {
        (place, level) = (p, l);
        chain.push((place, level));
    }
    Some((last.0, chain))
}

/// What the distance between discs `levels` apart costs; `None` where no spine is built so.
fn spacing_cost(above: DVec3, below: DVec3, levels: usize) -> Option<f64> {
    let spacing = side_view(above).distance(side_view(below)) / levels as f64;
    let (least, most) = SPACING_LIMITS_MM;
    let odd = (spacing - SPACING_MM.0) / SPACING_MM.1;
    (least..=most).contains(&spacing).then_some(SPACING_COST * odd * odd)
}

/// A level that no box shows lies between those that boxes show.
fn fill_gaps(levels: &mut [Option<DVec3>; 5]) {
    let known: Vec<(usize, DVec3)> = levels.iter().enumerate().filter_map(|(i, p)| Some((i, (*p)?))).collect();
    for pair in known.windows(2) {
        let ((a, from), (b, to)) = (pair[0], pair[1]);
        for (steps, level) in levels[a + 1..b].iter_mut().enumerate() {
            *level = Some(from.lerp(to, (steps + 1) as f64 / (b - a) as f64));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sighting(z: f64, level: usize, weight: f64) -> Sighting {
        Sighting { point: DVec3::new(0.0, 5.0, z), level: Level::ALL[level], weight, is_canal: true }
    }

    fn height(spine: &Spine, level: usize) -> Option<f64> {
        spine.levels()[level].map(|p| p.z.round())
    }

    /// Half a spine: the boxes of one disc are split between two names, and each name alone would win twice.
    #[test]
    fn two_discs_that_claim_one_level_are_told_apart() {
        let spine = Spine::find(&[
            sighting(0.0, 2, 0.6),
            sighting(-36.0, 3, 0.5),
            sighting(-35.0, 4, 0.4),
            sighting(-70.0, 4, 0.8),
            sighting(-69.0, 3, 0.45),
        ]);
        assert_eq!(height(&spine, 3), Some(-36.0));
        assert_eq!(height(&spine, 4), Some(-70.0));
    }

    #[test]
    fn a_disc_above_the_five_and_one_below_do_not_shift_them() {
        let mut all: Vec<Sighting> = (0..5).map(|l| sighting(-35.0 * l as f64, l, 0.7)).collect();
        all.push(sighting(33.0, 0, 0.5));
        all.push(sighting(-175.0, 4, 0.5));
        let spine = Spine::find(&all);
        for level in 0..5 {
            assert_eq!(height(&spine, level), Some(-35.0 * level as f64));
        }
        assert_eq!(spine.level_at(DVec3::new(9.0, 5.0, 33.0)), None);
        assert_eq!(spine.level_at(DVec3::new(30.0, 9.0, -72.0)), Some(Level::L3L4));
    }

    #[test]
    fn a_level_without_a_box_lies_between_its_neighbours() {
        let spine = Spine::find(&[sighting(0.0, 1, 0.5), sighting(-72.0, 3, 0.5)]);
        assert_eq!(height(&spine, 2), Some(-36.0));
        assert_eq!(height(&spine, 4), None);
        assert!(Spine::find(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn neither_order_nor_place_in_the_scanner_matters(
            found in prop::collection::vec((-200f64..200.0, 0usize..5, 0.01f64..1.0), 1..40),
            shift in prop::array::uniform3(-300f64..300.0),
            seed in any::<u64>(),
        ) {
            use rand::{SeedableRng, seq::SliceRandom};
            let all: Vec<Sighting> = found.iter().map(|&(z, l, w)| sighting(z, l, w)).collect();
            let mut moved = all.clone();
            for sighting in &mut moved {
                sighting.point += DVec3::from_array(shift);
            }
            moved.shuffle(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
            let (here, there) = (Spine::find(&all), Spine::find(&moved));
            for (a, b) in here.levels().into_iter().zip(there.levels()) {
                prop_assert_eq!(a.is_some(), b.is_some());
                if let (Some(a), Some(b)) = (a, b) {
                    prop_assert!((a + DVec3::from_array(shift)).distance(b) < 1e-6);
                }
            }
            let known: Vec<f64> = here.levels().into_iter().flatten().map(|p| p.z).collect();
            prop_assert!(known.windows(2).all(|w| w[0] > w[1]), "levels go down");
        }
    }
}
