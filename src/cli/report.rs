//! `foramen report`: studies in, reports out, with the review that a person made in the window.

use std::path::PathBuf;

use anyhow::{Context, anyhow};

use super::{
    exit::{Exit, Failure, Outcome, print},
    grade::check_writable,
    grading::{self, GradingArgs, report_losses},
    progress,
};
use crate::{
    files::is_special,
    library::{self, Library},
    markup::Markup,
    moment::Moment,
    pipeline::{GradedStudy, Grader},
    report::{DeidentifyKey, Destination, Existing, Export, ExportError, Format, Identity, Report, Saving, Template},
    review::Review,
    study::{ScanError, Study},
};

/// Write reports of studies: PDF, DICOM SR and pictures, JSON, CSV, text
///
/// The studies are graded. What a person decided, drew and signed in the window is taken from this user's worklist,
/// by study UID; without it the report says that nobody has reviewed the study. No report is made if files of more than
/// one patient share a study UID.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folders, files, zips or DICOMDIRs
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Formats to write, separated by commas
    #[arg(long, value_enum, required = true, value_delimiter = ',')]
    format: Vec<Format>,
    /// Output folder; each study gets a subfolder named by its UID. With one study and one format that is a single
    /// file, a name with an extension is the file itself
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// Replace existing files; by default nothing is overwritten
    #[arg(long)]
    overwrite: bool,
    /// Let other users of this computer read the files, as the umask allows; else files with the patient's identity
    /// are readable only by you
    #[arg(long)]
    shared: bool,
    /// Leave out the patient, dates, readers' names and everything that a person typed; UIDs are replaced
    #[arg(long)]
    deidentify: bool,
    /// Use only the program's grades and ignore any review
    #[arg(long)]
    ignore_review: bool,
    /// Text and logo of the PDF: a TOML file with institution, title, footer, logo, paper; the window's if left out
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    #[command(flatten)]
    grading: GradingArgs,
}

/// What all studies share.
struct Run<'a> {
    args: &'a Args,
    library: Option<Library>,
    template: Template,
    identity: Identity,
    saving: Saving,
}

pub fn run(args: &Args) -> Outcome {
    if let Some(missing) = args.paths.iter().find(|path| !path.exists()) {
        return Err(Failure::new(Exit::Input, ScanError::NotFound(missing.clone())));
    }
    let options = args.grading.options()?;
    let run = Run::new(args)?;
    let models = args.grading.load_models()?;
    let scan = super::scan(&args.paths)?;
    let lost = report_losses(&args.paths, &scan);
    let target = args.target(scan.studies.len())?;
    let grader = Grader::new(models, options);
    let bar = progress::bar("slices");
    let mut failures = Vec::new();
    let mut partial = 0;
    // Whether standard output accepted the names; files are still written if its reader has closed the pipe.
    let mut told = Ok(());
    for (index, study) in scan.studies.iter().enumerate() {
        let name = format!("study {} of {}", index + 1, scan.studies.len());
        let graded = grading::grade(&grader, &name, study, &bar)?;
        let is_doubtful = graded.unsaid(study).chain(&graded.issues).any(|issue| !issue.is_note);
        partial += usize::from(is_doubtful || !graded.table.is_assessed());
        let (written, failed) = bar.suspend(|| run.write(&name, study, &graded, &target));
        if told.is_ok() {
            told = bar.suspend(|| print(lines(&written).as_bytes()));
        }
        for failure in failed {
            bar.suspend(|| eprintln!("foramen: {name}: {failure}"));
            failures.push(failure.exit);
        }
    }
    bar.finish_and_clear();
    told?;
    match failures.as_slice() {
        [] if lost + partial == 0 => Ok(Exit::Ok),
        // One study and one format failed: its error is the outcome.
        [only] if scan.studies.len() == 1 && args.format.len() == 1 => Ok(*only),
        _ => Ok(Exit::Partial),
    }
}

