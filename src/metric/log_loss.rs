//! Weighted log loss, number for number what scikit-learn computes.

use crate::grading::Severity;

/// scikit-learn clips at the machine epsilon of the array's type; tables are read as 64-bit floats.
const EPSILON: f64 = f64::EPSILON;

/// How much a row counts, by its true severity: 1, 2 or 4.
pub const fn weight(truth: Severity) -> f64 {
    match truth {
        Severity::NormalMild => 1.0,
        Severity::Moderate => 2.0,
        Severity::Severe => 4.0,
    }
}

/// The weighted mean of -ln(probability given to the truth), from (that probability, weight) of each row.
/// NaN if there are no rows.
///
/// ```
/// use foramen::{
///     grading::Severity,
///     metric::{log_loss, weight},
/// };
///
/// // A severe row that was given 0.5 counts four times as much as a normal one that was given 0.9.
/// let rows = [(0.5, weight(Severity::Severe)), (0.9, weight(Severity::NormalMild))];
/// assert!((log_loss(rows) - (4.0 * 2.0_f64.ln() - 0.9_f64.ln()) / 5.0).abs() < 1e-12);
/// ```
pub fn log_loss(rows: impl IntoIterator<Item = (f64, f64)>) -> f64 {
    let (loss, weights) = rows.into_iter().fold((0.0, 0.0), |(loss, weights), (probability, weight)| {
        (loss + weight * self::loss(probability), weights + weight)
    });
    loss / weights
}

/// -ln of the probability given to the truth, clipped as scikit-learn does.
pub(super) fn loss(probability: f64) -> f64 {
    -probability.clamp(EPSILON, 1.0 - EPSILON).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn as_computed_by_hand() {
        let loss = log_loss([(0.5, 1.0), (0.25, 2.0), (0.125, 4.0)]);
        let expected = (1.0 + 2.0 * 2.0 + 4.0 * 3.0) * std::f64::consts::LN_2 / 7.0;
        assert!((loss - expected).abs() < 1e-15);
    }

    #[test]
    fn certainty_that_is_wrong_costs_36_and_no_infinity() {
        assert!((log_loss([(0.0, 1.0)]) - 36.043_653_389_117_15).abs() < 1e-12);
        assert!(log_loss([(1.0, 4.0)]) < 1e-15);
    }

    proptest! {
        /// A row of weight w counts as w rows of weight 1.
        #[test]
        fn weights_are_repetitions(rows in prop::collection::vec((0.001f64..1.0, 1usize..5), 1..30)) {
            let weighted = log_loss(rows.iter().map(|&(p, w)| (p, w as f64)));
            let repeated = log_loss(rows.iter().flat_map(|&(p, w)| std::iter::repeat_n((p, 1.0), w)));
            prop_assert!((weighted - repeated).abs() < 1e-12);
        }
    }
}
