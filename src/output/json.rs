//! Everything that is known of a grading, for other programs.

use serde::{Deserialize, Serialize};

use super::{Filling, Tally, csv::row_id};
use crate::{
    RESEARCH_USE_ONLY,
    geometry::{ImagePlane, PixelCorner, Vec3},
    grading::{
        Aggregate, Assessment, Condition, Conflict, Disc, Evidence, Grade, Level, Probabilities, Severity, Side, Sign,
        Unfamiliar,
    },
    pipeline::{GradedStudy, Method, Parts, UsedModel, Warning},
    raster::BBox,
    study::Issue,
};

/// Version of this form; grows when a key changes its meaning or goes.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    notice: &'static str,
    program: &'static str,
    version: &'static str,
    /// What the grades were made of, in one number: see `batch`.
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<&'a str>,
    #[serde(flatten)]
    about: Option<&'a About>,
    studies: Vec<StudyForm<'a>>,
}

/// How a run over several studies came out, beside the studies themselves.
#[derive(Debug, Clone, Default, Serialize)]
pub struct About {
    /// How many studies came out how.
    pub summary: Tally,
    /// What could not be read and belongs to no study that was graded.
    pub issues: Vec<Issue>,
    /// Where the rows of the sample got their numbers from, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<Filling>,
}

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the document")]
struct StudyForm<'a> {
    study_uid: &'a str,
    assessed: bool,
    /// The images say that they were computed.
    synthetic_images: bool,
    demo_models: bool,
    /// `max`, `geometric` or `seed`.
    aggregate: Aggregate,
    /// `boxes` alone, or `crops`: the second stage too.
    method: Method,
    /// Whether scores went through the calibrations of the models' manifests.
    calibrated: bool,
    /// How strange the crops look to the second stage; 1 is passed by one in a hundred like those that it was trained on.
    #[serde(skip_serializing_if = "Option::is_none")]
    strangeness: Option<f32>,
    /// The discs that geometry found.
    levels: Vec<LevelForm>,
    /// The discs that the detector of levels found.
    discs: Vec<DiscForm>,
    /// Axial slices far from every disc, at which nothing looked.
    slices_left_out: usize,
    /// How far the study is from what the models know; null where the aggregate is not `geometric`.
    unfamiliar: Option<UnfamiliarForm>,
    models: &'a [UsedModel],
    warnings: &'a [Warning],
    issues: &'a [Issue],
    grades: Vec<GradeForm<'a>>,
}

#[derive(Serialize)]
struct GradeForm<'a> {
    row_id: String,
    condition: Condition,
    side: Option<Side>,
    level: Level,
    /// `detected`, `prior` or `not_assessed`.
    source: &'static str,
    /// Why the row was not assessed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    scores: Option<Scores>,
    /// With the second stage: what it and the boxes say, before they are mixed and calibrated.
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<Parts>,
    /// Its key box scores below what the window shows at first.
    weak: bool,
    evidence: Vec<EvidenceForm<'a>>,
}

#[derive(Serialize)]
struct LevelForm {
    level: Level,
    /// The canal at the level of the disc, LPS, mm.
    patient_mm: [f64; 3],
}

/// A disc as the detector of levels found it.
#[derive(Serialize)]
pub struct DiscForm {
    level: Level,
    /// Its centre, LPS, mm.
    patient_mm: [f64; 3],
    /// The best box that names it.
    score: f32,
}

impl From<&Disc> for DiscForm {
    fn from(disc: &Disc) -> Self {
        Self { level: disc.level, patient_mm: disc.point.to_array(), score: disc.score }
    }
}

/// How far a study is from what the models know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnfamiliarForm {
    /// How far detected rows were moved from the models' scores to the prior, 0 to 1.
    pub pull: f32,
    /// What was measured; `foramen calibrate --familiar` fits the limits on it.
    pub signs: Vec<SignForm>,
}

