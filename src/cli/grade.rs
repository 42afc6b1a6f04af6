//! `foramen grade`: studies in, a table out, no window.

mod batch;
mod submit;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use self::submit::Submission;
use super::{
    exit::{Exit, Failure, Outcome, print},
    grading::{self, GradingArgs, report_issues},
    progress,
};
use crate::{
    batch::Status,
    cancel::Cancel,
    dataset::Folds,
    detector::ModelSet,
    files::{WriteError, is_special, write_atomic},
    grading::{Grade, GradeId, Probabilities},
    output::{self, About, SampleScores, Tally},
    panics,
    pipeline::{GradeOptions, GradedStudy, Grader},
    plain,
    study::{self, BareFolder, Issue, Scan, ScanError, StudyNames},
};

/// Grade studies: 25 rows each, as submission CSV or as JSON with the boxes behind the numbers
///
/// A study that lacks a series, or has unreadable files, is graded in part, with a message. A study in which
/// nothing can be assessed (not a lumbar spine) has no rows in the CSV and 25 "not_assessed" rows in the JSON. A folder
/// next to studies without any readable image counts as a failed study. Each of these gives exit code 6; a summary
/// is printed at the end. Many studies, on one computer or several: --out-dir. For the contest: --sample.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folders, files, zips or DICOMDIRs; with the feature `network`, NODE:UID for a study in an archive (docs/network.md)
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Output format; if left out, from the extension of --out, else csv
    #[arg(long, value_enum, conflicts_with = "out_dir")]
    format: Option<Format>,
    /// File to write; standard output if left out
    #[arg(long, value_name = "FILE", conflicts_with = "out_dir")]
    out: Option<PathBuf>,
    /// The contest's `sample_submission.csv`: the CSV gets exactly its rows, in its order, whatever is missing or
    /// cannot be read. Ungraded rows hold the contest's prevalence; messages and the JSON say which and why.
    /// Studies are identified by their UID, or by the folder that holds all their images
    #[arg(long, value_name = "FILE", conflicts_with = "shard")]
    sample: Option<PathBuf>,
    #[command(flatten)]
    batch: batch::BatchArgs,
    #[command(flatten)]
    grading: GradingArgs,
    /// Grade each study only with the models that were not trained on it: a CSV of `study_id,fold`
    ///
    /// Needs --models with a manifest that names each model's fold, as `foramen train --fold all` writes it.
    #[arg(long, value_name = "FILE", requires = "models")]
    out_of_fold: Option<PathBuf>,
    /// Nodes file for NODE:UID; if left out, nodes.toml in the folder of the settings
    #[cfg(feature = "network")]
    #[arg(long, value_name = "FILE")]
    nodes: Option<PathBuf>,
}

/// What to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// The RSNA 2024 submission format.
    Csv,
    /// Scores, sources, evidence, models, warnings.
    Json,
}

pub fn run(args: &Args) -> Outcome {
    // Checked before the work, so that an hour of it is not lost to a typo.
    let options = args.grading.options()?;
    let sample = Submission::begin(args.sample.as_deref())?;
    if let Some(out) = &args.out {
        check_writable(out).map_err(|e| Failure::new(Exit::Output, e))?;
    }
    #[cfg(feature = "network")]
    {
        let fetched = super::archive::retrieve::fetched(&args.paths, args.nodes.as_deref())?;
        let exit = run_on(args, &fetched.paths, &options, sample)?;
        Ok(if fetched.is_partial && exit == Exit::Ok { Exit::Partial } else { exit })
    }
    #[cfg(not(feature = "network"))]
    run_on(args, &args.paths, &options, sample)
}

/// Grades what lies at the paths.
fn run_on(args: &Args, named: &[PathBuf], options: &GradeOptions, sample: Option<Submission>) -> Outcome {
    let (paths, missing) = submit::present(named);
    if let (Some(first), None) = (named.iter().find(|path| !path.exists()), &sample) {
        return Err(Failure::new(Exit::Input, ScanError::NotFound(first.clone())));
    }
    if let Some(out) = args.batch.folder() {
        return batch::run(args, out, options, &Input { paths: &paths, missing }, sample);
    }
    let graders = Graders::new(args, args.grading.load_models()?, options)?;
    let scan = match &sample {
        // A submission without any study is still a submission.
        Some(_) => study::scan(&paths, &Cancel::default(), &|_, _| ()).map_err(|e| Failure::new(Exit::Input, e))?,
        None => super::scan(&paths)?,
    };
    let graded = Plain::new(&Input { paths: &paths, missing }, &scan, sample).grade(&graders, &scan)?;
    graded.write(args)
}

