//! Votes that are checked, and mended, by where their boxes lie in the patient.
//!
//! The detector of levels tells where the five discs are ([`super::discs`]); where it found too few, the sagittal boxes
//! tell it ([`super::spine`]). A sagittal box counts for the level of the
//! disc at which it lies. An axial slice meets the spine at one place: its boxes count for the level of that place,
//! whatever level they name, for an axial image does not show its level. Patient +x is the patient's left, which
//! decides sides. Votes whose claim and place disagree count less and say so.

mod axial;
mod place;
mod series_doubt;

use std::collections::BTreeMap;

use glam::DVec3;

pub use place::{ExpectedPlace, Lies, expected_place, lies};
use series_doubt::Beside;
pub use series_doubt::SeriesDoubt;

use super::{
    Disc, Discs, Layout, Placed, Vote,
    canal::spine_of,
    max::claimed,
    spine::{Sighting, Spine},
};
use crate::{
    grading::{Condition, Conflict, Detection, GradeId, Level, Role, Side, SliceId},
    uid::SeriesUid,
};

/// What a vote counts for each claim that its place contradicts.
const CONTRADICTED: f32 = 0.6;
/// What a vote counts that lies at no disc although its level is known to lie elsewhere.
const OUT_OF_PLACE: f32 = 0.1;
/// Nothing that is graded is wider or higher than this, mm; a detector that has lost its way draws such boxes, with
/// great confidence.
const LARGEST_MM: f64 = 60.0;
/// What a box of such a size counts: less than the floor of any row.
const TOO_LARGE: f32 = 0.001;
/// Nearer to the midline than this a box tells no side, mm.
const MIDLINE_MM: f64 = 5.0;
/// A spine of which fewer discs were found does not tell what lies at none.
const ENOUGH_DISCS: usize = 4;
/// From a foramen to the canal at its disc, mm: down and back.
pub const CANAL_FROM_FORAMEN: DVec3 = DVec3::new(0.0, 3.0, -6.0);

/// An axial box, and its middle in patient mm.
type Seen<'a> = (&'a Detection, DVec3);

/// The votes of a study, and what was found out on the way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resolved {
    /// One for each box that counts.
    pub votes: Vec<Vote>,
    /// The canal at the disc of each level, head to foot, patient mm.
    pub levels: [Option<DVec3>; 5],
    /// The patient space that the levels are in, as [`Placed::space`] names it; `None` where none was found.
    pub space: Option<usize>,
    /// The discs that the detector of levels found, numbered by all detectors together; none where they are too few.
    pub discs: Vec<Disc>,
    /// Roles whose boxes had to be taken at their word, and why.
    pub at_their_word: BTreeMap<Role, String>,
    /// What most boxes of a series, by `SeriesInstanceUID`, say against where it lies. Where they deny its place, it is
    /// not used.
    pub doubts: BTreeMap<SeriesUid, SeriesDoubt>,
}

/// Votes of all boxes of a study by where they lie. Boxes whose place is unknown, or in a patient space in which no
/// disc was found, are taken at their word.
///
/// ```
/// use foramen::{
///     geometry::ImagePlane,
///     grading::{self, Detection, Layout, Level, Placed, SliceId},
///     raster::BBox,
/// };
///
/// // A sagittal slice through the midline, 1 mm pixels, and five boxes down its canal, 35 mm apart.
/// let plane = ImagePlane::new([0.0, -100.0, 100.0], [0.0, 1.0, 0.0, 0.0, 0.0, -1.0], [1.0, 1.0], 200, 200)?;
/// let slice = SliceId { series_uid: "1.2.3".into(), sop_instance_uid: "1.2.3.7".into(), twin: 0, frame: 0 };
/// let layout = Layout::new([(slice.clone(), Placed { plane, space: 0 })]);
/// let boxes = Level::ALL.iter().map(|level| {
///     let class = format!("spinal_canal_stenosis_{level}_severe").parse()?;
///     let bbox = BBox::from_center(110.0, 20.0 + 35.0 * level.index() as f32, 24.0, 24.0);
///     Ok(Detection { class, score: 0.9, bbox, slice: slice.clone() })
/// });
/// let boxes = boxes.collect::<Result<Vec<_>, grading::ParseClassError>>()?;
///
/// let resolved = grading::geometric(&boxes, &layout);
/// let l4_l5 = resolved.levels[Level::L4L5.index()].unwrap();
/// assert!((l4_l5.z - (100.0 - 124.5)).abs() < 0.1);
/// assert!(resolved.votes.iter().all(|vote| vote.conflicts.is_empty()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn geometric(detections: &[Detection], layout: &Layout) -> Resolved {
    geometric_at(&Discs::default(), detections, layout)
}

