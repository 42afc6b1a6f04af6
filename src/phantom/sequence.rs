//! How bright a tissue is: the spin-echo and inversion-recovery signal equations.

use rand::{Rng, RngExt};

use super::tissue::Tissue;

/// What the scanner was set to.
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
}

/// T1 ms, T2 ms, proton density. About 1.5 T; T2 of fat is what a turbo spin echo sees.
/// After Stanisz et al. 2005 and de Bazelaire et al. 2004, rounded; marrow before its share of fat.
const RELAXATION: [(f64, f64, f64); Tissue::COUNT] = [
    (1000.0, 1.0, 0.0),    // air
    (650.0, 35.0, 0.7),    // skin
    (280.0, 95.0, 0.95),   // fat
    (980.0, 40.0, 0.8),    // muscle
    (500.0, 2.0, 0.1),     // cortical bone
    (620.0, 62.0, 0.72),   // marrow
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

impl Sequence {
    /// Draws times as protocols have them.
    pub fn draw(rng: &mut impl Rng, contrast: Contrast) -> Self {
        let (tr, te, ti) = match contrast {
            Contrast::T1 => (rng.random_range(450.0..720.0), rng.random_range(8.0..15.0), None),
            Contrast::T2 => (rng.random_range(2800.0..4800.0), rng.random_range(85.0..120.0), None),
            Contrast::Stir => {
                (rng.random_range(3500.0..5000.0), rng.random_range(45.0..75.0), Some(rng.random_range(150.0..180.0)))
            }
        };
        Self { contrast, tr: f64::round(tr), te: f64::round(te), ti: ti.map(f64::round) }
    }

    /// Signal of each tissue, 0 to about 1. `marrow_fat` is the share of fat in the marrow.
    pub fn signals(&self, marrow_fat: f64) -> [f64; Tissue::COUNT] {
        let mut signals = RELAXATION.map(|(t1, t2, density)| self.signal(t1, t2, density));
        let (marrow, fat) = (signals[Tissue::Marrow as usize], signals[Tissue::Fat as usize]);
        signals[Tissue::Marrow as usize] = marrow + (fat - marrow) * 0.6 * marrow_fat;
        signals
    }

    fn signal(&self, t1: f64, t2: f64, density: f64) -> f64 {
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
        let all = Sequence { contrast, tr, te, ti }.signals(0.5);
        move |tissue| all[tissue as usize]
    }

    /// What every radiologist knows of the three weightings.
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
