//! Where a grade belongs in the patient, and whether a box that a person drew for it lies there: the same discs and
//! the same distances as for the detectors' boxes.

use glam::DVec3;

use super::{CANAL_FROM_FORAMEN, LARGEST_MM, disc_height, side_of};
use crate::grading::aggregate::spine::Spine;
use crate::{
    geometry::ImagePlane,
    grading::{Condition, Conflict, GradeId, Level, Role, Side},
    raster::BBox,
};

/// From the canal to a foramen and to a subarticular zone, mm to the side, about.
const FORAMEN_MM: f64 = 18.0;
pub(super) const SUBARTICULAR_MM: f64 = 9.0;
/// From a disc to the next one below where only one is known, mm.
const NEXT_DISC: DVec3 = DVec3::new(0.0, 0.0, -36.0);

/// Where a grade is to be looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpectedPlace {
    /// Patient mm.
    pub point: DVec3,
    /// The same at the height of the disc, where axial images are graded.
    pub at_disc: DVec3,
    /// Its disc was not found: the place follows from the other discs.
    pub is_estimated: bool,
}

/// Where a grade is to be looked for: at its disc, on its side. `to_side` is the distance from the canal that is known
/// from other levels, mm. `None` where no disc is known.
pub fn expected_place(id: GradeId, levels: &[Option<DVec3>; 5], to_side: Option<f64>) -> Option<ExpectedPlace> {
    let (disc, is_estimated) = disc_of(id.level(), levels)?;
    let (usual, up) = match id.condition() {
        Condition::SpinalCanalStenosis => (0.0, DVec3::ZERO),
        Condition::NeuralForaminalNarrowing => (FORAMEN_MM, -CANAL_FROM_FORAMEN),
        Condition::SubarticularStenosis => (SUBARTICULAR_MM, DVec3::ZERO),
    };
    // Patient +x is the patient's left.
    let direction = id.side().map_or(0.0, |side| if side == Side::Left { 1.0 } else { -1.0 });
    let aside = DVec3::X * direction * to_side.unwrap_or(usual);
    Some(ExpectedPlace { point: disc + up + aside, at_disc: disc + aside, is_estimated })
}

/// The disc of a level, from its neighbours where it was not found.
fn disc_of(level: Level, levels: &[Option<DVec3>; 5]) -> Option<(DVec3, bool)> {
    let at = level.index();
    if let Some(disc) = levels[at] {
        return Some((disc, false));
    }
    let mut known: Vec<(usize, DVec3)> = levels.iter().enumerate().filter_map(|(i, p)| Some((i, (*p)?))).collect();
    known.sort_by_key(|(i, _)| i.abs_diff(at));
    let &(near, from) = known.first()?;
    let step = match known.get(1) {
        Some(&(far, to)) => (to - from) / (far as f64 - near as f64),
        None => NEXT_DISC,
    };
    Some((from + step * (at as f64 - near as f64), true))
}

/// Where a box lies that was drawn for a grade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lies {
    /// At the disc of this level; `None` at none that was found.
    pub level: Option<Level>,
    /// On this side; `None` near the midline.
    pub side: Option<Side>,
    /// What speaks against the grade that it was drawn for.
    pub conflicts: Vec<Conflict>,
}

