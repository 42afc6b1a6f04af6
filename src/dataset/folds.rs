//! The validation fold of each study: read from `5folds.csv`, or made so that every fold has its share of every
//! severity of every condition and level.
//!
//! A split is by study: slices of one patient in training and in validation would make any detector look good.

use std::{collections::BTreeMap, path::Path};

use super::labels::{Grades, LabelError, Table};
use crate::{grading::Severity, study::StudyId};

/// How many folds a data set has: 5, as the contest's solutions have them.
pub const FOLDS: u32 = 5;
/// The maximum number of rounds of exchanges over all pairs of studies.
const ROUNDS: usize = 10;

/// Study id to its validation fold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folds(pub BTreeMap<StudyId, u32>);

impl Folds {
    /// Reads `5folds.csv`: `study_id,fold`, folds from 0 to 4.
    ///
    /// # Errors
    ///
    /// The file cannot be read, lacks a column, or gives a study no fold from 0 to 4 or two of them.
    pub fn read(file: &Path) -> Result<Self, LabelError> {
        let mut table = Table::open(file)?;
        let (study, fold) = (table.column("study_id")?, table.column("fold")?);
        let wrong = |problem| LabelError::Folds { file: file.to_owned(), problem };
        let mut folds = BTreeMap::new();
        for record in table.records() {
            let record = record.map_err(|source| LabelError::Csv { file: file.to_owned(), source })?;
            let (study, text) = (record.get(study).unwrap_or_default(), record.get(fold).unwrap_or_default());
            // Tables that went through pandas contain 3.0.
            let number = text.strip_suffix(".0").unwrap_or(text).parse().ok().filter(|fold| *fold < FOLDS);
            let number = number.ok_or_else(|| {
                wrong(format!("study {study} has fold '{text}'; folds are whole numbers from 0 to 4"))
            })?;
            let study: StudyId =
                study.parse().map_err(|e| wrong(format!("a row of fold {number} has no study_id: {e}")))?;
            let before = folds.insert(study.clone(), number);
            if let Some(before) = before.filter(|before| *before != number) {
                return Err(wrong(format!("study {study} is in fold {before} and in fold {number}; keep one of them")));
            }
        }
        Ok(Self(folds))
    }

    /// Refuses a split that leaves out some of `studies`.
    ///
    /// # Errors
    ///
    /// A study has no fold.
    pub fn must_hold<'a>(&self, studies: impl Iterator<Item = &'a StudyId>, file: &Path) -> Result<(), LabelError> {
        let missing: Vec<&StudyId> = studies.filter(|study| !self.0.contains_key(*study)).collect();
        let Some(first) = missing.first() else { return Ok(()) };
        let problem = format!(
            "it has no fold for {} of the studies, such as {first}; add them, or remove the file to make a new split",
            missing.len()
        );
        Err(LabelError::Folds { file: file.to_owned(), problem })
    }

    /// A new split of `studies`, the same for the same studies and grades whatever their order.
    ///
    /// Fold sizes differ by one study at most. Each of the 75 pairs of grade and severity, and the missing label of
    /// each grade, is spread as evenly as a greedy pass (rare pairs first, as in Sechidis et al., "On the
    /// stratification of multi-label data", 2011) and exchanges of two studies can.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// use foramen::{
    ///     dataset::{FOLDS, Folds, Grades},
    ///     grading::Severity,
    ///     study::{NoId, StudyId},
    /// };
    ///
    /// // Ten studies, five of them severe at every level: one severe study in each fold of two.
    /// let severity = |id: u32| if id < 5 { Severity::Severe } else { Severity::NormalMild };
    /// let rows = (0..10).map(|id| Ok((id.to_string().parse()?, [Some(severity(id)); 25])));
    /// let rows: BTreeMap<StudyId, _> = rows.collect::<Result<_, NoId>>()?;
    /// let grades = Grades { rows, columns: vec![] };
    ///
    /// let Folds(folds) = Folds::make(grades.rows.keys(), &grades);
    /// for fold in 0..FOLDS {
    ///     let studies: Vec<&StudyId> = folds.iter().filter(|(_, f)| **f == fold).map(|(id, _)| id).collect();
    ///     let severe = studies.iter().filter(|id| grades.rows[**id][0] == Some(Severity::Severe)).count();
    ///     assert_eq!((studies.len(), severe), (2, 1));
    /// }
    /// # Ok::<(), NoId>(())
    /// ```
    pub fn make<'a>(studies: impl Iterator<Item = &'a StudyId>, grades: &Grades) -> Self {
        let mut split = Split::new(studies, grades);
        split.deal();
        split.exchange();
        Self(split.ids.into_iter().zip(split.fold).map(|(id, fold)| (id.clone(), fold as u32)).collect())
    }

    /// `study_id,fold`, in order of study.
    pub fn csv(&self) -> String {
        let rows = self.0.iter().map(|(study, fold)| format!("{study},{fold}\n"));
        std::iter::once("study_id,fold\n".to_owned()).chain(rows).collect()
    }
}

