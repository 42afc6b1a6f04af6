//! A reviewed study for other programs: the final grades, who stated them, and their evidence.
//! `docs/schema/report-1.json` is its JSON Schema.

use serde::Serialize;

use crate::{
    grading::{Aggregate, Assessment, Condition, Level, Severity, Side},
    markup::Mark,
    output::json::{Scores, UnfamiliarForm, corners},
    pipeline::{UsedModel, Warning},
    report::{Report, ReviewStatus, Row, RowRegion},
    review::{Act, Decision, Statement},
    study::Issue,
};

/// Version of this format; increased when a key changes its meaning or is removed.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    kind: &'static str,
    format: u32,
    notice: &'static str,
    banner: Vec<String>,
    identity_removed: bool,
    patient: Option<PatientForm>,
    study: StudyForm<'a>,
    provenance: ProvenanceForm<'a>,
    /// How far the study is from what the models know; null where the aggregate is not `geometric`.
    unfamiliar: Option<UnfamiliarForm>,
    /// Where the discs are, by the detector of levels.
    discs: Vec<crate::output::json::DiscForm>,
    impression: Impression<'a>,
    grades: Vec<GradeForm<'a>>,
    key_images: Vec<KeyForm<'a>>,
    marks: Vec<MarkForm<'a>>,
    warnings: &'a [Warning],
    /// Who did what; empty if the identity is removed.
    audit: &'a [Act],
}

#[derive(Serialize)]
struct PatientForm {
    name: String,
    id: String,
    birth_date: String,
    sex: String,
}

#[derive(Serialize)]
struct StudyForm<'a> {
    uid: String,
    date: &'a str,
    description: &'a str,
}

#[derive(Serialize)]
struct ProvenanceForm<'a> {
    program: &'static str,
    version: &'static str,
    created: String,
    engines: Vec<&'a str>,
    models: &'a [UsedModel],
    demo_models: bool,
    aggregate: Aggregate,
    calibrated: bool,
    threshold: f32,
    status: StatusForm<'a>,
    /// Who gave the levels other numbers than the program; left out where nobody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    renumbered: Option<RenumberedForm<'a>>,
    sources: Vec<SourceForm<'a>>,
    /// How many things could not be read, are missing or doubtful.
    issue_count: usize,
    /// What they are; empty if the identity is removed, because they name files.
    issues: &'a [Issue],
}

#[derive(Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
enum StatusForm<'a> {
    NotReviewed,
    InReview {
        decided: usize,
    },
    Signed {
        #[serde(skip_serializing_if = "Option::is_none")]
        who: Option<&'a str>,
        when: String,
    },
}

#[derive(Serialize)]
struct RenumberedForm<'a> {
    /// By how many levels, towards the foot.
    levels: crate::grading::Shift,
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<&'a str>,
    when: String,
}

#[derive(Serialize)]
struct SourceForm<'a> {
    series_uid: String,
    instances: Vec<InstanceForm<'a>>,
}

#[derive(Serialize)]
struct InstanceForm<'a> {
    sop_class_uid: Option<&'a str>,
    sop_instance_uid: String,
}

#[derive(Serialize)]
struct Impression<'a> {
    levels: Vec<Sentence>,
    conclusion: String,
    remark: &'a str,
}

#[derive(Serialize)]
struct Sentence {
    level: Level,
    text: String,
}

#[derive(Serialize)]
struct GradeForm<'a> {
    condition: Condition,
    side: Option<Side>,
    level: Level,
    /// The final statement: a severity, or `not_assessable`, `doubtful`, `not_seen`, `not_assessed`.
    statement: &'static str,
    /// Who stated it.
    by: &'static str,
    /// `accepted`, `changed`, `not_assessable`, or null: nothing was decided.
    decision: Option<&'static str>,
    /// The program's statement.
    program: &'static str,
    /// Why the program did not assess it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    scores: Option<Scores>,
    /// The program's key box scores below the window's initial display threshold.
    weak: bool,
    comment: &'a str,
    regions: Vec<RegionForm>,
}

#[derive(Serialize)]
struct RegionForm {
    by: &'static str,
    severity: Option<Severity>,
    score: Option<f32>,
    #[serde(flatten)]
    slice: SliceForm,
    /// Left, top, right, bottom in pixel edges.
    box_pixels: [f32; 4],
    /// The box's corners in patient space (LPS, mm), clockwise from top left; null if the file gives no position.
    box_patient_mm: Option<[[f64; 3]; 4]>,
}

#[derive(Serialize)]
struct SliceForm {
    series_uid: String,
    sop_instance_uid: String,
    /// Which of the images with these UIDs, from 0, if there are several; left out for the first.
    #[serde(skip_serializing_if = "crate::output::json::is_first")]
    twin: u32,
    /// From 1, as DICOM counts frames.
    frame_number: u32,
}

#[derive(Serialize)]
struct KeyForm<'a> {
    #[serde(flatten)]
    slice: SliceForm,
    note: &'a str,
}

#[derive(Serialize)]
struct MarkForm<'a> {
    #[serde(flatten)]
    slice: SliceForm,
    /// In DICOM pixel coordinates: pixel centres are whole numbers.
    shape: crate::markup::Shape,
    text: &'a str,
}

