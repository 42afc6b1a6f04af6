//! What is usual: limits of the signs, fitted on studies that are like those that the models were trained on, and how far
//! a study passes them. No grades are needed for it, neither true nor stated ones.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Seen, Sign, Signs, Unfamiliar};

/// Up to the value of this share of the studies a sign is usual.
const LIMIT_AT: f64 = 0.975;
/// One step beyond the distance of this share of the studies rows begin to be pulled. The few beyond it are odd themselves,
/// and must not make room for others.
const WITHIN_AT: f64 = 0.95;
/// That step, in parts of the way from a usual value to its limit.
const STEP: f32 = 1.0;
/// So far beyond the usual distance the rows are the prior.
const SPAN: f32 = 1.5;
/// Of fewer studies the end of what is usual cannot be told.
const FEWEST: usize = 20;

/// A sign among familiar studies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// The median.
    pub usual: f32,
    /// Up to here it is usual.
    pub limit: f32,
}

impl Limit {
    /// How far a value passes the limit, in parts of the way from the usual value to the limit; 0 within it.
    fn passed(self, sign: Sign, value: f32) -> f32 {
        ((value - self.limit) / (self.limit - self.usual).max(sign.step())).max(0.0)
    }
}

/// The limits of a folder of models, in its manifest: models grade a study together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Familiar {
    /// The SHA-256 of every model that looked at the studies: the limits are of these models, and no others.
    pub models: Vec<String>,
    /// On how many studies they were fitted.
    pub studies: usize,
    /// Which studies, for people.
    pub data: String,
    /// Up to which distance a study is familiar: see [`Self::distance`].
    pub within: f32,
    /// The limit of each sign that most of the studies showed.
    pub signs: BTreeMap<Sign, Limit>,
}

/// Too few studies to fit limits on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} studies show signs, and limits need {FEWEST} at least")]
pub struct TooFewStudies(pub usize);

impl Familiar {
    /// Fits limits on the signs of studies, one entry a study.
    ///
    /// ```
    /// use foramen::grading::{Familiar, Sign, Signs};
    ///
    /// let sure = |score: f32| Signs::from([(Sign::CanalScores, Sign::of_score(score))]);
    /// let studies: Vec<Signs> = (0..40).map(|i| sure(0.9 - 0.005 * i as f32)).collect();
    /// let familiar = Familiar::fit(&studies, vec!["9f86d081".to_owned()], "40 phantoms")?;
    ///
    /// assert_eq!(familiar.judge(&studies[20]).pull, 0.0);
    /// // A fifth as sure of its boxes as in the worst of them.
    /// assert_eq!(familiar.judge(&sure(0.14)).pull, 1.0);
    /// # Ok::<(), foramen::grading::TooFewStudies>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fewer than 20 studies show any sign.
    pub fn fit(studies: &[Signs], models: Vec<String>, data: impl Into<String>) -> Result<Self, TooFewStudies> {
        let studies: Vec<&Signs> = studies.iter().filter(|signs| !signs.is_empty()).collect();
        if studies.len() < FEWEST {
            return Err(TooFewStudies(studies.len()));
        }
        let mut by_sign: BTreeMap<Sign, Vec<f32>> = BTreeMap::new();
        for (sign, value) in studies.iter().flat_map(|signs| signs.iter()) {
            by_sign.entry(*sign).or_default().push(*value);
        }
        by_sign.retain(|_, values| values.len() * 2 > studies.len());
        let limit =
            |values: Vec<f32>| Limit { usual: quantile(values.clone(), 0.5), limit: quantile(values, LIMIT_AT) };
        let signs = by_sign.into_iter().map(|(sign, values)| (sign, limit(values))).collect();
        let unlimited = Self { models, studies: studies.len(), data: data.into(), within: 0.0, signs };
        let distances = studies.iter().map(|signs| unlimited.distance(signs)).collect();
        Ok(Self { within: quantile(distances, WITHIN_AT) + STEP, ..unlimited })
    }

    /// How far a study is from the familiar ones: the steps, from usual values to limits, by which its signs pass their
    /// limits, all together.
    pub fn distance(&self, signs: &Signs) -> f32 {
        let passed = |(sign, value): (&Sign, &f32)| Some(self.signs.get(sign)?.passed(*sign, *value));
        signs.iter().filter_map(passed).sum()
    }

    /// How far its rows must be pulled, and by which signs.
    pub fn judge(&self, signs: &Signs) -> Unfamiliar {
        let pull = ((self.distance(signs) - self.within) / SPAN).clamp(0.0, 1.0);
        let seen = |(sign, value): (&Sign, &f32)| {
            let limit = self.signs.get(sign).copied();
            Seen { sign: *sign, value: *value, limit, passed: limit.map_or(0.0, |limit| limit.passed(*sign, *value)) }
        };
        Unfamiliar { pull, signs: signs.iter().map(seen).collect() }
    }
}

/// Linear between neighbours, as numpy does; 0 for no values.
fn quantile(mut values: Vec<f32>, q: f64) -> f32 {
    values.sort_unstable_by(f32::total_cmp);
    let at = q * values.len().saturating_sub(1) as f64;
    let get = |i: f64| values.get(i as usize).copied().unwrap_or_default();
    let (below, above) = (get(at.floor()), get(at.ceil()));
    below + (above - below) * at.fract() as f32
}