/// Kinds of label: three severities and none, for each of 25 grades.
const KINDS: usize = 100;
const N: usize = FOLDS as usize;

/// A split being built.
struct Split<'a> {
    ids: Vec<&'a StudyId>,
    /// For each study, its 25 kinds.
    kinds: Vec<[usize; 25]>,
    /// For each kind, how many studies have it.
    totals: [f64; KINDS],
    /// By fold and kind.
    counts: [[f64; KINDS]; N],
    /// By study.
    fold: Vec<usize>,
}

impl<'a> Split<'a> {
    fn new(studies: impl Iterator<Item = &'a StudyId>, grades: &Grades) -> Self {
        let mut ids: Vec<&StudyId> = studies.collect();
        ids.sort_unstable();
        ids.dedup();
        let kinds: Vec<[usize; 25]> = ids
            .iter()
            .map(|id| {
                let row = grades.rows.get(*id).copied().unwrap_or([None; 25]);
                std::array::from_fn(|i| i * 4 + row[i].map_or(3, Severity::index))
            })
            .collect();
        let mut totals = [0.0; KINDS];
        kinds.iter().flatten().for_each(|&kind| totals[kind] += 1.0);
        let fold = vec![0; ids.len()];
        Self { ids, kinds, totals, counts: [[0.0; KINDS]; N], fold }
    }

    /// Assigns studies one by one, those with the rarest labels first, each to the fold that lacks its labels most.
    fn deal(&mut self) {
        let rarity = |kinds: &[usize; 25]| {
            let mut totals = kinds.map(|kind| self.totals[kind] as usize);
            totals.sort_unstable();
            totals
        };
        let mut order: Vec<usize> = (0..self.ids.len()).collect();
        order.sort_by_cached_key(|&study| rarity(&self.kinds[study]));
        let (each, over) = (order.len() / N, order.len() % N);
        let mut room: [usize; N] = std::array::from_fn(|fold| each + usize::from(fold < over));
        for study in order {
            let lack = |fold: usize| -> f64 {
                let kinds = self.kinds[study].iter();
                kinds.map(|&kind| (self.totals[kind] / N as f64 - self.counts[fold][kind]) / self.totals[kind]).sum()
            };
            let most = (0..N)
                .filter(|&fold| room[fold] > 0)
                .max_by(|&a, &b| lack(a).total_cmp(&lack(b)).then(room[a].cmp(&room[b])).then(b.cmp(&a)));
            let fold = most.unwrap_or_default();
            room[fold] = room[fold].saturating_sub(1);
            self.fold[study] = fold;
            self.kinds[study].iter().for_each(|&kind| self.counts[fold][kind] += 1.0);
        }
    }