/// One report as a JSON document.
///
/// # Errors
///
/// It cannot be serialised; not to be expected.
pub fn report_bytes(report: &Report) -> Result<Vec<u8>, serde_json::Error> {
    let patient = report.patient();
    let document = Document {
        kind: "foramen-report",
        format: FORMAT,
        notice: crate::RESEARCH_USE_ONLY,
        banner: report.banner(),
        identity_removed: report.identity.is_removed(),
        patient: (!report.identity.is_removed()).then_some(PatientForm {
            name: patient.name,
            id: patient.id,
            birth_date: patient.birth_date,
            sex: patient.sex,
        }),
        study: StudyForm {
            uid: report.uid(&report.study.uid),
            date: report.study_date(),
            description: report.description(),
        },
        provenance: provenance(report),
        unfamiliar: report.graded.unfamiliar.as_ref().map(UnfamiliarForm::from),
        discs: report.graded.discs.iter().map(Into::into).collect(),
        impression: Impression {
            levels: report.sentences().into_iter().map(|(level, text)| Sentence { level, text }).collect(),
            conclusion: report.conclusion(),
            remark: report.remark(),
        },
        grades: report.rows().iter().map(|row| grade(report, row)).collect(),
        key_images: report
            .markup
            .key_images()
            .iter()
            .map(|(slice, note)| KeyForm { slice: slice_form(report, slice), note: report.identity.text(note) })
            .collect(),
        marks: report.markup.marks().iter().map(|mark| mark_form(report, mark)).collect(),
        warnings: &report.graded.warnings,
        audit: if report.identity.is_removed() { &[] } else { report.review.acts() },
    };
    let mut bytes = serde_json::to_vec_pretty(&document)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn provenance<'a>(report: &'a Report) -> ProvenanceForm<'a> {
    let from = &report.provenance;
    ProvenanceForm {
        program: from.program,
        version: from.version,
        created: from.created.iso(),
        engines: from.engines(),
        models: &from.models,
        demo_models: from.is_demo(),
        aggregate: from.aggregate,
        calibrated: from.calibrated,
        threshold: from.threshold,
        status: match &from.status {
            ReviewStatus::NotReviewed => StatusForm::NotReviewed,
            ReviewStatus::InReview { decided } => StatusForm::InReview { decided: *decided },
            ReviewStatus::Signed(signature) => StatusForm::Signed {
                who: Some(signature.who.as_str()).filter(|_| !report.identity.is_removed()),
                when: signature.when.iso(),
            },
        },
        renumbered: from.renumbered.as_ref().map(|(levels, by)| RenumberedForm {
            levels: *levels,
            who: Some(by.who.as_str()).filter(|_| !report.identity.is_removed()),
            when: by.when.iso(),
        }),
        sources: from
            .sources
            .iter()
            .map(|series| SourceForm {
                series_uid: report.uid(&series.series_uid),
                instances: series
                    .instances
                    .iter()
                    .map(|(class, uid)| InstanceForm {
                        sop_class_uid: class.as_deref(),
                        sop_instance_uid: report.instance_uid(&series.series_uid, uid),
                    })
                    .collect(),
            })
            .collect(),
        issue_count: from.doubts().count(),
        issues: if report.identity.is_removed() { &[] } else { &from.issues },
    }
}

fn grade<'a>(report: &Report<'a>, row: &Row<'a>) -> GradeForm<'a> {
    let by_reader = row.review.decision.is_some();
    GradeForm {
        condition: row.id.condition(),
        side: row.id.side(),
        level: row.id.level(),
        statement: word(&row.statement),
        by: if by_reader { "reader" } else { "program" },
        decision: row.review.decision.map(|decision| match decision {
            Decision::Accepted(_) => "accepted",
            Decision::Changed(_) => "changed",
            Decision::NotAssessable => "not_assessable",
        }),
        program: word(&Statement::of_model(row.grade)),
        reason: match &row.grade.assessment {
            Assessment::NotAssessed { reason } => Some(reason),
            _ => None,
        },
        scores: row.grade.probabilities().map(Scores::from),
        weak: row.grade.is_weak(),
        comment: row.comment,
        regions: row.regions.iter().map(|region| region_form(report, region)).collect(),
    }
}

const fn word(statement: &Statement) -> &'static str {
    match statement {
        Statement::Severity { severity, .. } => severity.word(),
        Statement::NotAssessable => "not_assessable",
        Statement::Doubtful => "doubtful",
        Statement::NotSeen => "not_seen",
        Statement::NotAssessed { .. } => "not_assessed",
    }
}

fn region_form(report: &Report, region: &RowRegion) -> RegionForm {
    let b = region.bbox;
    let plane =
        report.study.find(&region.slice).and_then(|(series, slice)| report.study.series[series].slices[slice].plane);
    RegionForm {
        by: if region.by_reader { "reader" } else { "program" },
        severity: region.severity,
        score: region.score,
        slice: slice_form(report, &region.slice),
        box_pixels: [b.x0, b.y0, b.x1, b.y1],
        box_patient_mm: plane.map(|plane| corners(&plane, b)),
    }
}

fn slice_form(report: &Report, slice: &crate::grading::SliceId) -> SliceForm {
    SliceForm {
        series_uid: report.uid(&slice.series_uid),
        sop_instance_uid: report.instance_uid(&slice.series_uid, &slice.sop_instance_uid),
        twin: slice.twin,
        frame_number: slice.frame + 1,
    }
}

fn mark_form<'a>(report: &Report<'a>, mark: &'a Mark) -> MarkForm<'a> {
    MarkForm { slice: slice_form(report, &mark.slice), shape: mark.shape, text: report.identity.text(&mark.text) }
}
