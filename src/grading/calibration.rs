//! From scores that rank well to probabilities that can be believed.

use serde::{Deserialize, Serialize};

use super::{Aggregate, Probabilities};

/// Temperature and bias, fitted on studies that the model was not trained on (vector scaling with one
/// temperature, after Guo et al. 2017, "On Calibration of Modern Neural Networks").
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Above 1 makes rows less certain, below 1 more.
    pub temperature: f32,
    /// Added to the logarithm of each severity.
    pub bias: [f32; 3],
}

impl Calibration {
    /// `softmax(ln p / temperature + bias)`. Numbers that make no distribution leave the row as it was.
    ///
    /// ```
    /// use foramen::grading::{Calibration, Probabilities};
    ///
    /// let p = Probabilities::normalized([0.2, 0.2, 0.6])?;
    /// let softer = Calibration { temperature: 2.0, bias: [0.0; 3] };
    /// assert!(softer.apply(p).as_array()[2] < 0.6);
    /// # Ok::<(), foramen::grading::InvalidProbabilities>(())
    /// ```
    pub fn apply(&self, p: Probabilities) -> Probabilities {
        let mut logits = p.as_array().map(|p| p.ln() / self.temperature);
        logits.iter_mut().zip(self.bias).for_each(|(logit, bias)| *logit += bias);
        let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        Probabilities::normalized(logits.map(|l| (l - most).exp())).unwrap_or(p)
    }
}

/// The calibration of one model for each way to aggregate that it was fitted for.
pub type Calibrations = std::collections::BTreeMap<Aggregate, Calibration>;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_calibrated_row_is_a_distribution_and_1_and_0_change_nothing(
            scores in prop::array::uniform3(0.01f32..1.0), temperature in 0.05f32..20.0, bias in prop::array::uniform3(-5f32..5.0)
        ) {
            let p = Probabilities::normalized(scores).unwrap();
            let q = Calibration { temperature, bias }.apply(p).as_array();
            prop_assert!((q.iter().sum::<f32>() - 1.0).abs() < 1e-5 && q.iter().all(|x| *x > 0.0));
            let same = Calibration { temperature: 1.0, bias: [0.0; 3] }.apply(p).as_array();
            prop_assert!(same.iter().zip(p.as_array()).all(|(a, b)| (a - b).abs() < 1e-5));
        }
    }

    #[test]
    fn numbers_of_a_broken_manifest_leave_the_row() {
        let p = Probabilities::normalized([0.2, 0.3, 0.5]).unwrap();
        for broken in [0.0, f32::NAN] {
            assert_eq!(Calibration { temperature: broken, bias: [0.0; 3] }.apply(p).as_array().len(), 3);
        }
        assert_eq!(Calibration { temperature: 1.0, bias: [f32::NAN; 3] }.apply(p), p);
    }
}
