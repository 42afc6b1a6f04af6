//! Small DICOM files, and changes to files that are there.

use std::{fs, io::Cursor, path::Path};

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject, from_reader};

pub struct Image<'a> {
    pub study: &'a str,
    pub series: &'a str,
    pub description: &'a str,
    pub number: i32,
    pub position: [f64; 3],
    pub orientation: [f64; 6],
}

const COLUMNS: u16 = 48;
const ROWS: u16 = 40;

/// As in the contest: ids that are no UIDs, an image's that every series repeats, few attributes.
pub fn write(file: &Path, image: &Image<'_>) {
    let mut object = InMemDicomObject::new_empty();
    let mut text = |tag: Tag, vr: VR, value: &str| object.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
    let numbers = |values: &[f64]| values.iter().map(ToString::to_string).collect::<Vec<_>>().join("\\");
    let instance = format!("{}.1.{}", image.study, image.number);
    text(tags::SOP_INSTANCE_UID, VR::UI, &instance);
    text(tags::STUDY_INSTANCE_UID, VR::UI, image.study);
    text(tags::SERIES_INSTANCE_UID, VR::UI, &format!("{}.{}", image.study, image.series));
    text(tags::SERIES_DESCRIPTION, VR::LO, image.description);
    text(tags::INSTANCE_NUMBER, VR::IS, &image.number.to_string());
    text(tags::IMAGE_POSITION_PATIENT, VR::DS, &numbers(&image.position));
    text(tags::IMAGE_ORIENTATION_PATIENT, VR::DS, &numbers(&image.orientation));
    text(tags::PIXEL_SPACING, VR::DS, "2\\2");
    text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2");
    for (tag, value) in [
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::ROWS, ROWS),
        (tags::COLUMNS, COLUMNS),
        (tags::BITS_ALLOCATED, 16),
        (tags::BITS_STORED, 12),
        (tags::HIGH_BIT, 11),
        (tags::PIXEL_REPRESENTATION, 0),
    ] {
        object.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
    }
    let pixels: Vec<u16> = (0..COLUMNS * ROWS).map(|i| (i * 7 + image.number as u16 * 31) % 900).collect();
    object.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(pixels.into())));
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .media_storage_sop_class_uid(uids::ENHANCED_MR_IMAGE_STORAGE)
        .media_storage_sop_instance_uid(&instance);
    object.with_meta(meta).unwrap().write_to_file(file).unwrap();
}

/// Opens, changes, and writes a file.
pub fn change(file: &Path, change: impl FnOnce(&mut InMemDicomObject)) {
    let mut object = from_reader(Cursor::new(with_group_length(fs::read(file).unwrap()))).unwrap();
    change(&mut object);
    object.write_to_file(file).unwrap();
}

/// The crate does not read a meta group that lacks its length, as the contest's do.
fn with_group_length(mut bytes: Vec<u8>) -> Vec<u8> {
    let short = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    if short(134) == 0 {
        return bytes;
    }
    let mut end = 132;
    while short(end) == 2 {
        end += if &bytes[end + 4..end + 6] == b"OB" { 12 + short(end + 8) } else { 8 + short(end + 6) } as usize;
    }
    let length = (end - 132) as u32;
    bytes.splice(132..132, [&[2, 0, 0, 0, b'U', b'L', 4, 0][..], &length.to_le_bytes()].concat());
    bytes
}

/// Sets one attribute.
pub fn set(file: &Path, tag: Tag, vr: VR, value: &str) {
    change(file, |object| {
        object.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
    });
}
