//! The 25 rows with what stands behind each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Condition, Detection, GradeId, Level, Probabilities, Severity};

/// A claim of a box that the place of the box contradicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Conflict {
    /// It names a level, and lies at another or at none.
    #[serde(rename = "level_conflict")]
    Level,
    /// It names a side, and lies on the other.
    #[serde(rename = "side_conflict")]
    Side,
    /// It is much larger than anything that is graded.
    #[serde(rename = "size_conflict")]
    Size,
}

/// The best box for one severity of one grade.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The severity that the box votes for.
    pub severity: Severity,
    /// How much it counts, 0 to 1: its score, reduced where its place contradicts its class.
    pub weight: f32,
    /// The box; its class is what the detector claimed, which need not be this row.
    pub detection: Detection,
    /// What its place says against its class; empty where nothing does.
    pub conflicts: Vec<Conflict>,
    /// No detector drew the box: it is where the second stage looked, and its score is the row's probability.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_place: bool,
}

/// How a row came by its numbers. "Not seen", "not assessed" and "Normal/Mild" are three different things.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum Assessment {
    /// A detector drew at least one box for this grade.
    Detected {
        /// From the boxes' scores, and through the model's calibration where that was asked for.
        probabilities: Probabilities,
        /// The best box of each severity that has one, best first.
        evidence: Vec<Evidence>,
    },
    /// The detector looked and drew no box: the numbers are only how common each severity is.
    Prior {
        /// From the model's manifest, or the contest's training labels.
        probabilities: Probabilities,
    },
    /// Nothing looked: the series or the model is missing, or failed.
    NotAssessed {
        /// Such as `no Sagittal T2/STIR series`; for the reader.
        reason: String,
    },
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grade {
    /// Which of the 25: condition, side and level.
    pub id: GradeId,
    /// Probabilities and evidence, or why there are none.
    #[serde(flatten)]
    pub assessment: Assessment,
    /// How far a detected row was moved from what its boxes say to the prior, 0 to 1, because its study is unlike those that
    /// the models were trained on: see [`Unfamiliar`](super::Unfamiliar).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pull: f32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(pull: &f32) -> bool {
    *pull <= 0.0
}

impl Grade {
    /// As its boxes say.
    pub const fn new(id: GradeId, assessment: Assessment) -> Self {
        Self { id, assessment, pull: 0.0 }
    }

    /// The probabilities, unless the row was not assessed.
    pub fn probabilities(&self) -> Option<Probabilities> {
        match &self.assessment {
            Assessment::Detected { probabilities, .. } | Assessment::Prior { probabilities } => Some(*probabilities),
            Assessment::NotAssessed { .. } => None,
        }
    }

    /// The boxes behind the row, best first; empty unless detected.
    pub fn evidence(&self) -> &[Evidence] {
        match &self.assessment {
            Assessment::Detected { evidence, .. } => evidence,
            _ => &[],
        }
    }

    /// The box to show first: the best one for the likeliest severity, else the best of all.
    ///
    /// ```
    /// use foramen::{
    ///     grading::{Assessment, Detection, Evidence, Grade, Probabilities, Severity, SliceId},
    ///     raster::BBox,
    /// };
    ///
    /// let detection = Detection {
    ///     class: "spinal_canal_stenosis_l4_l5_severe".parse()?,
    ///     score: 0.8,
    ///     bbox: BBox::new(90.0, 80.0, 120.0, 110.0),
    ///     slice: SliceId { series_uid: "1.2.3".into(), sop_instance_uid: "1.2.3.7".into(), twin: 0, frame: 0 },
    /// };
    /// let evidence = vec![Evidence { severity: Severity::Severe, weight: 0.8, detection, conflicts: vec![], is_place: false }];
    /// let probabilities = Probabilities::normalized([0.1, 0.1, 0.8])?;
    /// let id = "spinal_canal_stenosis_l4_l5".parse()?;
    /// let row = Grade::new(id, Assessment::Detected { probabilities, evidence });
    ///
    /// let key = row.key_evidence().unwrap();
    /// assert_eq!((key.severity, key.detection.score), (Severity::Severe, 0.8));
    /// assert_eq!(key.detection.slice.sop_instance_uid, "1.2.3.7");
    /// assert!(!row.is_weak());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn key_evidence(&self) -> Option<&Evidence> {
        let likeliest = self.probabilities()?.most_likely();
        let all = self.evidence();
        all.iter().find(|e| e.severity == likeliest).or_else(|| all.first())
    }
}

