//! Many studies, one file of grades each: a study whose grades are there already is left alone, so that a batch that
//! was killed goes on where it was, and a batch can be shared out to any number of computers (docs/batch.md).
//!
//! Memory holds one study at a time, and of the others the names of their files.

mod fingerprint;
mod lock;
mod record;
mod shard;
mod tables;

use std::path::{Path, PathBuf};

use crate::{
    cancel::Cancel,
    files::{WriteError, write_atomic},
    panics,
    pipeline::{GradeError, GradeEvent, GradedStudy, Grader},
    report,
    study::{Issue, Listing, Scan, StudyFiles},
};

pub use lock::{Lock, LockError};
pub use record::{Record, Status};
pub use shard::{Shard, ShardError};
pub use tables::Tables;

/// What became of one study.
#[derive(Debug)]
pub struct Outcome {
    /// What stands in its file, if there is one.
    pub record: Record,
    /// Its file was there and fits: nothing was graded.
    pub was_done: bool,
    /// Why there are no grades, or what must be known of them.
    pub issues: Vec<Issue>,
}

/// Why a batch cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// Cancelled, or a model that cannot be loaded.
    #[error(transparent)]
    Grade(#[from] GradeError),
    /// The result of a study cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Grades the studies of a listing into a folder.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// The studies.
    pub listing: &'a Listing,
    /// The folder of results.
    pub out: &'a Path,
    /// Whether studies that are done are graded anew.
    pub redo: bool,
}

impl Batch<'_> {
    /// The file of a study's grades.
    pub fn file(&self, study: &StudyFiles) -> PathBuf {
        self.out.join(format!("{}.json", fingerprint::file_stem(study)))
    }

    /// Grades one study, unless that is done. An unreadable study is an outcome; a full disk is an error.
    pub fn grade(
        &self,
        study: &StudyFiles,
        grader: &Grader,
        cancel: &Cancel,
        on_event: &(dyn Fn(GradeEvent) + Sync),
    ) -> Result<Outcome, BatchError> {
        let file = self.file(study);
        let scan = self.listing.open(study, cancel);
        let fingerprint = fingerprint::of(study, &scan, &grader.settings());
        if !self.redo
            && let Some(record) = Record::read(&file).filter(|record| record.fingerprint == fingerprint)
        {
            return Ok(Outcome { record, was_done: true, issues: Vec::new() });
        }
        let (graded, mut issues) = grade_all(&scan, grader, cancel, on_event)?;
        if graded.is_empty() {
            issues.extend(scan.issues);
            let record = Record::failed(&study.key);
            return Ok(Outcome { record, was_done: false, issues });
        }
        issues.extend(scan.issues);
        let bytes = report::json_bytes_of(&graded, &fingerprint);
        write_atomic(&file, &bytes)?;
        // Read back as the next run will: there is one reader of a result.
        let record = Record::parse(&bytes).unwrap_or_else(|| Record::failed(&study.key));
        Ok(Outcome { record, was_done: false, issues })
    }
}

/// The studies of a scan, one as a rule; a fault of ours costs that study alone.
fn grade_all(
    scan: &Scan,
    grader: &Grader,
    cancel: &Cancel,
    on_event: &(dyn Fn(GradeEvent) + Sync),
) -> Result<(Vec<GradedStudy>, Vec<Issue>), GradeError> {
    let (mut all, mut issues) = (Vec::new(), Vec::new());
    for study in &scan.studies {
        match panics::caught(|| grader.grade(study, cancel, on_event)) {
            Ok(graded) => {
                let mut graded = graded?;
                issues.extend(study.issues.iter().cloned());
                issues.extend(graded.issues.iter().cloned());
                // What a file that was lost held is missing in the grades too.
                graded.issues.extend(scan.issues.iter().cloned());
                all.push(graded);
            }
            Err(panics::Panicked) => issues.push(Issue {
                file: String::new(),
                message: "grading it failed inside the program (a fault of ours): please report it".to_owned(),
            }),
        }
    }
    Ok((all, issues))
}
