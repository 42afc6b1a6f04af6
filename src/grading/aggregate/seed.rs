//! The rule of the solution that Foramen started from, to the letter: what Ultralytics' `predict` draws (one class a
//! box), the highest score of each severity, divided by their sum. Nothing is added and nothing is clipped: a row with
//! boxes of one severity alone is certain.

use serde::{Deserialize, Serialize};

use super::{Vote, best_votes};
use crate::grading::{Assessment, GradeId, Prior, Probabilities};

/// Above what a box must score if nothing else is asked for: the default of Ultralytics' `predict`.
pub const SEED_CONF: f32 = 0.25;

/// What a row says for which no box was drawn. The rule itself has no answer: there is nothing to divide.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum WithoutBox {
    /// The prevalence of each severity at that level, from the model's manifest or else the contest's training labels
    #[default]
    Prevalence,
    /// A third for each severity, as in the contest's `sample_submission.csv`
    Uniform,
}

impl WithoutBox {
    /// The three numbers of a row without a box.
    pub fn probabilities(self, id: GradeId, prior: &Prior) -> Probabilities {
        match self {
            Self::Prevalence => prior.of(id),
            Self::Uniform => Probabilities::UNIFORM,
        }
    }

    /// The same in a sentence: "they hold ...".
    pub const fn words(self) -> &'static str {
        match self {
            Self::Prevalence => "the prevalence of each severity",
            Self::Uniform => "a third for each severity",
        }
    }
}

/// The row of one grade: the highest weight of each severity, the three divided by their sum. `votes` may hold other
/// grades' votes; they are passed over.
///
/// ```
/// use foramen::grading::{self, Assessment, GradeId, Prior, Probabilities, WithoutBox};
///
/// let row = grading::assess_seed(GradeId::ALL[0], &[], &Prior::default(), WithoutBox::Uniform);
/// assert_eq!(row, Assessment::Prior { probabilities: Probabilities::UNIFORM });
/// ```
pub fn assess_seed(id: GradeId, votes: &[Vote], prior: &Prior, without: WithoutBox) -> Assessment {
    let (weights, evidence) = best_votes(id, votes);
    match Probabilities::shares(weights) {
        Ok(probabilities) if !evidence.is_empty() => Assessment::Detected { probabilities, evidence },
        _ => Assessment::Prior { probabilities: without.probabilities(id, prior) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        grading::{Detection, DetectionClass, Severity, SliceId, max},
        raster::BBox,
    };
    use proptest::prelude::*;

    fn boxes(of: &[(usize, usize, f32)]) -> Vec<Vote> {
        let detection = |&(grade, severity, score): &(usize, usize, f32)| Detection {
            class: DetectionClass { grade: GradeId::ALL[grade], severity: Severity::ALL[severity] },
            score,
            bbox: BBox::new(0.0, 0.0, 1.0, 1.0),
            slice: SliceId { series_uid: "1".into(), sop_instance_uid: "1".into(), twin: 0, frame: 0 },
        };
        max(&of.iter().map(detection).collect::<Vec<_>>())
    }

    fn row(of: &[(usize, usize, f32)], without: WithoutBox) -> [f32; 3] {
        match assess_seed(GradeId::ALL[7], &boxes(of), &Prior::default(), without) {
            Assessment::Detected { probabilities, .. } | Assessment::Prior { probabilities } => {
                probabilities.as_array()
            }
            Assessment::NotAssessed { reason } => panic!("{reason}"),
        }
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the rule adds nothing: these are the very numbers")]
    fn as_computed_by_hand() {
        let prevalence = WithoutBox::Prevalence;
        // Best normal 0.6, best severe 0.2, no moderate; another cell's box says nothing.
        assert_eq!(row(&[(7, 0, 0.6), (7, 2, 0.2), (7, 0, 0.3), (8, 1, 0.9)], prevalence), [0.75, 0.0, 0.25]);
        assert_eq!(row(&[(7, 2, 0.26)], prevalence), [0.0, 0.0, 1.0], "one faint box is certain: that is the rule");
        assert_eq!(row(&[], prevalence), Prior::default().of(GradeId::ALL[7]).as_array());
        assert!(row(&[], WithoutBox::Uniform).iter().all(|p| (p - 1.0 / 3.0).abs() < 1e-7));
    }

    proptest! {
        /// Against the definition: a maximum over all boxes, a division.
        #[test]
        fn the_row_is_the_maximum_of_each_severity_over_their_sum(
            of in prop::collection::vec((6usize..9, 0usize..3, 0.01f32..1.0), 1..40)
        ) {
            let best: [f32; 3] = std::array::from_fn(|s| {
                of.iter().filter(|b| b.0 == 7 && b.1 == s).map(|b| b.2).fold(0.0, f32::max)
            });
            prop_assume!(best.iter().sum::<f32>() > 0.0);
            for (got, most) in row(&of, WithoutBox::Uniform).into_iter().zip(best) {
                prop_assert!((got - most / best.iter().sum::<f32>()).abs() < 1e-6);
            }
        }
    }
}
