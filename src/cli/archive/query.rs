//! `foramen query`: what an archive has.

use std::fmt::Write as _;

use anyhow::anyhow;
use serde::Serialize;

use super::{NodeArgs, failure};
use crate::{
    archive::{ArchiveError, Day, Finder, FoundSeries, FoundStudy, Question},
    cancel::Cancel,
    cli::exit::{Exit, Failure, Outcome, print},
};

/// The series of a study that are listed.
const MOST_SERIES: usize = 1000;

/// List studies in an archive that match, lumbar MR first
///
/// Names and numbers may hold `*` for any text and `?` for a character.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    node: NodeArgs,
    /// As DICOM writes it: Family^Given
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    patient_name: String,
    /// Patient ID
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    patient_id: String,
    /// First day of the study, such as 2026-03-31
    #[arg(long, value_name = "DAY")]
    from: Option<Day>,
    /// Last day of the study
    #[arg(long, value_name = "DAY")]
    to: Option<Day>,
    /// Modality that the study must have
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    modality: String,
    /// Accession number
    #[arg(long, value_name = "NUMBER", default_value = "", hide_default_value = true)]
    accession: String,
    /// One study
    #[arg(long, value_name = "UID")]
    study: Option<String>,
    /// List the series of each study too
    #[arg(long)]
    series: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// The most studies
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..))]
    limit: u16,
}

#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    study: FoundStudy,
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<Vec<FoundSeries>>,
}

#[derive(Serialize)]
struct Report {
    node: String,
    /// There may be more than the limit let through.
    is_cut: bool,
    studies: Vec<Listed>,
}

pub fn run(args: &Args) -> Outcome {
    let question = Question {
        patient_name: args.patient_name.clone(),
        patient_id: args.patient_id.clone(),
        from: args.from.clone(),
        to: args.to.clone(),
        modality: args.modality.clone(),
        accession: args.accession.clone(),
        study: args.study.as_deref().map(Into::into),
    };
    question.check().map_err(|why| Failure::new(Exit::Usage, anyhow!(why)))?;
    let (nodes, node) = args.node.read()?;
    let ask = || -> Result<Report, ArchiveError> {
        let mut finder = Finder::connect(&nodes.ae_title, &node, &Cancel::default())?;
        let found = finder.studies(&question, usize::from(args.limit))?;
        let mut studies = Vec::with_capacity(found.answers.len());
        for study in found.answers {
            let list = args.series.then(|| finder.series(&study.study_uid, MOST_SERIES)).transpose()?;
            studies.push(Listed { study, list: list.map(|found| found.answers) });
        }
        finder.release();
        Ok(Report { node: node.name.clone(), is_cut: found.is_cut, studies })
    };
    let report = ask().map_err(|error| failure(&node, &error))?;
    let text = if args.json {
        let json = serde_json::to_string_pretty(&report).map_err(|error| Failure::new(Exit::Error, error))?;
        json + "\n"
    } else {
        human(&report)
    };
    print(text.as_bytes())?;
    if report.is_cut {
        eprintln!("foramen: {node}: there are more than {} studies; --limit shows more", args.limit);
    }
    Ok(Exit::Ok)
}

fn human(report: &Report) -> String {
    let mut text = String::new();
    let count = |count: Option<u32>, what: &str| count.map_or_else(String::new, |count| format!("{count} {what}"));
    for Listed { study, list } in &report.studies {
        let (modalities, series) = (study.modalities.join("/"), count(study.series, "series"));
        let name = format!("{} ({})", study.patient_name, study.patient_id);
        let parts =
            [study.date.as_str(), &name, &modalities, &study.description, &series, &count(study.instances, "images")];
        // Writing to a String does not fail.
        let _ = writeln!(text, "{}\n  {}", study.study_uid, joined(&parts));
        for series in list.iter().flatten() {
            let number = series.number.map_or_else(|| "-".to_owned(), |number| number.to_string());
            let images = count(series.instances, "images");
            let parts = [number.as_str(), &series.modality, &series.description, &series.body_part, &images];
            let _ = writeln!(text, "    {}", joined(&parts));
        }
    }
    let count = report.studies.len();
    let _ = writeln!(text, "{count} {}", if count == 1 { "study" } else { "studies" });
    text
}

fn joined(parts: &[&str]) -> String {
    parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
}
