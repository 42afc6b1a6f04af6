//! `foramen inspect`: what is in these files, and what cannot be read.

use std::{fmt::Write as _, path::PathBuf};

use serde::Serialize;

use super::exit::{Exit, Failure, Outcome, print};
use crate::{
    geometry::PlaneKind,
    grading::Role,
    study::{Issue, Patient, Scan, Series, Study, Tally},
};

/// List studies and series: role with the reason, plane, slices, spacing, encoding, and what could not be read
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files, folders, zips or DICOMDIRs
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    files: usize,
    /// What became of each file.
    account: &'a Tally,
    studies: Vec<StudyReport<'a>>,
    /// What belongs to no study.
    issues: &'a [Issue],
}

#[derive(Serialize)]
struct StudyReport<'a> {
    study_uid: &'a str,
    patient: &'a Patient,
    date: &'a str,
    description: &'a str,
    assumed_common_space: bool,
    /// Some of its files say that their images were computed.
    synthetic: bool,
    series: Vec<SeriesReport<'a>>,
    issues: &'a [Issue],
}

#[derive(Serialize)]
struct SeriesReport<'a> {
    series_uid: &'a str,
    /// What distinguishes it from other series with its UID.
    #[serde(skip_serializing_if = "str::is_empty")]
    part: &'a str,
    number: Option<i32>,
    description: &'a str,
    modality: &'a str,
    role: Option<Role>,
    role_reason: &'a str,
    plane: Option<PlaneKind>,
    orientations: usize,
    slices: usize,
    columns: u32,
    rows: u32,
    pixel_spacing_mm: Option<[f64; 2]>,
    slice_spacing_mm: Option<f64>,
    transfer_syntaxes: Vec<&'a str>,
}

pub fn run(args: &Args) -> Outcome {
    let scan = super::scan(&args.paths)?;
    let report = report(&scan);
    let text = if args.json {
        let json = serde_json::to_string_pretty(&report).map_err(|e| Failure::new(Exit::Error, e))?;
        json + "\n"
    } else {
        human(&report)
    };
    print(text.as_bytes())?;
    Ok(Exit::Ok)
}

fn report(scan: &Scan) -> Report<'_> {
    Report {
        files: scan.files,
        account: &scan.tally,
        studies: scan.studies.iter().map(study_report).collect(),
        issues: &scan.issues,
    }
}

fn study_report(study: &Study) -> StudyReport<'_> {
    StudyReport {
        study_uid: study.uid.as_str(),
        patient: &study.patient,
        date: &study.date,
        description: &study.description,
        assumed_common_space: study.assumed_common_space,
        synthetic: study.is_synthetic(),
        series: study.series.iter().map(series_report).collect(),
        issues: &study.issues,
    }
}

fn series_report(series: &Series) -> SeriesReport<'_> {
    let first = series.slices.first();
    SeriesReport {
        series_uid: series.uid.as_str(),
        part: &series.part,
        number: series.number,
        description: &series.description,
        modality: &series.modality,
        role: series.role,
        role_reason: &series.role_reason,
        plane: series.plane_kind,
        orientations: series.blocks.len(),
        slices: series.slices.len(),
        columns: first.map_or(0, |s| s.instance.columns),
        rows: first.map_or(0, |s| s.instance.rows),
        pixel_spacing_mm: first.and_then(|s| s.pixel_spacing),
        slice_spacing_mm: series.spacing,
        transfer_syntaxes: series.transfer_syntaxes.iter().map(String::as_str).collect(),
    }
}

fn human(report: &Report<'_>) -> String {
    let mut text = String::new();
    for study in &report.studies {
        // Writing to a String does not fail.
        let _ = write_study(&mut text, study);
    }
    if !report.issues.is_empty() {
        let _ = writeln!(text, "Not read:");
        for issue in report.issues {
            let _ = writeln!(text, "  {issue}");
        }
    }
    let _ = writeln!(text, "{}", report.account);
    text
}

fn write_study(text: &mut String, study: &StudyReport<'_>) -> std::fmt::Result {
    let or = |value: &str, other: &str| if value.is_empty() { other.to_owned() } else { value.to_owned() };
    writeln!(text, "Study {}", or(study.study_uid, "without StudyInstanceUID"))?;
    let patient = study.patient;
    let name = format!("{} ({})", or(&patient.name, "no name"), or(&patient.id, "no id"));
    writeln!(text, "  {}", words(&[&name, study.date, study.description]))?;
    if study.assumed_common_space {
        writeln!(text, "  FrameOfReferenceUID differs or is missing: one patient space is assumed")?;
    }
    if study.synthetic {
        writeln!(text, "  SYNTHETIC: computed images, not a patient")?;
    }
    for series in &study.series {
        let number = series.number.map_or_else(|| "-".to_owned(), |n| n.to_string());
        let title = format!("Series {number} '{}'", series.description);
        let part = if series.part.is_empty() { String::new() } else { format!("({})", series.part) };
        writeln!(text, "  {}", words(&[&title, &part, series.modality]))?;
        let role = series.role.map_or("none", Role::label);
        writeln!(text, "    role     {role}: {}", series.role_reason)?;
        let plane = series.plane.map_or_else(|| "unknown plane".to_owned(), |p| p.to_string());
        let blocks =
            if series.orientations > 1 { format!(" in {} orientations", series.orientations) } else { String::new() };
        let mut size = format!("{} x {} pixels", series.columns, series.rows);
        if let Some([row, column]) = series.pixel_spacing_mm {
            write!(size, " of {column:.3} x {row:.3} mm")?;
        }
        if let Some(step) = series.slice_spacing_mm {
            write!(size, ", {step:.2} mm apart")?;
        }
        let slices = if series.slices == 1 { "slice" } else { "slices" };
        writeln!(text, "    slices   {} {plane} {slices}{blocks}, {size}", series.slices)?;
        writeln!(text, "    encoding {}", series.transfer_syntaxes.join(", "))?;
    }
    for issue in study.issues {
        writeln!(text, "  ! {issue}")?;
    }
    Ok(())
}

/// Joins the non-empty ones with spaces.
fn words(words: &[&str]) -> String {
    words.iter().copied().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
