//! What is at a patient point: the scene as implicit shapes around the template spine.
//!
//! All sizes are millimetres. `side` is +1 on the subject's left, -1 on the right.

mod bones;
mod canal;
mod joints;
mod muscles;
mod trunk;

use glam::DVec3;

use super::{
    anatomy::{L1, Place, S1, Subject},
    material::Tissue,
    noise,
};
use crate::grading::{Condition, Level, Side};

/// Tissue and its brightness relative to its kind, about 1.
pub type Sample = (Tissue, f64);

/// What a voxel holds: a tissue and its brightness, and the share of fat in its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blend {
    /// What is not fat.
    pub tissue: Tissue,
    /// Its brightness relative to its kind, about 1.
    pub strength: f64,
    /// 0 to 1.
    pub fat: f64,
}

impl Blend {
    /// Nothing but this tissue.
    const fn of(tissue: Tissue) -> Self {
        Self { tissue, strength: 1.0, fat: 0.0 }
    }
}

impl From<Sample> for Blend {
    fn from((tissue, strength): Sample) -> Self {
        Self { tissue, strength, fat: 0.0 }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the last word of functions that find something or nothing")]
const fn plain(tissue: Tissue) -> Option<Sample> {
    Some((tissue, 1.0))
}

/// A point relative to the spine, with the causes that matter there.
struct Site<'a> {
    subject: &'a Subject,
    point: DVec3,
    at: Place,
    side: f64,
    /// Distance from the midline.
    lateral: f64,
    /// mm behind the back wall of the bodies.
    behind: f64,
    /// 0 at the middle of L1, 1 at that of L5.
    down: f64,
    vertebra: usize,
    /// mm above the centre of the nearest vertebra.
    over_body: f64,
    /// mm above the centre of the vertebra above the nearest disc.
    over_upper: f64,
    /// mm above the centre of the nearest disc.
    over_disc: f64,
    level: Option<Level>,
    canal: f64,
    foramen: f64,
    recess: f64,
}

/// The tissue at a patient point.
pub fn tissue_at(subject: &Subject, point: DVec3) -> Blend {
    let skin = subject.skin_of_back(point.z) - subject.furrow(point.x);
    if let Some(sample) = outside(subject, point, skin) {
        return sample.into();
    }
    let site = Site::new(subject, point);
    if let Some(sample) = site.spine() {
        return sample.into();
    }
    if let Some(blend) = site.hip().or_else(|| site.muscles()) {
        return blend;
    }
    if is_outside_trunk(subject, point, skin, subject.back_fat, 0.7 * subject.back_fat) || site.behind > 20.0 {
        return site.fat();
    }
    site.vessels().map_or_else(|| site.belly(), Blend::from)
}

/// Whether a point lies outside the trunk less `inset` mm. The skin of the back, at y of `skin`, follows the spine.
fn is_outside_trunk(subject: &Subject, point: DVec3, skin: f64, inset: f64, front_inset: f64) -> bool {
    let [half_width, half_depth] = subject.trunk;
    let y = point.y - (skin - half_depth);
    let depth = half_depth - if y > 0.0 { inset } else { front_inset };
    is_outside_superellipse((point.x / (half_width - inset)).abs(), (y / depth).abs(), 2.6)
}

/// Whether aⁿ + bⁿ > 1. Most points are decided without the powers, which are most of the cost of a phantom.
fn is_outside_superellipse(a: f64, b: f64, n: f64) -> bool {
    let (least, most) = (a.min(b), a.max(b));
    // For n ≥ 2 the curve lies between the circle and the square.
    most > 1.0 || (least * least + most * most > 1.0 && a.powf(n) + b.powf(n) > 1.0)
}

/// Air and skin: `None` inside.
fn outside(subject: &Subject, point: DVec3, skin: f64) -> Option<Sample> {
    if is_outside_trunk(subject, point, skin, 0.0, 0.0) {
        plain(Tissue::Air)
    } else if is_outside_trunk(subject, point, skin, 2.0, 2.0) {
        plain(Tissue::Skin)
    } else {
        None
    }
}

/// Marrow with its grain, `brightness` being about 1.
fn marrow(subject: &Subject, point: DVec3, brightness: f64) -> Sample {
    let [coarse, strength] = subject.build.grain;
    let grain = noise::field(subject.texture_seed ^ 1, point, 2.5 * coarse)
        + noise::field(subject.texture_seed ^ 2, point, 9.0 * coarse);
    (Tissue::Marrow, brightness * (1.0 + strength * (grain - 1.0)))
}

/// 1 in the middle of a Gaussian bump of half-length `reach`, falling to 0.
fn bump(x: f64, reach: f64) -> f64 {
    (-(x / reach).powi(2)).exp()
}

impl<'a> Site<'a> {
    fn new(subject: &'a Subject, point: DVec3) -> Self {
        let at = subject.place_from_patient(point);
        let (vertebra, over_body) = at.vertebra();
        let (disc, over_disc) = at.disc();
        let level = disc.checked_sub(L1).and_then(|i| Level::ALL.get(i)).copied();
        let side = if at.left >= 0.0 { Side::Left } else { Side::Right };
        let over_upper = if at.node.is_multiple_of(2) {
            at.up[0]
        } else {
            over_disc - f64::midpoint(subject.nodes[at.node].height, subject.nodes[at.node - 1].height)
        };
        let between = at.up[0] / (at.up[0] - at.up[1]).min(-1e-9);
        let down = (f64::midpoint(at.node as f64, between.clamp(0.0, 1.0)) - L1 as f64) / 4.0;
        // Nothing far from the canal depends on them.
        let concerned = at.left.abs() < 40.0 && over_disc.abs() < 24.0;
        let fading = |condition, side, reach| match level {
            Some(level) if concerned => subject.disease.cause(condition, side, level) * bump(over_disc, reach),
            _ => 0.0,
        };
        Self {
            subject,
            point,
            at,
            side: at.left.signum(),
            lateral: at.left.abs(),
            behind: at.back - at.wall,
            down,
            over_upper,
            vertebra,
            over_body,
            over_disc,
            level,
            canal: fading(Condition::SpinalCanalStenosis, None, 8.0),
            foramen: fading(Condition::NeuralForaminalNarrowing, Some(side), f64::INFINITY),
            recess: fading(Condition::SubarticularStenosis, Some(side), 10.0),
        }
    }

    /// Bones, discs, canal and foramina.
    fn spine(&self) -> Option<Sample> {
        if self.lateral > 62.0 || self.at.back.abs() > 75.0 {
            return None;
        }
        self.body()
            .or_else(|| self.disc())
            .or_else(|| self.sac())
            .or_else(|| self.pedicle())
            .or_else(|| self.recess())
            .or_else(|| self.facet())
            .or_else(|| self.foramen())
            .or_else(|| self.arch())
            .or_else(|| self.canal())
            .or_else(|| self.processes())
            .or_else(|| self.sacrum())
    }

    fn body_height(&self) -> f64 {
        self.subject.nodes[2 * self.vertebra].height
    }

    /// Bone with a dark rim: `inside` is mm from the surface.
    fn bone(&self, inside: f64) -> Option<Sample> {
        (inside > 0.0).then(|| self.bone_with_rim(inside, 0.9))
    }

    /// Bone at a place `inside` mm below its surface.
    fn bone_with_rim(&self, inside: f64, rim: f64) -> Sample {
        if inside < rim {
            (Tissue::CorticalBone, 1.0)
        } else {
            marrow(self.subject, self.point, self.subject.build.marrow[self.vertebra])
        }
    }
}

#[cfg(test)]
mod tests;
