//! Knowing when not to know. Scores are fitted on images like those that the models were trained on; of other images they
//! are as sure, and wrong. How a study looks to the models ([`Sign`]) says how far it is from those ([`Familiar`]), and so
//! far its rows are pulled to what is usual for the level: far enough away, the table is the prior.

mod familiar;
mod sign;

pub use familiar::{Familiar, Limit, TooFewStudies};
pub use sign::{Sign, Signs};

use super::{Assessment, Grade, GradeId, GradeTable, Probabilities};

/// How a study looked to the models, and how far its rows were pulled to the prior because of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Unfamiliar {
    /// 0: rows are as the models say. 1: rows are the prior.
    pub pull: f32,
    /// What was measured.
    pub signs: Vec<Seen>,
}

/// A sign of one study.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// Which.
    pub sign: Sign,
    /// Larger is stranger.
    pub value: f32,
    /// What is usual; `None` where the models' manifest says nothing of it.
    pub limit: Option<Limit>,
    /// How far it passes the limit, in parts of the way from the usual value to the limit; 0 within it.
    pub passed: f32,
}

/// From this pull on a row says more about the level than about the patient.
const HARDLY_A_GRADE: f32 = 0.5;

impl Unfamiliar {
    /// Signs that were measured and are not judged.
    ///
    /// ```
    /// use foramen::grading::{Sign, Signs, Unfamiliar};
    ///
    /// let seen = Unfamiliar::unjudged(&Signs::from([(Sign::WithoutBox, 0.4)]));
    /// assert!(!seen.is_pulled() && seen.signs.len() == 1);
    /// ```
    pub fn unjudged(signs: &Signs) -> Self {
        let seen = |(&sign, &value): (&Sign, &f32)| Seen { sign, value, limit: None, passed: 0.0 };
        Self { pull: 0.0, signs: signs.iter().map(seen).collect() }
    }

    /// Whether rows were pulled at all.
    pub fn is_pulled(&self) -> bool {
        self.pull > 0.0
    }

    /// Whether rows hold more of the prior than of the models, so that they must not be read as grades.
    pub fn is_mostly_prior(&self) -> bool {
        self.pull > HARDLY_A_GRADE
    }

    /// The pull in words: `73 %`.
    pub fn percent(&self) -> String {
        percent(self.pull)
    }

    /// The signs that pass their limits, the one that passes it most first, in words.
    pub fn reasons(&self) -> Vec<String> {
        let mut passed: Vec<&Seen> = self.signs.iter().filter(|seen| seen.passed > 0.0).collect();
        passed.sort_by(|a, b| b.passed.total_cmp(&a.passed));
        passed.into_iter().filter_map(|seen| Some(seen.sign.words(seen.value, seen.limit?.limit))).collect()
    }

    /// The detected rows of a table moved to the prior; all else as it is.
    ///
    /// ```
    /// use foramen::grading::{Assessment, GradeTable, Prior, Probabilities, Unfamiliar};
    ///
    /// let sure = Probabilities::normalized([0.0, 0.0, 1.0])?;
    /// let row = Assessment::Detected { probabilities: sure, evidence: Vec::new() };
    /// let (table, prior) = (GradeTable::from_fn(|_| row.clone()), Prior::default());
    ///
    /// let far = Unfamiliar { pull: 1.0, signs: Vec::new() };
    /// let pulled = far.pulled(table, |id| prior.of(id));
    /// assert!(pulled.rows().iter().all(|row| row.probabilities() == Some(prior.of(row.id))));
    /// # Ok::<(), foramen::grading::InvalidProbabilities>(())
    /// ```
    #[must_use]
    pub fn pulled(&self, table: GradeTable, prior: impl Fn(GradeId) -> Probabilities) -> GradeTable {
        if !self.is_pulled() {
            return table;
        }
        table.map(|row| {
            if let Assessment::Detected { probabilities, .. } = &mut row.assessment {
                *probabilities = probabilities.towards(prior(row.id), self.pull);
                row.pull = self.pull;
            }
        })
    }
}

impl Grade {
    /// Whether the row holds more of the prior than of its boxes, so that it must not be read as a grade.
    pub fn is_doubtful(&self) -> bool {
        self.pull > HARDLY_A_GRADE
    }

    /// How far it was moved to the prior, in words; `None` where it was not.
    pub fn moved(&self) -> Option<String> {
        (self.pull > 0.0).then(|| percent(self.pull))
    }
}

/// What is moved a little is not said to be moved by nothing.
fn percent(pull: f32) -> String {
    format!("{:.0} %", (pull * 100.0).max(1.0))
}

#[cfg(test)]
mod tests;
