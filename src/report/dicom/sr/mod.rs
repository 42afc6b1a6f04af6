//! The structured report: a Comprehensive SR document after TID 1500 (PS3.16), one measurement group for each of the
//! 25 rows.

mod group;

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids as classes};

use super::{
    DicomError,
    codes::{self, Code},
    context::{Context, DateTime, Kind},
    dataset::{Object, shortened},
    tree::{Item, Relation, Value},
};
use crate::{
    report::{Report, ReviewStatus},
    uid,
};

const KIND: Kind = Kind {
    class: classes::COMPREHENSIVE_SR_STORAGE,
    modality: "SR",
    series_number: 9001,
    description: "Stenosis grades",
};

/// The report as a DICOM structured report.
///
/// # Errors
///
/// The UIDs of study or images are no UIDs (contest files; removing the identity helps), are shared by several images,
/// or a file was replaced or is gone since the study was opened.
pub fn sr_bytes(report: &Report) -> Result<Vec<u8>, DicomError> {
    let context = Context::new(report)?;
    let tree = tree(&context)?;
    let (mut object, instance_uid) = context.begin(KIND, &uid::fresh(), 1);
    object.sequence(tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, vec![]);
    object.sequence(tags::PERFORMED_PROCEDURE_CODE_SEQUENCE, vec![]);
    let created = DateTime::of(report.provenance.created);
    object.text(tags::CONTENT_DATE, VR::DA, created.date);
    object.text(tags::CONTENT_TIME, VR::TM, created.time);
    state(&context, &mut object);
    let images = tree.images();
    if !images.is_empty() {
        object.sequence(tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, vec![context.evidence(&images)]);
    }
    tree.write(&mut object);
    object.into_file(KIND.class, &instance_uid)
}

/// Nothing is complete, final or verified without a person. A document without names cannot name its verifier, so it is
/// not marked as verified; its text says that a person signed.
fn state(context: &Context, object: &mut Object) {
    let signature = match &context.report.provenance.status {
        ReviewStatus::Signed(signature) if !context.report.identity.is_removed() => Some(signature),
        _ => None,
    };
    let Some(signature) = signature else {
        object.text(tags::COMPLETION_FLAG, VR::CS, "PARTIAL");
        object.label(tags::COMPLETION_FLAG_DESCRIPTION, &context.report.status_line());
        object.text(tags::VERIFICATION_FLAG, VR::CS, "UNVERIFIED");
        object.text(tags::PRELIMINARY_FLAG, VR::CS, "PRELIMINARY");
        return;
    };
    object.text(tags::COMPLETION_FLAG, VR::CS, "COMPLETE");
    object.text(tags::VERIFICATION_FLAG, VR::CS, "VERIFIED");
    object.text(tags::PRELIMINARY_FLAG, VR::CS, "FINAL");
    let mut observer = Object::new();
    observer.text(tags::VERIFYING_ORGANIZATION, VR::LO, "Not stated");
    observer.text(tags::VERIFICATION_DATE_TIME, VR::DT, DateTime::of(signature.when).with_offset());
    observer.text(tags::VERIFYING_OBSERVER_NAME, VR::PN, super::context::person_name(&signature.who));
    observer.sequence(tags::VERIFYING_OBSERVER_IDENTIFICATION_CODE_SEQUENCE, vec![]);
    object.sequence(tags::VERIFYING_OBSERVER_SEQUENCE, vec![observer]);
}

fn tree(context: &Context) -> Result<Item, DicomError> {
    let report = context.report;
    let root = Item::new(Relation::Contains, codes::MEASUREMENT_REPORT, Value::Container(Some("1500")));
    let groups = report.rows().iter().map(|row| group::item(context, row)).collect::<Result<Vec<_>, _>>()?;
    let measurements = Item::new(Relation::Contains, codes::IMAGING_MEASUREMENTS, Value::Container(None)).with(groups);
    Ok(root
        .with([code(Relation::HasConceptMod, codes::LANGUAGE, codes::ENGLISH)])
        .with(observers(context))
        .with([code(Relation::HasConceptMod, codes::PROCEDURE_REPORTED, codes::LUMBAR_MRI)])
        .with(notices(context))
        .with([library(context)?, measurements])
        .with(words(report)))
}

