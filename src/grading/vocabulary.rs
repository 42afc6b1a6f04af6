//! The closed vocabulary of the RSNA 2024 contest: role, condition, side, level, severity.
//!
//! Every word has one canonical snake_case spelling (`Display`, serde) and reads the
//! spellings found in the contest's CSVs and in model files (`FromStr`).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A word that is not in the vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {kind} {word:?}; expected one of {expected}")]
pub struct ParseWordError {
    /// What was looked for, such as `level`.
    pub kind: &'static str,
    /// The text that is none of them, as it was given.
    pub word: String,
    /// The canonical words, separated by commas.
    pub expected: String,
}

/// Lower case, every run of other characters than letters and digits one `_`.
pub(crate) fn snake_case(text: &str) -> String {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(str::to_ascii_lowercase)
        .collect::<Vec<_>>()
        .join("_")
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $kind:literal, { $($(#[$vdoc:meta])* $variant:ident = $word:literal, $label:literal $(, also $($alias:literal),+)?;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every value, in the order of [`Self::index`].
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The canonical snake_case spelling, as in files; `Display` writes it too.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The word as a reader writes it.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }

            /// The position in [`Self::ALL`].
            pub const fn index(self) -> usize {
                self as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }

        impl FromStr for $name {
            type Err = ParseWordError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match snake_case(text).as_str() {
                    $($word $($(| $alias)+)? => Ok(Self::$variant),)+
                    _ => Err(ParseWordError {
                        kind: $kind,
                        word: text.to_owned(),
                        expected: Self::ALL.iter().map(|v| v.word()).collect::<Vec<_>>().join(", "),
                    }),
                }
            }
        }
    };
}

words! {
    /// One of the three detectors, and the kind of series that it looks at.
    ///
    /// ```
    /// use foramen::grading::{Condition, Role};
    ///
    /// assert_eq!(Role::Scs.condition(), Condition::SpinalCanalStenosis);
    /// assert_eq!(Role::Scs.label(), "Sagittal T2/STIR");
    /// assert_eq!("ss".parse(), Ok(Role::Ss));
    /// ```
    Role, "role", {
        /// Neural foraminal narrowing on Sagittal T1.
        Nfn = "nfn", "Sagittal T1", also "neural_foraminal_narrowing";
        /// Spinal canal stenosis on Sagittal T2/STIR.
        Scs = "scs", "Sagittal T2/STIR", also "spinal_canal_stenosis";
        /// Subarticular stenosis on Axial T2.
        Ss = "ss", "Axial T2", also "subarticular_stenosis";
    }
}

words! {
    /// Which model a file is: one of the three detectors that look at a series' role and grade, the one that finds discs,
    /// or the second stage, which grades crops around known places.
    ModelRole, "role of a model", {
        /// The discs on both kinds of sagittal series.
        Levels = "levels", "Sagittal T1 and T2/STIR, discs";
        /// As [`Role::Nfn`].
        Nfn = "nfn", "Sagittal T1";
        /// As [`Role::Scs`].
        Scs = "scs", "Sagittal T2/STIR";
        /// As [`Role::Ss`].
        Ss = "ss", "Axial T2";
        /// Crops of all three, around the places of the 25 grades.
        Crops = "crops", "Crops of all three series";
    }
}

words! {
    /// A narrowing that is graded. Side is separate: see [`Side`].
    Condition, "condition", {
        /// Of the spinal canal; has no side.
        SpinalCanalStenosis = "spinal_canal_stenosis", "Spinal canal stenosis";
        /// Of the neural foramen, left or right.
        NeuralForaminalNarrowing = "neural_foraminal_narrowing", "Neural foraminal narrowing";
        /// Of the subarticular zone (lateral recess), left or right.
        SubarticularStenosis = "subarticular_stenosis", "Subarticular stenosis",
            also "facet_joint_narrowing", "subarticular_narrowing", "facet_joint_stenosis";
    }
}

