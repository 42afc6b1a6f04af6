//! What is at a patient point: the scene as implicit shapes around the template spine.
//!
//! All sizes are millimetres. `side` is +1 on the subject's left, -1 on the right.

mod bones;
mod canal;
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
    vertebra: usize,
    /// mm above the centre of the nearest vertebra.
    over_body: f64,
    /// mm above the centre of the nearest disc.
    over_disc: f64,
    level: Option<Level>,
    canal: f64,
    foramen: f64,
    recess: f64,
}

/// The tissue at a patient point.
pub fn tissue_at(subject: &Subject, point: DVec3) -> Sample {
    let skin = subject.skin_of_back(point.z);
    if let Some(sample) = outside(subject, point, skin) {
        return sample;
    }
    let under_skin = is_outside_trunk(subject, point, skin, subject.back_fat, 0.7 * subject.back_fat);
    let site = Site::new(subject, point);
    let near = site.lateral < 62.0 && site.at.back.abs() < 75.0;
    let spine = near
        .then(|| {
            site.body()
                .or_else(|| site.disc())
                .or_else(|| site.sac())
                .or_else(|| site.pedicle())
                .or_else(|| site.recess())
                .or_else(|| site.facet())
                .or_else(|| site.foramen())
                .or_else(|| site.arch())
                .or_else(|| site.canal())
                .or_else(|| site.processes())
                .or_else(|| site.sacrum())
        })
        .flatten();
    let spine = spine
        .or_else(|| under_skin.then(|| (Tissue::Fat, 0.92 + 0.12 * noise::field(subject.texture_seed, point, 6.0))));
    spine.or_else(|| site.vessels()).or_else(|| site.muscles()).unwrap_or_else(|| site.belly())
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
        let cause = |condition, side| level.map_or(0.0, |l| subject.disease.cause(condition, side, l));
        Self {
            subject,
            point,
            at,
            side: at.left.signum(),
            lateral: at.left.abs(),
            vertebra,
            over_body,
            over_disc,
            level,
            canal: cause(Condition::SpinalCanalStenosis, None) * bump(over_disc, 8.0),
            foramen: cause(Condition::NeuralForaminalNarrowing, Some(side)),
            recess: cause(Condition::SubarticularStenosis, Some(side)) * bump(over_disc, 10.0),
        }
    }

    fn body_height(&self) -> f64 {
        self.subject.nodes[2 * self.vertebra].height
    }

    /// Bone with a dark rim: `inside` is mm from the surface.
    fn bone(&self, inside: f64) -> Option<Sample> {
        if inside <= 0.0 {
            None
        } else if inside < 0.9 {
            plain(Tissue::CorticalBone)
        } else {
            Some(marrow(self.subject, self.point, self.subject.build.marrow[self.vertebra]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_outside_superellipse;
    use proptest::prelude::*;

    proptest! {
        /// The shortcuts must not change a phantom: labels and models were made with the plain formula.
        #[test]
        fn the_short_cuts_of_the_superellipse_change_nothing(a in 0f64..1.5, b in 0f64..1.5, n in 2f64..4.0) {
            prop_assert_eq!(is_outside_superellipse(a, b, n), a.powf(n) + b.powf(n) > 1.0);
        }
    }
}