impl Args {
    fn target(&self, studies: usize) -> Result<Destination, Failure> {
        let out = self.out.as_path();
        // A folder may have a dot in its name; a file has the extension of a format.
        let has_ending = out.extension().is_some_and(|of| Format::ALL.iter().any(|format| of == format.ending()));
        let wants_file = !out.is_dir() && (has_ending || is_special(out));
        let can_be_file = studies == 1 && matches!(self.format.as_slice(), [one] if one.is_one_file());
        if wants_file && !can_be_file {
            let why = format!(
                "--out {}: {studies} stud{} in {} format{} make more than one file: give a folder",
                out.display(),
                if studies == 1 { "y" } else { "ies" },
                self.format.len(),
                if self.format.len() == 1 { "" } else { "s" },
            );
            return Err(Failure::new(Exit::Usage, anyhow!(why)));
        }
        if out.is_file() && !wants_file {
            return Err(Failure::new(Exit::Output, anyhow!("--out {}: it is a file, not a folder", out.display())));
        }
        // Checked before the work, so that an hour of it is not lost to a typo.
        let probe = if wants_file { out.to_owned() } else { out.join("report") };
        check_writable(&probe).map_err(|error| Failure::new(Exit::Output, error))?;
        Ok(if wants_file { Destination::File(out.to_owned()) } else { Destination::Folder(out.to_owned()) })
    }
}

impl<'a> Run<'a> {
    fn new(args: &'a Args) -> Result<Self, Failure> {
        let template = match &args.template {
            Some(file) => Template::read(file).map_err(|error| Failure::new(Exit::Input, error))?,
            None => Template::of_user(),
        };
        let identity = if args.deidentify { Identity::Removed(DeidentifyKey::random()) } else { Identity::Full };
        let existing = if args.overwrite { Existing::Replace } else { Existing::Refuse };
        Ok(Self {
            args,
            library: if args.ignore_review { None } else { open_library()? },
            template,
            saving: Saving::of(&identity, existing, args.shared),
            identity,
        })
    }

    /// Writes all formats for one study; returns the files, and what failed.
    fn write(
        &self,
        name: &str,
        study: &Study,
        graded: &GradedStudy,
        target: &Destination,
    ) -> (Vec<PathBuf>, Vec<Failure>) {
        let (review, markup) = match self.said_of(study) {
            Ok(said) => said,
            Err(failure) => return (Vec::new(), vec![failure]),
        };
        let graded = graded.renumbered(review.shift());
        let made = Report::new(study, &graded, &review, &markup, Moment::now(), self.identity.clone());
        let report = match made {
            Ok(report) => report,
            Err(error) => return (Vec::new(), vec![Failure::new(Exit::Input, error)]),
        };
        let export = Export {
            formats: self.args.format.clone(),
            template: self.template.clone(),
            to: target.clone(),
            saving: self.saving,
        };
        let exported = export.write(&report);
        for note in exported.notes {
            eprintln!("foramen: {name}: {note}");
        }
        (exported.written, exported.failures.into_iter().map(|(format, error)| failure(format, error)).collect())
    }

    /// A person's review of the study, and the marks drawn on it.
    fn said_of(&self, study: &Study) -> Result<(Review, Markup), Failure> {
        let Some(library) = &self.library else { return Ok(Default::default()) };
        let unreadable = |error: anyhow::Error| {
            let why = "the review of this study cannot be read; use --ignore-review to report without it";
            Failure::new(Exit::Input, error.context(why))
        };
        let stored = match library.stored(&study.uid) {
            // Never opened in the window.
            Err(library::LibraryError::Unknown) => return Ok(Default::default()),
            stored => stored.map_err(|error| unreadable(error.into()))?,
        };
        let acts = library.acts(&study.uid, 0).map_err(|error| unreadable(error.into()))?;
        let markup = stored.marks.as_deref().map(Markup::from_json).transpose();
        Ok((Review::from_acts(acts), markup.map_err(|error| unreadable(error.into()))?.unwrap_or_default()))
    }
}

/// Why a format was not written, with its exit code and what to do.
fn failure(format: Format, error: ExportError) -> Failure {
    let not_written = format!("no {} was written", format.label());
    match error {
        ExportError::Write(error) => {
            let is_there = error.source.kind() == std::io::ErrorKind::AlreadyExists;
            let error = anyhow::Error::from(error);
            Failure::new(Exit::Output, if is_there { error.context("use --overwrite to replace it") } else { error })
        }
        error @ (ExportError::Format(_) | ExportError::Panicked(_)) => {
            Failure::new(Exit::Error, anyhow::Error::from(error).context(not_written))
        }
    }
}

fn lines(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string() + "\n").collect()
}

/// The window's worklist, if there is one: a report never creates one, and never treats an unreadable one as missing.
fn open_library() -> Result<Option<Library>, Failure> {
    let Some(folder) = library::default_folder() else { return Ok(None) };
    Library::read(&folder)
        .context("the reviews cannot be read; use --ignore-review to report without them")
        .map_err(|error| Failure::new(Exit::Input, error))
}