/// What is graded.
struct Input<'a> {
    paths: &'a [PathBuf],
    /// Missing paths, where that is no reason to stop.
    missing: Vec<Issue>,
}

/// A run that keeps all results until its end.
struct Plain {
    studies: Vec<GradedStudy>,
    /// The outcomes of the studies, and issues that belong to none of them.
    about: About,
    sample: Option<Submission>,
    /// Files that are broken, and paths that are missing.
    lost: usize,
    /// Studies that no model may grade.
    left_out: usize,
}

impl Plain {
    /// Reports what cannot be graded, before anything is.
    fn new(input: &Input, scan: &Scan, mut sample: Option<Submission>) -> Self {
        let mut issues: Vec<Issue> = input.missing.iter().chain(&scan.issues).cloned().collect();
        let empty = scan.empty(input.paths);
        report_issues(&issues, &empty);
        issues.extend(empty.iter().map(|path| Issue::new(path.display(), grading::NO_IMAGE)));
        let mut bare = scan.bare(input.paths, None);
        for folder in &bare {
            let issue = Issue::new(folder.path.display(), folder.why());
            eprintln!("foramen: {issue}");
            issues.push(issue);
        }
        bare.extend(empty.into_iter().map(BareFolder::at));
        if let Some(sample) = &mut sample {
            sample.found(&scan.studies.iter().map(|s| (s.uid.as_str(), s.sources().collect())).collect::<Vec<_>>());
            sample.bare(&bare);
        }
        Self {
            studies: Vec::with_capacity(scan.studies.len()),
            about: About { issues, summary: Tally { failed: bare.len(), ..Tally::default() }, sample: None },
            sample,
            lost: scan.lost + input.missing.len(),
            left_out: 0,
        }
    }

    /// One study after another, each on all cores. A model that cannot be loaded ends the run; a bug of ours only costs
    /// one study.
    fn grade(mut self, graders: &Graders, scan: &Scan) -> Result<Self, Failure> {
        let bar = progress::bar("slices");
        let count = scan.studies.len();
        for (index, study) in scan.studies.iter().enumerate() {
            let name = name(index, count, study.uid.as_str());
            let grader = match graders.of(&StudyNames::of(study)) {
                Ok(grader) => grader,
                Err(why) => {
                    bar.suspend(|| eprintln!("foramen: {name}: left out: {why}"));
                    self.lose(index, &format!("left out: {why}"));
                    self.left_out += 1;
                    continue;
                }
            };
            let Ok(result) = panics::caught(|| grading::grade(grader, &name, study, &bar)) else {
                bar.suspend(|| eprintln!("foramen: {name}: {FAULT}"));
                self.lose(index, FAULT);
                self.about.issues.push(Issue::new("", format!("{name}: {FAULT}")));
                self.about.summary.failed += 1;
                continue;
            };
            let mut result = result?;
            // What was wrong before anything was graded is as much a part of the result.
            let unsaid: Vec<Issue> = result.unsaid(study).cloned().collect();
            result.issues.extend(unsaid);
            let scores = result.table.rows().iter().map(Grade::probabilities);
            let assessed = scores.clone().flatten().count();
            bar.suspend(|| say_what_a_csv_cannot(&name, assessed));
            // As in a batch: a copy that is left out costs nothing, files of another patient do.
            let is_doubtful = result.issues.iter().any(|issue| !issue.is_note);
            Status::of_graded(assessed, is_doubtful).add_to(&mut self.about.summary);
            if let Some(sample) = &mut self.sample {
                let mut row: SampleScores = [None; GradeId::ALL.len()];
                for (place, scores) in row.iter_mut().zip(scores) {
                    *place = scores.map(Probabilities::as_array);
                }
                sample.graded(index, &row);
            }
            self.studies.push(result);
        }
        bar.finish_and_clear();
        Ok(self)
    }

