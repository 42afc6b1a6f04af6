//! A study to a grade table: which series goes to which model, slices side by side on all
//! cores, with progress and cancel.
//!
//! Each worker thread has a detector of its own that runs on one thread: on two cores that
//! grades more slices a second than one detector on two threads (docs/performance.md).

mod conclude;
mod conclusion;
mod doubted;
mod ensemble;
mod levels;
mod plan;
mod pool;
mod ranges;
mod renumbered;
mod results;
mod room;
mod run;
mod second;
mod signs;
mod warning;

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

pub use self::{conclude::layout, renumbered::table as renumbered_table, room::NotEnough, warning::Warning};
use self::{pool::Pool, second::Stage};

use crate::{
    cancel::Cancel,
    detector::{EngineChoice, ModelError, ModelSet},
    geometry::{ImagePlane, Vec3},
    grading::{
        Aggregate, Calibration, Detection, DetectionClass, Disc, DiscClass, Discs, GradeTable, ModelRole,
        Probabilities, Role, Shift, SliceId, Unfamiliar, WithoutBox,
    },
    study::{Issue, Study},
    uid::StudyUid,
};

/// How to grade; the default is what the program does unless asked otherwise.
#[derive(Debug, Clone)]
pub struct GradeOptions {
    /// What computes the networks.
    pub engine: EngineChoice,
    /// Boxes must score above this to be kept as evidence; the `conf` of Ultralytics' `predict` with [`Aggregate::Seed`].
    pub floor: f32,
    /// Worker threads; 0 for one per core.
    pub threads: usize,
    /// How boxes become grades; see [`Aggregate`].
    pub aggregate: Aggregate,
    /// What a row says for which no box was drawn, with [`Aggregate::Seed`]; otherwise it is the prevalence.
    pub without_box: WithoutBox,
    /// Whether rows go through the calibration of their model's manifest, where it has one for this aggregate.
    pub calibrate: bool,
    /// What grades; `None` for what the models are there for.
    pub method: Option<Method>,
}

/// What grades a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The scores of the detectors' boxes.
    Boxes,
    /// The second stage, which looks at crops around the places that the detectors found, mixed with the boxes.
    Crops,
}

impl Default for GradeOptions {
    fn default() -> Self {
        Self {
            engine: EngineChoice::Auto,
            floor: 0.01,
            threads: 0,
            aggregate: Aggregate::default(),
            without_box: WithoutBox::default(),
            calibrate: true,
            method: None,
        }
    }
}

/// What happens while a study is graded. Sent from worker threads.
#[derive(Debug, Clone)]
pub enum GradeEvent {
    /// Slices to do in all.
    Started {
        /// How many slices there are to look at, over all roles.
        slices: usize,
        /// Whether a demo model is among those that will run: whoever shows the first grades must say so.
        demo: bool,
    },
    /// One slice is done, or need not be looked at; its boxes.
    Slice {
        /// The detector that looked.
        role: ModelRole,
        /// Evidence of this slice, low scores included.
        detections: Vec<Detection>,
    },
    /// All slices of one role are done.
    Role {
        /// The role of the detector that looked.
        role: Role,
        /// The table so far; roles still to come are "not assessed".
        table: Box<GradeTable>,
    },
}

/// A model that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedModel {
    /// Which detector.
    pub role: ModelRole,
    /// File name, without its folder.
    pub name: String,
    /// Hex SHA-256 of the ONNX file.
    pub sha256: String,
    /// Trained on phantoms, among others or alone.
    pub demo: bool,
    /// Name and version of the engine that ran it, such as `rten 0.27.0`.
    pub engine: String,
    /// How slices became 0-255, as a word of [`Standardize`](crate::raster::Standardize).
    pub standardize: String,
    /// Classes of its role that it does not have: what they name it cannot see.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_classes: Vec<String>,
}

/// What a row is mixed of, neither calibrated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Parts {
    /// What the boxes come to; `None` for rows that no detector assessed.
    pub boxes: Option<Probabilities>,
    /// What the second stage says; `None` where it has no crop.
    pub crops: Option<Probabilities>,
}

