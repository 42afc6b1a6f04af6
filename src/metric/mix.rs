//! A mixture of the boxes' answers with the second stage's: the share of each and the calibration of both together that cost
//! least.
//!
//! `softmax(a (s ln p_boxes + (1 - s) ln p_crops) + b)`: for each share `s` the rest is [`super::calibrate`]'s fit, and the
//! share is the one that costs least on studies that the fit did not see.

use std::collections::BTreeMap;

use super::{Fit, ScoredRow, TooFewRows, calibrate};
use crate::grading::{Calibration, GradeId, Mixture, Probabilities};

/// How many parts shares are tried in.
const STEPS: u8 = 10;

/// A fitted mixture and what it gains.
#[derive(Debug, Clone, PartialEq)]
pub struct MixtureFit {
    /// For the manifest.
    pub mixture: Mixture,
    /// The fit at its share; `before` is the loss of the mixed rows without calibration.
    pub fit: Fit,
    /// What the second stage alone comes to, calibrated and cross-validated likewise.
    pub crops_alone: f64,
    /// What the boxes alone come to.
    pub boxes_alone: f64,
}

/// Fits on the rows that both have predicted, neither calibrated.
///
/// # Errors
///
/// There are too few of them; see [`calibrate`].
pub fn mix(boxes: &[ScoredRow], crops: &[ScoredRow]) -> Result<MixtureFit, TooFewRows> {
    let of_boxes: BTreeMap<(&str, GradeId), [f64; 3]> =
        boxes.iter().map(|row| ((row.study.as_str(), row.id), row.predicted)).collect();
    let mixed = |share: f64| -> Vec<ScoredRow> {
        let row = |row: &ScoredRow| {
            let other = of_boxes.get(&(row.study.as_str(), row.id))?;
            let weighed: [f64; 3] =
                std::array::from_fn(|i| other[i].max(1e-6).powf(share) * row.predicted[i].max(1e-6).powf(1.0 - share));
            let predicted = Probabilities::normalized(weighed.map(|p| p as f32)).ok()?.as_array().map(f64::from);
            Some(ScoredRow { predicted, ..row.clone() })
        };
        crops.iter().filter_map(row).collect()
    };
    let mut fits = Vec::new();
    for step in 0..=STEPS {
        let share = f64::from(step) / f64::from(STEPS);
        fits.push((share, calibrate(&mixed(share))?));
    }
    let (crops_alone, boxes_alone) = (fits[0].1.cross_validated, fits[usize::from(STEPS)].1.cross_validated);
    let (mut share, mut fit) = fits.swap_remove(0);
    for (other, better) in fits {
        if better.cross_validated < fit.cross_validated {
            (share, fit) = (other, better);
        }
    }
    let Calibration { temperature, bias } = fit.calibration;
    let mixture = Mixture { boxes: share as f32 / temperature, crops: (1.0 - share) as f32 / temperature, bias };
    Ok(MixtureFit { mixture, fit, crops_alone, boxes_alone })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grading::Severity;

    fn rows(predicted: impl Fn(usize, usize, Severity) -> [f64; 3]) -> Vec<ScoredRow> {
        let truth = |study: usize, cell: usize| Severity::ALL[(study * 7 + cell * 5 + study * cell) % 3];
        (0..20)
            .flat_map(|study| {
                let predicted = &predicted;
                GradeId::ALL.into_iter().enumerate().map(move |(cell, id)| {
                    let truth = truth(study, cell);
                    ScoredRow { study: study.to_string(), id, truth, predicted: predicted(study, cell, truth) }
                })
            })
            .collect()
    }

    fn leaning(to: usize) -> [f64; 3] {
        let mut p = [0.2; 3];
        p[to] = 0.6;
        p
    }

    /// One is right in every row but each fourth, the other in those: together they know more than either.
    #[test]
    fn two_that_err_in_different_rows_are_better_together() {
        let crops = rows(|study, cell, truth| leaning((truth.index() + usize::from((study + cell) % 4 == 0)) % 3));
        let boxes = rows(|study, cell, truth| leaning((truth.index() + usize::from((study + cell) % 4 == 1)) % 3));
        let found = mix(&boxes, &crops).unwrap();
        assert!(found.fit.cross_validated < found.crops_alone.min(found.boxes_alone) - 0.05, "{found:?}");
        assert!(found.mixture.boxes > 0.5 && found.mixture.crops > 0.5, "{found:?}");
    }

    #[test]
    fn one_that_says_the_same_whatever_is_true_is_left_out() {
        let crops = rows(|_, _, truth| leaning(truth.index()));
        let found = mix(&rows(|study, cell, _| leaning((study * 3 + cell * cell) % 3)), &crops).unwrap();
        assert!(found.mixture.boxes < 0.2 * found.mixture.crops, "{found:?}");
        assert!(mix(&[], &crops).is_err(), "no row is predicted by both");
    }
}
