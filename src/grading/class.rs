//! What a detector's class means, read from the class name in the model file.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{GradeId, Role, Severity, vocabulary::snake_case};

/// A grade and a severity: the meaning of one class of a detector.
///
/// Canonical name: `left_neural_foraminal_narrowing_l4_l5_severe`.
///
/// ```
/// use foramen::grading::{DetectionClass, Role, Severity};
///
/// let class: DetectionClass = "Left Facet Joint Narrowing L4/L5 Severe".parse()?;
/// assert_eq!((class.role(), class.severity), (Role::Ss, Severity::Severe));
/// assert_eq!(class.to_string(), "left_subarticular_stenosis_l4_l5_severe");
///
/// // One condition, five levels, three severities; the others have two sides.
/// assert_eq!(DetectionClass::all(Role::Scs).len(), 15);
/// assert_eq!(DetectionClass::all(Role::Nfn).len(), 30);
/// # Ok::<(), foramen::grading::ParseClassError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct DetectionClass {
    /// The cell of the grade table.
    pub grade: GradeId,
    /// The severity that a box of this class votes for.
    pub severity: Severity,
}

/// A class name that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("class name {0:?} is not <condition>_<level>_<severity>, such as left_neural_foraminal_narrowing_l4_l5_severe")]
pub struct ParseClassError(pub String);

impl DetectionClass {
    /// The classes of a role's detector in the order that we train them: grade by grade, severity by severity.
    pub fn all(role: Role) -> Vec<Self> {
        GradeId::ALL
            .into_iter()
            .filter(|grade| grade.condition().role() == role)
            .flat_map(|grade| Severity::ALL.iter().map(move |&severity| Self { grade, severity }))
            .collect()
    }

    /// The detector that has this class.
    pub fn role(self) -> Role {
        self.grade.condition().role()
    }
}

impl fmt::Display for DetectionClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}_{}", self.grade, self.severity))
    }
}

impl FromStr for DetectionClass {
    type Err = ParseClassError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = snake_case(text);
        ["normal_mild", "normal", "moderate", "severe"]
            .into_iter()
            .find_map(|tail| {
                let grade = word.strip_suffix(tail)?.strip_suffix('_')?.parse().ok()?;
                Some(Self { grade, severity: tail.parse().ok()? })
            })
            .ok_or_else(|| ParseClassError(text.to_owned()))
    }
}

impl From<DetectionClass> for String {
    fn from(class: DetectionClass) -> Self {
        class.to_string()
    }
}

impl TryFrom<String> for DetectionClass {
    type Error = ParseClassError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_round_trips_and_roles_have_30_15_30() {
        for (role, count) in [(Role::Nfn, 30), (Role::Scs, 15), (Role::Ss, 30)] {
            let all = DetectionClass::all(role);
            assert_eq!(all.len(), count);
            for class in all {
                assert_eq!(class.to_string().parse(), Ok(class));
            }
        }
    }

    #[test]
    fn the_facet_joint_form_is_the_subarticular_class() {
        let facet: DetectionClass = "Left Facet Joint Narrowing L4/L5 Normal/Mild".parse().unwrap();
        assert_eq!(facet.to_string(), "left_subarticular_stenosis_l4_l5_normal_mild");
        assert!("person".parse::<DetectionClass>().is_err());
    }
}
