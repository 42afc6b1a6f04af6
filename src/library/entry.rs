//! One study as stored in the list.

use std::fmt;

use super::{Moment, Place};
use crate::{
    grading::Role,
    study::{Patient, Study},
    uid::StudyUid,
};

/// The reading state of a study.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StudyState {
    /// Not looked at yet.
    #[default]
    Unread,
    /// The program has graded it; no person has looked at the grades.
    Graded,
    /// A person has reviewed the grades.
    Reviewed,
    /// A person has signed the report.
    Signed,
}

impl StudyState {
    /// Every state, from unread to signed.
    pub const ALL: [Self; 4] = [Self::Unread, Self::Graded, Self::Reviewed, Self::Signed];

    /// As shown to the reader.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Unread => "Unread",
            Self::Graded => "Graded",
            Self::Reviewed => "Reviewed",
            Self::Signed => "Signed",
        }
    }

    pub(super) const fn number(self) -> i64 {
        self as i64
    }

    pub(super) fn of_number(number: i64) -> Self {
        Self::ALL.into_iter().find(|state| state.number() == number).unwrap_or_default()
    }
}

impl fmt::Display for StudyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// What a study holds, in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many series.
    pub series: usize,
    /// Images: frames, not files.
    pub images: usize,
    /// `Modality` of its series, each once, in order of the series.
    pub modalities: Vec<String>,
    /// The kinds of series that are graded, each once.
    pub roles: Vec<Role>,
}

impl Summary {
    /// Counts what a study holds.
    pub fn of(study: &Study) -> Self {
        let mut summary = Self { series: study.series.len(), ..Self::default() };
        for series in &study.series {
            summary.images += series.slices.len();
            if !series.modality.is_empty() && !summary.modalities.contains(&series.modality) {
                summary.modalities.push(series.modality.clone());
            }
        }
        summary.roles = Role::ALL.iter().copied().filter(|&role| study.series_of(role).next().is_some()).collect();
        summary
    }
}

/// One study in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `StudyInstanceUID`: identifies the study, wherever it is stored.
    pub uid: StudyUid,
    /// Name, id and date of birth. Never logged.
    pub patient: Patient,
    /// `StudyDate`, as in the file.
    pub date: String,
    /// `StudyDescription`; empty where there is none.
    pub description: String,
    /// How many series and images it holds, and of what kinds.
    pub summary: Summary,
    /// Where it was opened from last.
    pub place: Place,
    /// How far its reading is.
    pub state: StudyState,
    /// What was found, in a few words, once it is graded.
    pub findings: Option<String>,
    /// When it was first added to the list.
    pub first_seen: Moment,
    /// When it was opened last.
    pub last_opened: Moment,
}

impl Entry {
    /// The date as `2026-01-02`, or as in the file if that is not a date.
    pub fn shown_date(&self) -> String {
        let digits = date_digits(&self.date);
        match (digits.get(..4), digits.get(4..6), digits.get(6..8)) {
            (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
            _ => self.date.clone(),
        }
    }
}

/// The eight digits of a DICOM date, in the current format or the old one with dots; empty if it is not a date.
pub(super) fn date_digits(date: &str) -> String {
    let digits: String = date.trim().chars().filter(|c| !matches!(c, '.' | '-' | '/')).collect();
    if digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit()) { digits } else { String::new() }
}
