//! How sure a score is: 95 % percentile intervals, by drawing studies again.
//!
//! The 25 rows of a study hang together, so studies are drawn with replacement, never rows (Efron and
//! Tibshirani, An Introduction to the Bootstrap, 1993, chapters 8 and 13). Several submissions share each draw,
//! which makes their difference a paired one.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::{Group, ScoredRow, log_loss::loss, quantile::quantile, score::counted};

/// How often to draw, and from which seed; the same seed gives the same draws on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bootstrap {
    /// How many times as many studies as there are are drawn.
    pub resamples: usize,
    /// Seed of the generator.
    pub seed: u64,
}

/// 95 % of the resamples lie in here: from the 2.5th to the 97.5th percentile.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The 2.5th percentile of the resamples.
    pub low: f64,
    /// The 97.5th percentile of the resamples.
    pub high: f64,
}

/// A submission's scores in every resample.
#[derive(Debug, Clone, PartialEq)]
pub struct Resamples {
    /// The four parts in the order of [`Group::ALL`], then the score; `None` where a part has no labelled row
    /// among the studies drawn, and then the score has none either.
    values: Vec<[Option<f64>; 5]>,
}

/// One submission against another over the same resamples. Lower scores are better.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Comparison {
    /// Share of the resamples in which it scores lower.
    pub better_in: f64,
    /// Change of the score relative to the other's, in %, over all resamples; negative is better.
    pub change_percent: Option<Interval>,
    /// In how many resamples both have a score.
    pub resamples: usize,
}

/// Which number of a [`Resamples`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// One of the four parts of the score.
    Group(Group),
    /// The score: the mean of the four parts.
    Score,
}

impl Interval {
    /// Of values in any order; `None` for no values.
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        Some(Self { low: quantile(&values, 0.025)?, high: quantile(&values, 0.975)? })
    }
}

impl Part {
    /// The four, then the score.
    pub const ALL: [Self; 5] = [
        Self::Group(Group::Spinal),
        Self::Group(Group::Foraminal),
        Self::Group(Group::Subarticular),
        Self::Group(Group::AnySevereSpinal),
        Self::Score,
    ];

    const fn index(self) -> usize {
        match self {
            Self::Group(group) => group as usize,
            Self::Score => 4,
        }
    }
}

impl Resamples {
    /// The interval of a part over the resamples in which it is defined; `None` if there is none.
    pub fn interval(&self, part: Part) -> Option<Interval> {
        Interval::of(self.defined(part).collect())
    }

    /// In how many resamples the part had nothing to be computed from.
    pub fn undefined(&self, part: Part) -> usize {
        self.values.len() - self.defined(part).count()
    }

    /// This submission against `first`, resample by resample.
    pub fn against(&self, first: &Self) -> Comparison {
        let score = Part::Score.index();
        let pairs: Vec<(f64, f64)> =
            self.values.iter().zip(&first.values).filter_map(|(a, b)| a[score].zip(b[score])).collect();
        let better = pairs.iter().filter(|(own, other)| own < other).count();
        // A score of 0 cannot be changed by a share of itself.
        let changes = pairs.iter().filter(|(_, other)| *other > 0.0).map(|(own, other)| 100.0 * (own - other) / other);
        Comparison {
            better_in: better as f64 / pairs.len().max(1) as f64,
            change_percent: Interval::of(changes.collect()),
            resamples: pairs.len(),
        }
    }

    fn defined(&self, part: Part) -> impl Iterator<Item = f64> + '_ {
        self.values.iter().filter_map(move |values| values[part.index()])
    }
}

/// Weighted loss and weight that a study adds to each part.
type Sums = [(f64, f64); 4];

