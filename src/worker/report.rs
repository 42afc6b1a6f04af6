//! Reports are made beside the window: pixels are read, pages are laid out, files are written.

use std::{path::PathBuf, sync::Arc};

use crate::{
    markup::Markup,
    moment::Moment,
    panics,
    pipeline::GradedStudy,
    plain,
    report::{Format, Identity, Report, Saving, Template, save_as, save_in},
    review::Review,
    study::Study,
};

/// Where the files go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The one file of one form.
    File(PathBuf),
    /// A folder, in which the study gets one of its own.
    Folder(PathBuf),
}

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
    /// Which forms.
    pub formats: Vec<Format>,
    /// With or without the patient's identity.
    pub identity: Identity,
    /// Text and logo of the PDF.
    pub template: Template,
    /// Where the files go.
    pub to: Destination,
    /// What to do with files that are there, and who may read those that are written.
    pub saving: Saving,
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
    for &format in &job.formats {
        match panics::said(|| one(job, &report, format)) {
            Ok(Ok((written, notes))) => {
                reported.written.extend(written);
                reported.notes.extend(notes);
            }
            Ok(Err(why)) | Err(why) => reported.failures.push(format!("{}: {why}", format.label())),
        }
    }
    reported
}

fn one(job: &ReportJob, report: &Report, format: Format) -> Result<(Vec<PathBuf>, Vec<String>), String> {
    let (outputs, notes) = format.produce(report, &job.template).map_err(|error| error.to_string())?;
    let written = match &job.to {
        Destination::File(path) => save_as(&outputs, path, job.saving),
        Destination::Folder(folder) => {
            save_in(&outputs, &folder.join(plain::folder_name(&report.uid(&report.study.uid))), job.saving)
        }
    };
    Ok((written.map_err(|error| error.to_string())?, notes))
}