/// The grades of a study, with all that they were made of.
#[derive(Debug, Clone)]
pub struct GradedStudy {
    /// `StudyInstanceUID` as it stands in the file.
    pub study_uid: StudyUid,
    /// Its files say that their images were computed.
    pub is_synthetic: bool,
    /// The 25 rows with their evidence.
    pub table: GradeTable,
    /// How boxes became grades.
    pub aggregate: Aggregate,
    /// Whether rows went through a calibration.
    pub calibrated: bool,
    /// What graded: boxes alone, or the second stage too.
    pub method: Method,
    /// How strange the study's crops look to the second stage; 1 is passed by one in a hundred like those that it was
    /// trained on.
    pub strangeness: Option<f32>,
    /// With the second stage, by row: what it and the boxes say before they are mixed. Empty without it, and where the
    /// levels were renumbered.
    pub parts: Vec<Parts>,
    /// Boxes below this score were not kept.
    pub floor: f32,
    /// The canal at the disc of each level, head to foot, patient mm; where geometry found it.
    pub levels: [Option<Vec3>; 5],
    /// The discs that the detector of levels found, head to foot; none without it, or where they are too few.
    pub discs: Vec<Disc>,
    /// Where that detector sees discs, whatever they are called.
    pub disc_places: Discs,
    /// How far it is from what the models know, and how far its rows were pulled to the prior because of it; `None` where
    /// geometry was not asked for.
    pub unfamiliar: Option<Unfamiliar>,
    /// Axial slices that were not looked at, because they lie far from every disc.
    pub slices_left_out: usize,
    /// Every box above the floor, in order of slice.
    pub detections: Vec<Detection>,
    /// Where the slices with evidence lie in the patient, for those that say so.
    pub planes: BTreeMap<SliceId, ImagePlane>,
    /// The models that ran, by role.
    pub models: Vec<UsedModel>,
    /// What the reader must know: missing series, failed slices, demo models.
    pub warnings: Vec<Warning>,
    /// Slices that could not be decoded or run.
    pub issues: Vec<Issue>,
    /// Where a reader has given the levels other numbers: by how much they moved, and what was found.
    pub(crate) found: Option<(Shift, Arc<Self>)>,
}

impl GradedStudy {
    /// What was wrong with the study as it was read, and is not among the issues of its grading: a file that the grading
    /// stumbled over is told of once, with its series and slice.
    pub fn unsaid<'a>(&self, study: &'a Study) -> impl Iterator<Item = &'a Issue> {
        let is_said = |issue: &Issue| {
            let is_it = |other: &Issue| other == issue || (!issue.file.is_empty() && other.file == issue.file);
            self.issues.iter().any(is_it)
        };
        study.issues.iter().filter(move |issue| !is_said(issue))
    }
}

#[cfg(test)]
impl GradedStudy {
    /// A table and nothing else, for tests of what is made of it.
    pub fn of_table(study_uid: &str, table: GradeTable) -> Self {
        Self {
            study_uid: study_uid.into(),
            is_synthetic: false,
            table,
            aggregate: Aggregate::Max,
            calibrated: false,
            method: Method::Boxes,
            strangeness: None,
            parts: Vec::new(),
            floor: 0.01,
            levels: [None; 5],
            discs: vec![],
            disc_places: Discs::default(),
            unfamiliar: None,
            slices_left_out: 0,
            detections: vec![],
            planes: BTreeMap::new(),
            models: vec![],
            warnings: vec![],
            issues: vec![],
            found: None,
        }
    }
}

/// Why a study could not be graded at all.
#[derive(Debug, thiserror::Error)]
pub enum GradeError {
    /// `cancel` was set before the last slice was done.
    #[error("cancelled")]
    Cancelled,
    /// A model could not be loaded.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// There is no room to work in.
    #[error(transparent)]
    Memory(#[from] NotEnough),
}

/// Models with their detectors, loaded when first needed and kept from study to study.
///
/// ```
/// use foramen::{
///     cancel::Cancel,
///     detector::{EngineChoice, ModelSet},
///     grading::{Assessment, Role, Severity},
///     phantom,
///     pipeline::{GradeOptions, Grader},
///     study,
/// };
///
/// let mut study = study::scan_memory(phantom::study_in_memory(phantom::DEMO_SEED)).studies.remove(0);
/// // Only three slices of one series, so that it takes a moment.
/// study.series.retain(|series| series.role == Some(Role::Scs));
/// let slices = &mut study.series[0].slices;
/// *slices = slices.split_off(slices.len() / 2 - 1);
/// slices.truncate(3);
///
/// let options = GradeOptions { engine: EngineChoice::Rten, ..GradeOptions::default() };
/// let grader = Grader::new(ModelSet::embedded()?, options);
/// let graded = grader.grade(&study, &Cancel::default(), &|_event| ())?;
///
/// let row = graded.table.get("spinal_canal_stenosis_l4_l5".parse()?);
/// assert_eq!(row.probabilities().unwrap().most_likely(), Severity::Severe);
/// for evidence in row.evidence() {
///     let found = study.find(&evidence.detection.slice).unwrap();
///     println!("{} {:.2} on slice {found:?}", evidence.severity, evidence.detection.score);
/// }
/// // No series for it: nothing is claimed.
/// let row = graded.table.get("left_subarticular_stenosis_l4_l5".parse()?);
/// assert!(matches!(&row.assessment, Assessment::NotAssessed { reason } if reason.contains("Axial T2")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Grader {
    models: ModelSet,
    options: GradeOptions,
    /// The detectors that grade.
    pool: Pool<DetectionClass>,
    /// The detectors of levels, where geometry is asked for.
    levels: Pool<DiscClass>,
    /// The second stage, where it is there and wanted.
    stage: Stage,
}

