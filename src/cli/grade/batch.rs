//! `foramen grade --out-dir`: many studies, one after another, each into its own file.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::anyhow;
use indicatif::ProgressBar;

use super::{
    Graders, Input, check_writable, say_what_a_csv_cannot,
    submit::{self, Submission},
};
use crate::{
    batch::{Batch, BatchError, Lock, Shard, Status, StudyRecord, Tables, file_stem},
    cancel::Cancel,
    cli::{
        exit::{Exit, Failure, Outcome as CliOutcome},
        grading::{report_issues, say, shared_warnings},
        progress,
    },
    detector::ModelSet,
    files::{WriteError, remove_litter},
    output::Tally,
    pipeline::{GradeEvent, GradeOptions},
    study::{self, BareFolder, Listing, StudyFiles},
};

/// Studies into a folder.
#[derive(Debug, clap::Args)]
pub struct BatchArgs {
    /// Folder for one JSON per study, named by its UID, plus summary.csv and submission.csv. A study whose file
    /// exists, with the same content and models, is skipped, so an interrupted batch can be resumed
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,
    /// Grade one of N shares of the studies, such as 2/8; each study belongs to exactly one share
    #[arg(long, value_name = "I/N", requires = "out_dir")]
    shard: Option<Shard>,
    /// Grade finished studies again
    #[arg(long, requires = "out_dir")]
    redo: bool,
}

impl BatchArgs {
    /// The folder of results, if there is to be one.
    pub fn folder(&self) -> Option<&Path> {
        self.out_dir.as_deref()
    }
}

pub fn run(
    args: &super::Args,
    out: &Path,
    options: &GradeOptions,
    input: &Input,
    mut sample: Option<Submission>,
) -> CliOutcome {
    let start = Instant::now();
    let shard = args.batch.shard.unwrap_or(Shard::WHOLE);
    let output = |error: WriteError| Failure::new(Exit::Output, error);
    for table in Tables::places(out, shard) {
        check_writable(&table).map_err(output)?;
    }
    let graders = Graders::new(args, args.grading.load_models()?, options)?;
    let waits =
        || eprintln!("foramen: another foramen is grading share {shard} into {}: waiting for it", out.display());
    let _lock = Lock::take(out, shard, waits).map_err(|error| Failure::new(Exit::Output, error))?;
    remove_litter(out);
    // Searched only now, because the wait may have taken hours.
    let listing = list(input, sample.is_some())?;
    let bare = bare(input, &listing, out, shard);
    let batch = Batch { listing: &listing, out, redo: args.batch.redo };
    let mine: Vec<&StudyFiles> = listing.studies.iter().filter(|study| shard.holds(&study.key)).collect();
    if let Some(sample) = &mut sample {
        sample.found(&mine.iter().map(|s| (s.uid(), s.sources.iter().collect())).collect::<Vec<_>>());
        sample.bare(&bare);
    }
    let (mut tables, mut tally, mut before, mut left_out) = (Tables::default(), Tally::default(), 0, 0);
    for folder in &bare {
        tables.add_failed(&folder.name(), folder.files, 1);
        tally.failed += 1;
    }
    let bar = progress::bar("slices");
    for (index, study) in mine.iter().enumerate() {
        let number = format!("study {} of {}", index + 1, mine.len());
        // The number shows the progress; the file identifies the study, also for the next run.
        let name = format!("{number} ({}.json)", file_stem(study));
        let grader = match graders.of(&study.names()) {
            Ok(grader) => grader,
            Err(why) => {
                bar.suspend(|| eprintln!("foramen: {name}: left out: {why}"));
                if let Some(sample) = &mut sample {
                    sample.lost(index, &format!("left out: {why}"));
                }
                left_out += 1;
                continue;
            }
        };
        let begun = Instant::now();
        bar.set_message(number);
        let outcome = batch.grade(study, grader, &Cancel::default(), &|event| show(&bar, &event)).map_err(failure)?;
        bar.suspend(|| explain(&name, &outcome.record.study, grader.models()));
        let record = &outcome.record.study;
        record.status().add_to(&mut tally);
        before += usize::from(outcome.was_done);
        if let Some(sample) = &mut sample {
            match record.status() {
                Status::Failed => sample.lost(index, "its files cannot be read"),
                Status::Graded | Status::Partial | Status::NotAssessed => sample.graded(index, &record.scores()),
            }
        }
        tables.add(study, &outcome, begun.elapsed().as_secs_f64());
    }
    bar.finish_and_clear();
    let filled = sample.map(Submission::finish);
    tables.write(out, shard, filled.as_ref().map(|(bytes, _)| bytes.as_slice())).map_err(output)?;
    if let Some((_, filling)) = &filled {
        submit::say(filling);
    }
    let lost = listing.lost + input.missing.len() + left_out;
    eprintln!("foramen: {tally}; {before} already done; {:.1} s", start.elapsed().as_secs_f64());
    let is_whole = tally.is_whole() && lost == 0 && filled.is_none_or(|(_, filling)| filling.is_whole());
    Ok(if is_whole { Exit::Ok } else { Exit::Partial })
}

/// The studies below the paths. If there is no study, fails with what was found instead, unless that is no reason to
/// stop.
fn list(input: &Input, may_be_none: bool) -> Result<Listing, Failure> {
    let bar = progress::bar("files");
    let count = |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let listing = study::list(input.paths, &Cancel::default(), &count).map_err(|e| Failure::new(Exit::Input, e))?;
    bar.finish_and_clear();
    report_issues(&input.missing, &[]);
    if listing.studies.is_empty() && !may_be_none {
        report_issues(&listing.issues, &[]);
        return Err(Failure::new(Exit::Input, anyhow!("no DICOM image among {} files", listing.files)));
    }
    report_issues(&listing.issues, &listing.empty(input.paths));
    Ok(listing)
}

/// Paths and folders of this share without any image: these are failed studies. Every share reports all of them.
fn bare(input: &Input, listing: &Listing, out: &Path, shard: Shard) -> Vec<BareFolder> {
    let mut bare = listing.bare(input.paths, Some(out));
    for folder in &bare {
        eprintln!("foramen: {}: {}", folder.path.display(), folder.why());
    }
    bare.extend(listing.empty(input.paths).into_iter().map(BareFolder::at));
    bare.retain(|folder| shard.holds(&folder.name()));
    bare
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

/// Reports what must be known about a study, whether it was graded now or before.
fn explain(name: &str, study: &StudyRecord, models: &ModelSet) {
    let shared = shared_warnings(models);
    say(name, study.warnings.iter().filter(|warning| !shared.contains(warning)), study.issues.iter());
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
