//! Three numbers that are known to be a distribution over severities.

use serde::{Deserialize, Serialize};

use super::Severity;

/// P(normal/mild), P(moderate), P(severe): finite, each from 0 to 1, summing to 1. None is 0 or 1 but those of
/// [`Probabilities::shares`].
///
/// ```
/// use foramen::grading::{Probabilities, Severity};
///
/// let p = Probabilities::normalized([0.2, 0.0, 0.6])?;
/// assert_eq!(p.most_likely(), Severity::Severe);
/// assert!((p.of(Severity::NormalMild) - 0.25).abs() < 0.001);
/// // Nothing is impossible, except by `shares`.
/// assert!(p.of(Severity::Moderate) > 0.0);
/// assert_eq!(Probabilities::shares([1.0, 0.0, 3.0])?.as_array(), [0.25, 0.0, 0.75]);
///
/// assert!(Probabilities::normalized([0.0; 3]).is_err());
/// # Ok::<(), foramen::grading::InvalidProbabilities>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f32; 3]", into = "[f32; 3]")]
pub struct Probabilities([f32; 3]);

/// Scores that cannot be made into probabilities.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("scores {0:?} are not finite, non-negative numbers with a positive sum")]
pub struct InvalidProbabilities(pub [f32; 3]);

impl Probabilities {
    /// No probability is stated below this: a log loss punishes certainty without bound,
    /// and no detector here earns it.
    pub const CLIP: f32 = 0.001;

    /// Divides by the sum, lifts what is below [`Self::CLIP`] to it, and divides again.
    ///
    /// # Errors
    ///
    /// A score is negative or not finite, or all three are 0.
    pub fn normalized(scores: [f32; 3]) -> Result<Self, InvalidProbabilities> {
        let lifted = Self::shares(scores)?.0.map(|s| s.max(Self::CLIP));
        let sum: f32 = lifted.iter().sum();
        Ok(Self(lifted.map(|s| s / sum)))
    }

    /// A third for each severity: nothing is known.
    pub const UNIFORM: Self = Self([1.0 / 3.0; 3]);

    /// Scores divided by their sum and nothing else: a severity without a score is impossible, one alone is certain.
    ///
    /// # Errors
    ///
    /// A score is negative or not finite, or all three are 0.
    pub fn shares(scores: [f32; 3]) -> Result<Self, InvalidProbabilities> {
        let sum: f32 = scores.iter().sum();
        if scores.iter().any(|s| !s.is_finite() || *s < 0.0) || !sum.is_finite() || sum <= 0.0 {
            return Err(InvalidProbabilities(scores));
        }
        Ok(Self(scores.map(|s| s / sum)))
    }

    /// Normal/mild, moderate, severe: the order of [`Severity::ALL`].
    pub const fn as_array(self) -> [f32; 3] {
        self.0
    }

    /// The probability of one severity.
    pub const fn of(self, severity: Severity) -> f32 {
        self.0[severity.index()]
    }

    /// A share of the way to other probabilities: 0 leaves them, 1 gives the others.
    ///
    /// ```
    /// use foramen::grading::Probabilities;
    ///
    /// let (sure, even) = (Probabilities::shares([1.0, 0.0, 0.0])?, Probabilities::shares([1.0, 1.0, 2.0])?);
    /// assert_eq!(sure.towards(even, 0.5).as_array(), [0.625, 0.125, 0.25]);
    /// # Ok::<(), foramen::grading::InvalidProbabilities>(())
    /// ```
    #[must_use]
    pub fn towards(self, other: Self, share: f32) -> Self {
        let share = share.clamp(0.0, 1.0);
        Self(std::array::from_fn(|i| (1.0 - share) * self.0[i] + share * other.0[i]))
    }

    /// The likeliest severity; of equals, the milder.
    pub fn most_likely(self) -> Severity {
        let mut best = Severity::NormalMild;
        for &severity in Severity::ALL {
            if self.of(severity) > self.of(best) {
                best = severity;
            }
        }
        best
    }
}

impl TryFrom<[f32; 3]> for Probabilities {
    type Error = InvalidProbabilities;

    fn try_from(scores: [f32; 3]) -> Result<Self, Self::Error> {
        Self::normalized(scores)
    }
}

impl From<Probabilities> for [f32; 3] {
    fn from(p: Probabilities) -> Self {
        p.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn normalized_is_a_distribution_without_certainty(scores in prop::array::uniform3(0f32..1e6)) {
            prop_assume!(scores.iter().sum::<f32>() > 0.0);
            let p = Probabilities::normalized(scores).unwrap().as_array();
            prop_assert!((p.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            prop_assert!(p.iter().all(|&x| x > 0.0 && x < 1.0));
        }
    }

    #[test]
    fn what_is_no_distribution_is_refused() {
        for bad in [[0.0; 3], [f32::NAN, 1.0, 1.0], [-1.0, 1.0, 1.0], [f32::INFINITY, 1.0, 1.0]] {
            assert!(Probabilities::normalized(bad).is_err() && Probabilities::shares(bad).is_err());
        }
    }
}