    fn lose(&mut self, index: usize, why: &str) {
        if let Some(sample) = &mut self.sample {
            sample.lost(index, why);
        }
    }

    fn write(mut self, args: &Args) -> Outcome {
        let submission = self.sample.take().map(Submission::finish);
        let csv = match submission {
            Some((bytes, filling)) => {
                submit::say(&filling);
                self.about.sample = Some(filling);
                bytes
            }
            None => output::csv_bytes(&self.studies),
        };
        let summary = self.about.summary;
        if summary.studies() > 1 || !summary.is_whole() {
            eprintln!("foramen: {summary}");
        }
        let bytes = match args.format() {
            Format::Csv => csv,
            Format::Json => {
                output::json_bytes(&self.studies, &self.about).map_err(|error| Failure::new(Exit::Error, error))?
            }
        };
        write(args.out.as_deref(), &bytes)?;
        let is_filled = self.about.sample.is_some_and(|sample| !sample.is_whole());
        Ok(if summary.is_whole() && !is_filled && self.lost + self.left_out == 0 { Exit::Ok } else { Exit::Partial })
    }
}

const FAULT: &str = "grading it failed because of a bug: please report it";

/// How messages name a study: how far the run is and, if there are several studies, which one it is. No patient data.
fn name(index: usize, count: usize, uid: &str) -> String {
    let number = format!("study {} of {count}", index + 1);
    if count > 1 && !uid.is_empty() { format!("{number} ({})", plain::folder_name(uid)) } else { number }
}

impl Args {
    fn format(&self) -> Format {
        let is_json = |out: &PathBuf| out.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
        self.format.unwrap_or(if self.out.as_ref().is_some_and(is_json) { Format::Json } else { Format::Csv })
    }
}

pub(super) fn check_writable(out: &Path) -> Result<(), WriteError> {
    let fail = |source| WriteError { path: out.to_owned(), source };
    if out.is_dir() {
        return Err(fail(std::io::Error::other("it is a folder; give a file")));
    }
    if is_special(out) {
        return Ok(());
    }
    // Missing folders are created with the file, not before, so that a failed run leaves nothing behind.
    let there = out.ancestors().skip(1).find(|p| p.as_os_str().is_empty() || p.exists());
    let folder = there.filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::tempfile_in(folder)
        .map(drop)
        .map_err(|_| fail(std::io::Error::other(format!("files cannot be made in {}", folder.display()))))
}

/// One grader for all studies, or one for each fold.
enum Graders {
    One(Box<Grader>),
    ByFold { folds: Folds, graders: BTreeMap<u32, Grader> },
}

impl Graders {
    fn new(args: &Args, models: ModelSet, options: &GradeOptions) -> Result<Self, Failure> {
        let Some(file) = &args.out_of_fold else {
            return Ok(Self::One(Box::new(Grader::new(models, options.clone()))));
        };
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
    fn of(&self, study: &StudyNames) -> Result<&Grader, String> {
        match self {
            Self::One(grader) => Ok(grader),
            Self::ByFold { folds, graders } => {
                let row = study.row_of(&folds.0).map_err(|ambiguous| ambiguous.to_string())?;
                let (_, fold) = row.ok_or("it is not in the --out-of-fold file")?;
                graders.get(fold).ok_or_else(|| format!("no model was trained without fold {fold}"))
            }
        }
    }
}

/// A CSV cannot express what was not assessed.
fn say_what_a_csv_cannot(name: &str, assessed_rows: usize) {
    if assessed_rows == 0 {
        eprintln!("foramen: {name}: nothing could be assessed; it gets no rows in a CSV");
    } else if assessed_rows < GradeId::ALL.len() {
        eprintln!("foramen: {name}: rows that were not assessed hold the contest's prevalence in a CSV");
    }
}

fn write(out: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    let Some(out) = out else { return print(bytes) };
    match write_atomic(out, bytes) {
        Ok(()) => Ok(()),
        Err(error) => {
            // The work is done and must not be lost because a disk is full.
            eprintln!("foramen: {error}; the result is written to standard output instead");
            print(bytes)?;
            Err(Failure::new(Exit::Output, error))
        }
    }
}
