//! From boxes to grades: boxes become votes ([`max`] takes them at their word, [`geometric`] asks where they
//! lie), and the best vote of each severity makes the row. [`seed`] is the rule of the solution that Foramen started
//! from, to the letter.

mod canal;
mod disc;
mod discs;
mod geometric;
mod layout;
mod max;
mod seed;
mod spine;

use serde::{Deserialize, Serialize};

pub use disc::Disc;
pub use discs::Discs;
pub use geometric::{
    CANAL_FROM_FORAMEN, ExpectedPlace, Lies, Resolved, SeriesDoubt, expected_place, geometric, geometric_at, lies,
};
pub use layout::{Layout, Placed};
pub use max::max;
pub use seed::{SEED_CONF, WithoutBox, assess_seed};

use super::{Assessment, Conflict, Detection, Evidence, GradeId, Prior, Probabilities, Severity};

/// How boxes become grades.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// The best score of each severity, wherever it lies: every class of every place above 0.01 counts, and 0.005 is
    /// added to each severity, so that one faint box is not a certainty. Not the starting solution's rule: that is seed
    Max,
    /// Levels and sides are checked and corrected by where boxes lie in the patient; scores as in max
    #[default]
    Geometric,
    /// Exactly the starting solution's rule: Ultralytics' boxes (one class each, above --conf, NMS at 0.7), the
    /// highest score of each severity, divided by their sum; nothing is added
    Seed,
}

impl Aggregate {
    /// `max`, `geometric` or `seed`, as on the command line and in files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Max => "max",
            Self::Geometric => "geometric",
            Self::Seed => "seed",
        }
    }
}

/// Added to each severity's best score before the three are normalised, so that one lone
/// faint box is not read as certainty. About the score below which a box is noise.
pub const SCORE_FLOOR: f32 = 0.005;

/// What one box says about one grade.
#[derive(Debug, Clone, PartialEq)]
pub struct Vote {
    /// The grade that it counts for, which need not be the one that the box claims.
    pub grade: GradeId,
    /// The severity that the box's class names.
    pub severity: Severity,
    /// How much it counts, 0 to 1.
    pub weight: f32,
    /// The box; its class is what the detector claimed.
    pub detection: Detection,
    /// What its place says against its class; empty where nothing does.
    pub conflicts: Vec<Conflict>,
}

/// The row of one grade: for each severity the best vote, the three normalised to sum to 1. No vote at all leaves
/// the prior. `votes` may hold other grades' votes; they are passed over.
pub fn assess(id: GradeId, votes: &[Vote], prior: &Prior) -> Assessment {
    let (weights, evidence) = best_votes(id, votes);
    let scores = weights.map(|weight| SCORE_FLOOR + weight);
    match Probabilities::normalized(scores) {
        Ok(probabilities) if !evidence.is_empty() => Assessment::Detected { probabilities, evidence },
        _ => Assessment::Prior { probabilities: prior.of(id) },
    }
}

/// The weight of the best vote of each severity, 0 without one, and those votes, best first.
fn best_votes(id: GradeId, votes: &[Vote]) -> ([f32; 3], Vec<Evidence>) {
    let best = |severity: Severity| {
        votes
            .iter()
            .filter(|v| v.grade == id && v.severity == severity)
            .max_by(|a, b| a.weight.total_cmp(&b.weight).then_with(|| b.detection.slice.cmp(&a.detection.slice)))
    };
    let mut best: Vec<&Vote> = Severity::ALL.iter().filter_map(|&severity| best(severity)).collect();
    let mut weights = [0.0; 3];
    for vote in &best {
        weights[vote.severity.index()] = vote.weight;
    }
    best.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    (weights, best.into_iter().map(Evidence::from).collect())
}

impl From<&Vote> for Evidence {
    fn from(vote: &Vote) -> Self {
        Self {
            severity: vote.severity,
            weight: vote.weight,
            detection: vote.detection.clone(),
            conflicts: vote.conflicts.clone(),
            is_place: false,
        }
    }
}
