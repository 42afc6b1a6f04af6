//! The result of a study as its file holds it: enough to know whether it is done, and for the tables of a batch.

use std::{fmt, path::Path};

use serde::Deserialize;

use crate::{
    files,
    grading::{GradeId, Severity},
    output::{Tally, csv::row_id, json::Scores},
    study::Issue,
};

/// A result is this large at most; what is larger is not ours.
const MAX_BYTES: u64 = 64 << 20;

/// What is read of a result. What a newer program writes beside it is left alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// What the grades were made of.
    pub fingerprint: String,
    /// What came of the study.
    pub study: StudyRecord,
}

/// A result is of one study.
#[derive(Deserialize)]
struct Document {
    fingerprint: String,
    studies: [StudyRecord; 1],
}

/// What the file of a result says of its study.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct StudyRecord {
    /// `StudyInstanceUID`; empty where there is none.
    pub study_uid: String,
    /// What a reader must know of the grades.
    pub warnings: Vec<String>,
    /// What could not be read, and what was odd.
    pub issues: Vec<Issue>,
    grades: Vec<GradeRecord>,
}

/// What a result must be of to be believed.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The study's UID; empty where there is none.
    pub uid: &'a str,
    /// What its rows begin with.
    pub id: &'a str,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct GradeRecord {
    row_id: String,
    scores: Option<Scores>,
}

/// How a study came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All of it was read, nothing is doubtful, and each row was assessed.
    Graded,
    /// Some of it could not be read, is doubtful or is missing (a series, a model); the rest was graded.
    Partial,
    /// Nothing in it is a series that the detectors look at.
    NotAssessed,
    /// There are no grades: it could not be read, or grading it failed.
    Failed,
}

impl Status {
    /// Of a study with grades: by how many of its rows were assessed, and whether anything is doubtful.
    pub const fn of_graded(assessed: usize, is_doubtful: bool) -> Self {
        match assessed {
            0 => Self::NotAssessed,
            _ if is_doubtful || assessed < GradeId::ALL.len() => Self::Partial,
            _ => Self::Graded,
        }
    }

    /// Adds one study of this status to a tally.
    pub const fn add_to(self, tally: &mut Tally) {
        match self {
            Self::Graded => tally.graded += 1,
            Self::Partial => tally.partial += 1,
            Self::NotAssessed => tally.not_assessed += 1,
            Self::Failed => tally.failed += 1,
        }
    }
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
    /// Reads a result; `None` where there is none, or something that is not whole or of another study: it is then graded
    /// anew.
    pub fn read(file: &Path, expected: Expected) -> Option<Self> {
        Self::parse(&files::read_regular(file, MAX_BYTES).ok()?, expected)
    }

    /// From the bytes of a result.
    pub fn parse(bytes: &[u8], expected: Expected) -> Option<Self> {
        let Document { fingerprint, studies: [study] } = serde_json::from_slice(bytes).ok()?;
        study.is_whole(expected).then_some(Self { fingerprint, study })
    }

    /// A study without grades, and why.
    pub fn failed(uid: &str, issues: Vec<Issue>) -> Self {
        let study = StudyRecord { study_uid: uid.to_owned(), warnings: Vec::new(), issues, grades: Vec::new() };
        Self { fingerprint: String::new(), study }
    }
}

impl StudyRecord {
    /// Whether it has the rows of the study that is expected, each with numbers that can be a grade or with none.
    fn is_whole(&self, Expected { uid, id }: Expected) -> bool {
        let is_row = |(grade, of): (&GradeRecord, GradeId)| {
            let are_numbers = |[a, b, c]: [f32; 3]| {
                // The numbers are written to the last digit.
                [a, b, c].iter().all(|score| (0.0..=1.0).contains(score)) && (a + b + c - 1.0).abs() < 1e-3
            };
            grade.row_id == row_id(id, of) && grade.scores.is_none_or(|scores| are_numbers(scores.as_array()))
        };
        self.study_uid == uid
            && self.grades.len() == GradeId::ALL.len()
            && self.grades.iter().zip(GradeId::ALL).all(is_row)
    }

    /// Its status, by how many rows were assessed and whether anything is doubtful.
    pub fn status(&self) -> Status {
        let is_doubtful = self.issues.iter().any(|issue| !issue.is_note);
        if self.grades.is_empty() { Status::Failed } else { Status::of_graded(self.assessed(), is_doubtful) }
    }

    /// Rows with numbers, of 25.
    pub fn assessed(&self) -> usize {
        self.grades.iter().filter(|grade| grade.scores.is_some()).count()
    }

