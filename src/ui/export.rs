//! Grades to files, from the window.

use std::path::Path;

use crate::{files::write_atomic, pipeline::GradedStudy, report};

/// What to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// The RSNA 2024 submission form.
    Csv,
    /// Everything.
    Json,
}

impl ExportFormat {
    /// The ending of its files.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// Writes one study. Returns what to tell the reader, or what went wrong.
pub fn export(study: &GradedStudy, format: ExportFormat, path: &Path) -> Result<String, String> {
    let studies = std::slice::from_ref(study);
    let bytes = match format {
        ExportFormat::Csv if !study.table.is_assessed() => {
            return Err("Nothing was assessed in this study: the CSV form has no word for that; export JSON".to_owned());
        }
        ExportFormat::Csv => report::csv_bytes(studies),
        ExportFormat::Json => report::json_bytes(studies),
    };
    write_atomic(path, &bytes).map_err(|e| e.to_string())?;
    let is_partial = study.table.rows().iter().any(|row| row.probabilities().is_none());
    let doubt = if is_partial && format == ExportFormat::Csv {
        "; rows that were not assessed hold the contest's prevalence"
    } else {
        ""
    };
    Ok(format!("Written: {}{doubt}", path.display()))
}
