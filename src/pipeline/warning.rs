//! What must be known about the grades of a study before they are used.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::{
    detector::ModelWarning,
    grading::{Role, Unfamiliar, WithoutBox},
};

/// Something that limits what the grades of a study mean. Printed and serialised as one sentence.
#[derive(Debug, Clone, PartialEq)]
pub enum Warning {
    /// The detectors were trained on phantoms.
    DemoModels,
    /// The images are unlike those that the models were trained on, and rows were pulled to the prior.
    Unfamiliar(Unfamiliar),
    /// No row of a role was graded.
    NotAssessed {
        /// Which.
        role: Role,
        /// Why.
        why: String,
    },
    /// A role has more than one series.
    SeveralSeries {
        /// Which.
        role: Role,
        /// How many.
        series: usize,
    },
    /// Slices that a detector should have looked at and could not.
    UnreadSlices {
        /// Of which role.
        role: Role,
        /// How many.
        failed: usize,
        /// Of how many.
        slices: usize,
    },
    /// A series is too short to hold the whole anatomy.
    FewSlices {
        /// Of which role.
        role: Role,
        /// How many there are.
        slices: usize,
    },
    /// Levels and sides are those that the detector named: positions could not check them.
    AtTheirWord {
        /// Of which role.
        role: Role,
        /// Why not.
        why: String,
    },
    /// Rows for which a detector looked and drew no box.
    WithoutBox {
        /// How many.
        rows: usize,
        /// With the seed's aggregate: the score that a box must exceed, and what such rows hold.
        seed: Option<(f32, WithoutBox)>,
    },
    /// The detector of levels looked and found too few discs to number them.
    FewDiscs {
        /// How many it found, of 5.
        found: usize,
    },
    /// The detector of levels alone would number the discs differently from all detectors together.
    OtherNumbers,
    /// The second stage has no crop for some rows, which stay as the boxes have them.
    WithoutCrops {
        /// How many, of 25.
        rows: usize,
    },
    /// No detector drew a box for some rows, which the second stage grades from where they should lie.
    CropsAlone {
        /// How many, of 25.
        rows: usize,
    },
    /// The series have different frames of reference.
    AssumedSpace,
    /// A doubt about a model, the same for every study.
    Model(ModelWarning),
}

impl Warning {
    /// Whether it is about the models, and so the same for every study that they grade.
    pub const fn is_of_models(&self) -> bool {
        matches!(self, Self::DemoModels | Self::Model(_))
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DemoModels => {
                f.write_str("demo models, trained on computed phantoms: the grades mean nothing for a patient")
            }
            Self::Unfamiliar(unfamiliar) => {
                let (percent, reasons) = (unfamiliar.percent(), unfamiliar.reasons().join("; "));
                let little = if unfamiliar.is_mostly_prior() { " and say little about this patient" } else { "" };
                write!(
                    f,
                    "these images are unlike those that the models were trained on: {reasons}. All grades are moved \
                     {percent} of the way to what is usual for the level{little}"
                )
            }
            Self::NotAssessed { role, why } => write!(f, "{}: not assessed: {why}", role.label()),
            Self::SeveralSeries { role, series } => {
                write!(f, "{series} series are used as {}: the best box from any of them counts", role.label())
            }
            Self::UnreadSlices { role, failed, slices } => {
                write!(f, "{failed} of {slices} {} slices could not be read", role.label())
            }
            Self::FewSlices { role, slices } => {
                let are = if *slices == 1 { "slice is used" } else { "slices are used" };
                write!(f, "only {slices} {are} as {}: the anatomy next to them was not looked at", role.label())
            }
            Self::AtTheirWord { role, why } => {
                let label = role.label();
                write!(f, "{label}: levels and sides as the detector names them, not checked by position: {why}")
            }
            Self::WithoutBox { rows, seed } => {
                let (have, hold) = if *rows == 1 { ("row has", "holds") } else { ("rows have", "hold") };
                match seed {
                    Some((floor, instead)) => {
                        write!(f, "{rows} {have} no box above {floor}, and {hold} {} (--without-box)", instead.words())
                    }
                    None => write!(
                        f,
                        "{rows} {have} no box, and {hold} the prevalence of each severity: nothing was seen there"
                    ),
                }
            }
            Self::FewDiscs { found } => write!(
                f,
                "the detector of levels found {found} of 5 discs, too few to number them: levels and sides come from the \
                 boxes of the other detectors"
            ),
            Self::OtherNumbers => f.write_str(
                "the detector of levels alone would number the discs differently from all detectors together, which the \
                 rows follow: check the levels",
            ),
            Self::WithoutCrops { rows } => write!(
                f,
                "the second stage has no crop for {rows} of 25 rows: their place is unknown, or no slice shows it. Boxes alone \
                 grade them"
            ),
            Self::CropsAlone { rows } => write!(
                f,
                "no detector drew a box for {rows} of 25 rows: the second stage alone grades them, from where they should lie"
            ),
            Self::AssumedSpace => {
                f.write_str("the series' frames of reference differ: one patient space is assumed for levels and sides")
            }
            Self::Model(warning) => warning.fmt(f),
        }
    }
}

impl Serialize for Warning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
