//! Where the canal lies at each disc, from the graders' points: the places that crops are cut around.

use super::{boxes, labels::Point, merge, skipped::Reason};
use crate::{
    crops::{FORAMEN_MM, RECESS_MM},
    geometry::{PixelCenter, Vec3},
    grading::{CANAL_FROM_FORAMEN, Condition, Level, Side},
    study::{SeriesNames, Study},
};

/// The canal at the disc of each level, patient mm, and the index of a series of that patient space.
pub struct Canal {
    pub at: [Option<Vec3>; 5],
    pub space: usize,
}

/// One point in the patient.
struct Placed<'a> {
    of: &'a Point,
    series: usize,
    at: Vec3,
}

impl Canal {
    /// From the points of one study; `None` where none can be placed. A point of the canal itself counts before those of
    /// both recesses, these before those of the foramina. What cannot be placed is handed to `skip`.
    pub fn of<'a>(
        study: &Study,
        names: &SeriesNames,
        points: impl Iterator<Item = &'a Point>,
        mut skip: impl FnMut(&Point, Reason, String),
    ) -> Option<Self> {
        let mut placed: Vec<Placed<'_>> = Vec::new();
        for point in points {
            match place(study, names, point) {
                Ok((series, at)) => placed.push(Placed { of: point, series, at }),
                Err((reason, what)) => skip(point, reason, what),
            }
        }
        let is_canal = |p: &&Placed<'_>| p.of.id.condition() == Condition::SpinalCanalStenosis;
        let space = placed.iter().find(is_canal).or_else(|| placed.first())?.series;
        placed.retain(|p| study.share_space(space, p.series));
        let at = |level: Level| {
            let of = |condition: Condition, side: Option<Side>| {
                let is_it = |p: &&Placed<'_>| {
                    let id = p.of.id;
                    (id.condition(), id.side(), id.level()) == (condition, side, level)
                };
                placed.iter().find(is_it).map(|p| p.at)
            };
            let between = |condition: Condition, beside: f64| {
                let [left, right] = [Side::Left, Side::Right].map(|side| of(condition, Some(side)));
                let aside = Vec3::new(beside, 0.0, 0.0);
                match (left, right) {
                    (Some(left), Some(right)) => Some((left + right) / 2.0),
                    (left, right) => left.map(|at| at - aside).or_else(|| right.map(|at| at + aside)),
                }
            };
            of(Condition::SpinalCanalStenosis, None)
                .or_else(|| between(Condition::SubarticularStenosis, RECESS_MM))
                .or_else(|| Some(between(Condition::NeuralForaminalNarrowing, FORAMEN_MM)? + CANAL_FROM_FORAMEN))
        };
        let canal: [Option<Vec3>; 5] = std::array::from_fn(|index| at(Level::ALL[index]));
        canal.iter().any(Option::is_some).then_some(Self { at: canal, space })
    }
}

fn place(study: &Study, names: &SeriesNames, point: &Point) -> Result<(usize, Vec3), (Reason, String)> {
    let index = merge::series_of(point, study, names)?;
    let series = &study.series[index];
    let slice = &series.slices[boxes::home(series, point)?];
    let plane = slice.plane.ok_or_else(|| (Reason::NoPosition, format!("InstanceNumber {}", point.instance)))?;
    Ok((index, plane.patient_from_pixel(PixelCenter::new(point.x, point.y))))
}