/// All 25 grades of one study, in the order of [`GradeId::ALL`].
///
/// ```
/// use foramen::{
///     grading::{self, Assessment, Detection, GradeTable, Prior, Severity, SliceId},
///     raster::BBox,
/// };
///
/// let slice = SliceId { series_uid: "1.2.3".into(), sop_instance_uid: "1.2.3.7".into(), twin: 0, frame: 0 };
/// let seen = |class: &str, score| -> Result<Detection, grading::ParseClassError> {
///     Ok(Detection { class: class.parse()?, score, bbox: BBox::new(90.0, 80.0, 120.0, 110.0), slice: slice.clone() })
/// };
/// let boxes = [seen("spinal_canal_stenosis_l4_l5_severe", 0.8)?, seen("spinal_canal_stenosis_l4_l5_moderate", 0.3)?];
///
/// let (votes, prior) = (grading::max(&boxes), Prior::default());
/// let table = GradeTable::from_fn(|id| grading::assess(id, &votes, &prior));
///
/// let row = table.get("spinal_canal_stenosis_l4_l5".parse()?);
/// assert_eq!(row.probabilities().unwrap().most_likely(), Severity::Severe);
/// assert_eq!(row.evidence().len(), 2);
/// // No box at another level: the row holds how common each severity is, and says so.
/// let other = table.get("spinal_canal_stenosis_l1_l2".parse()?);
/// assert!(matches!(other.assessment, Assessment::Prior { .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GradeTable {
    rows: Vec<Grade>,
}

impl GradeTable {
    /// Calls `assess` for each of the 25 in the order of [`GradeId::ALL`].
    pub fn from_fn(mut assess: impl FnMut(GradeId) -> Assessment) -> Self {
        Self { rows: GradeId::ALL.into_iter().map(|id| Grade::new(id, assess(id))).collect() }
    }

    /// Each row changed, in its place.
    #[must_use]
    pub(crate) fn map(mut self, change: impl Fn(&mut Grade)) -> Self {
        self.rows.iter_mut().for_each(change);
        self
    }

    /// The 25 rows in the order of [`GradeId::ALL`].
    pub fn rows(&self) -> &[Grade] {
        &self.rows
    }

    /// The row of a grade; every table has it.
    pub fn get(&self, id: GradeId) -> &Grade {
        &self.rows[id.index()]
    }

    /// Whether at least one row has probabilities.
    pub fn is_assessed(&self) -> bool {
        self.rows.iter().any(|row| row.probabilities().is_some())
    }
}

/// How common each severity is where nothing else is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prior(BTreeMap<GradeId, Probabilities>);

impl Prior {
    /// The probabilities of one grade; the contest's prevalence where the prior says nothing of it.
    pub fn of(&self, id: GradeId) -> Probabilities {
        self.0.get(&id).copied().unwrap_or_else(|| contest_prevalence(id))
    }
}

impl Default for Prior {
    /// The prevalence in the RSNA 2024 training labels (1,975 studies; left and right alike).
    fn default() -> Self {
        Self(GradeId::ALL.into_iter().map(|id| (id, contest_prevalence(id))).collect())
    }
}

/// Percent of normal/mild, moderate and severe, by level. Source: RSNA 2024 `train.csv`.
fn contest_prevalence(id: GradeId) -> Probabilities {
    let by_level: [[f32; 3]; 5] = match id.condition() {
        Condition::SpinalCanalStenosis => {
            [[95.5, 3.4, 1.1], [89.7, 7.6, 2.7], [82.2, 11.7, 6.2], [75.1, 12.0, 12.9], [96.5, 2.6, 1.0]]
        }
        Condition::NeuralForaminalNarrowing => {
            [[96.4, 3.2, 0.4], [91.0, 8.6, 0.4], [77.0, 20.9, 2.0], [61.2, 32.0, 6.9], [64.1, 25.8, 10.0]]
        }
        Condition::SubarticularStenosis => {
            [[93.0, 5.6, 1.4], [82.7, 13.1, 4.1], [67.0, 23.0, 9.9], [45.1, 31.5, 23.3], [71.4, 20.4, 8.1]]
        }
    };
    let shares = by_level[Level::index(id.level())];
    #[expect(clippy::expect_used, reason = "a constant table of positive numbers, walked whole by the test below")]
    Probabilities::normalized(shares).expect("positive shares")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_prior_covers_all_25() {
        let prior = Prior::default();
        for id in GradeId::ALL {
            assert_eq!(prior.of(id).most_likely(), Severity::NormalMild, "{id}");
        }
    }

    #[test]
    fn a_table_survives_json() {
        let table = GradeTable::from_fn(|id| match id.condition() {
            Condition::SpinalCanalStenosis => Assessment::NotAssessed { reason: "no Sagittal T2 series".into() },
            _ => Assessment::Prior { probabilities: Prior::default().of(id) },
        });
        let json = serde_json::to_string(&table).unwrap();
        let back: GradeTable = serde_json::from_str(&json).unwrap();
        assert_eq!(back.rows().len(), 25);
        assert!(back.get(GradeId::ALL[24]).probabilities().is_none());
    }
}
