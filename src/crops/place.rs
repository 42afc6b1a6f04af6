//! Where each of the 25 grades is to be looked for, from where the canal lies at each disc.

use crate::{
    detector::CELLS,
    geometry::Vec3,
    grading::{Condition, GradeId, Side},
};

/// A foramen lies about so far beside the middle of the canal, mm.
pub const FORAMEN_MM: f64 = 17.0;
/// A recess lies about so far beside it, mm.
pub const RECESS_MM: f64 = 9.0;

/// The place of each grade, patient mm, from the canal at the disc of each level. The crops are wide enough for the
/// structure to be in them whatever a patient's build.
///
/// ```
/// use foramen::{crops::places, geometry::Vec3};
///
/// let canal = [None, None, None, Some(Vec3::new(2.0, 30.0, -40.0)), None];
/// let places = places(&canal);
/// assert_eq!(places.iter().flatten().count(), 5, "of one level");
/// ```
pub fn places(canal: &[Option<Vec3>; 5]) -> [Option<Vec3>; CELLS] {
    let place = |id: GradeId| {
        let beside = match id.condition() {
            Condition::SpinalCanalStenosis => 0.0,
            Condition::NeuralForaminalNarrowing => FORAMEN_MM,
            Condition::SubarticularStenosis => RECESS_MM,
        };
        let side = if id.side() == Some(Side::Right) { -1.0 } else { 1.0 };
        Some(canal[id.level().index()]? + Vec3::new(side * beside, 0.0, 0.0))
    };
    GradeId::ALL.map(place)
}