words! {
    /// The patient's side, which is not the side of the screen.
    Side, "side", {
        /// The patient's left (+x in DICOM patient space).
        Left = "left", "Left";
        /// The patient's right (-x in DICOM patient space).
        Right = "right", "Right";
    }
}

words! {
    /// A disc level, named by the vertebrae above and below.
    ///
    /// ```
    /// use foramen::grading::Level;
    ///
    /// // As in the contest's CSVs, and as in the names of columns and classes.
    /// assert_eq!("L5/S1".parse(), Ok(Level::L5S1));
    /// assert_eq!("l5_s1".parse(), Ok(Level::L5S1));
    /// assert_eq!(Level::L5S1.to_string(), "l5_s1");
    /// assert_eq!(Level::L5S1.label(), "L5/S1");
    ///
    /// let error = "L6/S1".parse::<Level>().unwrap_err();
    /// assert_eq!(error.to_string(), r#"unknown level "L6/S1"; expected one of l1_l2, l2_l3, l3_l4, l4_l5, l5_s1"#);
    /// ```
    Level, "level", {
        /// Between the first and second lumbar vertebra.
        L1L2 = "l1_l2", "L1/L2";
        /// Between the second and third lumbar vertebra.
        L2L3 = "l2_l3", "L2/L3";
        /// Between the third and fourth lumbar vertebra.
        L3L4 = "l3_l4", "L3/L4";
        /// Between the fourth and fifth lumbar vertebra.
        L4L5 = "l4_l5", "L4/L5";
        /// Between the fifth lumbar vertebra and the sacrum.
        L5S1 = "l5_s1", "L5/S1";
    }
}

words! {
    /// How narrow it is, on the contest's scale of three.
    ///
    /// ```
    /// use foramen::grading::Severity;
    ///
    /// assert_eq!("Normal/Mild".parse(), Ok(Severity::NormalMild));
    /// assert!(Severity::Moderate < Severity::Severe);
    /// ```
    Severity, "severity", {
        /// Normal or mild: the contest does not tell them apart.
        NormalMild = "normal_mild", "Normal/Mild", also "normal";
        /// The contest's middle grade; weighs 2 in its score.
        Moderate = "moderate", "Moderate";
        /// The contest's worst grade; weighs 4 in its score.
        Severe = "severe", "Severe";
    }
}

impl From<Role> for ModelRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Nfn => Self::Nfn,
            Role::Scs => Self::Scs,
            Role::Ss => Self::Ss,
        }
    }
}

impl Role {
    /// The condition that this role's detector looks for.
    pub const fn condition(self) -> Condition {
        match self {
            Self::Nfn => Condition::NeuralForaminalNarrowing,
            Self::Scs => Condition::SpinalCanalStenosis,
            Self::Ss => Condition::SubarticularStenosis,
        }
    }
}

impl Condition {
    /// The detector that looks for this condition.
    pub const fn role(self) -> Role {
        match self {
            Self::NeuralForaminalNarrowing => Role::Nfn,
            Self::SpinalCanalStenosis => Role::Scs,
            Self::SubarticularStenosis => Role::Ss,
        }
    }

    /// Whether left and right are graded apart.
    pub const fn has_side(self) -> bool {
        !matches!(self, Self::SpinalCanalStenosis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contest_spellings_are_read() {
        assert_eq!("L5/S1".parse(), Ok(Level::L5S1));
        assert_eq!("l4_l5".parse(), Ok(Level::L4L5));
        assert_eq!("Normal/Mild".parse(), Ok(Severity::NormalMild));
        assert_eq!("Spinal Canal Stenosis".parse(), Ok(Condition::SpinalCanalStenosis));
        assert_eq!("facet joint narrowing".parse(), Ok(Condition::SubarticularStenosis));
    }

    #[test]
    fn unknown_word_says_what_was_expected() {
        let message = "L6/S1".parse::<Level>().unwrap_err().to_string();
        assert!(message.contains("L6/S1") && message.contains("l5_s1"), "{message}");
    }
}
