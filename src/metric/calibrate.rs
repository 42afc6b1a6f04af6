//! A calibration from predictions and labels: the temperature and bias that cost least.
//!
//! The loss is the contest's: the mean of `-ln q(truth)` weighted 1, 2 and 4, with `q = softmax(a ln p + b)` and
//! `a = 1 / temperature`. It is convex in `(a, b)`, four numbers, so Newton's method finds its one minimum. A ridge as
//! heavy as one row of weight 1 draws towards `a = 1, b = 0`: it fixes what softmax leaves open (the sum of `b`, here 0)
//! and keeps few rows from saying much.

use std::collections::BTreeSet;

use glam::{DMat4, DVec4};

use super::{ScoredRow, log_loss, weight};
use crate::grading::{Calibration, Probabilities, Severity};

/// The least number of rows: four numbers can't be fitted reliably on fewer.
pub const MIN_ROWS: usize = 50;
/// The least number of rows of each severity: its bias can't be fitted on fewer.
pub const MIN_OF_SEVERITY: usize = 5;
/// The least number of studies: fewer can't be cross-validated in [`PARTS`] parts.
pub const MIN_STUDIES: usize = 10;
/// The parts of the cross-validation; rows of one study stay together.
pub const PARTS: usize = 5;

/// `1 / temperature` stays between these.
const SLOPES: [f64; 2] = [0.05, 20.0];
const IDENTITY: Calibration = Calibration { temperature: 1.0, bias: [0.0; 3] };

/// A fitted calibration and what it gains.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Never worse on these rows than no calibration.
    pub calibration: Calibration,
    /// How many rows there are of each severity, in the order of [`Severity::ALL`].
    pub rows: [usize; 3],
    /// How many studies the rows are of.
    pub studies: usize,
    /// Weighted log loss of the rows as they were predicted.
    pub before: f64,
    /// The same after calibration, on the rows that it was fitted on: too optimistic.
    pub after: f64,
    /// The same with each study calibrated by a fit on the other studies: what to expect of new ones.
    pub cross_validated: f64,
}

/// Too little to fit on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} rows of {studies} studies ({} normal/mild, {} moderate, {} severe) are too few: at least {MIN_ROWS} rows of \
     {MIN_STUDIES} studies and {MIN_OF_SEVERITY} rows of each severity are needed",
    rows.iter().sum::<usize>(), rows[0], rows[1], rows[2]
)]
pub struct TooFewRows {
    /// How many rows there are of each severity, in the order of [`Severity::ALL`].
    pub rows: [usize; 3],
    /// How many studies the rows are of.
    pub studies: usize,
}

/// A row as the fit sees it.
#[derive(Debug, Clone, Copy)]
struct Sample {
    predicted: Probabilities,
    logs: [f64; 3],
    truth: Severity,
}

/// Fits on rows of [`super::match_rows`], all of them.
///
/// ```
/// use foramen::{
///     grading::{GradeId, Severity},
///     metric::{ScoredRow, calibrate},
/// };
///
/// // 20 studies, each row given 0.9 of "normal/mild": too sure, for a fifth of them is moderate and a fifth severe.
/// let truth = |study: usize| match study % 5 {
///     0 => Severity::Moderate,
///     1 => Severity::Severe,
///     _ => Severity::NormalMild,
/// };
/// let rows = (0..20).flat_map(|study| {
///     GradeId::ALL.map(|id| {
///         let predicted = [0.9, 0.05, 0.05];
///         ScoredRow { study: study.to_string(), id, truth: truth(study), predicted }
///     })
/// });
/// let fit = calibrate(&rows.collect::<Vec<_>>())?;
/// assert!(fit.after < fit.before);
/// assert!(fit.calibration.temperature > 1.0 || fit.calibration.bias[0] < 0.0);
/// # Ok::<(), foramen::metric::TooFewRows>(())
/// ```
///
/// # Errors
///
/// There are fewer rows than [`MIN_ROWS`], fewer studies than [`MIN_STUDIES`], or fewer rows of a severity than
/// [`MIN_OF_SEVERITY`].
pub fn calibrate(rows: &[ScoredRow]) -> Result<Fit, TooFewRows> {
    let studies: BTreeSet<&str> = rows.iter().map(|row| row.study.as_str()).collect();
    let counts = Severity::ALL.iter().map(|s| rows.iter().filter(|row| row.truth == *s).count());
    let mut of_severity = [0; 3];
    of_severity.iter_mut().zip(counts).for_each(|(place, count)| *place = count);
    let is_few = of_severity.iter().any(|count| *count < MIN_OF_SEVERITY);
    if rows.len() < MIN_ROWS || studies.len() < MIN_STUDIES || is_few {
        return Err(TooFewRows { rows: of_severity, studies: studies.len() });
    }
    let samples = samples(rows.iter());
    let calibration = best_of(&samples);
    let mut held_out = Vec::new();
    for part in 0..PARTS {
        let of_part: BTreeSet<&str> = studies.iter().skip(part).step_by(PARTS).copied().collect();
        let (out, fitted): (Vec<&ScoredRow>, Vec<_>) =
            rows.iter().partition(|row| of_part.contains(row.study.as_str()));
        let calibration = best_of(&self::samples(fitted.into_iter()));
        held_out.extend(costs(&self::samples(out.into_iter()), &calibration));
    }
    Ok(Fit {
        before: loss(&samples, &IDENTITY),
        after: loss(&samples, &calibration),
        cross_validated: log_loss(held_out),
        calibration,
        rows: of_severity,
        studies: studies.len(),
    })
}

