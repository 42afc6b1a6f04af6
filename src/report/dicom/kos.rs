//! The list of key images: a Key Object Selection document (PS3.16 TID 2010).

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids as classes};

use super::{
    DicomError, codes,
    context::{Context, DateTime, Kind},
    tree::{Item, Relation, Value},
};
use crate::{
    grading::SliceId,
    report::{Report, Row},
    uid,
};

const KIND: Kind = Kind {
    class: classes::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE,
    modality: "KO",
    series_number: 9004,
    description: "Key images",
};

/// The key images as a DICOM key object selection: those that the reader marked, then the image behind each moderate or
/// severe statement. `None` where there is no such image.
///
/// # Errors
///
/// The UIDs of study or images are no UIDs (contest files; removing the identity helps), are shared by several images,
/// or a file was replaced or is gone since the study was opened.
pub fn key_objects(report: &Report) -> Result<Option<Vec<u8>>, DicomError> {
    let slices = key_slices(report);
    if slices.is_empty() {
        return Ok(None);
    }
    let context = Context::new(report)?;
    let tree = tree(&context, &slices)?;
    let (mut object, instance_uid) = context.begin(KIND, &uid::fresh(), 1);
    object.sequence(tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, vec![]);
    let created = DateTime::of(report.provenance.created);
    object.text(tags::CONTENT_DATE, VR::DA, created.date);
    object.text(tags::CONTENT_TIME, VR::TM, created.time);
    object.sequence(tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, vec![context.evidence(&tree.images())]);
    tree.write(&mut object);
    Ok(Some(object.into_file(KIND.class, &instance_uid)?))
}

fn key_slices(report: &Report) -> Vec<SliceId> {
    let kept = report.markup.key_images().keys().filter(|id| report.study.find(id).is_some()).cloned();
    let mut slices: Vec<SliceId> = kept.collect();
    let shown =
        |row: &Row| row.regions.first().filter(|_| row.statement.is_finding()).map(|region| region.slice.clone());
    for slice in report.rows().iter().filter_map(shown) {
        if !slices.contains(&slice) {
            slices.push(slice);
        }
    }
    slices
}

fn tree(context: &Context, slices: &[SliceId]) -> Result<Item, DicomError> {
    let images = slices
        .iter()
        .map(|slice| Ok(Item::image(Relation::Contains, context.reference(slice)?)))
        .collect::<Result<Vec<_>, DicomError>>()?;
    let language = Item::new(Relation::HasConceptMod, codes::LANGUAGE, Value::Code(codes::ENGLISH));
    let described = Item::new(
        Relation::Contains,
        codes::KEY_OBJECT_DESCRIPTION,
        Value::Text(description(context.report).join("\n")),
    );
    let root = Item::new(Relation::Contains, codes::OF_INTEREST, Value::Container(Some("2010")));
    Ok(root.with([language]).with(super::sr::observers(context)).with([described]).with(images))
}

/// The notices, and the reader's notes on the images.
fn description(report: &Report) -> Vec<String> {
    let mut lines = report.banner();
    if !report.identity.is_removed() {
        let notes = report.markup.key_images().iter().filter(|(_, note)| !note.trim().is_empty());
        lines.extend(notes.filter_map(|(slice, note)| {
            let (series, index) = report.study.find(slice)?;
            Some(format!("{}, slice {}: {note}", report.study.series[series].description, index + 1))
        }));
    }
    lines
}
