//! `foramen calibrate`: reliable probabilities, and what is familiar, fitted on studies that the models were not trained on.

mod familiar;
mod mixture;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::anyhow;

use super::exit::{Exit, Failure, Outcome, print};
use crate::{
    detector::manifest::{MANIFEST_NAME, Manifest, ManifestEntry},
    grading::{Aggregate, Calibration, Probabilities, Role},
    metric::{self, Fit, ScoredRow, Solution, Studies, Submission},
    training,
};

/// Fit each role's calibration, or what is familiar to the models, and write it into their manifest
///
/// The predictions must be of studies that the models were not trained on, made with the same --aggregate and without
/// calibration:
///
///   foramen grade STUDIES --models DIR --out-of-fold 5folds.csv --no-calibration --aggregate geometric --out oof.csv
///   foramen calibrate --models DIR --solution train.csv --predictions oof.csv --aggregate geometric
///
/// The file does not show either: predictions of training studies, or already calibrated ones, are fitted
/// without complaint and give a wrong calibration.
///
/// For each role one temperature and three biases are found that minimise the contest's weighted log loss (1, 2, 4) of
/// softmax(ln p / T + b) on its labelled rows: canal for scs, foramina for nfn, recesses for ss. Rows that no detector
/// saw, which hold the prevalence (or with --aggregate seed a third each), are left out: they are not calibrated when
/// grading either. Each study is also scored with a fit on the other four fifths; a role that does not gain
/// by that measure is left unchanged.
///
/// With --familiar, limits are fitted instead: how studies look to these models that are like those they were trained on.
/// Grades of other studies are then moved towards what is usual for the level (docs/grading.md). No labels are needed:
///
///   foramen grade STUDIES --models DIR --format json --out held-out.json
///   foramen calibrate --models DIR --familiar held-out.json
///
/// The studies must be like the training data in every way, and not be training data themselves: at least 20, better 100.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Model folder with manifest.json
    #[arg(long, value_name = "DIR")]
    models: PathBuf,
    /// Labels: the contest's `train.csv`
    #[arg(long, value_name = "FILE", required_unless_present = "familiar")]
    solution: Option<PathBuf>,
    /// Out-of-fold predictions of `foramen grade --no-calibration`; only the studies in it are used
    #[arg(long, value_name = "FILE", required_unless_present = "familiar")]
    predictions: Option<PathBuf>,
    /// The aggregate that the predictions were made with; the calibration applies only to it
    #[arg(long, value_enum, required_unless_present = "familiar")]
    aggregate: Option<Aggregate>,
    /// JSON of `foramen grade` for studies that are like the training data: fit limits on them
    #[arg(long, value_name = "JSON", num_args = 1.., conflicts_with_all = ["solution", "predictions", "aggregate", "boxes"])]
    familiar: Vec<PathBuf>,
    /// The same studies graded with --method boxes, where --predictions are of --method crops, both uncalibrated: fit how the
    /// two are mixed, for the second stage's entry
    #[arg(long, value_name = "FILE")]
    boxes: Option<PathBuf>,
    /// Show what would be gained, without changing anything
    #[arg(long)]
    dry_run: bool,
}

/// The outcome for one role.
enum Verdict {
    Fitted(Fit),
    /// Why it is left unchanged, with the fit if there is one.
    Left(String, Option<Fit>),
}

pub fn run(args: &Args) -> Outcome {
    let manifest = training::read_manifest(&args.models).map_err(|e| Failure::new(Exit::Model, e))?;
    let manifest = manifest.filter(|m| !m.models.is_empty()).ok_or_else(|| {
        let folder = args.models.display();
        Failure::new(Exit::Model, anyhow!("{folder}: no manifest.json that lists models; `foramen train` writes one"))
    })?;
    let (Some(solution), Some(predictions), Some(aggregate)) = (&args.solution, &args.predictions, args.aggregate)
    else {
        return familiar::run(args, &manifest);
    };
    let read = |predictions: &Path| rows(solution, predictions).map_err(|e| Failure::new(Exit::Input, e));
    let rows = read(predictions)?;
    if let Some(boxes) = &args.boxes {
        return mixture::run(args, &manifest, &read(boxes)?, &rows);
    }
    let (mut fitted, mut text) = (BTreeMap::new(), String::new());
    for &role in Role::ALL {
        let verdict = judge(&manifest, role, &rows, aggregate);
        text += &line(role, &verdict);
        if let Verdict::Fitted(fit) = verdict {
            fitted.insert(role, fit.calibration);
        }
    }
    print(text.as_bytes())?;
    if fitted.is_empty() {
        let place = args.models.join(MANIFEST_NAME);
        let error = anyhow!("no role could be calibrated; {} is unchanged", place.display());
        return Err(Failure::new(Exit::Input, error));
    }
    enter(args, |manifest| with(manifest, aggregate, &fitted))
}

