//! What `grade` and `report` share: the options of a grading, and one study after the other with a bar.

use std::path::{Path, PathBuf};

use indicatif::ProgressBar;

use super::{
    exit::{Exit, Failure},
    progress,
};
use crate::{
    cancel::Cancel,
    detector::{EngineChoice, ModelSet},
    grading::{Aggregate, SEED_CONF, WithoutBox},
    pipeline::{GradeError, GradeEvent, GradeOptions, GradedStudy, Grader},
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
    /// With --aggregate seed: boxes must score above this, as in Ultralytics' predict; 0.25 if left out, as there
    #[arg(long, value_name = "SHARE", value_parser = progress::share)]
    conf: Option<f64>,
    /// With --aggregate seed: what a row says for which no box was drawn; prevalence if left out
    #[arg(long, value_enum, value_name = "WHAT")]
    without_box: Option<WithoutBox>,
    /// Scores as they are, without the calibration of the models' manifest
    #[arg(long)]
    no_calibration: bool,
}

impl GradingArgs {
    /// For the pipeline.
    pub fn options(&self) -> Result<GradeOptions, Failure> {
        let defaults = GradeOptions::default();
        let is_seed = self.aggregate == Aggregate::Seed;
        if !is_seed && (self.conf.is_some() || self.without_box.is_some()) {
            let why = "--conf and --without-box belong to --aggregate seed: the other ways count every score above 0.01, \
                       and a row without a box holds the prevalence";
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
        })
    }

    /// The models, with what must be said of them.
    pub fn load_models(&self) -> Result<ModelSet, Failure> {
        let models = ModelSet::load(self.models.as_deref()).map_err(|error| Failure::new(Exit::Model, error))?;
        for warning in &models.warnings {
            eprintln!("foramen: {warning}");
        }
        if models.is_demo() {
            eprintln!("foramen: demo models, trained on computed phantoms; {}", crate::RESEARCH_USE_ONLY);
        }
        Ok(models)
    }
}

/// Grades one study on all cores, and says what must be known of it. A model that cannot be loaded ends the run.
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
    bar.suspend(|| explain(name, study, &result, grader.models()));
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
fn explain(name: &str, read: &Study, study: &GradedStudy, models: &ModelSet) {
    say(name, &study.warnings, study.unsaid(read).chain(&study.issues), models);
}

/// What must be known of a study on stderr. Warnings that every study shares were said once before.
pub fn say<'a>(name: &str, warnings: &[String], issues: impl Iterator<Item = &'a Issue>, models: &ModelSet) {
    let shared = |w: &&String| models.warnings.contains(w) || w.starts_with("demo models");
    for warning in warnings.iter().filter(|w| !shared(w)) {
        eprintln!("foramen: {name}: {warning}");
    }
    for issue in issues {
        eprintln!("foramen: {name}: {issue}");
    }
}

/// Says what could not be read; returns how much of it is missing.
pub fn report_losses(paths: &[PathBuf], scan: &Scan) -> usize {
    scan.lost + report_issues(&scan.issues, &scan.empty(paths))
}

/// What is wrong with a path of several from which no image came.
pub const NO_IMAGE: &str = "no DICOM image in it; the others are graded";

/// Says what could not be read, and which paths hold no image; returns how many do not.
pub fn report_issues(issues: &[Issue], empty: &[&Path]) -> usize {
    for issue in issues {
        eprintln!("foramen: {issue}");
    }
    for path in empty {
        eprintln!("foramen: {}: {NO_IMAGE}", path.display());
    }
    empty.len()
}
