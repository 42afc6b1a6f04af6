//! The disease of a phantom: a continuous cause for each of the 25 cells, and the grade derived from it.

use rand::{Rng, RngExt};

use crate::grading::{Condition, GradeId, Level, Prior, Severity, Side};

/// How narrow each of the 25 places is, 0 (wide) to 1 (gone).
#[derive(Debug, Clone)]
pub struct Disease {
    causes: [f64; 25],
    labels: [Severity; 25],
}

/// A cause below this is normal/mild, as graders see it.
const MODERATE_FROM: f64 = 0.36;
/// A cause from here up is severe.
const SEVERE_FROM: f64 = 0.68;
/// Draws keep this distance from a threshold, because graders do not agree on borderline cases.
const MARGIN: f64 = 0.03;

impl Disease {
    /// Draws each cell independently with the prevalence of the contest's labels, mixed with equal shares by `balance`
    /// (0 to 1). A fraction `label_noise` of the labels is shifted by one grade.
    pub fn draw(rng: &mut impl Rng, balance: f64, label_noise: f64) -> Self {
        let prior = Prior::default();
        let mut causes = [0.0; 25];
        let mut labels = [Severity::NormalMild; 25];
        for (index, id) in GradeId::ALL.into_iter().enumerate() {
            let shares = prior.of(id).as_array().map(|p| f64::from(p) * (1.0 - balance) + balance / 3.0);
            let pick = rng.random_range(0.0..1.0);
            let severity = if pick < shares[0] {
                Severity::NormalMild
            } else if pick < shares[0] + shares[1] {
                Severity::Moderate
            } else {
                Severity::Severe
            };
            causes[index] = draw_cause(rng, severity);
            labels[index] =
                if rng.random_bool(label_noise.clamp(0.0, 1.0)) { neighbour(rng, severity) } else { severity };
        }
        Self { causes, labels }
    }

    /// Sets one cell.
    pub fn set(&mut self, id: GradeId, severity: Severity) {
        self.causes[id.index()] = match severity {
            Severity::NormalMild => 0.1,
            Severity::Moderate => 0.52,
            Severity::Severe => 0.88,
        };
        self.labels[id.index()] = severity;
    }

    /// The grade on the label sheet.
    pub fn label(&self, id: GradeId) -> Severity {
        self.labels[id.index()]
    }

    /// The cause of a cell; 0 for a condition and side that do not match.
    pub fn cause(&self, condition: Condition, side: Option<Side>, level: Level) -> f64 {
        GradeId::new(condition, side, level).map_or(0.0, |id| self.causes[id.index()])
    }
}

fn draw_cause(rng: &mut impl Rng, severity: Severity) -> f64 {
    match severity {
        Severity::NormalMild => rng.random_range(0.0..MODERATE_FROM - MARGIN),
        Severity::Moderate => rng.random_range(MODERATE_FROM + MARGIN..SEVERE_FROM - MARGIN),
        Severity::Severe => rng.random_range(SEVERE_FROM + MARGIN..1.0),
    }
}

fn neighbour(rng: &mut impl Rng, severity: Severity) -> Severity {
    match severity {
        Severity::Moderate if rng.random_bool(0.5) => Severity::NormalMild,
        Severity::Moderate => Severity::Severe,
        Severity::NormalMild | Severity::Severe => Severity::Moderate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn prevalence_is_the_contests_and_balance_evens_it_out() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
        let severe = |balance, rng: &mut rand_chacha::ChaCha8Rng| {
            let id: GradeId = "spinal_canal_stenosis_l5_s1".parse().unwrap();
            (0..2000).filter(|_| Disease::draw(rng, balance, 0.0).label(id) == Severity::Severe).count()
        };
        let (real, even) = (severe(0.0, &mut rng), severe(1.0, &mut rng));
        assert!((5..50).contains(&real), "1.0 % of 2000: {real}");
        assert!((590..745).contains(&even), "a third of 2000: {even}");
    }
}
