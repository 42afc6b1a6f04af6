//! `foramen evaluate` against scikit-learn's `log_loss`.

use std::{collections::BTreeMap, fmt::Write, path::Path};

use foramen::grading::GradeId;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

use super::python;

/// Agreement in 64-bit arithmetic, wherever the sums are in another order.
const TOLERANCE: f64 = 1e-9;

#[derive(Deserialize)]
struct Peer {
    score: f64,
    groups: BTreeMap<String, f64>,
    divided: f64,
}

#[derive(Deserialize)]
struct Ours {
    score: f64,
    score_of_rows_divided_by_sum: f64,
    rows: usize,
    groups: Vec<OurGroup>,
}

#[derive(Deserialize)]
struct OurGroup {
    group: String,
    log_loss: f64,
}

/// What a table's predictions look like.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Three shares of 1.
    Shares,
    /// 0, 1, and what is next to them.
    Extreme,
    /// Any three numbers from 0 to 1.
    Unnormalised,
    /// Six digits, as a 32-bit program prints them.
    Rounded,
}

fn prediction(kind: Kind, rng: &mut impl Rng) -> [f64; 3] {
    let any: [f64; 3] = std::array::from_fn(|_| rng.random_range(0.0..1.0));
    let shares = any.map(|p| p / any.iter().sum::<f64>());
    match kind {
        Kind::Shares => shares,
        Kind::Unnormalised => any,
        Kind::Rounded => shares.map(|p| (p * 1e6).round() / 1e6),
        Kind::Extreme => {
            let tiny = [0.0, 1e-300, 1e-17, 1e-9][rng.random_range(0..4)];
            let mut row = [tiny, 0.0, 1.0 - tiny];
            row.rotate_left(rng.random_range(0..3));
            row
        }
    }
}

/// Writes a solution of `studies` with some labels missing, and a submission that is complete. Returns the rows that count.
fn write(dir: &Path, studies: u32, kind: Kind, rng: &mut impl Rng) -> usize {
    let mut solution = format!("study_id,{}\n", GradeId::ALL.map(|id| id.to_string()).join(","));
    let mut rows = Vec::new();
    let mut count = 0;
    for number in 0..studies {
        let study = 4_000_000 + number * 7;
        let words: Vec<&str> = (0..25)
            .map(|_| match rng.random_range(0..20) {
                0 | 1 => "",
                2..=12 => "Normal/Mild",
                13..=16 => "Moderate",
                _ => "Severe",
            })
            .collect();
        count += words.iter().filter(|w| !w.is_empty()).count();
        writeln!(solution, "{study},{}", words.join(",")).unwrap();
        for id in GradeId::ALL {
            let [a, b, c] = prediction(kind, rng);
            rows.push(format!("{},{a:?},{b:?},{c:?}\n", id.row_id(&study.to_string())));
        }
    }
    // The contest does not care for the order.
    let middle = rng.random_range(0..rows.len());
    rows.rotate_left(middle);
    std::fs::write(dir.join("train.csv"), solution).unwrap();
    std::fs::write(dir.join("submission.csv"), format!("row_id,normal_mild,moderate,severe\n{}", rows.concat()))
        .unwrap();
    count
}

#[test]
#[ignore = "needs Python peers; .ci/run runs them"]
fn the_score_is_scikit_learns() {
    for (seed, kind) in [Kind::Shares, Kind::Extreme, Kind::Unnormalised, Kind::Rounded].into_iter().enumerate() {
        // A single study has one label of "any severe" alone.
        for studies in [1, 3, 60] {
            let mut rng = ChaCha8Rng::seed_from_u64(seed as u64 * 1000 + u64::from(studies));
            let dir = tempfile::tempdir().unwrap();
            let count = write(dir.path(), studies, kind, &mut rng);
            let (solution, submission) = (dir.path().join("train.csv"), dir.path().join("submission.csv"));
            let peer: Peer = python::run("log_loss.py", &[&solution, &submission], "");
            let [solution, submission] = [&solution, &submission].map(|p| p.to_str().unwrap());
            let ours: Ours =
                python::foramen(&["evaluate", "--solution", solution, "--submission", submission, "--json"]);
            let case = format!("{kind:?}, {studies} studies");
            let same = |what: &str, ours: f64, peer: f64| {
                assert!((ours - peer).abs() < TOLERANCE, "{case}: {what}: {ours} here, {peer} in scikit-learn");
            };
            assert_eq!(ours.rows, count, "{case}");
            assert_eq!(ours.groups.len(), peer.groups.len());
            for group in &ours.groups {
                same(&group.group, group.log_loss, peer.groups[&group.group]);
            }
            same("score", ours.score, peer.score);
            same("score of rows divided by their sum", ours.score_of_rows_divided_by_sum, peer.divided);
        }
    }
}

/// `calibration.py` by condition and severity.
type PeerCurves = BTreeMap<String, Vec<PeerCurve>>;

#[derive(Deserialize)]
struct PeerCurve {
    brier: f64,
    predicted: Vec<f64>,
    observed: Vec<f64>,
}

#[derive(Deserialize)]
struct Calibrated {
    calibration: Vec<OurReliability>,
}

#[derive(Deserialize)]
struct OurReliability {
    condition: String,
    brier: f64,
    curves: Vec<OurCurve>,
}

#[derive(Deserialize)]
struct OurCurve {
    brier: f64,
    bins: Vec<OurBin>,
}

#[derive(Deserialize)]
struct OurBin {
    predicted: Option<f64>,
    observed: Option<f64>,
}

#[test]
#[ignore = "needs Python peers; .ci/run runs them"]
fn reliability_and_brier_scores_are_scikit_learns() {
    for (seed, kind) in [Kind::Shares, Kind::Rounded, Kind::Extreme].into_iter().enumerate() {
        let mut rng = ChaCha8Rng::seed_from_u64(90 + seed as u64);
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), 40, kind, &mut rng);
        let (solution, submission) = (dir.path().join("train.csv"), dir.path().join("submission.csv"));
        let peer: PeerCurves = python::run("calibration.py", &[&solution, &submission], "");
        let [solution, submission] = [&solution, &submission].map(|p| p.to_str().unwrap());
        let args = ["evaluate", "--solution", solution, "--submission", submission, "--calibration", "--json"];
        let ours: Calibrated = python::foramen(&args);
        assert_eq!(ours.calibration.len(), 3);
        for one in &ours.calibration {
            let peers = &peer[&one.condition];
            let sum: f64 = peers.iter().map(|p| p.brier).sum();
            assert!((one.brier - sum).abs() < TOLERANCE, "{kind:?}, {}: {} and {sum}", one.condition, one.brier);
            for (curve, peer) in one.curves.iter().zip(peers) {
                assert!((curve.brier - peer.brier).abs() < TOLERANCE);
                for (ours, peer) in [
                    (curve.bins.iter().filter_map(|b| b.predicted).collect::<Vec<f64>>(), &peer.predicted),
                    (curve.bins.iter().filter_map(|b| b.observed).collect(), &peer.observed),
                ] {
                    assert_eq!(ours.len(), peer.len(), "{kind:?}, {}: bins with rows", one.condition);
                    assert!(ours.iter().zip(peer).all(|(a, b)| (a - b).abs() < TOLERANCE), "{ours:?} {peer:?}");
                }
            }
        }
    }
}