/// The scores of every table in every resample. All tables must be about the same studies; one that a table
/// lacks counts nothing there.
///
/// ```
/// use foramen::{
///     grading::{GradeId, Severity},
///     metric::{Bootstrap, Part, ScoredRow, resample},
/// };
///
/// // Four studies; the second table gives the truth more in every row.
/// let table = |p: f64| -> Vec<ScoredRow> {
///     let studies = ["1", "2", "3", "4"].into_iter();
///     let row = |study: &str, id| {
///         let predicted = [p, (1.0 - p) / 2.0, (1.0 - p) / 2.0];
///         ScoredRow { study: study.to_owned(), id, truth: Severity::NormalMild, predicted }
///     };
///     studies.flat_map(|study| GradeId::ALL.map(|id| row(study, id))).collect()
/// };
/// let (first, second) = (table(0.6), table(0.8));
/// let resamples = resample(&[&first, &second], Bootstrap { resamples: 200, seed: 1 });
///
/// assert_eq!(resamples[1].against(&resamples[0]).better_in, 1.0);
/// let interval = resamples[0].interval(Part::Score).unwrap();
/// assert!(interval.low <= interval.high);
/// ```
pub fn resample(tables: &[&[ScoredRow]], bootstrap: Bootstrap) -> Vec<Resamples> {
    let sums: Vec<BTreeMap<&str, Sums>> = tables.iter().map(|rows| sums_by_study(rows)).collect();
    let mut studies: Vec<&str> = sums.iter().flat_map(BTreeMap::keys).copied().collect();
    studies.sort_unstable();
    studies.dedup();
    let by_index: Vec<Vec<Sums>> = sums
        .iter()
        .map(|table| studies.iter().map(|study| table.get(study).copied().unwrap_or_default()).collect())
        .collect();
    let mut rng = ChaCha8Rng::seed_from_u64(bootstrap.seed);
    let mut all = vec![Resamples { values: Vec::with_capacity(bootstrap.resamples) }; tables.len()];
    if studies.is_empty() {
        return all;
    }
    let mut drawn = vec![0u32; studies.len()];
    for _ in 0..bootstrap.resamples {
        drawn.fill(0);
        for _ in 0..studies.len() {
            // A u32, so that the draws do not depend on the machine's word.
            drawn[rng.random_range(0..studies.len() as u32) as usize] += 1;
        }
        for (resamples, sums) in all.iter_mut().zip(&by_index) {
            resamples.values.push(scores(sums, &drawn));
        }
    }
    all
}

fn sums_by_study(rows: &[ScoredRow]) -> BTreeMap<&str, Sums> {
    let mut studies: BTreeMap<&str, Vec<&ScoredRow>> = BTreeMap::new();
    for row in rows {
        studies.entry(&row.study).or_default().push(row);
    }
    let sums = |rows: &[&ScoredRow]| {
        Group::ALL.map(|group| {
            let counted = counted(group, rows);
            counted.into_iter().fold((0.0, 0.0), |(sum, all), (p, weight)| (sum + weight * loss(p), all + weight))
        })
    };
    studies.into_iter().map(|(study, rows)| (study, sums(&rows))).collect()
}

