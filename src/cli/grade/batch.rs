//! `foramen grade --out-dir`: many studies, one after the other, each into a file of its own.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::anyhow;
use indicatif::ProgressBar;

use super::{Graders, check_writable, say_what_a_csv_cannot};
use crate::{
    batch::{Batch, BatchError, Lock, Outcome, Shard, Status, StudyRecord, Tables, file_stem},
    cancel::Cancel,
    cli::{
        exit::{Exit, Failure, Outcome as CliOutcome},
        grading::{report_issues, say},
        progress,
    },
    detector::ModelSet,
    files::{WriteError, remove_litter},
    pipeline::GradeEvent,
    study::{self, Listing, StudyFiles},
};

/// Studies into a folder.
#[derive(Debug, clap::Args)]
pub struct BatchArgs {
    /// Folder for one JSON a study, named by its UID, and summary.csv and submission.csv of all. A study whose file is
    /// there and was made of the same content with the same models is left alone: a batch that was stopped goes on
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,
    /// Grade one of n shares of the studies, such as 2/8; each study belongs to one share
    #[arg(long, value_name = "I/N", requires = "out_dir")]
    shard: Option<Shard>,
    /// Grade studies again that are done
    #[arg(long, requires = "out_dir")]
    redo: bool,
}

impl BatchArgs {
    /// The folder of results, if there is to be one.
    pub fn folder(&self) -> Option<&Path> {
        self.out_dir.as_deref()
    }
}

/// How many studies came out how.
#[derive(Default)]
struct Counts {
    graded: usize,
    partial: usize,
    not_assessed: usize,
    failed: usize,
    before: usize,
}

pub fn run(args: &super::Args, out: &Path) -> CliOutcome {
    let start = Instant::now();
    let shard = args.batch.shard.unwrap_or(Shard::WHOLE);
    let output = |error: WriteError| Failure::new(Exit::Output, error);
    for table in Tables::places(out, shard) {
        check_writable(&table).map_err(output)?;
    }
    let graders = Graders::new(args, args.grading.load_models()?)?;
    let waits = || eprintln!("foramen: another foramen grades share {shard} into {}: waiting for it", out.display());
    let _lock = Lock::take(out, shard, waits).map_err(|error| Failure::new(Exit::Output, error))?;
    remove_litter(out);
    // Looked for only now: the wait may have taken hours.
    let (listing, lost) = list(&args.paths)?;
    let batch = Batch { listing: &listing, out, redo: args.batch.redo };
    let mine: Vec<&StudyFiles> = listing.studies.iter().filter(|study| shard.holds(&study.key)).collect();
    let (mut tables, mut counts, mut left_out) = (Tables::default(), Counts::default(), 0);
    let bar = progress::bar("slices");
    for (index, study) in mine.iter().enumerate() {
        let number = format!("study {} of {}", index + 1, mine.len());
        // The number tells how far it is; the file tells which study it is, also to the next run.
        let name = format!("{number} ({}.json)", file_stem(study));
        let grader = match graders.of(&study.key) {
            Ok(grader) => grader,
            Err(why) => {
                bar.suspend(|| eprintln!("foramen: {name}: left out: {why}"));
                left_out += 1;
                continue;
            }
        };
        let begun = Instant::now();
        bar.set_message(number);
        let outcome = batch.grade(study, grader, &Cancel::default(), &|event| show(&bar, &event)).map_err(failure)?;
        bar.suspend(|| explain(&name, &outcome.record.study, grader.models()));
        counts.add(&outcome);
        tables.add(study, &outcome, begun.elapsed().as_secs_f64());
    }
    bar.finish_and_clear();
    tables.write(out, shard).map_err(output)?;
    eprintln!("foramen: {counts}; {:.1} s", start.elapsed().as_secs_f64());
    let is_whole = counts.partial + counts.not_assessed + counts.failed + left_out + lost == 0;
    Ok(if is_whole { Exit::Ok } else { Exit::Partial })
}

/// The studies below the paths, and how much is missing. Without any study, what was found instead.
fn list(paths: &[PathBuf]) -> Result<(Listing, usize), Failure> {
    let bar = progress::bar("files");
    let count = |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let listing = study::list(paths, &Cancel::default(), &count).map_err(|e| Failure::new(Exit::Input, e))?;
    bar.finish_and_clear();
    if listing.studies.is_empty() {
        report_issues(&listing.issues, &[]);
        return Err(Failure::new(Exit::Input, anyhow!("no DICOM image among {} files", listing.files)));
    }
    let lost = listing.lost + report_issues(&listing.issues, &listing.empty(paths));
    Ok((listing, lost))
}

fn show(bar: &ProgressBar, event: &GradeEvent) {
    match event {
        GradeEvent::Started { slices, .. } => {
            bar.set_length(*slices as u64);
            bar.set_position(0);
        }
        GradeEvent::Slice { .. } => bar.inc(1),
        GradeEvent::Role { .. } => (),
    }
}

/// What must be known of a study, whether it was graded now or before.
fn explain(name: &str, study: &StudyRecord, models: &ModelSet) {
    say(name, &study.warnings, study.issues.iter(), models);
    match study.status() {
        Status::Failed => eprintln!("foramen: {name}: it has no grades"),
        Status::Graded | Status::Partial | Status::NotAssessed => say_what_a_csv_cannot(name, study.assessed()),
    }
}

fn failure(error: BatchError) -> Failure {
    match error {
        BatchError::Grade(error) => crate::cli::grading::failure(error),
        BatchError::Write(error) => Failure::new(Exit::Output, error),
    }
}

impl Counts {
    fn add(&mut self, outcome: &Outcome) {
        match outcome.record.study.status() {
            Status::Graded => self.graded += 1,
            Status::Partial => self.partial += 1,
            Status::NotAssessed => self.not_assessed += 1,
            Status::Failed => self.failed += 1,
        }
        self.before += usize::from(outcome.was_done);
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { graded, partial, not_assessed, failed, before } = self;
        let studies = graded + partial + not_assessed + failed;
        let plural = if studies == 1 { "y" } else { "ies" };
        write!(
            f,
            "{studies} stud{plural}: {graded} graded, {partial} in part, {not_assessed} not assessed, {failed} failed; \
             {before} done before"
        )
    }
}
