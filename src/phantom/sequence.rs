//! How bright a tissue is: the spin-echo and inversion-recovery signal equations.

use rand::{Rng, RngExt};

use rand_distr::{Distribution, StandardNormal};

use super::{material::Tissue, variety::Variety};

/// The scanner settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Contrast {
    /// T1-weighted spin echo.
    T1,
    /// T2-weighted spin echo.
    T2,
    /// Inversion recovery that nulls fat.
    Stir,
}

/// Times in ms.
#[derive(Debug, Clone, Copy)]
pub struct Sequence {
    /// Which weighting.
    pub contrast: Contrast,
    /// `RepetitionTime`.
    pub tr: f64,
    /// `EchoTime`.
    pub te: f64,
    /// `InversionTime`.
    pub ti: Option<f64>,
    /// `MagneticFieldStrength`, tesla.
    pub field: f64,
    /// The fraction of the fat signal that fat saturation leaves; 1 without it.
    pub fat_left: f64,
    /// Brightness of each tissue relative to the equations, about 1: variation that the table below does not model.
    pub tint: [f64; Tissue::COUNT],
}

/// T1 ms, T2 ms, proton density. About 1.5 T; T2 of fat is what a turbo spin echo sees. After Stanisz et al. 2005 and
/// de Bazelaire et al. 2004, rounded; marrow before adding its fat fraction.
const RELAXATION: [(f64, f64, f64); Tissue::COUNT] = [
    (1000.0, 1.0, 0.0),    // air
    (650.0, 35.0, 0.7),    // skin
    (280.0, 115.0, 0.95),  // fat
    (980.0, 40.0, 0.8),    // muscle
    (500.0, 2.0, 0.1),     // cortical bone
    (600.0, 75.0, 0.75),   // marrow
    (1150.0, 130.0, 0.88), // nucleus
    (1000.0, 58.0, 0.75),  // dry nucleus
    (900.0, 32.0, 0.62),   // annulus
    (3800.0, 1500.0, 1.0), // CSF
    (950.0, 88.0, 0.78),   // nerve
    (800.0, 16.0, 0.5),    // ligament
    (2800.0, 500.0, 0.95), // joint fluid
    (1400.0, 120.0, 0.06), // flowing blood
    (950.0, 70.0, 0.8),    // bowel
    (900.0, 90.0, 0.88),   // kidney
];

/// T1 grows with the field, about as this power of it (Bottomley et al. 1984: a third).
const T1_FIELD_POWER: f64 = 0.33;

impl Sequence {
    /// Draws times as protocols have them.
    pub fn draw(rng: &mut impl Rng, contrast: Contrast, v: Variety) -> Self {
        let field = if v.chance(rng, 0.0, 0.6) { [0.3, 0.55, 1.0, 1.2, 3.0, 3.0][rng.random_range(0..6)] } else { 1.5 };
        let (tr, te, ti) = match contrast {
            Contrast::T1 => {
                (v.between(rng, (450.0, 720.0), (330.0, 900.0)), v.between(rng, (8.0, 15.0), (6.0, 22.0)), None)
            }
            Contrast::T2 => {
                (v.between(rng, (2800.0, 4800.0), (2000.0, 7000.0)), v.between(rng, (85.0, 120.0), (65.0, 140.0)), None)
            }
            Contrast::Stir => {
                let null = v.between(rng, (150.0, 180.0), (135.0, 205.0)) * (field / 1.5f64).powf(T1_FIELD_POWER);
                let times =
                    (v.between(rng, (3500.0, 5000.0), (2500.0, 7000.0)), v.between(rng, (45.0, 75.0), (30.0, 90.0)));
                (times.0, times.1, Some(null))
            }
        };
        let fat_left =
            if contrast == Contrast::T2 && v.chance(rng, 0.0, 0.1) { rng.random_range(0.08..0.4) } else { 1.0 };
        // Some series deviate a lot, most a little.
        let sigma = v.between(rng, (0.0, 0.0), (0.05, 0.4));
        let tint = std::array::from_fn(|_| {
            let normal: f64 = StandardNormal.sample(rng);
            (sigma * normal.clamp(-2.0, 2.0)).exp()
        });
        Self { contrast, tr: tr.round(), te: te.round(), ti: ti.map(f64::round), field, fat_left, tint }
    }

    /// Signal of each tissue, 0 to about 1. `marrow_fat` is the share of fat in the marrow.
    pub fn signals(&self, marrow_fat: f64) -> [f64; Tissue::COUNT] {
        let mut signals = RELAXATION.map(|(t1, t2, density)| self.signal(t1, t2, density));
        signals[Tissue::Fat as usize] *= self.fat_left;
        let (marrow, fat) = (signals[Tissue::Marrow as usize], signals[Tissue::Fat as usize]);
        signals[Tissue::Marrow as usize] = marrow + (fat - marrow) * 0.6 * marrow_fat;
        signals.iter_mut().zip(self.tint).for_each(|(signal, tint)| *signal *= tint);
        signals
    }

    fn signal(&self, t1: f64, t2: f64, density: f64) -> f64 {
        let t1 = t1 * (self.field / 1.5).powf(T1_FIELD_POWER);
        let recovery = match self.ti {
            None => 1.0 - (-self.tr / t1).exp(),
            Some(ti) => (1.0 - 2.0 * (-ti / t1).exp() + (-self.tr / t1).exp()).abs(),
        };
        density * recovery * (-self.te / t2).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signals(contrast: Contrast, tr: f64, te: f64, ti: Option<f64>) -> impl Fn(Tissue) -> f64 {
        let all = Sequence { contrast, tr, te, ti, field: 1.5, fat_left: 1.0, tint: [1.0; Tissue::COUNT] }.signals(0.5);
        move |tissue| all[tissue as usize]
    }

    /// What every radiologist knows about the three weightings.
    #[test]
    fn contrasts_are_as_in_the_books() {
        use Tissue::{Annulus, CorticalBone, Csf, DryNucleus, Fat, Marrow, Muscle, Nucleus};
        let t1 = signals(Contrast::T1, 600.0, 11.0, None);
        assert!(t1(Fat) > t1(Marrow) && t1(Marrow) > t1(Muscle) && t1(Muscle) > t1(Csf));
        let t2 = signals(Contrast::T2, 3800.0, 105.0, None);
        assert!(t2(Csf) > 1.5 * t2(Fat) && t2(Fat) > t2(Muscle) && t2(Nucleus) > 1.5 * t2(DryNucleus));
        assert!(t2(Annulus) < t2(Marrow) && t2(CorticalBone) < 0.01);
        let stir = signals(Contrast::Stir, 4000.0, 60.0, Some(165.0));
        assert!(stir(Fat) < 0.25 * stir(Muscle).max(stir(Csf)), "fat is nulled");
    }
}
