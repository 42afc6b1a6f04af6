//! The result of a study as its file holds it: enough to know whether it is done, and for the tables of a batch.

use std::{fmt, path::Path};

use serde::Deserialize;

use crate::grading::{GradeId, Severity};

/// A result is this large at most; what is larger is not ours.
const MAX_BYTES: u64 = 64 << 20;

/// What is read of a result. What a newer program writes beside it is left alone.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Record {
    /// What the grades were made of.
    pub fingerprint: String,
    /// One, as a rule.
    pub studies: Vec<StudyRecord>,
}

/// One study.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct StudyRecord {
    /// `StudyInstanceUID`.
    pub study_uid: String,
    issues: Vec<serde::de::IgnoredAny>,
    grades: Vec<GradeRecord>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct GradeRecord {
    row_id: String,
    scores: Option<Scores>,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
struct Scores {
    normal_mild: f32,
    moderate: f32,
    severe: f32,
}

/// How a study came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Every slice was read.
    Graded,
    /// Some of it could not be read; the rest was graded.
    Partial,
    /// Nothing in it is a series that the detectors look at.
    NotAssessed,
    /// There are no grades.
    Failed,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Graded => "graded",
            Self::Partial => "partial",
            Self::NotAssessed => "not_assessed",
            Self::Failed => "failed",
        })
    }
}

impl Record {
    /// Reads a result; `None` where there is none, or something that is not whole: it is then graded anew.
    pub fn read(file: &Path) -> Option<Self> {
        if std::fs::metadata(file).ok()?.len() > MAX_BYTES {
            return None;
        }
        Self::parse(&std::fs::read(file).ok()?)
    }

    /// From the bytes of a result.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let record: Self = serde_json::from_slice(bytes).ok()?;
        let is_whole = |study: &StudyRecord| study.grades.len() == GradeId::ALL.len();
        (!record.studies.is_empty() && record.studies.iter().all(is_whole)).then_some(record)
    }

    /// A study without grades.
    pub fn failed(key: &str) -> Self {
        let study = StudyRecord { study_uid: key.to_owned(), issues: Vec::new(), grades: Vec::new() };
        Self { fingerprint: String::new(), studies: vec![study] }
    }
}

impl StudyRecord {
    /// How it came out.
    pub fn status(&self) -> Status {
        match (self.grades.is_empty(), self.assessed(), self.issues.len()) {
            (true, ..) => Status::Failed,
            (_, 0, _) => Status::NotAssessed,
            (_, _, 0) => Status::Graded,
            _ => Status::Partial,
        }
    }

    /// Rows with numbers, of 25.
    pub fn assessed(&self) -> usize {
        self.grades.iter().filter(|grade| grade.scores.is_some()).count()
    }

    /// Things that could not be read.
    pub fn issues(&self) -> usize {
        self.issues.len()
    }

    /// How many rows are most likely of a severity; of equals, the milder.
    pub fn count(&self, severity: Severity) -> usize {
        let likeliest = |scores: [f32; 3]| (1..3).fold(0, |best, i| if scores[i] > scores[best] { i } else { best });
        self.rows().filter_map(|(_, _, scores)| scores).filter(|&scores| likeliest(scores) == severity.index()).count()
    }

    /// Row id, which row, and its numbers, mildest first, if it was assessed.
    pub fn rows(&self) -> impl Iterator<Item = (&str, GradeId, Option<[f32; 3]>)> {
        self.grades
            .iter()
            .zip(GradeId::ALL)
            .map(|(grade, id)| (grade.row_id.as_str(), id, grade.scores.map(|s| [s.normal_mild, s.moderate, s.severe])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        grading::{Assessment, Condition, GradeTable, Prior, Probabilities},
        pipeline::GradedStudy,
        report::json_bytes_of,
    };

    fn graded() -> GradedStudy {
        let table = GradeTable::from_fn(|id| match id.condition() {
            Condition::SpinalCanalStenosis => Assessment::NotAssessed { reason: "no series".to_owned() },
            _ => Assessment::Prior { probabilities: Prior::default().of(id) },
        });
        GradedStudy::of_table("1.2.3", table)
    }

    #[test]
    fn what_was_written_is_read_and_a_part_of_it_is_not() {
        let bytes = json_bytes_of(&[graded()], "abc");
        let record = Record::parse(&bytes).unwrap();
        let study = &record.studies[0];
        assert_eq!((record.fingerprint.as_str(), study.study_uid.as_str()), ("abc", "1.2.3"));
        assert_eq!((study.status(), study.assessed(), study.count(Severity::NormalMild)), (Status::Graded, 20, 20));
        for (written, (row, id, scores)) in graded().table.rows().iter().zip(study.rows()) {
            assert_eq!((written.id, row), (id, format!("1.2.3_{id}").as_str()));
            assert_eq!(written.probabilities().map(Probabilities::as_array), scores, "to the last digit");
        }
        for end in [0, 1, bytes.len() / 2, bytes.len() - 3] {
            assert_eq!(Record::parse(&bytes[..end]), None, "cut at {end}");
        }
        assert_eq!(Record::parse(&crate::report::json_bytes(&[graded()])), None, "it has no fingerprint");
    }
}