/// The four parts and the score, each study counted as often as it was drawn.
fn scores(sums: &[Sums], drawn: &[u32]) -> [Option<f64>; 5] {
    let mut totals: Sums = Sums::default();
    for (study, &times) in sums.iter().zip(drawn).filter(|(_, times)| **times > 0) {
        for (total, sum) in totals.iter_mut().zip(study) {
            total.0 += f64::from(times) * sum.0;
            total.1 += f64::from(times) * sum.1;
        }
    }
    let parts = totals.map(|(loss, weight)| (weight > 0.0).then(|| loss / weight));
    let score = parts.iter().copied().sum::<Option<f64>>().map(|sum| sum / 4.0);
    [parts[0], parts[1], parts[2], parts[3], score]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        grading::{GradeId, Severity},
        metric::score,
    };
    use proptest::prelude::*;

    /// 25 rows of one study: truth and the probability given to it, by grade.
    fn study(name: usize, of: impl Fn(usize) -> (usize, f64)) -> Vec<ScoredRow> {
        let row = |(i, id): (usize, GradeId)| {
            let (truth, p) = of(i);
            let mut predicted = [(1.0 - p) / 2.0; 3];
            predicted[truth] = p;
            ScoredRow { study: name.to_string(), id, truth: Severity::ALL[truth], predicted }
        };
        GradeId::ALL.into_iter().enumerate().map(row).collect()
    }

    fn table() -> impl Strategy<Value = Vec<ScoredRow>> {
        prop::collection::vec(prop::collection::vec((0usize..3, 0.05f64..0.95), 25), 2..12)
            .prop_map(|all| all.iter().enumerate().flat_map(|(n, cells)| study(n, |i| cells[i])).collect())
    }

    const FEW: Bootstrap = Bootstrap { resamples: 200, seed: 3 };

    #[test]
    fn studies_that_are_all_alike_leave_no_doubt() {
        let rows: Vec<ScoredRow> = (0..9).flat_map(|n| study(n, |i| (i % 3, 0.6))).collect();
        let point = score(&rows).unwrap();
        let all = resample(&[&rows], FEW);
        for part in Part::ALL {
            let expected = match part {
                Part::Group(group) => point.groups[group as usize].log_loss,
                Part::Score => point.score,
            };
            let Interval { low, high } = all[0].interval(part).unwrap();
            assert!((low - expected).abs() < 1e-12 && (high - expected).abs() < 1e-12, "{part:?}: {low} to {high}");
            assert_eq!(all[0].undefined(part), 0);
        }
    }

    #[test]
    fn a_part_that_was_not_drawn_is_counted_and_not_guessed() {
        // Only one of four studies has a label of the canal.
        let rows: Vec<ScoredRow> = (0..4)
            .flat_map(|n| study(n, |_| (0, 0.6)).into_iter().filter(move |row| n == 0 || row.id.index() < 20))
            .collect();
        let all = resample(&[&rows], Bootstrap { resamples: 2000, seed: 1 });
        let spinal = Part::Group(Group::Spinal);
        // (3/4)^4 of the draws miss that study.
        let share = all[0].undefined(spinal) as f64 / 2000.0;
        assert!((share - 0.316).abs() < 0.04, "{share}");
        assert_eq!(all[0].undefined(Part::Score), all[0].undefined(spinal));
        assert_eq!(all[0].undefined(Part::Group(Group::Foraminal)), 0);
        assert!(all[0].interval(Part::Score).is_some());
    }

    #[test]
    fn one_that_is_better_everywhere_is_better_in_every_draw() {
        let table = |p: f64| -> Vec<ScoredRow> { (0..7).flat_map(|n| study(n, |i| (i % 3, p))).collect() };
        let all = resample(&[&table(0.5), &table(0.7), &table(0.5)], FEW);
        let better = all[1].against(&all[0]);
        assert!((better.better_in - 1.0).abs() < 1e-12 && better.resamples == 200);
        assert!(better.change_percent.unwrap().high < -10.0);
        let same = all[2].against(&all[0]);
        assert!(same.better_in.abs() < 1e-12 && same.change_percent.unwrap().low.abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn the_seed_decides_and_the_order_of_rows_does_not((rows, shuffled) in table().prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle()))) {
            let few = Bootstrap { resamples: 40, seed: 11 };
            let (a, b) = (resample(&[&rows], few), resample(&[&shuffled], few));
            for (x, y) in a[0].values.iter().flatten().zip(b[0].values.iter().flatten()) {
                prop_assert!((x.unwrap() - y.unwrap()).abs() < 1e-12);
            }
            prop_assert_eq!(&a, &resample(&[&rows], few));
            prop_assert_ne!(&a, &resample(&[&rows], Bootstrap { seed: 12, ..few }));
        }

        /// A resample in which every study is drawn once is the score itself.
        #[test]
        fn each_study_once_is_the_score(rows in table()) {
            let sums: Vec<Sums> = sums_by_study(&rows).into_values().collect();
            let once = scores(&sums, &vec![1; sums.len()]);
            let point = score(&rows).unwrap();
            prop_assert!((once[4].unwrap() - point.score).abs() < 1e-12);
            for (part, group) in once.iter().zip(&point.groups) {
                prop_assert!((part.unwrap() - group.log_loss).abs() < 1e-12);
            }
        }
    }
}
