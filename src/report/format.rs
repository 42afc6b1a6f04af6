//! The formats of a report, and the files that each produces.

use super::{
    Report, Template, csv,
    dicom::{self, DicomError},
    json, key_images, pdf, text,
};

/// A form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Format {
    /// PDF, mostly two pages: table, impression, key images.
    Pdf,
    /// DICOM structured report (TID 1500).
    Sr,
    /// DICOM secondary captures: the key images with their boxes burned in.
    Sc,
    /// DICOM presentation states (the reader's marks) and key object selection (key images).
    Marks,
    /// Everything as JSON (`docs/schema/report-1.json`), for other programs.
    Json,
    /// RSNA 2024 submission: the program's grades.
    Csv,
    /// The same with the reader's decisions replacing the program's grades.
    CsvReviewed,
    /// Plain text, as [`text`] writes it.
    Text,
}

/// One file of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its name, without a folder.
    pub name: String,
    /// Its content, whole.
    pub bytes: Vec<u8>,
}

/// Why a format was not produced.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// A DICOM object was not made.
    #[error(transparent)]
    Dicom(#[from] DicomError),
    /// A PDF was not made.
    #[error(transparent)]
    Pdf(#[from] pdf::PdfError),
    /// The contest's format cannot express "not assessed".
    #[error("nothing was assessed in this study, which the CSV format cannot express; use JSON")]
    NothingAssessed,
    /// It cannot be serialised; not to be expected.
    #[error("it cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// There is nothing to make it from.
    #[error("{0}")]
    Nothing(&'static str),
}

impl Format {
    /// Every format, in the order in which they are offered.
    pub const ALL: [Self; 8] =
        [Self::Pdf, Self::Sr, Self::Sc, Self::Marks, Self::Json, Self::Csv, Self::CsvReviewed, Self::Text];

    /// As the window's menus call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pdf => "PDF report",
            Self::Sr => "DICOM structured report (SR)",
            Self::Sc => "DICOM pictures of the key images (SC)",
            Self::Marks => "DICOM measurements and key image list (GSPS, KOS)",
            Self::Json => "JSON, complete data",
            Self::Csv => "CSV submission, the program's grades",
            Self::CsvReviewed => "CSV submission, with your decisions",
            Self::Text => "Text",
        }
    }

    /// The name of its file, or the prefix of its file names, with the extension.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Pdf => "report.pdf",
            Self::Sr => "report-sr.dcm",
            Self::Sc => "key-image.dcm",
            Self::Marks => "marks.dcm",
            Self::Json => "report.json",
            Self::Csv => "grades.csv",
            Self::CsvReviewed => "grades-reviewed.csv",
            Self::Text => "report.txt",
        }
    }

    /// The extension of its files.
    pub fn ending(self) -> &'static str {
        self.file_name().rsplit_once('.').map_or("", |(_, ending)| ending)
    }

    /// Whether it makes one file, whatever is in the report.
    pub const fn is_one_file(self) -> bool {
        !matches!(self, Self::Sc | Self::Marks)
    }

    /// Makes the files of this form. The second list holds warnings for the reader.
    ///
    /// # Errors
    ///
    /// The report has nothing for this form (no key image, no mark, no assessed row), or a DICOM form cannot refer to
    /// its images.
    pub fn produce(self, report: &Report, template: &Template) -> Result<(Vec<Output>, Vec<String>), FormatError> {
        let one = |bytes: Vec<u8>| vec![Output { name: self.file_name().to_owned(), bytes }];
        let mut warnings = Vec::new();
        let outputs = match self {
            Self::Pdf => {
                let (images, issues) = key_images(report);
                warnings.extend(issues.iter().map(ToString::to_string));
                let (bytes, more) = pdf::pdf_bytes(report, &images, template)?;
                warnings.extend(more);
                one(bytes)
            }
            Self::Sr => one(dicom::sr_bytes(report)?),
            Self::Sc => {
                let (images, issues) = key_images(report);
                warnings.extend(issues.iter().map(ToString::to_string));
                if images.is_empty() {
                    return Err(FormatError::Nothing(
                        "no key image is marked and no finding has a box: there is nothing to show",
                    ));
                }
                dicom::secondary_captures(report, &images)?.into_iter().map(Output::from).collect()
            }
            Self::Marks => {
                let mut outputs: Vec<Output> =
                    dicom::presentation_states(report)?.into_iter().map(Output::from).collect();
                let list = dicom::key_objects(report)?;
                outputs.extend(list.map(|bytes| Output { name: "key-objects.dcm".to_owned(), bytes }));
                if outputs.is_empty() {
                    return Err(FormatError::Nothing("nothing is drawn and no key image is marked"));
                }
                outputs
            }
            Self::Json => one(json::report_bytes(report)?),
            Self::Csv | Self::CsvReviewed => {
                let is_reviewed = self == Self::CsvReviewed;
                let bytes = csv::report_bytes(std::slice::from_ref(report), is_reviewed);
                let rows = report.rows();
                let is_open = |row: &super::Row| {
                    row.grade.probabilities().is_none() && !(is_reviewed && row.statement.severity().is_some())
                };
                if rows.iter().all(is_open) {
                    return Err(FormatError::NothingAssessed);
                }
                if rows.iter().any(is_open) {
                    warnings.push("rows that were not assessed hold the contest's prevalence".to_owned());
                }
                let mut outputs = one(bytes);
                // The format has no place for them.
                let name = format!("{}.txt", self.file_name());
                outputs.push(Output { name, bytes: beside(report).into_bytes() });
                outputs
            }
            Self::Text => one(text(report).into_bytes()),
        };
        Ok((outputs, warnings))
    }
}

/// What a table of numbers cannot state itself: its reliability, and where it comes from.
fn beside(report: &Report) -> String {
    let mut lines = report.banner();
    lines.push(format!("Study UID: {}", report.uid(&report.study.uid)));
    lines.extend(report.provenance_lines());
    for series in &report.provenance.sources {
        let uids = series.instances.iter().map(|(_, uid)| report.instance_uid(&series.series_uid, uid));
        lines.push(format!("Series {}: {}", report.uid(&series.series_uid), uids.collect::<Vec<_>>().join(" ")));
    }
    lines.join("\n") + "\n"
}

impl From<(String, Vec<u8>)> for Output {
    fn from((name, bytes): (String, Vec<u8>)) -> Self {
        Self { name, bytes }
    }
}
