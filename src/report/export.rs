//! Makes and writes all that is wanted of one report. One format that fails does not hold up the others.

use std::path::PathBuf;

use super::{Format, FormatError, Report, Saving, Template, save_as, save_in};
use crate::{files::WriteError, panics, plain};

/// Where the files go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The one file of one format.
    File(PathBuf),
    /// A folder, in which the study gets one of its own, named by its UID.
    Folder(PathBuf),
}

/// What is wanted of a report.
#[derive(Debug, Clone)]
pub struct Export {
    /// Which formats, in this order.
    pub formats: Vec<Format>,
    /// Text and logo of the PDF.
    pub template: Template,
    /// Where the files go.
    pub to: Destination,
    /// What to do with files that are there, and who may read those that are written.
    pub saving: Saving,
}

/// Why a format was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The report cannot be expressed in it.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The disk.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A bug: making it panicked.
    #[error("{0}")]
    Panicked(String),
}

/// What became of an export.
#[derive(Debug, Default)]
pub struct Exported {
    /// Files that were written.
    pub written: Vec<PathBuf>,
    /// What the reader should know about them.
    pub notes: Vec<String>,
    /// The formats that were not written, and why.
    pub failures: Vec<(Format, ExportError)>,
}

impl Export {
    /// Makes and writes all formats.
    pub fn write(&self, report: &Report) -> Exported {
        let mut exported = Exported::default();
        for &format in &self.formats {
            let made = panics::said(|| format.produce(report, &self.template)).map_err(ExportError::Panicked);
            let written = made.and_then(|made| Ok(made?)).and_then(|(outputs, notes)| {
                exported.notes.extend(notes);
                let written = match &self.to {
                    Destination::File(path) => save_as(&outputs, path, self.saving),
                    Destination::Folder(folder) => {
                        save_in(&outputs, &folder.join(plain::folder_name(&report.uid(&report.study.uid))), self.saving)
                    }
                };
                Ok(written?)
            });
            match written {
                Ok(files) => exported.written.extend(files),
                Err(error) => exported.failures.push((format, error)),
            }
        }
        exported
    }
}
