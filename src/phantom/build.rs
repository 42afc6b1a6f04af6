//! Shapes that differ from subject to subject: outlines of bones, joints, canal, muscles and vessels.

use std::f64::consts::TAU;

use rand::{Rng, RngExt};

use super::variety::Variety;

/// Vertebrae from T9 down to S4: enough for every field of view used here.
pub const VERTEBRAE: usize = 13;

/// Shapes that differ from subject to subject.
#[derive(Debug, Clone)]
pub struct Build {
    /// Exponent of the superellipse of a body's outline.
    pub body_exponent: f64,
    /// How much narrower a body is in its middle.
    pub waist: f64,
    /// Concavity of the endplates, mm.
    pub endplate_hollow: f64,
    /// How uneven the endplates are, mm.
    pub endplate_rough: f64,
    /// Fraction of a disc's radius, and of its half height, that is nucleus.
    pub nucleus: [f64; 2],
    /// Brightness of the cleft in a nucleus.
    pub cleft: f64,
    /// Length of a spinous process, mm.
    pub spinous_length: f64,
    /// Half its height relative to the height of its body.
    pub spinous_height: f64,
    /// Half the width of the fat behind the sac, mm.
    pub epidural_fat: f64,
    /// Half sizes of the basivertebral vein: mm sideways and up.
    pub vein: [f64; 2],
    /// How coarse and how strong the grain of marrow is.
    pub grain: [f64; 2],
    /// For each vertebra: mm that its front edges extend beyond the body.
    pub osteophyte: [f64; VERTEBRAE],
    /// For each vertebra: mm that its front is lower than its back.
    pub wedge: [f64; VERTEBRAE],
    /// For each vertebra: brightness of its marrow, about 1.
    pub marrow: [f64; VERTEBRAE],
    /// For each disc, right and left: the direction from the upper process of a joint to the lower one, a unit vector
    /// to the side and to the front.
    pub facet_way: [[f64; 2]; 10],
    /// Size of the joints, about 1.
    pub facet_size: f64,
    /// mm between the bones of a joint.
    pub facet_gap: f64,
    /// How steeply the roof of the canal falls to the sides: flat in round canals, steep in trefoil ones.
    pub roof_slope: f64,
    /// mm that the roof is higher in the midline between two laminae.
    pub gable: f64,
    /// Thickness of the ligamentum flavum, mm.
    pub flavum: f64,
    /// Exponent of the outline of the sac, and how much narrower it is behind.
    pub sac: [f64; 2],
    /// mm of fat between sac and disc at L5/S1.
    pub front_fat: f64,
    /// For each lumbar disc: mm by which its back is hollow; negative is round.
    pub disc_hollow: [f64; 5],
    /// mm that the muscles beside the spinous processes rise above them.
    pub hump: f64,
    /// How square the outer edge of the muscles of the back is, 2 round.
    pub back_round: f64,
    /// mm that they sink in the midline.
    pub furrow: f64,
    /// Relative size of psoas.
    pub psoas: f64,
    /// How far quadratus leans to the front, about 1.
    pub quadratus: f64,
    /// Distance of the hip bones, about 1.
    pub hip_width: f64,
    /// Radius of aorta and vena cava, mm, and how flat the latter is.
    pub great_vessels: [f64; 3],
    /// In the fat around the spine.
    pub small_vessels: Vec<Vessel>,
}

/// A small vessel along the body.
#[derive(Debug, Clone)]
pub struct Vessel {
    /// mm from the midline.
    pub left: f64,
    /// mm behind the front of the bodies.
    pub front: f64,
    /// mm.
    pub radius: f64,
    /// Where it sways.
    pub phase: f64,
    /// Of flowing blood, from 1 (void) up.
    pub bright: f64,
}