    /// How many rows are most likely of a severity; of equals, the milder.
    pub fn count(&self, severity: Severity) -> usize {
        let likeliest = |scores: [f32; 3]| (1..3).fold(0, |best, i| if scores[i] > scores[best] { i } else { best });
        self.scores().into_iter().flatten().filter(|&scores| likeliest(scores) == severity.index()).count()
    }

    /// The numbers of each row that was assessed, mildest first, in the order of [`GradeId::ALL`].
    pub fn scores(&self) -> [Option<[f32; 3]>; GradeId::ALL.len()] {
        GradeId::ALL.map(|id| self.grades.get(id.index())?.scores.map(Scores::as_array))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        grading::{Assessment, Condition, GradeTable, Prior, Probabilities},
        output::json_bytes_of,
        pipeline::GradedStudy,
    };

    const OURS: Expected = Expected { uid: "1.2.3", id: "1.2.3" };

    fn graded() -> GradedStudy {
        let table = GradeTable::from_fn(|id| match id.condition() {
            Condition::SpinalCanalStenosis => Assessment::NotAssessed { reason: "no series".to_owned() },
            _ => Assessment::Prior { probabilities: Prior::default().of(id) },
        });
        GradedStudy::of_table("1.2.3", table)
    }

    #[test]
    fn what_was_written_is_read_and_a_part_of_it_is_not() {
        let bytes = json_bytes_of(&graded(), OURS.id, "abc").unwrap();
        let record = Record::parse(&bytes, OURS).unwrap();
        let study = &record.study;
        assert_eq!((record.fingerprint.as_str(), study.study_uid.as_str()), ("abc", "1.2.3"));
        assert_eq!((study.status(), study.assessed(), study.count(Severity::NormalMild)), (Status::Partial, 20, 20));
        for (written, scores) in graded().table.rows().iter().zip(study.scores()) {
            assert_eq!(written.probabilities().map(Probabilities::as_array), scores, "to the last digit");
        }
        for end in [0, 1, bytes.len() / 2, bytes.len() - 3] {
            assert_eq!(Record::parse(&bytes[..end], OURS), None, "cut at {end}");
        }
        assert_eq!(
            Record::parse(&crate::output::json_bytes(&[graded()], &crate::output::About::default()).unwrap(), OURS),
            None,
            "it has no fingerprint"
        );
    }

    #[test]
    fn what_is_no_result_of_this_study_is_not_believed() {
        let text = String::from_utf8(json_bytes_of(&graded(), OURS.id, "abc").unwrap()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let is_believed = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut changed = value.clone();
            change(&mut changed);
            Record::parse(&serde_json::to_vec(&changed).unwrap(), OURS).is_some()
        };
        assert!(is_believed(&|_| ()));
        let damage: [&dyn Fn(&mut serde_json::Value); 8] = [
            &|it| it["studies"][0]["study_uid"] = "1.2.4".into(),
            &|it| it["studies"][0]["grades"][3]["row_id"] = it["studies"][0]["grades"][4]["row_id"].clone(),
            &|it| it["studies"][0]["grades"][3]["scores"]["severe"] = 0.9.into(),
            &|it| {
                it["studies"][0]["grades"][3]["scores"] =
                    serde_json::json!({"normal_mild": -1, "moderate": 1, "severe": 1});
            },
            &|it| it["studies"][0]["grades"][3]["scores"]["moderate"] = 1e39.into(),
            &|it| it["studies"][0]["grades"].as_array_mut().unwrap().swap(1, 2),
            &|it| drop(it["studies"][0]["grades"].as_array_mut().unwrap().pop()),
            &|it| it["studies"].as_array_mut().unwrap().push(value["studies"][0].clone()),
        ];
        for (number, change) in damage.iter().enumerate() {
            assert!(!is_believed(change), "damage {number} would go into the tables");
        }
        assert!(Record::parse(text.as_bytes(), Expected { id: "1.2.4", ..OURS }).is_none());
    }

    #[test]
    fn a_note_leaves_a_study_graded_and_a_doubt_makes_it_partial() {
        let status = |issue: Issue| {
            let table = GradeTable::from_fn(|id| Assessment::Prior { probabilities: Prior::default().of(id) });
            let mut graded = GradedStudy::of_table("1.2.3", table);
            graded.issues.push(issue);
            Record::parse(&json_bytes_of(&graded, OURS.id, "abc").unwrap(), OURS).unwrap().study.status()
        };
        assert_eq!(status(Issue::note("a", "a copy")), Status::Graded);
        assert_eq!(status(Issue::new("", "two patients")), Status::Partial);
        assert_eq!(Record::failed("", Vec::new()).study.status(), Status::Failed);
    }
}
