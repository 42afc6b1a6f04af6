//! From the discs to the canal behind them. Levels and heights come from the discs alone; where exactly the canal lies at a
//! level is told by the boxes of the canal that lie where a canal can be, and by the other levels where there is none.

use glam::{DVec2, DVec3};

use super::{
    disc::Disc,
    spine::{Sighting, Spine, side_view},
};

/// From the middle of a disc to the canal, mm towards the back: half a disc and half a canal, in adults about.
const BEHIND_MM: f64 = 24.0;
/// A box of the canal lies this near to where the disc says, or is about something else.
const REACH_MM: f64 = 16.0;
/// Scores of boxes that come to less tell nothing.
const FAINT: f64 = 0.1;

/// The sagittal boxes by the disc at which the canal that they show lies, or the foramen; others are left out.
pub fn by_disc<'a>(discs: &[DVec3], sightings: &'a [Sighting]) -> Vec<Vec<&'a Sighting>> {
    let usual: Vec<DVec2> =
        discs.iter().zip(frames(discs)).map(|(disc, frame)| frame.place(*disc, BEHIND_MM, 0.0)).collect();
    let mut here: Vec<Vec<&Sighting>> = vec![Vec::new(); discs.len()];
    for sighting in sightings.iter().filter(|s| s.point.is_finite()) {
        let off = |at: &DVec2| at.distance(side_view(sighting.point));
        let nearest = usual.iter().enumerate().min_by(|a, b| off(a.1).total_cmp(&off(b.1)));
        if let Some((at, place)) = nearest
            && off(place) <= REACH_MM
        {
            here[at].push(sighting);
        }
    }
    here
}

/// The spine at discs that were found, with the sagittal boxes of the same patient space.
pub fn spine_of(discs: &[Disc], sightings: &[Sighting]) -> Spine {
    let points: Vec<DVec3> = discs.iter().map(|disc| disc.point).collect();
    let (frames, here) = (frames(&points), by_disc(&points, sightings));
    let seen: Vec<Option<DVec2>> = here.iter().map(|boxes| side_of_canal(boxes)).collect();
    // Where no box shows the canal it lies behind its disc as it does at the other levels.
    let offsets =
        points.iter().zip(&frames).zip(&seen).filter_map(|((disc, frame), at)| Some(frame.offset(*disc, (*at)?)));
    let (back, up): (Vec<f64>, Vec<f64>) = offsets.map(|offset| (offset.x, offset.y)).unzip();
    let (back, up) = (median(back).unwrap_or(BEHIND_MM), median(up).unwrap_or(0.0));
    let middles: Vec<Option<f64>> = here.iter().map(|boxes| middle(boxes)).collect();
    let mut levels = [None; 5];
    for (i, disc) in discs.iter().enumerate() {
        let side = seen[i].unwrap_or_else(|| frames[i].place(disc.point, back, up));
        let nearest = (0..discs.len()).filter(|&j| middles[j].is_some()).min_by_key(|&j| j.abs_diff(i));
        let x = nearest.and_then(|j| middles[j]).unwrap_or(disc.point.x);
        levels[disc.level.index()] = Some(DVec3::new(x, side.x, side.y));
    }
    Spine::certain(levels, discs.iter().map(|disc| f64::from(disc.score)).sum())
}

/// Which way is back at a disc, seen from the side: across the line through its neighbours.
struct Frame {
    back: DVec2,
}

impl Frame {
    fn place(&self, disc: DVec3, back: f64, up: f64) -> DVec2 {
        side_view(disc) + self.back * back + self.back.perp() * up
    }

    /// How far a point lies behind and above a disc.
    fn offset(&self, disc: DVec3, point: DVec2) -> DVec2 {
        let way = point - side_view(disc);
        DVec2::new(way.dot(self.back), way.dot(self.back.perp()))
    }
}