    /// Exchanges two studies of different folds wherever that makes the split more even.
    fn exchange(&mut self) {
        for _ in 0..ROUNDS {
            let mut found = false;
            for a in 0..self.ids.len() {
                for b in a + 1..self.ids.len() {
                    if self.fold[a] != self.fold[b] && self.gain(a, b) > 1e-9 {
                        self.swap(a, b);
                        found = true;
                    }
                }
            }
            if !found {
                break;
            }
        }
    }

    /// How much the unevenness decreases if `a` and `b` are swapped: the sum over kinds and folds of (count - total /
    /// 5)² / total. The fold sizes stay the same, so only the squared counts matter.
    fn gain(&self, a: usize, b: usize) -> f64 {
        let (from, to) = (&self.counts[self.fold[a]], &self.counts[self.fold[b]]);
        let pairs = self.kinds[a].iter().zip(&self.kinds[b]).filter(|(x, y)| x != y);
        pairs
            .map(|(&x, &y)| {
                // (c)² + (d)² less (c - 1)² + (d + 1)²: 2 (c - d - 1).
                let moved = |kind: usize, c: f64, d: f64| 2.0 * (c - d - 1.0) / self.totals[kind];
                moved(x, from[x], to[x]) + moved(y, to[y], from[y])
            })
            .sum()
    }