/// Where a box that was drawn for a grade lies. `levels` must be in the patient space of its slice.
pub fn lies(id: GradeId, bbox: &BBox, plane: &ImagePlane, levels: &[Option<DVec3>; 5]) -> Lies {
    let point = plane.patient_from_pixel(bbox.center());
    let spine = Spine::of(*levels);
    let level = match id.condition().role() {
        Role::Ss => spine.nearest(|disc| plane.distance_from_patient(disc).abs()),
        Role::Nfn | Role::Scs => spine.level_at(disc_height(point, id.condition())),
    };
    let canal = spine.at(level.unwrap_or(id.level())).or_else(|| levels.iter().flatten().next().copied());
    let side = side_of(point, canal);
    let mut conflicts = Vec::new();
    // A level that was not found may lie anywhere but at the others.
    if level != Some(id.level()) && (level.is_some() || spine.at(id.level()).is_some()) {
        conflicts.push(Conflict::Level);
    }
    if id.side().zip(side).is_some_and(|(drawn_for, seen)| drawn_for != seen) {
        conflicts.push(Conflict::Side);
    }
    let [down, across] = plane.pixel_spacing();
    if (f64::from(bbox.width()) * across).max(f64::from(bbox.height()) * down) > LARGEST_MM {
        conflicts.push(Conflict::Size);
    }
    Lies { level, side, conflicts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PixelCorner;

    fn id(text: &str) -> GradeId {
        text.parse().unwrap()
    }

    /// Discs 36 mm apart, each 3 mm in front of the one above; L1/L2 and L5/S1 were not found.
    fn levels() -> [Option<DVec3>; 5] {
        let disc = |i: usize| DVec3::new(4.0, 10.0 - 3.0 * i as f64, -36.0 * i as f64);
        [None, Some(disc(1)), Some(disc(2)), Some(disc(3)), None]
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "sums of small whole numbers are exact")]
    fn a_grade_is_expected_at_its_disc_and_side_and_beyond_the_discs_that_were_found() {
        let place = |text: &str| expected_place(id(text), &levels(), None).unwrap();
        let canal = place("spinal_canal_stenosis_l3_l4");
        assert_eq!((canal.point, canal.is_estimated), (levels()[2].unwrap(), false));
        let foramina = ["left", "right"].map(|side| place(&format!("{side}_neural_foraminal_narrowing_l4_l5")).point);
        assert_eq!(foramina.map(|p| p.x), [22.0, -14.0]);
        assert!(foramina.iter().all(|p| p.z > -108.0 && p.y < 1.0), "above and before the canal at the disc");
        for (text, i) in [("spinal_canal_stenosis_l1_l2", 0.0), ("spinal_canal_stenosis_l5_s1", 4.0)] {
            let beyond = place(text);
            assert!(beyond.is_estimated);
            assert!(beyond.point.distance(DVec3::new(4.0, 10.0 - 3.0 * i, -36.0 * i)) < 1e-9, "{:?}", beyond.point);
        }
        let known = expected_place(id("right_subarticular_stenosis_l3_l4"), &levels(), Some(11.0)).unwrap();
        assert_eq!(known.point.x, 4.0 - 11.0);
        let one = [None, None, Some(DVec3::ZERO), None, None];
        let below = expected_place(id("spinal_canal_stenosis_l5_s1"), &one, None).unwrap();
        assert_eq!((below.point, below.is_estimated), (DVec3::new(0.0, 0.0, -72.0), true));
        assert_eq!(expected_place(id("spinal_canal_stenosis_l5_s1"), &[None; 5], None), None);
    }

    /// A sagittal plane `x` mm to the left: 1 mm pixels, columns run back, rows down, the first pixel above the spine.
    fn sagittal(x: f64) -> ImagePlane {
        ImagePlane::new([x, -100.0, 100.0], [0.0, 1.0, 0.0, 0.0, 0.0, -1.0], [1.0; 2], 300, 300).unwrap()
    }

    fn axial(z: f64) -> ImagePlane {
        ImagePlane::new([-100.0, -100.0, z], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0], [1.0; 2], 200, 200).unwrap()
    }

    /// A box of 10 mm about a patient point.
    fn around(plane: &ImagePlane, point: DVec3) -> BBox {
        let at = PixelCorner::from(plane.pixel_from_patient(point));
        let (x, y) = (at.x as f32, at.y as f32);
        BBox::new(x - 5.0, y - 5.0, x + 5.0, y + 5.0)
    }

    /// Each condition, drawn at each disc that is known and on each side, for each grade of it.
    #[test]
    fn a_box_contradicts_its_grade_exactly_where_it_lies_elsewhere() {
        for id in GradeId::ALL {
            for lies_at in GradeId::ALL.into_iter().filter(|other| other.condition() == id.condition()) {
                let Some(_) = levels()[lies_at.level().index()] else { continue };
                let place = expected_place(lies_at, &levels(), None).unwrap().point;
                let plane = if id.condition().role() == Role::Ss { axial(place.z) } else { sagittal(place.x) };
                let found = lies(id, &around(&plane, place), &plane, &levels());
                assert_eq!((found.level, found.side), (Some(lies_at.level()), lies_at.side()), "{lies_at}");
                let expected: Vec<Conflict> = [
                    (id.level() != lies_at.level()).then_some(Conflict::Level),
                    (id.side() != lies_at.side()).then_some(Conflict::Side),
                ]
                .into_iter()
                .flatten()
                .collect();
                assert_eq!(found.conflicts, expected, "{id} at {lies_at}");
            }
        }
    }

    #[test]
    fn where_nothing_is_known_nothing_is_contradicted() {
        let plane = sagittal(4.0);
        let bbox = around(&plane, DVec3::new(4.0, 10.0, 0.0));
        let canal = |level: &str, levels: &[Option<DVec3>; 5]| {
            lies(id(&format!("spinal_canal_stenosis_{level}")), &bbox, &plane, levels).conflicts
        };
        assert!(canal("l4_l5", &[None; 5]).is_empty());
        // At no disc that was found: right for one that was not found, wrong for one that was.
        assert!(canal("l1_l2", &levels()).is_empty());
        assert_eq!(canal("l4_l5", &levels()), [Conflict::Level]);
        let huge = BBox::new(60.0, 60.0, 200.0, 200.0);
        let at = lies(id("spinal_canal_stenosis_l2_l3"), &huge, &plane, &levels());
        assert!(at.conflicts.contains(&Conflict::Size));
    }
}
