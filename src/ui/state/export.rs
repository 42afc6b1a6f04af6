//! Reports of the study in front: which the reader wants, and what is given to the background.

use std::path::PathBuf;

use super::session::Session;
use crate::{
    moment::Moment,
    report::{DeidentifyKey, Destination, Existing, Export, Format, Identity, Report, Saving, Template, text},
    worker::ReportJob,
};

/// A picture of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureOf {
    /// The active pane.
    Pane,
    /// All panes on screen, as they stand.
    AllPanes,
}

/// What the reader wants to have written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Which forms.
    pub formats: Vec<Format>,
    /// Without the patient's identity.
    pub deidentify: bool,
    /// Files that are there are replaced.
    pub replace: bool,
    /// Others on this computer may read files that name the patient.
    pub share: bool,
}

impl Wish {
    /// One form, with all that belongs to it.
    pub fn one(format: Format, replace: bool) -> Self {
        Self { formats: vec![format], deidentify: false, replace, share: false }
    }
}

/// The job, of the study as it stands now; `None` before it is graded.
pub fn job(session: &Session, wish: &Wish, to: Destination, template: Template) -> Option<ReportJob> {
    let mut formats = wish.formats.clone();
    formats.sort_unstable();
    let identity = if wish.deidentify { Identity::Removed(DeidentifyKey::random()) } else { Identity::Full };
    let existing = if wish.replace { Existing::Replace } else { Existing::Refuse };
    Some(ReportJob {
        study: session.study.clone(),
        graded: session.run.graded.clone()?,
        review: session.review().clone(),
        markup: session.marks.markup.clone(),
        export: Export { formats, template, to, saving: Saving::of(&identity, existing, wish.share) },
        identity,
    })
}

/// The text of the report, for the clipboard.
pub fn report_text(session: &Session) -> Result<String, String> {
    let graded = session.run.graded.as_deref().ok_or("There are no grades yet: wait until the study is graded")?;
    let report =
        Report::new(&session.study, graded, session.review(), &session.marks.markup, Moment::now(), Identity::Full);
    report.map(|report| text(&report)).map_err(|error| error.to_string())
}

/// What to tell the reader of files that were written.
pub fn written(files: &[PathBuf]) -> Option<String> {
    match files {
        [] => None,
        [one] => Some(format!("Written: {}", one.display())),
        [first, ..] => {
            let folder = first.parent().unwrap_or(first);
            Some(format!("Written: {} files in {}", files.len(), folder.display()))
        }
    }
}
