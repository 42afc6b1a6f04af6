//! What was left out of a data set: each item with its reason, counted by reason.
//!
//! Labels of a thousand studies always have gaps. A gap that is listed can be judged; one that is not is a silent
//! change of the training data.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{files::WriteError, plain};

/// The number of examples kept for each reason in `dataset.json` and in the report; `skipped.csv` has all.
const EXAMPLES: usize = 5;

/// Why something is not in the data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A file that the scan could not read, or that is doubtful.
    File,
    /// A column of `train.csv` that is not a condition and level.
    UnknownColumn,
    /// A grade that `train.csv` has no column for.
    NoColumn,
    /// A row of `train.csv` without a study.
    NoStudyId,
    /// A study twice in `train.csv`.
    StudyTwice,
    /// A row of `train_label_coordinates.csv` that cannot be read.
    Row,
    /// A study that several ids match, or the other way round.
    WhichStudy,
    /// A point of a study without a row in `train.csv`.
    NoRow,
    /// A point whose cell in `train.csv` is empty.
    NoGrade,
    /// A grade without a point.
    NoPoint,
    /// A study with labels and without images.
    NoImages,
    /// A point on a series without images.
    NoSeries,
    /// A point whose series id matches several series.
    WhichSeries,
    /// A point on a series of the wrong type.
    WrongSeries,
    /// A point on a missing image.
    NoImage,
    /// A point whose number matches several images.
    Ambiguous,
    /// A point outside the image.
    Outside,
    /// A point on an image that does not say where it lies.
    NoPosition,
    /// A duplicate point.
    Twice,
    /// Another point for the same label.
    SecondPoint,
    /// Images of a study without labels.
    StudyWithoutLabels,
    /// Images of a series without any box.
    SeriesWithoutBoxes,
    /// Background of an axial series without a box at some level.
    IncompleteSeries,
    /// An image that cannot be decoded.
    Undecodable,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "a file was not read, or is doubtful",
            Self::UnknownColumn => "a column of train.csv names none of the 25 conditions and levels",
            Self::NoColumn => "train.csv has no column for it",
            Self::NoStudyId => "a row of train.csv has no study_id",
            Self::StudyTwice => "the study is in train.csv more than once; its first row is used",
            Self::Row => "a row of train_label_coordinates.csv cannot be read",
            Self::WhichStudy => "images that match no single study_id of train.csv",
            Self::NoRow => "a point of a study that is not in train.csv",
            Self::NoGrade => "a point without a grade in train.csv",
            Self::NoPoint => "a grade without a point in train_label_coordinates.csv: its position is unknown",
            Self::NoImages => "a study in train.csv without images",
            Self::NoSeries => "a point on a series without images",
            Self::WhichSeries => "a point whose series_id matches more than one series",
            Self::WrongSeries => "a point on a series of the wrong type for its condition",
            Self::NoImage => "a point on an image that its series does not have",
            Self::Ambiguous => "a point on an image whose number is not unique in its series",
            Self::Outside => "a point outside its image",
            Self::NoPosition => "a point on an image that does not say where in the patient it lies",
            Self::Twice => "a duplicate point",
            Self::SecondPoint => "another point for a label that has one; the first usable one is taken",
            Self::StudyWithoutLabels => {
                "images of a study without labels: not used as background, because nobody says that they show nothing"
            }
            Self::SeriesWithoutBoxes => {
                "images of a series without any box: not used as background, because it shows what was labelled in another series"
            }
            Self::IncompleteSeries => {
                "background from an axial series that lacks a box at some level: it may show that level"
            }
            Self::Undecodable => "an image that cannot be decoded",
        })
    }
}

/// One reason and everything that was left out for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Why they were left out: one phrase.
    pub reason: String,
    /// How many things it kept out.
    pub count: usize,
    /// The first few of them, a line each.
    pub examples: Vec<String>,
}

/// Everything that was left out, one by one.
#[derive(Debug, Clone, Default)]
pub struct SkipList(Vec<(Reason, String)>);

impl SkipList {
    /// Adds one.
    pub fn add(&mut self, reason: Reason, what: impl Into<String>) {
        let what = what.into();
        tracing::debug!("left out: {reason}: {what}");
        self.0.push((reason, what));
    }

    /// Adds all of another list.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Counted by reason, in the order of [`Reason`].
    pub fn groups(&self) -> Vec<Skipped> {
        let mut reasons: Vec<Reason> = self.0.iter().map(|(reason, _)| *reason).collect();
        reasons.sort_unstable();
        reasons.dedup();
        let group = |reason: Reason| {
            let all = || self.0.iter().filter(|(r, _)| *r == reason).map(|(_, what)| what);
            let examples = all().take(EXAMPLES).cloned().collect();
            Skipped { reason: reason.to_string(), count: all().count(), examples }
        };
        reasons.into_iter().map(group).collect()
    }

    /// `reason,what`, one row each.
    pub fn csv(&self) -> Result<Vec<u8>, WriteError> {
        let failed = |source: std::io::Error| WriteError { path: "skipped.csv".into(), source };
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["reason", "what"]).map_err(|e| failed(e.into()))?;
        let mut sorted: Vec<&(Reason, String)> = self.0.iter().collect();
        sorted.sort_by_key(|(reason, _)| *reason);
        for (reason, what) in sorted {
            writer.write_record([&reason.to_string(), &*plain::cell(what)]).map_err(|e| failed(e.into()))?;
        }
        writer.into_inner().map_err(|e| failed(e.into_error()))
    }
}
