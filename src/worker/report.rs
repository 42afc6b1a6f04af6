//! Reports are made beside the window: pixels are read, pages are laid out, files are written.

use std::{path::PathBuf, sync::Arc};

use crate::{
    markup::Markup,
    moment::Moment,
    pipeline::GradedStudy,
    report::{Export, Identity, Report},
    review::Review,
    study::Study,
};

/// What is to be written of one study, as it stands at this moment.
#[derive(Debug, Clone)]
pub struct ReportJob {
    /// Headers.
    pub study: Arc<Study>,
    /// What the program found.
    pub graded: Box<GradedStudy>,
    /// What the reader says.
    pub review: Review,
    /// What the reader drew.
    pub markup: Markup,
    /// With or without the patient's identity.
    pub identity: Identity,
    /// What is wanted of it.
    pub export: Export,
}

/// What became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reported {
    /// Files that were written.
    pub written: Vec<PathBuf>,
    /// What to know of them.
    pub notes: Vec<String>,
    /// What was not written, and why.
    pub failures: Vec<String>,
}

/// Makes and writes all of it; one form that fails does not hold up the others.
pub fn write(job: &ReportJob) -> Reported {
    let mut reported = Reported::default();
    let graded = job.graded.renumbered(job.review.shift());
    let made = Report::new(&job.study, &graded, &job.review, &job.markup, Moment::now(), job.identity.clone());
    let report = match made {
        Ok(report) => report,
        Err(error) => {
            reported.failures.push(error.to_string());
            return reported;
        }
    };
    let exported = job.export.write(&report);
    reported.written = exported.written;
    reported.notes = exported.notes;
    reported.failures = exported.failures.iter().map(|(format, why)| format!("{}: {why}", format.label())).collect();
    reported
}
