//! Quantiles as numpy gives them by default: linear between neighbours.

use serde::Serialize;

/// The value below which a share `q` (0 to 1) of `sorted` lies; `None` for no values.
pub fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let at = q.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    Some(below + (above - below) * at.fract())
}

/// Half of the values are at most the median, nine tenths at most the 90th percentile.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// The 50th percentile, in the unit of the values.
    pub median: f64,
    /// The 90th percentile, in the unit of the values.
    pub p90: f64,
}

impl Spread {
    /// Median and 90th percentile of values in any order; `None` for no values.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        Some(Self { median: quantile(&values, 0.5)?, p90: quantile(&values, 0.9)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn between_two_values_it_is_linear() {
        // numpy.quantile([1, 2, 4], [0.5, 0.9, 0.025])
        let expect = |q: f64, value: f64| {
            let found = quantile(&[1.0, 2.0, 4.0], q).unwrap();
            assert!((found - value).abs() < 1e-12, "{q}: {found}");
        };
        expect(0.5, 2.0);
        expect(0.9, 3.6);
        expect(0.025, 1.05);
        assert_eq!(quantile(&[], 0.5), None);
    }

    proptest! {
        #[test]
        fn a_spread_lies_among_its_values(values in prop::collection::vec(-1e3f64..1e3, 1..40)) {
            let spread = Spread::of(values.clone()).unwrap();
            let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
            prop_assert!(low <= spread.median && spread.median <= spread.p90 && spread.p90 <= high);
        }
    }
}