/// One sign of it; larger is stranger.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SignForm {
    /// Which.
    pub sign: Sign,
    /// As measured.
    pub value: f32,
    /// The median of familiar studies; null where the manifest has no limits.
    pub usual: Option<f32>,
    /// Up to here it is usual.
    pub limit: Option<f32>,
    /// Whether it passes the limit.
    pub passed: bool,
}

impl From<&Unfamiliar> for UnfamiliarForm {
    fn from(unfamiliar: &Unfamiliar) -> Self {
        let signs = unfamiliar.signs.iter().map(|seen| SignForm {
            sign: seen.sign,
            value: seen.value,
            usual: seen.limit.map(|limit| limit.usual),
            limit: seen.limit.map(|limit| limit.limit),
            passed: seen.passed > 0.0,
        });
        Self { pull: unfamiliar.pull, signs: signs.collect() }
    }
}

/// The three scores of a row, each 0 to 1, together 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    normal_mild: f32,
    moderate: f32,
    severe: f32,
}

impl Scores {
    /// Normal/mild, moderate, severe.
    pub const fn as_array(self) -> [f32; 3] {
        [self.normal_mild, self.moderate, self.severe]
    }
}

#[derive(Serialize)]
struct EvidenceForm<'a> {
    severity: Severity,
    score: f32,
    /// The score, less where the place speaks against the claim.
    weight: f32,
    /// The class that the detector named.
    claimed: String,
    /// `level_conflict`, `side_conflict`: where that class and the place of the box disagree.
    conflicts: &'a [Conflict],
    /// No detector drew the box: the second stage looked here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_place: bool,
    series_uid: &'a str,
    sop_instance_uid: &'a str,
    /// Which of the images with these UIDs, from 0, where there are several; left out for the first.
    #[serde(skip_serializing_if = "is_first")]
    twin: u32,
    /// From 1, as DICOM counts frames.
    frame_number: u32,
    /// Left, top, right, bottom in pixel edges: the image spans 0 to its width.
    box_pixels: [f32; 4],
    /// The box's corners in patient space (LPS, mm), clockwise from top left; null if the file gives no position.
    box_patient_mm: Option<[[f64; 3]; 4]>,
}

/// All studies of a run in one JSON document.
///
/// ```
/// use foramen::{
///     cancel::Cancel,
///     detector::ModelSet,
///     output::{self, About},
///     pipeline::{self, GradeOptions},
///     study::Study,
/// };
///
/// // A study without images, graded without models.
/// let study = Study { uid: "1.2.3".into(), ..Study::default() };
/// let (models, options) = (ModelSet::default(), GradeOptions::default());
/// let graded = pipeline::grade(&study, &models, &options, &Cancel::default(), &|_| ())?;
/// let json = output::json_bytes(&[graded], &About::default())?;
///
/// let document: serde_json::Value = serde_json::from_slice(&json)?;
/// let grade = &document["studies"][0]["grades"][0];
/// assert_eq!(grade["source"], "not_assessed");
/// assert!(grade["reason"].is_string());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// The document cannot be serialised; not to be expected.
pub fn json_bytes(studies: &[GradedStudy], about: &About) -> Result<Vec<u8>, serde_json::Error> {
    document_bytes(studies.iter().map(|study| study_form(study, study.study_uid.as_str())).collect(), None, Some(about))
}

/// The same of one study, with the fingerprint of what the grades were made of. Its rows begin with `id`: its UID, or
/// where it has none another name.
///
/// # Errors
///
/// The document cannot be serialised; not to be expected.
pub fn json_bytes_of(study: &GradedStudy, id: &str, fingerprint: &str) -> Result<Vec<u8>, serde_json::Error> {
    document_bytes(vec![study_form(study, id)], Some(fingerprint), None)
}

