//! What can be strange about a study: each sign is a number, larger is stranger, and is told in the reader's words.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::grading::{Level, Role};

/// No box scores less.
const NO_SCORE: f32 = 0.005;

/// One thing that a study shows of how far it is from what the models were trained on. Scores count by their logarithm: from
/// 0.04 to 0.02 is as far as from 0.8 to 0.4, where a plain difference would be next to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// How many of the five discs the detector of levels did not find.
    FewDiscs,
    /// Minus the logarithm of the mean score of the discs that it found.
    DiscScores,
    /// The share of discs that all detectors together number otherwise than the detector of levels alone.
    DiscNumbers,
    /// Minus the logarithm of the median, over the rows of the canal, of the score of the best box.
    CanalScores,
    /// The same for the rows of the foramina.
    ForamenScores,
    /// The same for the subarticular rows.
    RecessScores,
    /// The share of rows at which a detector looked and drew no box.
    WithoutBox,
    /// The share of sagittal rows whose best box names another level or side than it lies at.
    Conflicts,
    /// The mean over rows of the weight of the second severity in parts of that of the first.
    Contradictions,
    /// How far the crops are that the second stage looks at from those that it was trained on: the median over graded
    /// rows, 1 for the 99th percentile of crops that were kept aside when it was trained.
    Crops,
}

/// The signs of one study. Those that it cannot show are left out: it says nothing of a detector that did not look.
///
/// ```
/// use foramen::grading::{Sign, Signs};
///
/// let signs = Signs::from([(Sign::CanalScores, 0.7), (Sign::WithoutBox, 0.04)]);
/// assert_eq!(serde_json::to_string(&signs)?, r#"{"canal_scores":0.7,"without_box":0.04}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub type Signs = BTreeMap<Sign, f32>;

impl Sign {
    /// The sign that a score makes. Below half the score from which boxes are kept, a box is as good as none.
    ///
    /// ```
    /// use foramen::grading::Sign;
    ///
    /// assert!(Sign::of_score(1.0) < 1e-6 && Sign::of_score(0.5) > 0.6);
    /// assert_eq!(Sign::of_score(0.0), Sign::of_score(0.004));
    /// ```
    pub fn of_score(score: f32) -> f32 {
        -score.max(NO_SCORE).ln()
    }

    /// The sign of the scores of a role's boxes.
    pub const fn of_scores(role: Role) -> Self {
        match role {
            Role::Scs => Self::CanalScores,
            Role::Nfn => Self::ForamenScores,
            Role::Ss => Self::RecessScores,
        }
    }

    /// A smaller difference than this tells nothing, however alike the studies were that the limit was fitted on.
    pub const fn step(self) -> f32 {
        match self {
            Self::FewDiscs => 1.0,
            Self::Crops => 0.25,
            Self::DiscNumbers => 0.2,
            Self::Contradictions => 0.05,
            _ => 0.1,
        }
    }

    /// As in files: `disc_scores`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::FewDiscs => "few_discs",
            Self::DiscScores => "disc_scores",
            Self::DiscNumbers => "disc_numbers",
            Self::CanalScores => "canal_scores",
            Self::ForamenScores => "foramen_scores",
            Self::RecessScores => "recess_scores",
            Self::WithoutBox => "without_box",
            Self::Conflicts => "conflicts",
            Self::Contradictions => "contradictions",
            Self::Crops => "crops",
        }
    }

    /// The value, and up to where it is usual, in words.
    ///
    /// ```
    /// use foramen::grading::Sign;
    ///
    /// let words = "the discs score 0.31 (0.62 or more is usual)";
    /// assert_eq!(Sign::DiscScores.words(Sign::of_score(0.31), Sign::of_score(0.62)), words);
    /// ```
    pub fn words(self, value: f32, limit: f32) -> String {
        let or_more =
            |what: fmt::Arguments<'_>| format!("{what} {:.2} ({:.2} or more is usual)", (-value).exp(), (-limit).exp());
        let percent = |share: f32| format!("{:.0} %", share * 100.0);
        let up_to = |what: &str| format!("{} {what} (up to {} is usual)", percent(value), percent(limit));
        match self {
            Self::FewDiscs => {
                let all = Level::ALL.len() as f32;
                let usual = (all - limit).ceil();
                let or_more = if usual < all { " or more" } else { "" };
                format!("{:.0} of {all:.0} discs were found ({usual:.0}{or_more} is usual)", all - value)
            }
            Self::DiscScores => or_more(format_args!("the discs score")),
            Self::CanalScores => or_more(format_args!("the boxes of the canal score")),
            Self::ForamenScores => or_more(format_args!("the boxes of the foramina score")),
            Self::RecessScores => or_more(format_args!("the subarticular boxes score")),
            Self::DiscNumbers => up_to("of the discs are numbered differently by the detectors"),
            Self::WithoutBox => up_to("of the rows have no box"),
            Self::Conflicts => up_to("of the sagittal rows have a box that names another level or side"),
            Self::Contradictions => {
                format!(
                    "boxes of other severities weigh {} of the best (up to {} is usual)",
                    percent(value),
                    percent(limit)
                )
            }
            Self::Crops => format!("the images around the grades are {value:.1} times as strange as the limit (1.0)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_is_told_in_words_a_reader_can_compare() {
        assert_eq!(Sign::FewDiscs.words(3.0, 0.6), "2 of 5 discs were found (5 is usual)");
        assert_eq!(Sign::FewDiscs.words(5.0, 2.0), "0 of 5 discs were found (3 or more is usual)");
        assert_eq!(Sign::WithoutBox.words(0.44, 0.08), "44 % of the rows have no box (up to 8 % is usual)");
        for role in Role::ALL {
            assert!(
                Sign::of_scores(*role)
                    .words(Sign::of_score(0.1), Sign::of_score(0.6))
                    .ends_with("score 0.10 (0.60 or more is usual)")
            );
        }
    }
}
