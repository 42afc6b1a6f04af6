//! What an archive is asked for, and what it says: independent of the protocol.

use std::{fmt, str::FromStr};

use serde::Serialize;

use crate::uid::{self, SeriesUid, StudyUid};

/// A day as DICOM writes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(String);

impl FromStr for Day {
    type Err = String;

    /// `2026-03-31` or `20260331`.
    fn from_str(text: &str) -> Result<Self, String> {
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        let is_well_formed = digits.len() == 8
            && digits.bytes().all(|b| b.is_ascii_digit())
            && (text.len() == 8 || (text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-'));
        let part = |range: std::ops::Range<usize>| digits.get(range).and_then(|part| part.parse::<u32>().ok());
        let is_day = is_well_formed
            && part(4..6).is_some_and(|month| (1..=12).contains(&month))
            && part(6..8).is_some_and(|day| (1..=31).contains(&day));
        if is_day { Ok(Self(digits)) } else { Err("expected a day such as 2026-03-31".to_owned()) }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is looked for. Empty fields are not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// With `*` and `?` for what may stand there.
    pub patient_name: String,
    /// The same.
    pub patient_id: String,
    /// The first day.
    pub from: Option<Day>,
    /// The last day.
    pub to: Option<Day>,
    /// Such as MR.
    pub modality: String,
    /// The number of the order.
    pub accession: String,
    /// One study.
    pub study: Option<StudyUid>,
}

impl Question {
    /// What is wrong with it, in words.
    ///
    /// # Errors
    ///
    /// It asks for everything, or a text cannot be sent.
    pub fn check(&self) -> Result<(), String> {
        let texts = [&self.patient_name, &self.patient_id, &self.modality, &self.accession];
        let is_open = texts.iter().all(|text| text.trim_matches('*').is_empty());
        if is_open && self.from.is_none() && self.to.is_none() && self.study.is_none() {
            return Err("name at least a patient, a day, a modality, an accession number or a study".to_owned());
        }
        if let Some(text) = texts.into_iter().find(|text| text.contains('\\') || text.contains(char::is_control)) {
            return Err(format!("{text:?} has a backslash or control character"));
        }
        if texts.iter().any(|text| text.chars().count() > 64) {
            return Err("no text of a question has more than 64 characters".to_owned());
        }
        if let Some(study) = &self.study
            && !uid::is_valid(study.as_str())
        {
            return Err(format!("{:?} is not a study UID", study.as_str()));
        }
        Ok(())
    }

    /// The days as a range, as DICOM writes it; empty for any.
    pub fn days(&self) -> String {
        match (&self.from, &self.to) {
            (None, None) => String::new(),
            (Some(from), Some(to)) if from == to => from.to_string(),
            (from, to) => {
                let text = |day: &Option<Day>| day.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("{}-{}", text(from), text(to))
            }
        }
    }
}

/// A study, as the archive describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FoundStudy {
    /// `StudyInstanceUID`.
    pub study_uid: StudyUid,
    /// As DICOM writes it, with `^`.
    pub patient_name: String,
    /// `PatientID`.
    pub patient_id: String,
    /// `PatientBirthDate`.
    pub birth_date: String,
    /// `PatientSex`.
    pub sex: String,
    /// `StudyDate`, eight digits.
    pub date: String,
    /// `StudyTime`.
    pub time: String,
    /// `StudyDescription`.
    pub description: String,
    /// `AccessionNumber`.
    pub accession: String,
    /// `ModalitiesInStudy`.
    pub modalities: Vec<String>,
    /// `NumberOfStudyRelatedSeries`, if it counts them.
    pub series: Option<u32>,
    /// `NumberOfStudyRelatedInstances`, if it counts them.
    pub instances: Option<u32>,
}

/// A series, as the archive describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FoundSeries {
    /// `SeriesInstanceUID`.
    pub series_uid: SeriesUid,
    /// `SeriesNumber`.
    pub number: Option<i32>,
    /// `Modality`.
    pub modality: String,
    /// `SeriesDescription`.
    pub description: String,
    /// `BodyPartExamined`.
    pub body_part: String,
    /// `NumberOfSeriesRelatedInstances`, if it counts them.
    pub instances: Option<u32>,
}

/// Answers, and whether there would be more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// In the order of the archive, or sorted.
    pub answers: Vec<T>,
    /// The limit was reached, so there may be more.
    pub is_cut: bool,
}

/// Words for the lumbar spine in descriptions, in lower case, in several languages.
const LUMBAR: [&str; 8] = ["lumb", "lws", "l-spine", "l spine", "lspine", "lendewirbel", "rachis lomb", "columna lumb"];

impl FoundStudy {
    /// Whether it is MR, and whether its description names the lumbar spine.
    fn likelihood(&self) -> u8 {
        let description = self.description.to_lowercase();
        let is_mr = self.modalities.iter().any(|modality| modality == "MR");
        let is_lumbar = LUMBAR.iter().any(|word| description.contains(word));
        match (is_mr, is_lumbar) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => 3,
        }
    }
}

/// Lumbar MR first, then other MR; the newest first among equals.
pub fn sort(studies: &mut [FoundStudy]) {
    studies.sort_by(|a, b| {
        let newest = || (&b.date, &b.time).cmp(&(&a.date, &a.time));
        a.likelihood().cmp(&b.likelihood()).then_with(newest).then_with(|| a.study_uid.cmp(&b.study_uid))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_days_and_ranges_as_dicom_writes_them() {
        let question = |from: Option<&str>, to: Option<&str>| Question {
            from: from.map(|day| day.parse().unwrap()),
            to: to.map(|day| day.parse().unwrap()),
            ..Question::default()
        };
        assert_eq!(question(Some("2026-03-01"), Some("20260331")).days(), "20260301-20260331");
        assert_eq!(question(Some("2026-03-01"), None).days(), "20260301-");
        assert_eq!(question(None, Some("2026-03-01")).days(), "-20260301");
        assert_eq!(question(Some("2026-03-01"), Some("2026-03-01")).days(), "20260301");
        for bad in ["2026-13-01", "2026-3-1", "20260300", "yesterday", "2026-0301", "2026\u{e9}0301"] {
            assert!(bad.parse::<Day>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_question_for_everything_is_refused() {
        assert!(Question::default().check().is_err());
        assert!(Question { patient_name: "**".to_owned(), ..Question::default() }.check().is_err());
        assert!(Question { patient_name: "A\\B".to_owned(), ..Question::default() }.check().is_err());
        assert!(Question { study: Some("1.2/..".into()), ..Question::default() }.check().is_err());
        assert!(Question { patient_id: "7*".to_owned(), ..Question::default() }.check().is_ok());
    }

    #[test]
    fn lumbar_mr_comes_first() {
        let study = |uid: &str, modality: &str, description: &str, date: &str| FoundStudy {
            study_uid: uid.into(),
            modalities: vec![modality.to_owned()],
            description: description.to_owned(),
            date: date.to_owned(),
            ..FoundStudy::default()
        };
        let mut studies = [
            study("1", "CT", "Thorax", "20260101"),
            study("2", "MR", "Knee", "20260101"),
            study("3", "MR", "MRT LWS nativ", "20250101"),
            study("4", "MR", "L-SPINE", "20260101"),
            study("5", "CR", "Lumbar spine", "20260101"),
        ];
        sort(&mut studies);
        assert_eq!(studies.map(|study| study.study_uid.to_string()), ["4", "3", "2", "5", "1"]);
    }
}