fn document_bytes(
    studies: Vec<StudyForm>,
    fingerprint: Option<&str>,
    about: Option<&About>,
) -> Result<Vec<u8>, serde_json::Error> {
    let document = Document {
        format: FORMAT,
        notice: RESEARCH_USE_ONLY,
        program: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        fingerprint,
        about,
        studies,
    };
    let mut bytes = serde_json::to_vec_pretty(&document)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn study_form<'a>(study: &'a GradedStudy, id: &str) -> StudyForm<'a> {
    StudyForm {
        study_uid: study.study_uid.as_str(),
        assessed: study.table.is_assessed(),
        synthetic_images: study.is_synthetic,
        demo_models: study.models.iter().any(|m| m.demo),
        aggregate: study.aggregate,
        method: study.method,
        calibrated: study.calibrated,
        strangeness: study.strangeness,
        levels: levels(study),
        discs: study.discs.iter().map(DiscForm::from).collect(),
        slices_left_out: study.slices_left_out,
        unfamiliar: study.unfamiliar.as_ref().map(UnfamiliarForm::from),
        models: &study.models,
        warnings: &study.warnings,
        issues: &study.issues,
        grades: study.table.rows().iter().map(|row| grade_form(study, id, row)).collect(),
    }
}

fn levels(study: &GradedStudy) -> Vec<LevelForm> {
    let known = Level::ALL.iter().zip(study.levels);
    known.filter_map(|(&level, point)| Some(LevelForm { level, patient_mm: point?.to_array() })).collect()
}

fn grade_form<'a>(study: &'a GradedStudy, id: &str, row: &'a Grade) -> GradeForm<'a> {
    let (source, reason) = match &row.assessment {
        Assessment::Detected { .. } => ("detected", None),
        Assessment::Prior { .. } => ("prior", None),
        Assessment::NotAssessed { reason } => ("not_assessed", Some(reason.as_str())),
    };
    GradeForm {
        row_id: row_id(id, row.id),
        condition: row.id.condition(),
        side: row.id.side(),
        level: row.id.level(),
        source,
        reason,
        scores: row.probabilities().map(Scores::from),
        parts: study.parts.get(row.id.index()).copied(),
        weak: row.is_weak(),
        evidence: row.evidence().iter().map(|e| evidence_form(study, e)).collect(),
    }
}

fn evidence_form<'a>(study: &GradedStudy, evidence: &'a Evidence) -> EvidenceForm<'a> {
    let detection = &evidence.detection;
    let b = detection.bbox;
    EvidenceForm {
        severity: evidence.severity,
        score: detection.score,
        weight: evidence.weight,
        claimed: detection.class.to_string(),
        conflicts: &evidence.conflicts,
        is_place: evidence.is_place,
        series_uid: detection.slice.series_uid.as_str(),
        sop_instance_uid: detection.slice.sop_instance_uid.as_str(),
        twin: detection.slice.twin,
        frame_number: detection.slice.frame + 1,
        box_pixels: [b.x0, b.y0, b.x1, b.y1],
        box_patient_mm: study.planes.get(&detection.slice).map(|plane| corners(plane, b)),
    }
}

/// Of images that share both UIDs, whether it is the first.
pub const fn is_first(twin: &u32) -> bool {
    *twin == 0
}

/// The corners of a box in patient space, LPS mm, clockwise from top left. Box edges are pixel edges; DICOM positions are pixel centres: half a pixel apart.
pub fn corners(plane: &ImagePlane, b: BBox) -> [[f64; 3]; 4] {
    [(b.x0, b.y0), (b.x1, b.y0), (b.x1, b.y1), (b.x0, b.y1)]
        .map(|(x, y)| plane.patient_from_pixel(PixelCorner::new(x.into(), y.into())))
        .map(|p: Vec3| p.to_array())
}

impl From<Probabilities> for Scores {
    fn from(p: Probabilities) -> Self {
        let [normal_mild, moderate, severe] = p.as_array();
        Self { normal_mild, moderate, severe }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_over_the_whole_image_has_the_corners_of_the_image() {
        // 4 × 2 pixels of 1 mm columns and 3 mm rows; the image begins half a pixel before the first centre.
        let plane = ImagePlane::new([0.0; 3], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0], [3.0, 1.0], 4, 2).unwrap();
        let [a, _, c, _] = corners(&plane, BBox::new(0.0, 0.0, 4.0, 2.0));
        assert_eq!((a, c), ([-0.5, -1.5, 0.0], [3.5, 4.5, 0.0]));
    }
}