    fn swap(&mut self, a: usize, b: usize) {
        for (study, other) in [(a, b), (b, a)] {
            let (from, to) = (self.fold[study], self.fold[other]);
            for &kind in &self.kinds[study] {
                self.counts[from][kind] -= 1.0;
                self.counts[to][kind] += 1.0;
            }
        }
        self.fold.swap(a, b);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn id(number: usize) -> StudyId {
        number.to_string().parse().unwrap()
    }

    /// Severities about as common as in the contest: severe in 1 % to 23 % of the cells, some labels missing, and
    /// diseased discs clustered.
    fn grades(studies: usize, seed: u64) -> Grades {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut all = Grades::default();
        for number in 0..studies {
            let bad: f64 = rng.random_range(0.0..2.0);
            let row = std::array::from_fn(|cell| {
                let severe = bad * [0.01, 0.03, 0.06, 0.13, 0.08][cell % 5];
                let moderate = severe + bad * [0.03, 0.1, 0.2, 0.3, 0.2][cell % 5];
                let draw: f64 = rng.random_range(0.0..1.0);
                let severity = if draw < severe {
                    Severity::Severe
                } else if draw < moderate {
                    Severity::Moderate
                } else {
                    Severity::NormalMild
                };
                (!rng.random_bool(0.02)).then_some(severity)
            });
            all.rows.insert(id(1000 + number * 7), row);
        }
        all
    }

    /// By kind: the count in each fold.
    fn counts(folds: &Folds, grades: &Grades) -> [[f64; N]; KINDS] {
        let mut counts = [[0.0; N]; KINDS];
        for (study, &fold) in &folds.0 {
            for (cell, severity) in grades.rows[study].iter().enumerate() {
                counts[cell * 4 + severity.map_or(3, Severity::index)][fold as usize] += 1.0;
            }
        }
        counts
    }

    fn unevenness(counts: &[[f64; N]; KINDS]) -> f64 {
        let part = |of: &[f64; N]| {
            let total: f64 = of.iter().sum();
            of.iter().map(|c| (c - total / N as f64).powi(2) / total.max(1.0)).sum::<f64>()
        };
        counts.iter().map(part).sum()
    }

    fn make(grades: &Grades) -> Folds {
        Folds::make(grades.rows.keys(), grades)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn every_study_is_in_one_fold_and_folds_are_alike(studies in 0usize..150, seed in any::<u64>()) {
            let grades = grades(studies, seed);
            let folds = make(&grades);
            prop_assert!(folds.0.keys().eq(grades.rows.keys()));
            let sizes: Vec<usize> = (0..FOLDS).map(|f| folds.0.values().filter(|of| **of == f).count()).collect();
            prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{:?}", sizes);
            let ours = counts(&folds, &grades);
            for (kind, of) in ours.iter().enumerate() {
                let share = of.iter().sum::<f64>() / N as f64;
                // A fold's share of any label is off by three studies or a third at most.
                let off = of.iter().map(|c| (c - share).abs()).fold(0.0, f64::max);
                prop_assert!(off <= f64::max(3.0, share / 3.0), "kind {}: {:?}", kind, of);
            }
            // Ids are unrelated to grades, so dealing by id is dealing at random.
            let by_id = Folds(grades.rows.keys().enumerate().map(|(i, id)| (id.clone(), i as u32 % FOLDS)).collect());
            let random = unevenness(&counts(&by_id, &grades));
            // A few studies may be even by chance.
            let most = if studies < 60 { random } else { 0.8 * random };
            prop_assert!(studies < 20 || unevenness(&ours) <= most, "{} {}", unevenness(&ours), random);
        }
    }

    #[test]
    fn shares_are_nearer_to_a_fifth_than_by_order_of_severity() {
        let grades = grades(300, 4);
        let weight = |row: &[Option<Severity>; 25]| row.iter().flatten().map(|s| s.index().pow(2)).sum::<usize>();
        let mut order: Vec<&StudyId> = grades.rows.keys().collect();
        order.sort_by_key(|study| weight(&grades.rows[*study]));
        let dealt = Folds(order.into_iter().enumerate().map(|(i, study)| (study.clone(), i as u32 % FOLDS)).collect());
        let (ours, theirs) = (counts(&make(&grades), &grades), counts(&dealt, &grades));
        assert!(unevenness(&ours) < 0.5 * unevenness(&theirs), "{} {}", unevenness(&ours), unevenness(&theirs));
        for of in ours.iter().filter(|of| of.iter().sum::<f64>() >= 50.0) {
            let share = of.iter().sum::<f64>() / N as f64;
            assert!(of.iter().all(|c| (c / share - 1.0).abs() <= 0.15), "{of:?}");
        }
    }

    #[test]
    fn a_split_is_the_same_again_and_comes_back_from_its_file() {
        let grades = grades(40, 9);
        let folds = make(&grades);
        let backwards = Folds::make(grades.rows.keys().rev(), &grades);
        assert_eq!(folds, backwards);
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("5folds.csv");
        std::fs::write(&file, folds.csv()).unwrap();
        assert_eq!(Folds::read(&file).unwrap(), folds);
    }

    #[test]
    fn a_split_that_does_not_fit_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("5folds.csv");
        let said = |text: &str| {
            std::fs::write(&file, text).unwrap();
            let read = Folds::read(&file);
            read.and_then(|folds| folds.must_hold([id(1), id(2), id(3)].iter(), &file)).unwrap_err().to_string()
        };
        for (text, words) in [
            ("study_id,fold\n1,0\n2,5\n", "study 2 has fold '5'; folds are whole numbers from 0 to 4"),
            ("study_id,fold\n1,0\n2,-1\n", "study 2 has fold '-1'"),
            ("study_id,fold\n1,0\n2,\n", "study 2 has fold ''"),
            ("study_id,fold\n1,0\n1,1\n", "study 1 is in fold 0 and in fold 1"),
            ("study_id,fold\n1,0\n", "no fold for 2 of the studies, such as 2"),
            ("study,fold\n1,0\n", "no column study_id"),
            ("study_id,fold\n ,0\n", "a row of fold 0 has no study_id"),
        ] {
            let said = said(text);
            assert!(said.contains("5folds.csv") && said.contains(words), "{said}");
        }
        std::fs::write(&file, "study_id,fold\n1,4.0\n 2 ,0\n3.0,1\n9,1\n").unwrap();
        assert!(Folds::read(&file).unwrap().must_hold([id(1), id(2), id(3)].iter(), &file).is_ok());
    }
}