/// Who made it: the program, and every person who decided something (TID 1002).
pub fn observers(context: &Context) -> Vec<Item> {
    use Relation::HasObsContext as Of;
    let version = context.report.provenance.version;
    let text = |concept, value: &str| Item::new(Of, concept, Value::Text(value.to_owned()));
    let mut items = vec![
        code(Of, codes::OBSERVER_TYPE, codes::DEVICE),
        Item::new(Of, codes::DEVICE_OBSERVER_UID, Value::UidRef(uid::derived(&["Foramen", "device", version]))),
        text(codes::DEVICE_OBSERVER_NAME, "Foramen"),
        text(codes::DEVICE_OBSERVER_MANUFACTURER, "Foramen"),
        text(codes::DEVICE_OBSERVER_MODEL, &format!("Foramen {version}")),
    ];
    for name in context.readers() {
        items.push(code(Of, codes::OBSERVER_TYPE, codes::PERSON));
        items.push(Item::new(Of, codes::PERSON_OBSERVER_NAME, Value::PersonName(name)));
    }
    items
}

/// What must be read before anything else; then what the program could not do, or had to assume.
fn notices(context: &Context) -> Vec<Item> {
    let text = |concept, line: String| Item::new(Relation::Contains, concept, Value::Text(line));
    let banner = context.report.banner().into_iter().map(|line| text(codes::NOTICE, line));
    let warnings = context.report.graded.warnings.iter().map(|line| text(codes::WARNING, line.to_string()));
    let shares = context.report.study.series.iter().flat_map(|s| &s.slices).any(|slice| slice.instance.twin > 0);
    let without = "Images of this study share SOP Instance UIDs, so boxes on them have no region in this document.";
    let without = shares.then(|| text(codes::WARNING, without.to_owned()));
    banner.chain(warnings).chain(without).collect()
}

/// The images that were looked at (TID 1600), a group for each series: "not seen" refers to these.
fn library(context: &Context) -> Result<Item, DicomError> {
    let mut groups = Vec::new();
    for series in &context.report.provenance.sources {
        let images = series
            .instances
            .iter()
            .map(|(class, instance)| {
                let image = context.instance_reference(&series.series_uid, instance, class.as_deref(), None)?;
                Ok(Item::image(Relation::Contains, image))
            })
            .collect::<Result<Vec<_>, DicomError>>()?;
        let group = Item::new(Relation::Contains, codes::IMAGE_LIBRARY_GROUP, Value::Container(None));
        let modality = code(Relation::HasAcqContext, codes::MODALITY, codes::MR);
        groups.push(group.with([modality]).with(images));
    }
    Ok(Item::new(Relation::Contains, codes::IMAGE_LIBRARY, Value::Container(None)).with(groups))
}

/// Impression, the reader's remark, and the provenance.
fn words(report: &Report) -> Vec<Item> {
    let text = |concept, value: String| Item::new(Relation::Contains, concept, Value::Text(value));
    let levels = report.sentences().into_iter().map(|(level, sentence)| format!("{}: {sentence}", level.label()));
    let lines: Vec<String> = levels.chain([report.conclusion()]).filter(|line| !line.is_empty()).collect();
    let mut items = vec![text(codes::IMPRESSION, lines.join("\n"))];
    if !report.remark().trim().is_empty() {
        items.push(text(codes::REMARK, report.remark().to_owned()));
    }
    items.push(text(codes::PROVENANCE, report.provenance_lines().join("\n")));
    items
}

fn code(relation: Relation, concept: Code, value: Code) -> Item {
    Item::new(relation, concept, Value::Code(value))
}

/// A short text of ours as an item.
fn note(relation: Relation, concept: Code, words: &str) -> Item {
    Item::new(relation, concept, Value::Text(shortened(words, 1024)))
}
