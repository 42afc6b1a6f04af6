//! What `grade` and `report` share: the grading options, and one study after another with a progress bar.

use std::{
    fmt::Display,
    iter,
    path::{Path, PathBuf},
};

use indicatif::ProgressBar;

use super::{
    exit::{Exit, Failure},
    progress,
};
use crate::{
    cancel::Cancel,
    detector::{EngineChoice, ModelSet},
    grading::{Aggregate, SEED_CONF, WithoutBox},
    pipeline::{GradeError, GradeEvent, GradeOptions, GradedStudy, Grader, Method, Warning},
    study::{Issue, Scan, Study},
};

/// How studies are graded.
#[derive(Debug, clap::Args)]
pub struct GradingArgs {
    /// Folder of ONNX models with manifest.json, any number for each role; the demo models if left out
    #[arg(long, value_name = "DIR")]
    pub models: Option<PathBuf>,
    /// Inference engine
    #[arg(long, value_enum, default_value_t)]
    engine: EngineChoice,
    /// Worker threads; 0 for one per core
    #[arg(long, default_value_t = 0, value_name = "N")]
    threads: usize,
    /// How boxes become grades (docs/grading.md)
    #[arg(long, value_enum, default_value_t)]
    aggregate: Aggregate,
    /// What grades; if left out, crops where the models folder holds a second stage, else boxes
    #[arg(long, value_enum, value_name = "WHAT")]
    method: Option<Method>,
    /// With --aggregate seed: boxes must score above this, as in Ultralytics' predict; 0.25 if left out
    #[arg(long, value_name = "SHARE", value_parser = progress::share)]
    conf: Option<f64>,
    /// With --aggregate seed: what a row without any box holds; prevalence if left out
    #[arg(long, value_enum, value_name = "WHAT")]
    without_box: Option<WithoutBox>,
    /// Do not apply the calibration in the models' manifest
    #[arg(long)]
    no_calibration: bool,
}

impl GradingArgs {
    /// For the pipeline.
    pub fn options(&self) -> Result<GradeOptions, Failure> {
        let defaults = GradeOptions::default();
        let is_seed = self.aggregate == Aggregate::Seed;
        if !is_seed && (self.conf.is_some() || self.without_box.is_some()) {
            let why = "--conf and --without-box only work with --aggregate seed: the others count every score above 0.01, \
                       and a row without a box holds the prevalence";
            return Err(Failure::new(Exit::Usage, anyhow::anyhow!(why)));
        }
        if self.aggregate != Aggregate::Geometric && self.method == Some(Method::Crops) {
            let why = "--method crops only works with --aggregate geometric, which tells where to look";
            return Err(Failure::new(Exit::Usage, anyhow::anyhow!(why)));
        }
        let seed_floor = self.conf.map_or(SEED_CONF, |conf| conf as f32);
        Ok(GradeOptions {
            engine: self.engine,
            threads: self.threads,
            floor: if is_seed { seed_floor } else { defaults.floor },
            aggregate: self.aggregate,
            without_box: self.without_box.unwrap_or_default(),
            calibrate: !self.no_calibration,
            method: self.method,
        })
    }

    /// Loads the models and reports what must be known about them.
    pub fn load_models(&self) -> Result<ModelSet, Failure> {
        let models = ModelSet::load(self.models.as_deref()).map_err(|error| Failure::new(Exit::Model, error))?;
        if self.method == Some(Method::Crops) && models.crops.is_empty() {
            let why = "--method crops needs a second stage among the models; `foramen train --role crops` makes one";
            return Err(Failure::new(Exit::Model, anyhow::anyhow!(why)));
        }
        for warning in &models.warnings {
            eprintln!("foramen: {warning}");
        }
        if models.is_demo() {
            eprintln!("foramen: demo models, trained on computed phantoms; {}", crate::RESEARCH_USE_ONLY);
        }
        Ok(models)
    }
}

/// Grades one study on all cores, and reports what must be known about it. A model that cannot be loaded ends the run.
pub fn grade(grader: &Grader, name: &str, study: &Study, bar: &ProgressBar) -> Result<GradedStudy, Failure> {
    bar.set_message(name.to_owned());
    bar.set_position(0);
    let on_event = |event: GradeEvent| match event {
        GradeEvent::Started { slices, .. } => bar.set_length(slices as u64),
        GradeEvent::Slice { .. } => bar.inc(1),
        GradeEvent::Role { .. } => (),
    };
    let result = grader.grade(study, &Cancel::default(), &on_event);
    let result = result.map_err(failure)?;
    bar.suspend(|| explain(name, study, &result));
    Ok(result)
}

/// A grading that ended the run, with its exit code.
pub fn failure(error: GradeError) -> Failure {
    let exit = match &error {
        GradeError::Model(_) => Exit::Model,
        GradeError::Cancelled | GradeError::Memory(_) => Exit::Error,
    };
    Failure::new(exit, error)
}

/// The study's own warnings and issues on stderr.
fn explain(name: &str, read: &Study, study: &GradedStudy) {
    let of_study = study.warnings.iter().filter(|warning| !warning.is_of_models());
    say(name, of_study, study.unsaid(read).chain(&study.issues));
}

/// The texts of the warnings that every study of these models shares; they are printed once, before all studies.
pub fn shared_warnings(models: &ModelSet) -> Vec<String> {
    let of_models = models.warnings.iter().cloned().map(Warning::Model);
    iter::once(Warning::DemoModels).chain(of_models).map(|warning| warning.to_string()).collect()
}

/// Prints what must be known about a study on stderr.
pub fn say<'a>(name: &str, warnings: impl Iterator<Item = impl Display>, issues: impl Iterator<Item = &'a Issue>) {
    for warning in warnings {
        eprintln!("foramen: {name}: {warning}");
    }
    for issue in issues {
        eprintln!("foramen: {name}: {issue}");
    }
}

/// Reports what could not be read; returns how many files are missing.
pub fn report_losses(paths: &[PathBuf], scan: &Scan) -> usize {
    scan.lost + report_issues(&scan.issues, &scan.empty(paths))
}

/// The message for one of several paths that contains no image.
pub const NO_IMAGE: &str = "no DICOM image in it; the others are graded";

/// Reports what could not be read, and which paths hold no image; returns how many do not.
pub fn report_issues(issues: &[Issue], empty: &[&Path]) -> usize {
    for issue in issues {
        eprintln!("foramen: {issue}");
    }
    for path in empty {
        eprintln!("foramen: {}: {NO_IMAGE}", path.display());
    }
    empty.len()
}