/// In an order that does not depend on that of the rows, so that neither does the last digit of the result.
fn samples<'a>(rows: impl Iterator<Item = &'a ScoredRow>) -> Vec<Sample> {
    let mut samples: Vec<Sample> = rows
        .filter_map(|row| {
            let predicted = Probabilities::normalized(row.predicted.map(|p| p as f32)).ok()?;
            Some(Sample { predicted, logs: predicted.as_array().map(|p| f64::from(p).ln()), truth: row.truth })
        })
        .collect();
    let key = |s: &Sample| (s.truth.index(), s.predicted.as_array().map(f32::to_bits));
    samples.sort_by_key(key);
    samples
}

/// (probability of the truth, weight) of each, exactly as grading would state it.
fn costs(samples: &[Sample], calibration: &Calibration) -> Vec<(f64, f64)> {
    samples.iter().map(|s| (f64::from(calibration.apply(s.predicted).of(s.truth)), weight(s.truth))).collect()
}

fn loss(samples: &[Sample], calibration: &Calibration) -> f64 {
    log_loss(costs(samples, calibration))
}

/// The minimum, or no calibration where rounding and clipping leave that no gain.
fn best_of(samples: &[Sample]) -> Calibration {
    let minimum = minimum(samples);
    let fitted = Calibration {
        temperature: (1.0 / minimum.x) as f32,
        bias: [minimum.y as f32, minimum.z as f32, minimum.w as f32],
    };
    if loss(samples, &fitted) < loss(samples, &IDENTITY) { fitted } else { IDENTITY }
}

/// `(a, b)` of least loss with `a` within [`SLOPES`].
fn minimum(samples: &[Sample]) -> DVec4 {
    let free = newton(samples, DVec4::X, false);
    let slope = free.x.clamp(SLOPES[0], SLOPES[1]);
    // Convex: where the best slope lies outside, the best one within is the nearest, with its own bias.
    if slope.total_cmp(&free.x).is_eq() { free } else { newton(samples, DVec4::new(slope, 0.0, 0.0, 0.0), true) }
}

fn newton(samples: &[Sample], start: DVec4, is_slope_fixed: bool) -> DVec4 {
    const STEPS: usize = 100;
    let mut at = start;
    let mut here = objective(samples, at);
    for _ in 0..STEPS {
        let (mut gradient, mut hessian) = (here.gradient, here.hessian);
        if is_slope_fixed {
            gradient.x = 0.0;
            hessian.x_axis = DVec4::X;
            (hessian.y_axis.x, hessian.z_axis.x, hessian.w_axis.x) = (0.0, 0.0, 0.0);
        }
        let step = hessian.inverse() * gradient;
        let promise = gradient.dot(step);
        if !promise.is_finite() || promise < 1e-14 {
            break;
        }
        // Halved until the loss falls by a fair share of what the slope promises.
        let mut length = 1.0;
        let next = loop {
            let next = objective(samples, at - step * length);
            if next.value <= here.value - 1e-4 * length * promise {
                break Some(next);
            }
            length *= 0.5;
            if length < 1e-10 {
                break None;
            }
        };
        let Some(next) = next else { break };
        at -= step * length;
        here = next;
    }
    at
}

/// The loss with its ridge, and its slopes, at one place.
struct Objective {
    value: f64,
    gradient: DVec4,
    hessian: DMat4,
}

fn objective(samples: &[Sample], at: DVec4) -> Objective {
    let total: f64 = samples.iter().map(|s| weight(s.truth)).sum();
    let ridge = 1.0 / total;
    let from_identity = at - DVec4::X;
    let mut sum = Objective {
        value: 0.5 * ridge * from_identity.length_squared(),
        gradient: from_identity * ridge,
        hessian: DMat4::IDENTITY * ridge,
    };
    for sample in samples {
        let share = weight(sample.truth) / total;
        // The derivative of each logit by (a, b).
        let by: [DVec4; 3] = std::array::from_fn(|k| {
            let mut by = DVec4::new(sample.logs[k], 0.0, 0.0, 0.0);
            by[k + 1] = 1.0;
            by
        });
        let logits = by.map(|by| by.dot(at));
        let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let exps = logits.map(|logit| (logit - most).exp());
        let norm: f64 = exps.iter().sum();
        let truth = sample.truth.index();
        sum.value += share * (norm.ln() + most - logits[truth]);
        let mean = (0..3).map(|k| by[k] * (exps[k] / norm)).sum::<DVec4>();
        sum.gradient += (mean - by[truth]) * share;
        for k in 0..3 {
            let off = by[k] - mean;
            sum.hessian += outer(off) * (share * exps[k] / norm);
        }
    }
    sum
}

