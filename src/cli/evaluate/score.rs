//! The score of the RSNA 2024 contest, of one submission or of several side by side.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use anyhow::anyhow;

use super::{
    answer, calibration, compare, plot,
    scored::{BootstrapReport, GroupReport, PartReport, Report, Scored, about},
};
use crate::{
    cli::exit::{Exit, Failure, Outcome},
    grading::Prior,
    metric::{self, Bootstrap, Interval, MetricError, Part, Score, ScoredRow, Solution, Studies, Submission},
};

/// Rows whose sum is farther from 1 than 32-bit rounding explains are worth a message.
const SUM_TOLERANCE: f64 = 1e-5;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Submissions")]
pub struct ScoreArgs {
    /// Labels: the contest's `train.csv` (`study_id` and 25 columns of Normal/Mild, Moderate, Severe or nothing)
    #[arg(long, value_name = "FILE", requires = "submission")]
    pub solution: Option<PathBuf>,
    /// Predictions: `row_id,normal_mild,moderate,severe`, as `foramen grade` writes them. May be given several
    /// times: the others are compared with the first
    #[arg(long, value_name = "[NAME=]FILE", requires = "solution", value_parser = named)]
    submission: Vec<Named>,
    /// Score only the studies that have a row in the submission, instead of all studies of the solution
    #[arg(long, requires = "solution")]
    studies_of_submission: bool,
    /// 95 % intervals from N resamples of the studies (percentile bootstrap); at least 100, 1000 is usual
    #[arg(long, value_name = "N", requires = "solution", value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    bootstrap: Option<u32>,
    /// Seed of the resamples: the same seed, the same intervals
    #[arg(long, value_name = "N", requires = "bootstrap", default_value_t = 2024)]
    seed: u64,
    /// Check the probabilities: calibration error and Brier score (--plots does this too, and draws it)
    #[arg(long, requires = "solution")]
    calibration: bool,
}

/// A submission and what to call it.
#[derive(Debug, Clone)]
struct Named {
    name: String,
    file: PathBuf,
}

/// `name=FILE` or `FILE`, which is named by its file name without the extension.
fn named(text: &str) -> Result<Named, String> {
    let stem = |file: &Path| file.file_stem().map_or(text.to_owned(), |stem| stem.to_string_lossy().into_owned());
    match text.split_once('=') {
        // A file name may itself contain `=`.
        Some((name, file)) if !Path::new(text).exists() => match (name.trim(), file) {
            ("", _) | (_, "") => Err("expected NAME=FILE, or FILE".to_owned()),
            (name, file) => Ok(Named { name: name.to_owned(), file: file.into() }),
        },
        _ => Ok(Named { name: stem(Path::new(text)), file: text.into() }),
    }
}

pub fn run(solution: &Path, args: &ScoreArgs, plots: Option<&Path>, json: bool) -> Outcome {
    let scored = evaluate(solution, args, plots.is_some()).map_err(|error| Failure::new(Exit::Input, error))?;
    for one in &scored {
        warn(one);
    }
    if let Some(folder) = plots {
        for one in &scored {
            let prefix = if scored.len() > 1 { Some(one.name.as_str()) } else { None };
            let curves = one.report.calibration.as_deref().unwrap_or_default();
            plot::reliability(folder, prefix, curves).map_err(|e| Failure::new(Exit::Output, e))?;
        }
    }
    match scored.as_slice() {
        [one] => answer(&one.report, json, || human(&one.report))?,
        several => compare::print(several, json)?,
    }
    Ok(Exit::Ok)
}

fn warn(one: &Scored) {
    let report = &one.report;
    if report.rows_not_summing_to_1 > 0 {
        eprintln!(
            "foramen: {}: {} of {} rows do not sum to 1, so the score means little; the contest, which divided each by its sum, gives {:.6}",
            one.file.display(),
            report.rows_not_summing_to_1,
            report.rows,
            report.score_of_rows_divided_by_sum
        );
    }
}

fn evaluate(solution: &Path, args: &ScoreArgs, calibrated: bool) -> anyhow::Result<Vec<Scored>> {
    let names: BTreeSet<&str> = args.submission.iter().map(|s| s.name.as_str()).collect();
    if names.len() < args.submission.len() {
        return Err(anyhow!("two submissions have the same name; give them different names: --submission NAME=FILE"));
    }
    let solution = Solution::read(solution)?;
    let studies = if args.studies_of_submission { Studies::OfSubmission } else { Studies::All };
    let mut scored = Vec::new();
    for Named { name, file } in &args.submission {
        let submission = Submission::read(file, |study| solution.study(study).is_some())?;
        let rows = metric::match_rows(&solution, &submission, studies)?;
        let mut report = report(&rows)?;
        report.calibration = (args.calibration || calibrated).then(|| metric::reliability(&rows));
        scored.push(Scored { name: name.clone(), file: file.clone(), rows, resamples: None, report });
    }
    compare::must_be_of_the_same_studies(&scored)?;
    if let Some(resamples) = args.bootstrap {
        add_intervals(&mut scored, Bootstrap { resamples: resamples as usize, seed: args.seed });
    }
    Ok(scored)
}

fn add_intervals(scored: &mut [Scored], bootstrap: Bootstrap) {
    let tables: Vec<&[ScoredRow]> = scored.iter().map(|s| s.rows.as_slice()).collect();
    let all = metric::resample(&tables, bootstrap);
    for (one, resamples) in scored.iter_mut().zip(all) {
        let part = |part: Part| PartReport {
            part: word(part),
            interval: resamples.interval(part),
            undefined_in: resamples.undefined(part),
        };
        one.report.bootstrap = Some(BootstrapReport {
            resamples: bootstrap.resamples,
            seed: bootstrap.seed,
            unit: "study",
            method: "percentile",
            parts: Part::ALL.into_iter().map(part).collect(),
        });
        one.resamples = Some(resamples);
    }
}

