//! `foramen grade`: studies in, a table out, no window.

mod batch;

use std::{collections::BTreeMap, path::PathBuf};

use super::{
    exit::{Exit, Failure, Outcome, print},
    grading::{self, GradingArgs, report_losses},
    progress,
};
use crate::{
    dataset::Folds,
    detector::ModelSet,
    files::{WriteError, is_special, write_atomic},
    grading::GradeId,
    pipeline::{GradedStudy, Grader},
    report,
    study::{Issue, ScanError, Study},
};

/// Grade studies: 25 rows each, as submission CSV or as JSON with the boxes behind the numbers
///
/// A study that lacks a series is graded in part and says so. A study of which nothing can be assessed
/// (not a lumbar spine) has no rows in the CSV, 25 "not_assessed" rows in the JSON, and makes the exit code 6.
/// Many studies, on one computer or several: --out-dir.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folders, files, zips or DICOMDIRs
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Output format; from the ending of --out if left out, else csv
    #[arg(long, value_enum, conflicts_with = "out_dir")]
    format: Option<Format>,
    /// File to write; standard output if left out
    #[arg(long, value_name = "FILE", conflicts_with = "out_dir")]
    out: Option<PathBuf>,
    #[command(flatten)]
    batch: batch::BatchArgs,
    #[command(flatten)]
    grading: GradingArgs,
    /// Grade each study only with the models that were not trained on it: a CSV of `study_id,fold`
    ///
    /// Needs --models with a manifest that names each model's fold, as `foramen train --fold all` writes it.
    #[arg(long, value_name = "FILE", requires = "models")]
    out_of_fold: Option<PathBuf>,
}

/// What to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// The RSNA 2024 submission form.
    Csv,
    /// Scores, sources, evidence, models, warnings.
    Json,
}

pub fn run(args: &Args) -> Outcome {
    let format = args.format();
    if let Some(missing) = args.paths.iter().find(|path| !path.exists()) {
        return Err(Failure::new(Exit::Input, ScanError::NotFound(missing.clone())));
    }
    // Asked before the work, so that an hour of it is not lost to a typing error.
    if let Some(out) = &args.out {
        check_writable(out).map_err(|e| Failure::new(Exit::Output, e))?;
    }
    if let Some(out) = args.batch.folder() {
        return batch::run(args, out);
    }
    let models = args.grading.load_models()?;
    let scan = super::scan(&args.paths)?;
    let lost = report_losses(&args.paths, &scan);
    let (graded, failed) = grade_all(args, models, &scan.studies)?;
    let bytes = match format {
        Format::Csv => report::csv_bytes(&graded),
        Format::Json => report::json_bytes(&graded, &scan.issues),
    };
    write(args.out.as_deref(), &bytes)?;
    let unassessed = graded.iter().filter(|s| !s.table.is_assessed()).count();
    Ok(if lost + failed + unassessed > 0 { Exit::Partial } else { Exit::Ok })
}

impl Args {
    fn format(&self) -> Format {
        let is_json = |out: &PathBuf| out.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
        self.format.unwrap_or(if self.out.as_ref().is_some_and(is_json) { Format::Json } else { Format::Csv })
    }
}

pub(super) fn check_writable(out: &std::path::Path) -> Result<(), WriteError> {
    let fail = |source| WriteError { path: out.to_owned(), source };
    if out.is_dir() {
        return Err(fail(std::io::Error::other("it is a folder; name a file")));
    }
    if is_special(out) {
        return Ok(());
    }
    // Folders that are missing are made with the file, not before: a run that fails leaves nothing behind.
    let there = out.ancestors().skip(1).find(|p| p.as_os_str().is_empty() || p.exists());
    let folder = there.filter(|p| !p.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
    tempfile::tempfile_in(folder)
        .map(drop)
        .map_err(|_| fail(std::io::Error::other(format!("files cannot be made in {}", folder.display()))))
}

/// One study after the other, each on all cores: (graded, how many are doubtful or left out). A model that cannot be
/// loaded ends the run.
fn grade_all(args: &Args, models: ModelSet, studies: &[Study]) -> Result<(Vec<GradedStudy>, usize), Failure> {
    let graders = Graders::new(args, models)?;
    let bar = progress::bar("slices");
    let mut graded = Vec::with_capacity(studies.len());
    let (mut doubtful, mut left_out) = (0, 0);
    for (index, study) in studies.iter().enumerate() {
        let name = format!("study {} of {}", index + 1, studies.len());
        let grader = match graders.of(&study.uid) {
            Ok(grader) => grader,
            Err(why) => {
                bar.suspend(|| eprintln!("foramen: {name}: left out: {why}"));
                left_out += 1;
                continue;
            }
        };
        let mut result = grading::grade(grader, &name, study, &bar)?;
        // What was wrong before anything was graded is as much a part of the result.
        let unsaid: Vec<Issue> = result.unsaid(study).cloned().collect();
        result.issues.extend(unsaid);
        let assessed = result.table.rows().iter().filter(|row| row.probabilities().is_some()).count();
        bar.suspend(|| say_what_a_csv_cannot(&name, assessed));
        // As in a batch: a copy that is left out costs nothing, files of another patient do.
        doubtful += usize::from(result.issues.iter().any(|issue| !issue.is_note));
        graded.push(result);
    }
    bar.finish_and_clear();
    Ok((graded, doubtful + left_out))
}

/// One grader for all studies, or one for each fold.
enum Graders {
    One(Grader),
    ByFold { folds: Folds, graders: BTreeMap<u32, Grader> },
}

impl Graders {
    fn new(args: &Args, models: ModelSet) -> Result<Self, Failure> {
        let options = args.grading.options();
        let Some(file) = &args.out_of_fold else { return Ok(Self::One(Grader::new(models, options))) };
        let folds = Folds::read(file).map_err(|error| Failure::new(Exit::Input, error))?;
        let graders: BTreeMap<u32, Grader> =
            models.by_fold().into_iter().map(|(fold, models)| (fold, Grader::new(models, options.clone()))).collect();
        if graders.is_empty() {
            let why = "--out-of-fold: no model's manifest entry names its fold; train with `foramen train --fold all`";
            return Err(Failure::new(Exit::Model, anyhow::anyhow!(why)));
        }
        Ok(Self::ByFold { folds, graders })
    }

    /// The grader that may look at a study, or why there is none.
    fn of(&self, study_uid: &str) -> Result<&Grader, String> {
        match self {
            Self::One(grader) => Ok(grader),
            Self::ByFold { folds, graders } => {
                let fold = folds.0.get(study_uid).ok_or("it has no line in the file of --out-of-fold")?;
                graders.get(fold).ok_or_else(|| format!("no model was trained without fold {fold}"))
            }
        }
    }
}

/// A CSV has no word for what was not assessed.
fn say_what_a_csv_cannot(name: &str, assessed_rows: usize) {
    if assessed_rows == 0 {
        eprintln!("foramen: {name}: nothing could be assessed; it has no rows in a CSV");
    } else if assessed_rows < GradeId::ALL.len() {
        eprintln!("foramen: {name}: rows that were not assessed hold the contest's prevalence in a CSV");
    }
}

fn write(out: Option<&std::path::Path>, bytes: &[u8]) -> Result<(), Failure> {
    let Some(out) = out else { return print(bytes) };
    match write_atomic(out, bytes) {
        Ok(()) => Ok(()),
        Err(error) => {
            // The work is done: it must not be lost because a disk is full.
            eprintln!("foramen: {error}; the result follows on standard output");
            print(bytes)?;
            Err(Failure::new(Exit::Output, error))
        }
    }
}