/// Changes the manifest, unless it is only to be shown what would be gained.
fn enter(args: &Args, change: impl FnOnce(Manifest) -> Manifest) -> Outcome {
    let place = args.models.join(MANIFEST_NAME);
    if args.dry_run {
        print(format!("{} is unchanged (--dry-run)\n", place.display()).as_bytes())?;
        return Ok(Exit::Ok);
    }
    training::change_manifest(&args.models, change).map_err(|e| Failure::new(Exit::Output, e))?;
    print(format!("written into {}\n", place.display()).as_bytes())?;
    Ok(Exit::Ok)
}

fn rows(solution: &Path, predictions: &Path) -> Result<Vec<ScoredRow>, metric::MetricError> {
    let solution = Solution::read(solution)?;
    let predictions = Submission::read(predictions, |study| solution.study(study).is_some())?;
    metric::match_rows(&solution, &predictions, Studies::OfSubmission)
}

fn judge(manifest: &Manifest, role: Role, rows: &[ScoredRow], aggregate: Aggregate) -> Verdict {
    let entries: Vec<&ManifestEntry> = manifest.models.iter().filter(|m| m.role == role.into()).collect();
    if entries.is_empty() {
        return Verdict::Left("no model of this role".to_owned(), None);
    }
    let is_prior = |row: &ScoredRow| {
        entries.iter().any(|entry| states(entry.prior.of(row.id), row))
            || (aggregate == Aggregate::Seed && states(Probabilities::UNIFORM, row))
    };
    let seen: Vec<ScoredRow> =
        rows.iter().filter(|row| row.id.condition().role() == role && !is_prior(row)).cloned().collect();
    match metric::calibrate(&seen) {
        Err(few) => Verdict::Left(few.to_string(), None),
        Ok(fit) if fit.cross_validated >= fit.before => {
            Verdict::Left("no gain on studies that it was not fitted on".to_owned(), Some(fit))
        }
        Ok(fit) => Verdict::Fitted(fit),
    }
}

/// Whether the row just states the values of a row without a box, to the precision of the six digits in a CSV.
fn states(shares: Probabilities, row: &ScoredRow) -> bool {
    shares.as_array().iter().zip(row.predicted).all(|(share, p)| (f64::from(*share) - p).abs() < 1e-6)
}

fn line(role: Role, verdict: &Verdict) -> String {
    let figures = |fit: &Fit| {
        let Calibration { temperature, bias: [a, b, c] } = fit.calibration;
        format!(
            "log loss {:.4} before, {:.4} after, {:.4} cross-validated; temperature {temperature:.3}, \
             bias {a:+.3} {b:+.3} {c:+.3}; {} rows of {} studies",
            fit.before,
            fit.after,
            fit.cross_validated,
            fit.rows.iter().sum::<usize>(),
            fit.studies
        )
    };
    match verdict {
        Verdict::Fitted(fit) => format!("{role}: {}\n", figures(fit)),
        Verdict::Left(why, Some(fit)) => format!("{role}: left unchanged, {why}: {}\n", figures(fit)),
        Verdict::Left(why, None) => format!("{role}: left unchanged: {why}\n"),
    }
}

/// One calibration for every model of a role: they grade together.
fn with(mut manifest: Manifest, aggregate: Aggregate, fitted: &BTreeMap<Role, Calibration>) -> Manifest {
    for entry in &mut manifest.models {
        let of_role = fitted.iter().find(|(role, _)| entry.role == (**role).into());
        if let Some((_, calibration)) = of_role {
            entry.calibration.insert(aggregate, *calibration);
        }
    }
    manifest
}