fn outer(v: DVec4) -> DMat4 {
    DMat4::from_cols(v * v.x, v * v.y, v * v.z, v * v.w)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grading::GradeId;
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn row(study: usize, truth: usize, predicted: [f64; 3]) -> ScoredRow {
        ScoredRow { study: study.to_string(), id: GradeId::ALL[20], truth: Severity::ALL[truth], predicted }
    }

    /// Labels drawn from `true_calibration` of what is predicted, each severity as often as its weight undoes: so the
    /// weighted loss has its minimum there.
    fn drawn(count: usize, seed: u64, true_calibration: &Calibration) -> Vec<ScoredRow> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut rows = Vec::new();
        while rows.len() < count {
            let scores: [f32; 3] = std::array::from_fn(|_| rng.random_range(0.02..1.0));
            let predicted = Probabilities::normalized(scores).unwrap();
            let truths = true_calibration.apply(predicted).as_array();
            let weighted: [f32; 3] = std::array::from_fn(|k| truths[k] / weight(Severity::ALL[k]) as f32);
            let mut draw = rng.random_range(0.0..weighted.iter().sum::<f32>());
            let truth = weighted.iter().position(|w| {
                draw -= w;
                draw < 0.0
            });
            rows.push(row(rows.len() / 5, truth.unwrap_or(2), predicted.as_array().map(f64::from)));
        }
        rows
    }

    #[test]
    fn a_known_temperature_and_bias_are_found() {
        for (seed, temperature, bias) in [(1, 2.0, [0.6, -0.1, -0.5]), (2, 0.5, [-0.9, 0.3, 0.6]), (3, 1.0, [0.0; 3])] {
            let fit = calibrate(&drawn(20_000, seed, &Calibration { temperature, bias })).unwrap();
            assert!((fit.calibration.temperature / temperature - 1.0).abs() < 0.06, "{fit:?}");
            let off = fit.calibration.bias.iter().zip(bias).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(off < 0.1, "{fit:?}");
            assert!(
                (fit.cross_validated - fit.after).abs() < 1e-3 && fit.cross_validated >= fit.after - 1e-6,
                "{fit:?}"
            );
            assert!(fit.calibration.bias.iter().sum::<f32>().abs() < 1e-5, "the bias sums to 0: {fit:?}");
        }
    }

    #[test]
    fn too_little_is_refused_with_its_number() {
        let rows = drawn(200, 5, &IDENTITY);
        let message = calibrate(&rows[..40]).unwrap_err().to_string();
        assert!(message.contains("40 rows of 8 studies") && message.contains("at least 50 rows"), "{message}");
        let only_mild: Vec<ScoredRow> = (0..100).map(|i| row(i, 0, [0.8, 0.1, 0.1])).collect();
        let message = calibrate(&only_mild).unwrap_err().to_string();
        assert!(message.contains("100 normal/mild, 0 moderate, 0 severe"), "{message}");
        assert!(calibrate(&[]).is_err());
    }

    /// Rows that no finite slope can satisfy: certain and always right, or always wrong.
    #[test]
    fn the_temperature_stays_above_0() {
        let certain = |right: bool| -> Vec<ScoredRow> {
            let predicted = |truth: usize| std::array::from_fn(|k| if (k == truth) == right { 0.9 } else { 0.05 });
            (0..300).map(|i| row(i, i % 3, predicted(i % 3))).collect()
        };
        let right = calibrate(&certain(true)).unwrap();
        assert!(right.calibration.temperature > 0.0 && right.after < right.before, "{right:?}");
        let wrong = calibrate(&certain(false)).unwrap();
        assert!((wrong.calibration.temperature - 20.0).abs() < 1e-3, "the flattest that there is: {wrong:?}");
        assert!(wrong.after < wrong.before);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// Whatever was predicted: a calibration that makes it worse would be worse than none.
        #[test]
        fn never_worse_and_in_no_order(
            given in prop::collection::vec((0usize..3, prop::array::uniform3(0.0f64..1.0)), 60..120), turn in 1usize..59,
        ) {
            let mut rows: Vec<ScoredRow> =
                given.iter().enumerate().map(|(i, (truth, p))| row(i / 3, *truth, p.map(|p| p * p + 1e-9))).collect();
            // Enough of each severity.
            rows.iter_mut().take(30).enumerate().for_each(|(i, row)| row.truth = Severity::ALL[i % 3]);
            let fit = calibrate(&rows).unwrap();
            prop_assert!(fit.after <= fit.before, "{fit:?}");
            prop_assert!(fit.calibration.temperature > 0.0 && fit.calibration.bias.iter().all(|b| b.is_finite()));
            rows.rotate_left(turn);
            let turned = calibrate(&rows).unwrap();
            prop_assert_eq!(turned.calibration, fit.calibration);
            prop_assert!((turned.cross_validated - fit.cross_validated).abs() < 1e-12);
        }
    }
}
