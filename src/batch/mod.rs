//! Many studies, one file of grades each: a study whose grades are there already is left alone, so that a batch that
//! was killed goes on where it was, and a batch can be shared out to any number of computers (docs/batch.md).
//!
//! Memory holds one study at a time, and of the others the names of their files.

mod fingerprint;
mod lock;
mod record;
mod result;
mod shard;
mod tables;

use std::path::Path;

use self::{fingerprint::row_name, record::Expected, result::ResultFile};
use crate::{
    cancel::Cancel,
    files::WriteError,
    output, panics,
    pipeline::{GradeError, GradeEvent, GradedStudy, Grader},
    study::{Issue, Listing, Scan, StudyFiles},
};

pub use fingerprint::file_stem;
pub use lock::{Lock, LockError};
pub use record::{Record, Status, StudyRecord};
pub use shard::{Shard, ShardError};
pub use tables::Tables;

/// What became of one study.
#[derive(Debug)]
pub struct Outcome {
    /// What stands in its file; without a file, why there is none.
    pub record: Record,
    /// Its file was there and fits: nothing was graded.
    pub was_done: bool,
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
    /// Every study of the batch, whichever share it belongs to.
    pub listing: &'a Listing,
    /// The folder of results: one JSON file for each study, and the tables.
    pub out: &'a Path,
    /// Whether studies that are done are graded anew.
    pub redo: bool,
}

impl Batch<'_> {
    /// Grades one study, unless that is done. An unreadable study is an outcome; a full disk is an error.
    ///
    /// # Errors
    ///
    /// A model cannot be loaded, `cancel` was set, or the result cannot be written.
    pub fn grade(
        &self,
        study: &StudyFiles,
        grader: &Grader,
        cancel: &Cancel,
        on_event: &(dyn Fn(GradeEvent) + Sync),
    ) -> Result<Outcome, BatchError> {
        let stem = file_stem(study);
        let expected = Expected { uid: study.uid(), id: row_name(study.uid(), &stem) };
        let file = ResultFile::new(self.out, &stem);
        let scan = self.listing.open(study, cancel);
        let settings = grader.settings().map_err(|error| file.unwritten(error.into()))?;
        let fingerprint = fingerprint::of(study, &scan, &settings);
        if !self.redo
            && let Some(record) = file.done(&fingerprint, expected)
        {
            return Ok(Outcome { record, was_done: true });
        }
        let graded = match grade_whole(&scan, grader, cancel, on_event)? {
            Ok(graded) => graded,
            Err(issues) => {
                // What was graded before is not what is there now, and may be right again tomorrow.
                file.set_aside()?;
                return Ok(Outcome { record: Record::failed(study.uid(), issues), was_done: false });
            }
        };
        let bytes =
            output::json_bytes_of(&graded, expected.id, &fingerprint).map_err(|error| file.unwritten(error.into()))?;
        file.write(&bytes)?;
        // Read back as the next run will: there is one reader of a result.
        let record = Record::parse(&bytes, expected).unwrap_or_else(|| {
            let why = "its result cannot be read back (a bug): please report it";
            Record::failed(study.uid(), vec![Issue::new("", why)])
        });
        Ok(Outcome { record, was_done: false })
    }
}

/// The study of a scan with all that is known to be wrong with it, or why there are no grades. A fault of ours costs
/// that study alone.
fn grade_whole(
    scan: &Scan,
    grader: &Grader,
    cancel: &Cancel,
    on_event: &(dyn Fn(GradeEvent) + Sync),
) -> Result<Result<GradedStudy, Vec<Issue>>, GradeError> {
    let Some(study) = scan.studies.first() else { return Ok(Err(scan.issues.clone())) };
    let Ok(graded) = panics::caught(|| grader.grade(study, cancel, on_event)) else {
        let why = Issue::new("", "grading it failed because of a bug: please report it");
        return Ok(Err(scan.issues.iter().chain(&study.issues).cloned().chain([why]).collect()));
    };
    let mut graded = graded?;
    let unsaid: Vec<Issue> = graded.unsaid(study).chain(&scan.issues).cloned().collect();
    graded.issues.extend(unsaid);
    Ok(Ok(graded))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{detector::ModelSet, phantom, pipeline::GradeOptions, study};

    /// Grades the one study of a folder.
    fn graded(listing: &Listing, out: &Path) -> Outcome {
        let grader = Grader::new(ModelSet::load(None).unwrap(), GradeOptions::default());
        let batch = Batch { listing, out, redo: false };
        batch.grade(&listing.studies[0], &grader, &Cancel::default(), &|_| ()).unwrap()
    }

    #[test]
    fn a_study_that_cannot_be_read_has_no_result_and_one_that_can_again_has_its_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let (tree, away, out) = (dir.path().join("Doe^Jane"), dir.path().join("away"), dir.path().join("out"));
        std::fs::create_dir(&tree).unwrap();
        for (name, bytes) in phantom::study_in_memory(5).iter().step_by(6) {
            // Without its UID; the zeros keep the length.
            let scan = study::scan_memory(vec![(name.clone(), bytes.clone())]);
            let uid = scan.studies[0].uid.to_string().into_bytes();
            let mut bytes = bytes.to_vec();
            let at = bytes.windows(uid.len()).position(|part| part == uid).unwrap();
            bytes[at..at + uid.len()].fill(0);
            std::fs::write(tree.join(name.replace('/', "-")), bytes).unwrap();
        }
        let listing = study::list(std::slice::from_ref(&tree), &Cancel::default(), &|_, _| ()).unwrap();
        let file = out.join(format!("{}.json", file_stem(&listing.studies[0])));
        let first = graded(&listing, &out);
        assert_eq!(first.record.study.study_uid, "");
        let bytes = std::fs::read(&file).unwrap();

        std::fs::rename(&tree, &away).unwrap();
        let lost = graded(&listing, &out);
        assert_eq!(lost.record.study.status(), Status::Failed);
        assert_eq!(lost.record.study.study_uid, "", "a path, with the name in it, would go into summary.csv");
        assert!(!lost.record.study.issues.is_empty());
        assert!(!file.exists(), "grades of what is no longer there would be taken for today's");

        std::fs::rename(&away, &tree).unwrap();
        let again = graded(&listing, &out);
        assert!(again.was_done, "a disk that was away for a moment must not cost the work of days");
        assert_eq!((std::fs::read(&file).unwrap(), again.record), (bytes, first.record));
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1);
    }
}
