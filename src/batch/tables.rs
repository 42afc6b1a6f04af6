//! What a batch came to in two tables: `summary.csv`, a line a study, and `submission.csv`, the contest's form. They are
//! written when the batch is through: a file that is open for days is one that another program could take for litter.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{Outcome, Shard, Status, file_stem, fingerprint::row_name};
use crate::{
    files::{AtomicFile, WriteError, write_atomic},
    grading::{GradeId, Prior, Severity},
    output::csv::{HEADER, row_id},
    plain,
    study::StudyFiles,
};

/// The head of `summary.csv`.
const SUMMARY: [&str; 11] = [
    "study_uid",
    "status",
    "done_before",
    "files",
    "issues",
    "assessed_rows",
    "normal_mild",
    "moderate",
    "severe",
    "seconds",
    "file",
];

/// The rows of both tables, some 600 bytes a study.
#[derive(Default)]
pub struct Tables {
    rows: Vec<Row>,
}

struct Row {
    study_uid: String,
    status: Status,
    was_done: bool,
    /// Files, issues, rows with numbers, and how many of those are most likely of each severity.
    counts: [usize; 6],
    seconds: f64,
    /// Without the ending.
    file: String,
    /// `None` where nothing was assessed.
    scores: Option<Box<Scores>>,
}

type Scores = [Option<[f32; 3]>; GradeId::ALL.len()];

impl Tables {
    /// Takes in what came of a study, and how long that took.
    pub fn add(&mut self, files: &StudyFiles, outcome: &Outcome, seconds: f64) {
        let study = &outcome.record.study;
        let [a, b, c] = [Severity::NormalMild, Severity::Moderate, Severity::Severe].map(|it| study.count(it));
        self.rows.push(Row {
            study_uid: study.study_uid.clone(),
            status: study.status(),
            was_done: outcome.was_done,
            counts: [files.sources.len(), study.issues.len(), study.assessed(), a, b, c],
            seconds,
            file: file_stem(files),
            scores: (study.assessed() > 0).then(|| Box::new(study.scores())),
        });
    }

    /// Takes in a study of which nothing could be read, so that no program has seen its UID. Its name goes into the table
    /// only where it is nobody's: a number or a UID.
    pub fn add_failed(&mut self, name: &str, files: usize, issues: usize) {
        let is_id = !name.is_empty() && name.chars().all(|c| c.is_ascii_digit() || c == '.');
        self.rows.push(Row {
            study_uid: if is_id { name.to_owned() } else { String::new() },
            status: Status::Failed,
            was_done: false,
            counts: [files, issues, 0, 0, 0, 0],
            seconds: 0.0,
            file: String::new(),
            scores: None,
        });
    }

    /// Where both of a share will be: the summary first.
    pub fn places(out: &Path, shard: Shard) -> [PathBuf; 2] {
        ["summary", "submission"].map(|name| out.join(shard.file_name(name)))
    }

    /// Writes both into a folder: as the submission the bytes given, or else the rows of each study that was assessed.
    /// The summary comes last: where it is, the other is of the same run.
    ///
    /// # Errors
    ///
    /// A table cannot be written.
    pub fn write(&self, out: &Path, shard: Shard, submitted: Option<&[u8]>) -> Result<(), WriteError> {
        let [summary, submission] = Self::places(out, shard);
        match submitted {
            Some(bytes) => write_atomic(&submission, bytes)?,
            None => write(&submission, &HEADER, |table| {
                let prior = Prior::default();
                self.rows.iter().try_for_each(|row| row.submit(table, &prior))
            })?,
        }
        write(&summary, &SUMMARY, |table| self.rows.iter().try_for_each(|row| row.sum_up(table)))
    }
}

impl Row {
    fn sum_up(&self, table: &mut Table) -> csv::Result<()> {
        let mut line =
            vec![plain::cell(&self.study_uid).into_owned(), self.status.to_string(), self.was_done.to_string()];
        line.extend(self.counts.iter().map(ToString::to_string));
        line.push(format!("{:.2}", self.seconds));
        // A study without grades has no file.
        line.push(if self.status == Status::Failed { String::new() } else { format!("{}.json", self.file) });
        table.write_record(line)
    }

    /// As in a submission of the studies one by one: a study of which nothing was assessed has no rows.
    fn submit(&self, table: &mut Table, prior: &Prior) -> csv::Result<()> {
        let Some(scores) = &self.scores else { return Ok(()) };
        let name = row_name(&self.study_uid, &self.file);
        for (id, scores) in GradeId::ALL.into_iter().zip(scores.iter()) {
            let [a, b, c] = scores.unwrap_or_else(|| prior.of(id).as_array()).map(|score| score.to_string());
            table.write_record([row_id(name, id), a, b, c])?;
        }
        Ok(())
    }
}

type Table = csv::Writer<AtomicFile>;

fn write(path: &Path, head: &[&str], rows: impl FnOnce(&mut Table) -> csv::Result<()>) -> Result<(), WriteError> {
    let failed = |source: io::Error| WriteError { path: path.to_owned(), source };
    let mut table = csv::Writer::from_writer(AtomicFile::create(path)?);
    table.write_record(head).and_then(|()| rows(&mut table)).map_err(|error| failed(error.into()))?;
    let file = table.into_inner().map_err(|e| failed(io::Error::new(e.error().kind(), e.error().to_string())))?;
    file.commit()
}
