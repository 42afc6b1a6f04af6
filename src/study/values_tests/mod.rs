//! Values and text in files, in the ways found in the wild: complete files, read like any others.

mod pixels;
mod syntaxes;
mod texts;
mod values;

use std::sync::Arc;

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

use super::{Issue, Scan, SliceRef, scan_memory};
use crate::raster::Slice;

const SIDE: u16 = 8;

/// A file that is being made.
struct Made(InMemDicomObject);

impl Made {
    /// A plain MR image of 8 x 8 pixels of 16 bits, which count up.
    fn new() -> Self {
        let mut made = Self(InMemDicomObject::new_empty());
        for (tag, vr, text) in [
            (tags::SOP_CLASS_UID, VR::UI, uids::MR_IMAGE_STORAGE),
            (tags::SOP_INSTANCE_UID, VR::UI, "1.2.3.4"),
            (tags::STUDY_INSTANCE_UID, VR::UI, "1.2"),
            (tags::SERIES_INSTANCE_UID, VR::UI, "1.2.3"),
            (tags::MODALITY, VR::CS, "MR"),
            (tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
            (tags::PIXEL_SPACING, VR::DS, "0.5\\0.75"),
            (tags::IMAGE_POSITION_PATIENT, VR::DS, "1.5\\2.5\\3.5"),
            (tags::IMAGE_ORIENTATION_PATIENT, VR::DS, "1\\0\\0\\0\\1\\0"),
        ] {
            made.text(tag, vr, text);
        }
        for (tag, value) in [
            (tags::ROWS, SIDE),
            (tags::COLUMNS, SIDE),
            (tags::SAMPLES_PER_PIXEL, 1),
            (tags::BITS_ALLOCATED, 16),
            (tags::BITS_STORED, 16),
            (tags::HIGH_BIT, 15),
            (tags::PIXEL_REPRESENTATION, 0),
        ] {
            made.short(tag, value);
        }
        made.words((0..SIDE * SIDE).collect());
        made
    }

    fn put(&mut self, tag: Tag, vr: VR, value: PrimitiveValue) {
        self.0.put(DataElement::new(tag, vr, value));
    }

    /// Values separated by backslashes; for single-value VRs the text as it is.
    fn text(&mut self, tag: Tag, vr: VR, text: &str) {
        let value = match vr {
            VR::UT | VR::ST | VR::LT => PrimitiveValue::Str(text.to_owned()),
            VR::UN => PrimitiveValue::U8(text.as_bytes().into()),
            _ => PrimitiveValue::Strs(text.split('\\').map(str::to_owned).collect()),
        };
        self.put(tag, vr, value);
    }

    fn short(&mut self, tag: Tag, value: u16) {
        self.put(tag, VR::US, PrimitiveValue::from(value));
    }

    fn words(&mut self, words: Vec<u16>) {
        self.put(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(words.into()));
    }

    fn remove(&mut self, tag: Tag) {
        self.0.remove_element(tag);
    }

    /// Its bytes in an encoding, under the name of a transfer syntax, which may be another.
    fn bytes(&self, encoding: &str, says: &str) -> Vec<u8> {
        let meta = FileMetaTableBuilder::new().transfer_syntax(encoding);
        let mut bytes = Vec::new();
        self.0.clone().with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
        renamed(&bytes, encoding, says)
    }

    fn scan(&self) -> Scan {
        scan_of(self.bytes(uids::EXPLICIT_VR_LITTLE_ENDIAN, uids::EXPLICIT_VR_LITTLE_ENDIAN))
    }

    /// The one slice, and what was said of the study.
    fn read(&self) -> (SliceRef, Vec<Issue>) {
        slice_of(self.scan())
    }

    fn decoded(&self) -> Slice {
        self.read().0.decode().unwrap()
    }
}

/// The same file with another transfer syntax in its meta group.
fn renamed(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let value = |uid: &str| {
        let mut value = uid.as_bytes().to_vec();
        value.resize(value.len().next_multiple_of(2), 0);
        [&[2, 0, 0x10, 0, b'U', b'I'][..], &(value.len() as u16).to_le_bytes(), &value].concat()
    };
    let (from, to) = (value(from), value(to));
    let at = bytes.windows(from.len()).position(|window| window == from).expect("it has a transfer syntax");
    let mut bytes = [&bytes[..at], &to, &bytes[at + from.len()..]].concat();
    // The length of the group.
    let length = u32::from_le_bytes(bytes[140..144].try_into().unwrap()) + to.len() as u32 - from.len() as u32;
    bytes[140..144].copy_from_slice(&length.to_le_bytes());
    bytes
}

fn scan_of(bytes: Vec<u8>) -> Scan {
    scan_memory(vec![("made.dcm".to_owned(), Arc::from(bytes))])
}

fn slice_of(mut scan: Scan) -> (SliceRef, Vec<Issue>) {
    assert!(scan.issues.is_empty(), "{:?}", scan.issues);
    let study = scan.studies.remove(0);
    (study.series[0].slices[0].clone(), study.issues)
}

/// That one thing was said, with these words in it; and whether it was a note.
#[track_caller]
fn only(issues: &[Issue], words: &str) -> bool {
    let [issue] = issues else { panic!("{issues:?}") };
    assert!(issue.message.contains(words), "{}", issue.message);
    assert_eq!(issue.file, "made.dcm");
    issue.is_note
}
