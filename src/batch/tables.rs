//! What a batch came to in two tables, written row by row: `summary.csv`, a line a study, and `submission.csv`, the
//! contest's form. They appear when the batch is through.

use std::{io, path::Path};

use super::{Outcome, Shard, record::StudyRecord};
use crate::{
    files::{AtomicFile, WriteError},
    grading::{Prior, Severity},
    report::csv::HEADER,
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

/// Both tables, begun.
pub struct Tables {
    summary: Table,
    submission: Table,
    prior: Prior,
}

struct Table {
    name: std::path::PathBuf,
    rows: csv::Writer<AtomicFile>,
}

impl Table {
    fn create(out: &Path, name: &str, head: &[&str]) -> Result<Self, WriteError> {
        let name = out.join(name);
        let mut table = Self { rows: csv::Writer::from_writer(AtomicFile::create(&name)?), name };
        table.add(head.iter().copied())?;
        Ok(table)
    }

    fn add<'a>(&mut self, row: impl IntoIterator<Item = &'a str>) -> Result<(), WriteError> {
        self.rows.write_record(row).map_err(|error| self.failed(error.into()))
    }

    fn failed(&self, source: io::Error) -> WriteError {
        WriteError { path: self.name.clone(), source }
    }

    fn commit(self) -> Result<(), WriteError> {
        let Self { name, rows } = self;
        let failed = |error: csv::IntoInnerError<_>| {
            let source = io::Error::new(error.error().kind(), error.error().to_string());
            WriteError { path: name.clone(), source }
        };
        rows.into_inner().map_err(failed)?.commit()
    }
}

impl Tables {
    /// Begins both in a folder.
    pub fn create(out: &Path, shard: Shard) -> Result<Self, WriteError> {
        Ok(Self {
            summary: Table::create(out, &shard.file_name("summary"), &SUMMARY)?,
            submission: Table::create(out, &shard.file_name("submission"), &HEADER)?,
            prior: Prior::default(),
        })
    }

    /// The lines of a study: what came of it, how long that took, and the name of its file.
    pub fn add(&mut self, files: &StudyFiles, outcome: &Outcome, seconds: f64, file: &str) -> Result<(), WriteError> {
        for study in &outcome.record.studies {
            let issues = study.issues().max(outcome.issues.len());
            let counts = Severity::ALL.iter().map(|&severity| study.count(severity));
            let numbers = [issues, study.assessed()].into_iter().chain(counts);
            let row = [study.study_uid.clone(), study.status().to_string(), outcome.was_done.to_string()]
                .into_iter()
                .chain([files.sources.len().to_string()])
                .chain(numbers.map(|number| number.to_string()))
                .chain([format!("{seconds:.2}"), file.to_owned()]);
            let row: Vec<String> = row.collect();
            self.summary.add(row.iter().map(String::as_str))?;
            self.submit(study)?;
        }
        Ok(())
    }

    /// As in a submission of the studies one by one: a study of which nothing was assessed has no rows.
    fn submit(&mut self, study: &StudyRecord) -> Result<(), WriteError> {
        if study.assessed() == 0 {
            return Ok(());
        }
        for (row_id, id, scores) in study.rows() {
            let scores = scores.unwrap_or_else(|| self.prior.of(id).as_array()).map(|score| score.to_string());
            self.submission.add(std::iter::once(row_id).chain(scores.iter().map(String::as_str)))?;
        }
        Ok(())
    }

    /// Puts both in their places.
    pub fn commit(self) -> Result<(), WriteError> {
        self.summary.commit()?;
        self.submission.commit()
    }
}