/// The same with the discs that the detector of levels found.
pub fn geometric_at(discs: &Discs, detections: &[Detection], layout: &Layout) -> Resolved {
    let sightings = sightings(discs, detections, layout);
    let numbered: BTreeMap<usize, Vec<Disc>> =
        sightings.iter().filter_map(|(space, boxes)| Some((*space, discs.of(*space, boxes)?))).collect();
    let spines: BTreeMap<usize, Spine> = sightings
        .iter()
        .map(|(space, boxes)| {
            (*space, numbered.get(space).map_or_else(|| Spine::find(boxes), |discs| spine_of(discs, boxes)))
        })
        .collect();
    let mut resolved = Resolved::default();
    if let Some((space, best)) = spines.iter().max_by(|a, b| a.1.evidence().total_cmp(&b.1.evidence())) {
        resolved.levels = best.levels();
        resolved.space = Some(*space);
        resolved.discs = numbered.get(space).cloned().unwrap_or_default();
    }
    let mut axial: BTreeMap<&SliceId, (Placed, &Spine, Vec<Seen<'_>>)> = BTreeMap::new();
    for detection in detections {
        let role = detection.class.grade.condition().role();
        let placed = layout.point_of(detection);
        let spine = placed.and_then(|(_, at)| spines.get(&at.space)).filter(|spine| !spine.is_empty());
        match (placed, spine) {
            (Some((_, at)), _) if is_too_large(detection, &at) => {
                let mut vote = claimed(detection);
                vote.overrule(Conflict::Size, TOO_LARGE);
                resolved.votes.push(vote);
            }
            (Some((point, at)), Some(spine)) if role == Role::Ss => {
                axial.entry(&detection.slice).or_insert((at, spine, Vec::new())).2.push((detection, point));
            }
            (Some((point, _)), Some(spine)) => resolved.votes.push(sagittal(detection, point, spine)),
            (None, _) => {
                resolved.at_their_word.insert(role, "some slices have no position".to_owned());
                resolved.votes.push(claimed(detection));
            }
            (_, None) => {
                let why = "no disc was found on sagittal slices that share its patient space";
                resolved.at_their_word.insert(role, why.to_owned());
                resolved.votes.push(claimed(detection));
            }
        }
    }
    let mut beside = Vec::new();
    for (at, spine, boxes) in axial.into_values() {
        let off = |disc: DVec3| at.plane.distance_from_patient(disc).abs();
        let level = spine.nearest(off);
        let canal = level.and_then(|level| spine.at(level));
        let is_at_disc = level.is_some() || spine.levels().into_iter().flatten().count() < ENOUGH_DISCS;
        for &(detection, point) in &boxes {
            // Away from all discs the canal may have gone anywhere.
            let (way, normal) = (point - canal.unwrap_or(point), at.plane.normal());
            let canal_mm = (way - normal * way.dot(normal)).length();
            beside.push((detection, Beside { canal_mm, is_at_disc }));
        }
        let by_discs = numbered.contains_key(&at.space);
        resolved.votes.extend(axial::votes(&boxes, &at, spine, level, by_discs));
    }
    resolved.doubts = series_doubt::find(&resolved.votes, &beside);
    resolved.take_at_their_word();
    resolved
}

impl Resolved {
    /// Boxes of series that cannot lie where they say count for what they name.
    fn take_at_their_word(&mut self) {
        for vote in &mut self.votes {
            if let Some(doubt) = self.doubts.get(&vote.detection.slice.series_uid)
                && doubt.denies_place()
                && !vote.conflicts.contains(&Conflict::Size)
            {
                self.at_their_word.insert(vote.detection.class.grade.condition().role(), doubt.to_string());
                *vote = claimed(&vote.detection);
            }
        }
    }
}

/// The sagittal boxes in each patient space that they, or discs, lie in.
fn sightings(discs: &Discs, detections: &[Detection], layout: &Layout) -> BTreeMap<usize, Vec<Sighting>> {
    let mut by_space: BTreeMap<usize, Vec<Sighting>> = discs.spaces().map(|space| (space, Vec::new())).collect();
    for detection in detections {
        let condition = detection.class.grade.condition();
        if let Some((point, at)) = layout.point_of(detection)
            && condition != Condition::SubarticularStenosis
            && !is_too_large(detection, &at)
        {
            let is_canal = condition == Condition::SpinalCanalStenosis;
            let point = disc_height(point, condition);
            let weight = f64::from(detection.score);
            by_space.entry(at.space).or_default().push(Sighting {
                point,
                level: detection.class.grade.level(),
                weight,
                is_canal,
            });
        }
    }
    by_space
}

fn is_too_large(detection: &Detection, at: &Placed) -> bool {
    let [row, column] = at.plane.pixel_spacing();
    let (width, height) = (f64::from(detection.bbox.width()) * column, f64::from(detection.bbox.height()) * row);
    width.max(height) > LARGEST_MM
}

/// A foramen's middle lies above its disc.
fn disc_height(point: DVec3, condition: Condition) -> DVec3 {
    if condition == Condition::NeuralForaminalNarrowing { point + CANAL_FROM_FORAMEN } else { point }
}

fn sagittal(detection: &Detection, point: DVec3, spine: &Spine) -> Vote {
    let (condition, level) = (detection.class.grade.condition(), detection.class.grade.level());
    let mut vote = claimed(detection);
    let found = spine.level_at(disc_height(point, condition));
    match found {
        Some(found) if found != level => vote.overrule(Conflict::Level, CONTRADICTED),
        // A disc beyond the five that is called one of them; a level that was not found may lie anywhere.
        None if spine.at(level).is_some() => vote.overrule(Conflict::Level, OUT_OF_PLACE),
        _ => (),
    }
    let level = found.unwrap_or(level);
    let seen = side_of(point, spine.at(level).or_else(|| spine.levels().into_iter().flatten().next()));
    vote.regrade(seen, level);
    vote
}

/// The side on which a point lies, if it is off the midline.
fn side_of(point: DVec3, canal: Option<DVec3>) -> Option<Side> {
    let off = point.x - canal?.x;
    (off.abs() > MIDLINE_MM).then_some(if off > 0.0 { Side::Left } else { Side::Right })
}

impl Vote {
    /// Its place speaks against it.
    fn overrule(&mut self, conflict: Conflict, factor: f32) {
        self.weight *= factor;
        self.conflicts.push(conflict);
    }

    /// Counts for the level of its place, and for the side on which it is seen to lie.
    fn regrade(&mut self, seen: Option<Side>, level: Level) {
        let claim = self.detection.class.grade;
        let is_other_side = claim.side().zip(seen).is_some_and(|(claimed, seen)| claimed != seen);
        if is_other_side {
            self.overrule(Conflict::Side, CONTRADICTED);
        }
        let side = if is_other_side { seen } else { claim.side() };
        if let Some(grade) = GradeId::new(claim.condition(), side, level) {
            self.grade = grade;
        }
    }
}
