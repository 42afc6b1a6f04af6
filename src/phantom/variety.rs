//! How widely draws vary: textbook spines and settings at 0, the full range of people and scanners at 1.
//!
//! A detector that has only seen 0 relies on the phantom's appearance; one that has seen 1 must rely on the spine.

use std::f64::consts::TAU;

use glam::DVec3;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

/// 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variety(f64);

impl Variety {
    /// Textbook.
    pub const NONE: Self = Self(0.0);

    /// Clamped to 0 to 1.
    pub fn new(share: f64) -> Self {
        Self(share.clamp(0.0, 1.0))
    }

    /// A uniform draw from the range that lies a fraction `self` of the way from the typical to the wide one.
    pub fn between(self, rng: &mut impl Rng, typical: (f64, f64), wide: (f64, f64)) -> f64 {
        let mix = |a: f64, b: f64| a + (b - a) * self.0;
        let (low, high) = (mix(typical.0, wide.0), mix(typical.1, wide.1));
        low + (high - low) * rng.random_range(0.0..1.0)
    }

    /// True with the probability interpolated between the two.
    pub fn chance(self, rng: &mut impl Rng, typical: f64, wide: f64) -> bool {
        rng.random_bool((typical + (wide - typical) * self.0).clamp(0.0, 1.0))
    }

    /// A factor about 1: `exp` of a normal of standard deviation `sigma`, at most two of them, times this variety.
    pub fn factor(self, rng: &mut impl Rng, sigma: f64) -> f64 {
        let normal: f64 = StandardNormal.sample(rng);
        (self.0 * sigma * normal.clamp(-2.0, 2.0)).exp()
    }

    /// A vector of at most `most` mm along each axis.
    pub fn offset(self, rng: &mut impl Rng, most: [f64; 3]) -> DVec3 {
        DVec3::from_array(most.map(|m| m * self.0 * rng.random_range(-1.0..1.0)))
    }
}

/// A smooth deformation of space, so that no endplate is straight and no two vertebrae are alike: a few plane waves.
#[derive(Debug, Clone)]
pub struct Warp(Vec<Wave>);

#[derive(Debug, Clone)]
struct Wave {
    amplitude: DVec3,
    /// Radians per mm.
    vector: DVec3,
    phase: f64,
}

/// (greatest amplitude mm, shortest wavelength mm): slopes add up to less than 0.7, so that nothing folds.
const WAVES: [(f64, f64); 3] = [(2.6, 60.0), (0.7, 22.0), (0.3, 10.0)];

impl Warp {
    /// Draws one.
    pub fn draw(rng: &mut impl Rng, variety: Variety) -> Self {
        let wave = |(most, shortest): (f64, f64)| {
            let direction =
                DVec3::from_array(std::array::from_fn(|_| rng.random_range(-1.0..1.0))).normalize_or(DVec3::Z);
            let length = shortest * rng.random_range(1.0..2.0);
            Wave {
                amplitude: variety.offset(rng, [most / 3f64.sqrt(); 3]),
                vector: direction * (TAU / length),
                phase: rng.random_range(0.0..TAU),
            }
        };
        Self(if variety == Variety::NONE { Vec::new() } else { WAVES.map(wave).to_vec() })
    }

    /// What to add to a patient point to get its position in the undeformed scene.
    pub fn shift(&self, point: DVec3) -> DVec3 {
        self.0.iter().map(|wave| wave.amplitude * (wave.vector.dot(point) + wave.phase).sin()).sum()
    }

    /// The patient position of a point of the undeformed scene.
    pub fn patient_from_scene(&self, scene: DVec3) -> DVec3 {
        // The slope is well below 1, so each step removes a third or more of the error.
        (0..30).fold(scene, |point, _| scene - self.shift(point))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;

    proptest! {
        /// Labels are placed by this inverse: a box must lie where the pixels show the finding.
        #[test]
        fn a_bent_point_is_found_again(seed in 0u64..1000, point in prop::array::uniform3(-150f64..150.0)) {
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let warp = Warp::draw(&mut rng, Variety::new(1.0));
            let scene = DVec3::from_array(point);
            let patient = warp.patient_from_scene(scene);
            prop_assert!((patient + warp.shift(patient)).distance(scene) < 0.01);
        }
    }

    #[test]
    fn no_variety_is_the_typical_span_and_no_bending() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        for _ in 0..100 {
            let x = Variety::NONE.between(&mut rng, (2.0, 3.0), (-9.0, 9.0));
            assert!((2.0..3.0).contains(&x));
            assert!((Variety::NONE.factor(&mut rng, 0.5) - 1.0).abs() < 1e-12);
        }
        assert_eq!(Warp::draw(&mut rng, Variety::NONE).shift(DVec3::ONE), DVec3::ZERO);
    }
}
