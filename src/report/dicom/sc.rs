//! Pictures of key images with boxes and notices burned in: DICOM Secondary Capture, for viewers that do not show
//! structured reports. A name is never burned in.

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids as classes};

use super::{
    DicomError,
    context::{Context, DateTime, Kind},
    dataset::shortened,
};
use crate::{
    geometry::direction_letters,
    report::{KeyImage, Report, picture::picture},
    uid,
};

const KIND: Kind = Kind {
    class: classes::SECONDARY_CAPTURE_IMAGE_STORAGE,
    modality: "OT",
    series_number: 9002,
    description: "Key images",
};

/// The key images as DICOM pictures, one series, in order; each with the name of a file.
///
/// # Errors
///
/// The UIDs of study or images are no UIDs (contest files; removing the identity helps), are shared by several images,
/// or a file was replaced or is gone since the study was opened.
pub fn secondary_captures(report: &Report, images: &[KeyImage]) -> Result<Vec<(String, Vec<u8>)>, DicomError> {
    if images.is_empty() {
        return Ok(vec![]);
    }
    let context = Context::new(report)?;
    let series_uid = uid::fresh();
    let each = images.iter().enumerate().map(|(at, image)| {
        let bytes = capture(&context, image, &series_uid, at + 1)?;
        Ok((format!("key-image-{:02}.dcm", at + 1), bytes))
    });
    each.collect()
}

fn capture(context: &Context, image: &KeyImage, series_uid: &str, number: usize) -> Result<Vec<u8>, DicomError> {
    let source = context.reference(&image.slice)?;
    let picture = picture(context.report, image, number);
    let (mut object, instance_uid) = context.begin(KIND, series_uid, number);
    let created = DateTime::of(context.report.provenance.created);
    object.text(tags::BODY_PART_EXAMINED, VR::CS, "LSPINE");
    object.text(tags::CONVERSION_TYPE, VR::CS, "WSD");
    object.text(tags::IMAGE_TYPE, VR::CS, "DERIVED\\SECONDARY");
    object.text(tags::CONTENT_DATE, VR::DA, created.date.as_str());
    object.text(tags::CONTENT_TIME, VR::TM, created.time.as_str());
    object.text(tags::DATE_OF_SECONDARY_CAPTURE, VR::DA, created.date);
    object.text(tags::TIME_OF_SECONDARY_CAPTURE, VR::TM, created.time);
    let notices = context.report.banner().join(". ");
    object.text(tags::DERIVATION_DESCRIPTION, VR::ST, shortened(&format!("{}. {notices}", image.caption), 1024));
    let mut comments = vec![image.caption.as_str()];
    if !image.note.trim().is_empty() && !context.report.identity.is_removed() {
        comments.push(&image.note);
    }
    object.text(tags::IMAGE_COMMENTS, VR::LT, super::dataset::long_text(&comments.join("\n")));
    // Nothing in the picture identifies the patient.
    object.text(tags::BURNED_IN_ANNOTATION, VR::CS, "NO");
    object.text(tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "00");
    let mut item = source.encode();
    if let Some(frame) = source.frame {
        item.text(tags::REFERENCED_FRAME_NUMBER, VR::IS, frame.to_string());
    }
    object.sequence(tags::SOURCE_IMAGE_SEQUENCE, vec![item]);
    if let Some(plane) = image.plane {
        let directions = [plane.column_direction(), plane.row_direction()].map(direction_letters);
        object.text(tags::PATIENT_ORIENTATION, VR::CS, directions.join("\\"));
    } else {
        object.empty(tags::PATIENT_ORIENTATION, VR::CS);
    }
    object.shorts(tags::SAMPLES_PER_PIXEL, &[3]);
    object.text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "RGB");
    object.shorts(tags::PLANAR_CONFIGURATION, &[0]);
    object.shorts(tags::ROWS, &[picture.height() as u16]);
    object.shorts(tags::COLUMNS, &[picture.width() as u16]);
    for (tag, value) in
        [(tags::BITS_ALLOCATED, 8), (tags::BITS_STORED, 8), (tags::HIGH_BIT, 7), (tags::PIXEL_REPRESENTATION, 0)]
    {
        object.shorts(tag, &[value]);
    }
    let mut pixels = picture.into_raw();
    if pixels.len() % 2 == 1 {
        pixels.push(0);
    }
    object.bytes(tags::PIXEL_DATA, VR::OB, pixels);
    object.into_file(KIND.class, &instance_uid)
}
