//! What the boxes say and what the second stage says of a row, made into one answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Probabilities, Role};

/// How far each of the two is believed, fitted on studies that neither was trained on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mixture {
    /// The exponent of the boxes' probabilities; 0 where they add nothing.
    pub boxes: f32,
    /// The exponent of the second stage's probabilities.
    pub crops: f32,
    /// Added to the logarithm of each severity.
    pub bias: [f32; 3],
}

impl Mixture {
    /// The second stage alone, as it answers: what there is without a fit.
    pub const ALONE: Self = Self { boxes: 0.0, crops: 1.0, bias: [0.0; 3] };

    /// `softmax(a ln p_boxes + b ln p_crops + bias)`. Numbers that make no distribution leave the second stage's.
    ///
    /// ```
    /// use foramen::grading::{Mixture, Probabilities};
    ///
    /// let boxes = Probabilities::normalized([0.6, 0.3, 0.1])?;
    /// let crops = Probabilities::normalized([0.1, 0.3, 0.6])?;
    /// assert_eq!(Mixture::ALONE.apply(boxes, crops), crops);
    /// let even = Mixture { boxes: 0.5, crops: 0.5, bias: [0.0; 3] }.apply(boxes, crops).as_array();
    /// assert!((even[0] - even[2]).abs() < 1e-6);
    /// # Ok::<(), foramen::grading::InvalidProbabilities>(())
    /// ```
    pub fn apply(&self, boxes: Probabilities, crops: Probabilities) -> Probabilities {
        if *self == Self::ALONE {
            return crops;
        }
        let (boxes, of_crops) = (boxes.as_array(), crops.as_array());
        let logits: [f32; 3] =
            std::array::from_fn(|i| self.boxes * boxes[i].ln() + self.crops * of_crops[i].ln() + self.bias[i]);
        let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        Probabilities::normalized(logits.map(|logit| (logit - most).exp())).unwrap_or(crops)
    }
}

/// The mixture of each condition's rows, by the role of the boxes in it.
pub type Mixtures = BTreeMap<Role, Mixture>;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_mixture_is_a_distribution_whatever_a_manifest_says(
            a in prop::array::uniform3(0.01f32..1.0), b in prop::array::uniform3(0.01f32..1.0),
            numbers in prop::array::uniform5(prop::num::f32::ANY)
        ) {
            let (a, b) = (Probabilities::normalized(a).unwrap(), Probabilities::normalized(b).unwrap());
            let [boxes, crops, bias @ ..] = numbers;
            let p = Mixture { boxes, crops, bias }.apply(a, b).as_array();
            prop_assert!((p.iter().sum::<f32>() - 1.0).abs() < 1e-5 && p.iter().all(|x| *x > 0.0));
        }
    }
}
