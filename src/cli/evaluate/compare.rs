//! Several submissions compared on the same labels.

use std::{collections::BTreeSet, fmt::Write as _};

use anyhow::anyhow;
use serde::Serialize;

use super::{
    answer, calibration,
    scored::{Report, Scored, about},
};
use crate::{
    cli::exit::Failure,
    metric::{Comparison, Interval},
};

/// At most this many differing studies are named.
const NAMED: usize = 5;

#[derive(Serialize)]
struct Comparisons<'a> {
    studies: usize,
    rows: usize,
    prior_score: f64,
    submissions: Vec<One<'a>>,
}

#[derive(Serialize)]
struct One<'a> {
    name: &'a str,
    file: String,
    #[serde(flatten)]
    report: &'a Report,
    /// For all submissions except the first.
    against_first: Option<AgainstFirst>,
}

#[derive(Serialize)]
struct AgainstFirst {
    /// Change of the score, in % of the first's; negative is better. None if the first scores 0.
    change_percent: Option<f64>,
    /// Over resamples of the studies, the same ones for both; none without --bootstrap.
    bootstrap: Option<Comparison>,
}

/// Different studies cannot be compared; only --studies-of-submission lets this happen.
pub fn must_be_of_the_same_studies(scored: &[Scored]) -> anyhow::Result<()> {
    let studies = |one: &Scored| one.rows.iter().map(|r| r.study.clone()).collect::<BTreeSet<String>>();
    let [first, others @ ..] = scored else { return Ok(()) };
    let expected = studies(first);
    for other in others {
        let differing: Vec<String> = expected.symmetric_difference(&studies(other)).cloned().collect();
        if !differing.is_empty() {
            let named = differing.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
            return Err(anyhow!(
                "{} and {} do not cover the same studies; in only one of them: {named}{}; score them separately, or remove \
                 these",
                first.file.display(),
                other.file.display(),
                if differing.len() > NAMED { format!(" and {} more", differing.len() - NAMED) } else { String::new() }
            ));
        }
    }
    Ok(())
}

pub fn print(scored: &[Scored], json: bool) -> Result<(), Failure> {
    let Some(first) = scored.first() else { return Ok(()) };
    let one = |(index, scored): (usize, &'_ Scored)| {
        let against = AgainstFirst {
            change_percent: (first.report.score > 0.0)
                .then(|| 100.0 * (scored.report.score - first.report.score) / first.report.score),
            bootstrap: scored.resamples.as_ref().zip(first.resamples.as_ref()).map(|(own, first)| own.against(first)),
        };
        (index > 0).then_some(against)
    };
    let submissions: Vec<One<'_>> = scored
        .iter()
        .enumerate()
        .map(|(index, scored)| One {
            name: &scored.name,
            file: scored.file.display().to_string(),
            report: &scored.report,
            against_first: one((index, scored)),
        })
        .collect();
    let all = Comparisons {
        studies: first.report.studies,
        rows: first.report.rows,
        prior_score: first.report.prior_score,
        submissions,
    };
    answer(&all, json, || human(&all))
}

fn human(all: &Comparisons<'_>) -> String {
    let width = all.submissions.iter().map(|s| s.name.chars().count()).max().unwrap_or(0).max(11) + 2;
    let mut text = format!("labelled rows: {}, studies: {}\n\n", all.rows, all.studies);
    let mut line = |name: &str, cells: &[String]| {
        // Writing to a String does not fail.
        let _ = write!(text, "{name:<width$}");
        for cell in cells {
            let _ = write!(text, "{cell:>16}");
        }
        text.push('\n');
    };
    line("", &["spinal", "foraminal", "subarticular", "any severe", "score"].map(str::to_owned));
    let four = |v: f64| format!("{v:.4}");
    if let Some(first) = all.submissions.first() {
        let parts = first.report.groups.iter().map(|g| g.prior_log_loss).chain([all.prior_score]);
        line("prior alone", &parts.map(four).collect::<Vec<_>>());
    }
    for one in &all.submissions {
        let parts = one.report.groups.iter().map(|g| g.score.log_loss).chain([one.report.score]);
        line(one.name, &parts.map(four).collect::<Vec<_>>());
        if let Some(bootstrap) = &one.report.bootstrap {
            line("", &bootstrap.parts.iter().map(|p| short(p.interval)).collect::<Vec<_>>());
        }
    }
    text.push('\n');
    text.push_str(&against(all, width));
    if let Some(bootstrap) = all.submissions.first().and_then(|s| s.report.bootstrap.as_ref()) {
        text.push_str(&about(bootstrap));
    }
    for one in &all.submissions {
        if let Some(curves) = &one.report.calibration {
            // Writing to a String does not fail.
            let _ = write!(text, "\n{}: {}", one.name, calibration::human(curves));
        }
    }
    text
}

fn against(all: &Comparisons<'_>, width: usize) -> String {
    let Some(first) = all.submissions.first() else { return String::new() };
    let mut text = format!("{:<width$}{:>16}\n", "score against", first.name);
    for one in &all.submissions {
        let Some(against) = &one.against_first else { continue };
        let change = against.change_percent.map_or("undefined".to_owned(), |change| format!("{change:+.1} %"));
        // Writing to a String does not fail.
        let _ = write!(text, "{:<width$}{change:>16}", one.name);
        if let Some(Comparison { better_in, change_percent, resamples }) = against.bootstrap {
            let range = change_percent
                .map_or("undefined".to_owned(), |Interval { low, high }| format!("{low:+.1} to {high:+.1} %"));
            let _ = write!(text, "   {range}; better in {:.1} % of {resamples} resamples", 100.0 * better_in);
        }
        text.push('\n');
    }
    text
}

fn short(interval: Option<Interval>) -> String {
    interval.map_or_else(|| "undefined".to_owned(), |i| format!("{:.3}-{:.3}", i.low, i.high))
}
