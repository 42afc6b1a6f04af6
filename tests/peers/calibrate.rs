//! The fit of a calibration against `scipy`'s minimiser and scikit-learn's weighted log loss.

use std::path::Path;

use foramen::{
    grading::{GradeId, Severity},
    metric::{self, ScoredRow},
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

use super::python;

#[derive(Deserialize)]
struct Peer {
    /// Least loss over temperature and biases, without a ridge.
    after: f64,
    before: f64,
}

#[test]
#[ignore = "needs SciPy and scikit-learn; .ci/run runs it"]
fn no_calibration_costs_less_than_ours() {
    for (seed, count, power) in [(1, 300, 1.0), (2, 2000, 3.0), (3, 800, 0.7)] {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let rows: Vec<ScoredRow> = (0..count)
            .map(|i| {
                // Right more often than not, and more or less sure than that deserves.
                let truth = [0, 0, 0, 0, 1, 1, 2][rng.random_range(0..7)];
                let scores: [f64; 3] = std::array::from_fn(|k| {
                    rng.random_range(0.01..1.0f64).powf(power) * if k == truth { 2.0 } else { 1.0 }
                });
                let predicted = scores.map(|s| s / scores.iter().sum::<f64>());
                ScoredRow { study: (i / 5).to_string(), id: GradeId::ALL[20], truth: Severity::ALL[truth], predicted }
            })
            .collect();
        let fit = metric::calibrate(&rows).unwrap();
        let given: Vec<_> = rows.iter().map(|r| (r.truth.index(), r.predicted)).collect();
        let peer: Peer = python::run("calibrate.py", &[] as &[&Path], &serde_json::to_string(&given).unwrap());
        assert!((fit.before - peer.before).abs() < 1e-3, "{fit:?}, theirs {}", peer.before);
        assert!((fit.after - peer.after).abs() < 1e-3, "{fit:?}, theirs {}", peer.after);
        assert!(fit.after < fit.before - 1e-3, "there was something to gain: {fit:?}");
    }
}