fn frames(discs: &[DVec3]) -> Vec<Frame> {
    let way = |from: usize, to: usize| (side_view(discs[to]) - side_view(discs[from])).normalize_or_zero();
    let count = discs.len();
    (0..count)
        .map(|i| {
            let down = match i {
                _ if count < 2 => DVec2::NEG_Y,
                // The curve goes on beyond the last disc.
                0 if count > 2 => way(0, 1) * 1.5 - way(1, 2) * 0.5,
                _ if i + 1 == count && count > 2 => way(i - 1, i) * 1.5 - way(i - 2, i - 1) * 0.5,
                0 => way(0, 1),
                _ if i + 1 == count => way(i - 1, i),
                _ => way(i - 1, i) + way(i, i + 1),
            };
            // Down is -z: across it, towards +y.
            Frame { back: down.perp().normalize_or(DVec2::X) }
        })
        .collect()
}

/// Where boxes show the canal, seen from the side; foramina where none shows the canal itself.
fn side_of_canal(boxes: &[&Sighting]) -> Option<DVec2> {
    let of = |is_canal: bool| {
        let chosen = boxes.iter().filter(move |s| s.is_canal == is_canal);
        let (sum, weight) =
            chosen.fold((DVec2::ZERO, 0.0), |(p, w), s| (p + side_view(s.point) * s.weight, w + s.weight));
        (weight >= FAINT).then(|| sum / weight)
    };
    of(true).or_else(|| of(false))
}

/// The middle from left to right: that of the boxes of the canal, else between the foramina of both sides.
fn middle(boxes: &[&Sighting]) -> Option<f64> {
    let mean = |chosen: &dyn Fn(&&&Sighting) -> bool| {
        let (sum, weight) =
            boxes.iter().filter(chosen).fold((0.0, 0.0), |(x, w), s| (x + s.point.x * s.weight, w + s.weight));
        (weight >= FAINT).then(|| sum / weight)
    };
    mean(&|s| s.is_canal).or_else(|| {
        let between = mean(&|_| true)?;
        Some(f64::midpoint(mean(&|s| s.point.x > between)?, mean(&|s| s.point.x < between)?))
    })
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grading::Level;

    /// A lordotic spine: the discs, and the canal behind each, across the curve.
    fn spine() -> (Vec<Disc>, Vec<DVec3>) {
        let at = [(0.0, 72.0), (-4.0, 36.0), (-6.0, 0.0), (-2.0, -36.0), (9.0, -70.0)];
        let discs: Vec<Disc> = at
            .iter()
            .zip(Level::ALL)
            .map(|(&(y, z), &level)| Disc { level, point: DVec3::new(3.0, y, z), score: 0.8 })
            .collect();
        let points: Vec<DVec3> = discs.iter().map(|disc| disc.point).collect();
        let canal = points.iter().zip(frames(&points)).map(|(disc, frame)| frame.place(*disc, 27.0, 1.0));
        let canal = canal.map(|side| DVec3::new(5.0, side.x, side.y)).collect();
        (discs, canal)
    }

    fn canal(point: DVec3, level: Level) -> Sighting {
        Sighting { point, level, weight: 0.7, is_canal: true }
    }

    #[test]
    fn the_canal_is_where_its_boxes_lie_whatever_level_they_name_and_as_elsewhere_where_there_are_none() {
        let (discs, truth) = spine();
        // All named a level too low; none at L3/L4; and one that lies at no canal at all.
        let mut boxes: Vec<Sighting> = [0, 1, 3, 4].map(|i| canal(truth[i], Level::ALL[(i + 1).min(4)])).to_vec();
        boxes.push(canal(discs[2].point - DVec3::Y * 20.0, Level::L3L4));
        let found = spine_of(&discs, &boxes);
        for (&level, truth) in Level::ALL.iter().zip(&truth) {
            let at = found.at(level).unwrap();
            assert!(at.distance(*truth) < 1.0, "{level}: {at} for {truth}");
        }
    }

    #[test]
    fn without_any_box_the_canal_lies_behind_the_discs() {
        let (discs, truth) = spine();
        let found = spine_of(&discs, &[]);
        for (&level, truth) in Level::ALL.iter().zip(&truth) {
            assert!(found.at(level).unwrap().distance(*truth) < 6.0);
        }
    }
}
