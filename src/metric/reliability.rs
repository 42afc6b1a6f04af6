//! Whether a probability means what it says: of the rows given 30 %, are 30 % so?
//!
//! Bins, shares and Brier scores are scikit-learn's (`calibration_curve` with uniform bins, `brier_score_loss`);
//! the expected calibration error is that of Naeini et al. 2015, class by class as in Kull et al. 2019.

use serde::Serialize;

use super::ScoredRow;
use crate::grading::{Condition, Severity};

/// Of equal width, from 0 to 1.
pub const BINS: usize = 10;

/// The rows whose probability lies above `from` and at most at `to` (the first bin holds 0 too).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// Lower edge, 0 to 0.9.
    pub from: f64,
    /// Upper edge, 0.1 to 1.
    pub to: f64,
    /// How many rows have a probability in it.
    pub rows: usize,
    /// Their mean probability; none without rows.
    pub predicted: Option<f64>,
    /// The share of them that is so; none without rows.
    pub observed: Option<f64>,
}

/// One severity against the two others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// The severity whose probability is looked at.
    pub severity: Severity,
    /// [`BINS`] bins from 0 to 1.
    pub bins: Vec<Bin>,
    /// Expected calibration error: mean over the rows of |predicted - observed| of their bin.
    pub ece: f64,
    /// Brier score: mean of (probability - truth)²; 0 to 1.
    pub brier: f64,
}

/// How reliable the probabilities of one condition are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reliability {
    /// Left and right together, all levels.
    pub condition: Condition,
    /// How many rows, each counted once, whatever its weight in the score.
    pub rows: usize,
    /// Mean of the three severities' errors.
    pub ece: f64,
    /// Sum of the three severities' Brier scores: 0 to 2.
    pub brier: f64,
    /// In the order of [`Severity::ALL`].
    pub curves: Vec<Curve>,
}

/// Of every condition that has rows.
pub fn reliability(rows: &[ScoredRow]) -> Vec<Reliability> {
    let of = |condition: Condition| {
        let rows: Vec<&ScoredRow> = rows.iter().filter(|row| row.id.condition() == condition).collect();
        let curves: Vec<Curve> = Severity::ALL.iter().map(|&severity| curve(severity, &rows)).collect();
        (!rows.is_empty()).then(|| Reliability {
            condition,
            rows: rows.len(),
            ece: curves.iter().map(|c| c.ece).sum::<f64>() / curves.len() as f64,
            brier: curves.iter().map(|c| c.brier).sum(),
            curves,
        })
    };
    Condition::ALL.iter().filter_map(|&condition| of(condition)).collect()
}

fn curve(severity: Severity, rows: &[&ScoredRow]) -> Curve {
    // The same arithmetic as numpy.linspace, so that a probability on an edge falls into the same bin.
    let edge = |i: usize| i as f64 * (1.0 / BINS as f64);
    let mut sums = [(0usize, 0.0, 0usize); BINS];
    let mut brier = 0.0;
    for row in rows {
        let (p, is_so) = (row.predicted[severity.index()], row.truth == severity);
        let bin = &mut sums[(1..BINS).filter(|&i| edge(i) < p).count()];
        *bin = (bin.0 + 1, bin.1 + p, bin.2 + usize::from(is_so));
        brier += (p - f64::from(u8::from(is_so))).powi(2);
    }
    let all = rows.len().max(1) as f64;
    let bins: Vec<Bin> = sums
        .iter()
        .enumerate()
        .map(|(i, &(rows, sum, so))| {
            let mean = |sum: f64| (rows > 0).then(|| sum / rows as f64);
            Bin { from: edge(i), to: edge(i + 1), rows, predicted: mean(sum), observed: mean(so as f64) }
        })
        .collect();
    let off = |bin: &Bin| Some(bin.rows as f64 * (bin.predicted? - bin.observed?).abs());
    Curve { severity, ece: bins.iter().filter_map(off).sum::<f64>() / all, brier: brier / all, bins }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grading::GradeId;
    use proptest::prelude::*;

    fn rows(cells: &[(usize, f64)]) -> Vec<ScoredRow> {
        let row = |&(truth, severe): &(usize, f64)| ScoredRow {
            study: "1".into(),
            id: GradeId::ALL[20],
            truth: Severity::ALL[truth],
            predicted: [(1.0 - severe) * 0.75, (1.0 - severe) * 0.25, severe],
        };
        cells.iter().map(row).collect()
    }

    #[test]
    fn a_number_that_holds_is_calibrated_and_one_that_does_not_is_off_by_what_it_is_off() {
        // Four rows at 25 % severe, of which one is; four at 85 %, of which one is.
        let holds: Vec<_> = [2, 0, 0, 1].map(|truth| (truth, 0.25)).to_vec();
        let bold: Vec<_> = [2, 0, 0, 1].map(|truth| (truth, 0.85)).to_vec();
        let severe = |cells: &[(usize, f64)]| reliability(&rows(cells))[0].curves[2].clone();
        assert!(severe(&holds).ece.abs() < 1e-12);
        assert!((severe(&holds).brier - 0.1875).abs() < 1e-12);
        assert!((severe(&bold).ece - 0.6).abs() < 1e-12);
        let both = severe(&[holds, bold].concat());
        assert!((both.ece - 0.3).abs() < 1e-12);
        assert_eq!((both.bins[2].rows, both.bins[8].rows), (4, 4));
        assert_eq!(both.bins[5].predicted, None);
    }

    #[test]
    fn the_edges_belong_to_the_bin_below_and_0_and_1_are_inside() {
        let bins = reliability(&rows(&[(0, 0.0), (0, 0.1), (0, 0.2), (2, 1.0)]))[0].curves[2].bins.clone();
        assert_eq!(bins.iter().map(|b| b.rows).collect::<Vec<_>>(), [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
    }

    proptest! {
        #[test]
        fn every_row_is_in_one_bin_and_the_parts_make_the_whole(cells in prop::collection::vec((0usize..3, 0f64..1.0), 1..60)) {
            let all = reliability(&rows(&cells));
            prop_assert_eq!(all.len(), 1);
            prop_assert!((0.0..=2.0).contains(&all[0].brier) && (0.0..=1.0).contains(&all[0].ece));
            for curve in &all[0].curves {
                prop_assert_eq!(curve.bins.iter().map(|b| b.rows).sum::<usize>(), cells.len());
                let so: f64 = curve.bins.iter().filter_map(|b| Some(b.observed? * b.rows as f64)).sum();
                let truth = cells.iter().filter(|(t, _)| *t == curve.severity.index()).count();
                prop_assert!((so - truth as f64).abs() < 1e-9);
            }
        }
    }
}