impl Build {
    /// Draws one.
    pub fn draw(rng: &mut impl Rng, v: Variety) -> Self {
        Self {
            body_exponent: v.between(rng, (2.5, 2.5), (2.0, 3.6)),
            waist: v.between(rng, (0.1, 0.1), (0.02, 0.2)),
            endplate_hollow: v.between(rng, (1.0, 1.0), (0.0, 2.6)),
            endplate_rough: v.between(rng, (0.6, 0.6), (0.2, 3.0)),
            nucleus: [v.between(rng, (0.68, 0.68), (0.55, 0.82)), v.between(rng, (0.36, 0.36), (0.28, 0.46))],
            cleft: v.between(rng, (0.75, 0.75), (0.35, 1.0)),
            spinous_length: v.between(rng, (33.0, 33.0), (24.0, 40.0)),
            spinous_height: v.between(rng, (0.4, 0.4), (0.3, 0.46)),
            epidural_fat: v.between(rng, (5.5, 5.5), (2.0, 9.0)),
            vein: [v.between(rng, (3.0, 3.0), (0.0, 6.0)), v.between(rng, (2.2, 2.2), (0.0, 3.2))],
            grain: [v.between(rng, (1.0, 1.0), (0.6, 2.2)), v.between(rng, (0.18, 0.18), (0.04, 0.4))],
            osteophyte: std::array::from_fn(|_| if v.chance(rng, 0.0, 0.3) { rng.random_range(1.0..5.0) } else { 0.0 }),
            wedge: std::array::from_fn(|_| if v.chance(rng, 0.0, 0.1) { rng.random_range(1.0..6.5) } else { 0.0 }),
            marrow: std::array::from_fn(|_| v.factor(rng, 0.09)),
            facet_way: facet_ways(rng, v),
            facet_size: v.between(rng, (0.92, 1.08), (0.8, 1.3)),
            facet_gap: v.between(rng, (1.3, 1.7), (0.7, 2.4)),
            roof_slope: v.between(rng, (0.45, 0.6), (0.25, 0.85)),
            gable: v.between(rng, (4.0, 6.0), (1.0, 8.0)),
            flavum: v.between(rng, (2.4, 3.2), (1.6, 4.6)),
            sac: [v.between(rng, (2.2, 2.4), (1.8, 3.0)), v.between(rng, (0.05, 0.2), (-0.1, 0.45))],
            front_fat: v.between(rng, (1.0, 2.5), (0.0, 5.0)),
            disc_hollow: std::array::from_fn(|i| 1.8 - 0.5 * i as f64 + v.between(rng, (-0.4, 0.4), (-1.6, 1.6))),
            hump: v.between(rng, (2.0, 6.0), (-5.0, 9.0)),
            back_round: v.between(rng, (2.0, 2.6), (1.5, 3.2)),
            furrow: v.between(rng, (1.0, 4.0), (0.0, 9.0)),
            psoas: v.between(rng, (0.95, 1.1), (0.7, 1.3)),
            quadratus: v.between(rng, (0.9, 1.1), (0.4, 1.6)),
            hip_width: v.between(rng, (0.95, 1.05), (0.88, 1.15)),
            great_vessels: [
                v.between(rng, (8.0, 9.5), (6.5, 12.0)),
                v.between(rng, (8.0, 10.0), (6.5, 12.5)),
                v.between(rng, (0.7, 0.9), (0.35, 1.0)),
            ],
            small_vessels: (0..18).map(|_| Vessel::draw(rng)).collect(),
        }
    }
}

impl Vessel {
    /// Beside the psoas and in front of the bodies.
    fn draw(rng: &mut impl Rng) -> Self {
        let left: f64 = rng.random_range(-70.0..70.0);
        let front = rng.random_range(-40.0..-8.0);
        let (radius, phase) = (rng.random_range(0.9..2.9), rng.random_range(0.0..TAU));
        Self {
            left,
            front,
            radius,
            phase,
            bright: if rng.random_bool(0.7) { 1.0 } else { rng.random_range(3.0..12.0) },
        }
    }
}

/// Joints face each other sideways at L1/L2 and turn to the front towards L5/S1; right and left differ a little.
fn facet_ways(rng: &mut impl Rng, v: Variety) -> [[f64; 2]; 10] {
    let whole = v.between(rng, (-4.0, 4.0), (-14.0, 14.0));
    std::array::from_fn(|i| {
        let angle = 28.0 + 7.0 * (i / 2) as f64 + whole + v.between(rng, (-4.0, 4.0), (-11.0, 11.0));
        let (toward_front, toward_side) = f64::to_radians(angle).sin_cos();
        [toward_side, toward_front]
    })
}
