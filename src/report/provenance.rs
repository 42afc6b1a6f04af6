//! Provenance: what every format of a report says about program, models, settings, images and reader.

use crate::{
    grading::{Aggregate, Shift},
    moment::Moment,
    pipeline::{GradedStudy, UsedModel},
    review::{Review, Signature},
    study::{Issue, Study},
    uid::{SeriesUid, SopInstanceUid},
};

/// At most this many issues are listed individually.
const NAMED: usize = 20;

/// The review state of the grades.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewStatus {
    /// No person has decided anything.
    NotReviewed,
    /// A person has decided some or all of the 25.
    InReview {
        /// How many of the 25 are decided.
        decided: usize,
    },
    /// A person has signed it.
    Signed(Signature),
}

/// The images of one series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSeries {
    /// `SeriesInstanceUID` as in the file.
    pub series_uid: SeriesUid,
    /// `SOPClassUID` and `SOPInstanceUID` of each file as in the file; contest files have no class.
    pub instances: Vec<(Option<String>, SopInstanceUid)>,
}

/// Where a report comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Provenance {
    /// Name of the program: `foramen`.
    pub program: &'static str,
    /// Version of the program, such as `0.1.0`.
    pub version: &'static str,
    /// The models that ran, each with its engine.
    pub models: Vec<UsedModel>,
    /// How boxes became grades; see [`Aggregate`].
    pub aggregate: Aggregate,
    /// Whether scores were calibrated.
    pub calibrated: bool,
    /// Boxes below this score were not kept.
    pub threshold: f32,
    /// When the report was made, in UTC.
    pub created: Moment,
    /// How far a person has gone through the grades.
    pub status: ReviewStatus,
    /// By how much a person has moved the levels, who, and when.
    pub renumbered: Option<(Shift, Signature)>,
    /// The images of every series that is graded.
    pub sources: Vec<SourceSeries>,
    /// What could not be read, is missing or doubtful in the study. Issues name files, and files may name a patient.
    pub issues: Vec<Issue>,
}

impl Provenance {
    /// Collects it from study, grades and review.
    pub fn of(study: &Study, graded: &GradedStudy, review: &Review, created: Moment) -> Self {
        Self {
            program: "Foramen",
            version: env!("CARGO_PKG_VERSION"),
            models: graded.models.clone(),
            aggregate: graded.aggregate,
            calibrated: graded.calibrated,
            threshold: graded.floor,
            created,
            status: match (review.signature(), review.decided()) {
                (Some(signature), _) => ReviewStatus::Signed(signature.clone()),
                (None, 0) if review.is_untouched() => ReviewStatus::NotReviewed,
                (None, decided) => ReviewStatus::InReview { decided },
            },
            renumbered: review.renumbered().map(|by| (review.shift(), by)),
            sources: sources(study),
            issues: graded.unsaid(study).chain(&graded.issues).cloned().collect(),
        }
    }

    /// Whether demo models were among those that ran.
    pub fn is_demo(&self) -> bool {
        self.models.iter().any(|model| model.demo)
    }

    /// The engines that ran, each once.
    pub fn engines(&self) -> Vec<&str> {
        let mut engines: Vec<&str> = self.models.iter().map(|model| model.engine.as_str()).collect();
        engines.sort_unstable();
        engines.dedup();
        engines
    }

    /// `scs.onnx 9f86d081…`, for the audit trail.
    pub fn model_names(models: &[UsedModel]) -> Vec<String> {
        models.iter().map(|model| format!("{} {}", model.name, model.sha256)).collect()
    }

    /// Issues that are more than notes: something is missing or doubtful.
    pub fn doubts(&self) -> impl Iterator<Item = &Issue> {
        self.issues.iter().filter(|issue| !issue.is_note)
    }

    /// For people, line by line. If `is_removed`, the patient's identity is removed: issues are counted, not listed.
    pub fn lines(&self, is_removed: bool) -> Vec<String> {
        let mut lines = vec![format!("{} {}, {} UTC", self.program, self.version, self.created)];
        for model in &self.models {
            let demo = if model.demo { " (DEMO model, trained on computed phantoms)" } else { "" };
            lines.push(format!(
                "{}: {}{demo}, SHA-256 {}, {}",
                model.role.label(),
                model.name,
                model.sha256,
                model.engine
            ));
        }
        let calibrated = if self.calibrated { "calibrated" } else { "not calibrated" };
        lines.push(format!(
            "Boxes from score {:.2}, grades by aggregate \"{}\", {calibrated}. A score is the model's, not a probability of disease.",
            self.threshold,
            self.aggregate.word()
        ));
        if let Some((shift, by)) = &self.renumbered {
            let who = if is_removed || by.who.is_empty() { "a reader" } else { &by.who };
            lines.push(format!("Levels renumbered by {who}, {} UTC: {}.", by.when, shift.words()));
        }
        let images: usize = self.sources.iter().map(|series| series.instances.len()).sum();
        lines.push(format!("Sources: {} series, {images} DICOM instances.", self.sources.len()));
        let doubts = self.doubts().count();
        if doubts > 0 {
            let are = if doubts == 1 { "issue: something" } else { "issues: some things" };
            lines.push(format!("{doubts} {are} could not be read or may be wrong."));
        }
        if !is_removed {
            // The paths of the files mean nothing to the recipient of the report.
            let file = |issue: &Issue| issue.file.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            let named = self.doubts().take(NAMED);
            lines.extend(named.map(|issue| format!("Issue: {}", Issue { file: file(issue), ..issue.clone() })));
            if doubts > NAMED {
                lines.push(format!("and {} more issues.", doubts - NAMED));
            }
        }
        lines
    }
}

/// Files of the series that detectors look at; of all series, if they look at none.
fn sources(study: &Study) -> Vec<SourceSeries> {
    let is_graded = |role: Option<_>| role.is_some() || study.series.iter().all(|series| series.role.is_none());
    let mut sources: Vec<SourceSeries> = Vec::new();
    for series in study.series.iter().filter(|series| is_graded(series.role)) {
        // Several of our series may be one series to the archive.
        let at = sources.iter().position(|source| source.series_uid == series.uid).unwrap_or_else(|| {
            sources.push(SourceSeries { series_uid: series.uid.clone(), instances: Vec::new() });
            sources.len() - 1
        });
        let instances = &mut sources[at].instances;
        for slice in &series.slices {
            let instance = (slice.instance.sop_class_uid.clone(), slice.instance.sop_instance_uid.clone());
            if instances.last() != Some(&instance) && !instances.contains(&instance) {
                instances.push(instance);
            }
        }
    }
    sources
}