impl Grader {
    /// Loads nothing yet: detectors are made with the first study.
    pub fn new(models: ModelSet, options: GradeOptions) -> Self {
        let pool = Pool::new(models.models.clone(), options.engine);
        let is_geometric = options.aggregate == Aggregate::Geometric;
        let levels = Pool::new(if is_geometric { models.levels.clone() } else { Vec::new() }, options.engine);
        let has_stage = is_geometric && options.method != Some(Method::Boxes);
        let stage = Stage::new(if has_stage { models.crops.clone() } else { Vec::new() }, options.engine);
        Self { models, options, pool, levels, stage }
    }

    /// The models that it was made with.
    pub fn models(&self) -> &ModelSet {
        &self.models
    }

    /// All that decides what grades a study gets, beside the study: two graders of one text give the same grades,
    /// up to the last digits of an engine that is chosen by what the computer has.
    ///
    /// # Errors
    ///
    /// The settings cannot be written as JSON; not to be expected.
    pub fn settings(&self) -> Result<String, serde_json::Error> {
        let options = &self.options;
        let models: Vec<_> =
            self.models.models.iter().map(|m| (m.role, &m.sha256, m.standardize, &m.prior, &m.calibration)).collect();
        let levels: Vec<_> = self.levels.models.iter().map(|m| (&m.sha256, m.standardize)).collect();
        // Without a detector of levels the text is what it was before there were any.
        let levels = if levels.is_empty() { String::new() } else { format!(" {}", serde_json::to_string(&levels)?) };
        let models = serde_json::to_string(&models)?;
        let crops: Vec<_> = self.stage.models.iter().map(|m| (&m.sha256, m.standardize, &m.mixture)).collect();
        let crops = if crops.is_empty() { String::new() } else { format!(" {}", serde_json::to_string(&crops)?) };
        // Nor is it another where no limits are known.
        let limits = self.models.familiar.as_deref();
        let limits =
            limits.map_or(Ok(String::new()), |limits| serde_json::to_string(limits).map(|s| format!(" {s}")))?;
        let GradeOptions { engine, floor, threads: _, aggregate, without_box, calibrate, method: _ } = options;
        let version = env!("CARGO_PKG_VERSION");
        Ok(format!(
            "{version} {engine:?} {floor} {aggregate:?} {without_box:?} {calibrate} {models}{levels}{crops}{limits}"
        ))
    }

    /// Grades one study. Blocks; `on_event` is called from worker threads.
    ///
    /// # Errors
    ///
    /// A model cannot be loaded, there is no memory for even one thread, or `cancel` was set. A slice that cannot be
    /// decoded is an issue of the result.
    pub fn grade(
        &self,
        study: &Study,
        cancel: &Cancel,
        on_event: &(dyn Fn(GradeEvent) + Sync),
    ) -> Result<GradedStudy, GradeError> {
        run::grade(self, study, cancel, on_event)
    }

    /// The calibration of a role's rows: that of its first model that has one.
    fn calibration(&self, role: Role) -> Option<Calibration> {
        let of_model =
            |model: &std::sync::Arc<crate::detector::Model>| model.calibration.get(&self.options.aggregate).copied();
        self.models.of(role).find_map(of_model).filter(|_| self.options.calibrate)
    }

    /// Threads that grade: as many as were asked for, or fewer where there is not the memory for them.
    fn worker_count(&self) -> Result<usize, NotEnough> {
        let wanted = match self.options.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n,
        };
        // Detectors of an earlier study are there already.
        let loaded = [self.pool.loaded(), self.levels.loaded()].into_iter().flatten().min().unwrap_or(0);
        room::workers(wanted, loaded, &self.models)
    }
}

/// Grades one study with models loaded for this call alone; see [`Grader`].
///
/// # Errors
///
/// A model cannot be loaded, there is no memory for even one thread, or `cancel` was set. A slice that cannot be
/// decoded is an issue of the result.
pub fn grade(
    study: &Study,
    models: &ModelSet,
    options: &GradeOptions,
    cancel: &Cancel,
    on_event: &(dyn Fn(GradeEvent) + Sync),
) -> Result<GradedStudy, GradeError> {
    Grader::new(models.clone(), options.clone()).grade(study, cancel, on_event)
}