const fn word(part: Part) -> &'static str {
    match part {
        Part::Group(group) => group.word(),
        Part::Score => "score",
    }
}

fn report(rows: &[ScoredRow]) -> Result<Report, MetricError> {
    let score: Score = metric::score(rows)?;
    let contest = metric::score_as_contest(rows)?;
    let prior = metric::score(&metric::prior_alone(rows, &Prior::default()))?;
    let is_off = |row: &&ScoredRow| (row.predicted.iter().sum::<f64>() - 1.0).abs() > SUM_TOLERANCE;
    let groups = score.groups.into_iter().zip(prior.groups);
    Ok(Report {
        score: score.score,
        prior_score: prior.score,
        score_of_rows_divided_by_sum: contest.score,
        rows_not_summing_to_1: rows.iter().filter(is_off).count(),
        studies: rows.iter().map(|r| r.study.as_str()).collect::<BTreeSet<_>>().len(),
        rows: rows.len(),
        groups: groups.map(|(score, prior)| GroupReport { score, prior_log_loss: prior.log_loss }).collect(),
        bootstrap: None,
        calibration: None,
    })
}

fn human(report: &Report) -> String {
    let mut text = format!("labelled rows: {}, studies: {}\n\n", report.rows, report.studies);
    let interval = |index: usize| match &report.bootstrap {
        Some(bootstrap) => format!("   {}", range(bootstrap.parts[index].interval)),
        None => String::new(),
    };
    // Writing to a String does not fail.
    let _ = writeln!(
        text,
        "{:<28}{:>14}{:>13}{:>11}{:>11}{:>13}{}",
        "",
        "normal/mild x1",
        "moderate x2",
        "severe x4",
        "log loss",
        "prior alone",
        if report.bootstrap.is_some() { "   95 % interval" } else { "" }
    );
    for (index, GroupReport { score, prior_log_loss }) in report.groups.iter().enumerate() {
        let [normal, moderate, severe] = score.rows_by_weight;
        let _ = writeln!(
            text,
            "{:<28}{normal:>14}{moderate:>13}{severe:>11}{:>11.4}{prior_log_loss:>13.4}{}",
            score.group.label(),
            score.log_loss,
            interval(index)
        );
    }
    let _ = writeln!(
        text,
        "{:<66}{:>11.4}{:>13.4}{}",
        "score (mean of the four)",
        report.score,
        report.prior_score,
        interval(4)
    );
    if let Some(bootstrap) = &report.bootstrap {
        text.push('\n');
        text.push_str(&about(bootstrap));
    }
    if let Some(calibration) = &report.calibration {
        text.push('\n');
        text.push_str(&calibration::human(calibration));
    }
    text
}

/// `0.3801 to 0.4432`, or a note that there is none.
pub fn range(interval: Option<Interval>) -> String {
    interval.map_or_else(|| "undefined".to_owned(), |i| format!("{:.4} to {:.4}", i.low, i.high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grading::{GradeId, Severity};

    fn rows() -> Vec<ScoredRow> {
        let row = |id: GradeId| {
            let truth = Severity::ALL[id.index() % 3];
            let mut predicted = [0.25; 3];
            predicted[truth.index()] = 0.5;
            ScoredRow { study: "7".into(), id, truth, predicted }
        };
        GradeId::ALL.into_iter().map(row).collect()
    }

    #[test]
    fn the_table_holds_each_part_its_rows_and_the_prior_beside_it() {
        let rows = rows();
        let prior = metric::prior_alone(&rows, &Prior::default());
        let text = human(&report(&rows).unwrap());
        let lines: Vec<Vec<&str>> = text.lines().map(|l| l.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["labelled", "rows:", "25,", "studies:", "1"]);
        assert!(lines[3].starts_with(&["spinal", "canal", "stenosis", "2", "1", "2", "0.6931"]), "{text}");
        assert!(lines[4].starts_with(&["neural", "foraminal", "narrowing", "3", "4", "3", "0.6931"]), "{text}");
        // One study, severe at some level, predicted 0.5: weight 4.
        assert!(lines[6].starts_with(&["any", "severe", "spinal", "0", "0", "1", "0.6931"]), "{text}");
        assert!(lines[7].ends_with(&["0.6931", &format!("{:.4}", metric::score(&prior).unwrap().score)]), "{text}");
        assert_eq!(lines.len(), 8, "nothing that was not asked for: {text}");
    }

    #[test]
    fn intervals_stand_beside_the_numbers() {
        let rows = rows();
        let report = report(&rows).unwrap();
        let mut scored = [Scored { name: "a".into(), file: "a.csv".into(), rows, resamples: None, report }];
        add_intervals(&mut scored, Bootstrap { resamples: 100, seed: 5 });
        let text = human(&scored[0].report);
        // One study, so that every resample is that study again.
        assert!(text.lines().nth(7).unwrap().ends_with("0.6931 to 0.6931"), "{text}");
        assert!(text.contains("100 resamples of studies") && text.contains("seed 5"), "{text}");
    }

    #[test]
    fn a_submission_is_named_by_its_file_or_by_what_stands_before_the_sign() {
        let both = |text: &str| named(text).map(|n| (n.name, n.file));
        assert_eq!(both("out/max.csv"), Ok(("max".into(), "out/max.csv".into())));
        assert_eq!(both("new way=out/a=b.csv"), Ok(("new way".into(), "out/a=b.csv".into())));
        assert!(both("=x.csv").is_err() && both("name=").is_err());
    }
}
