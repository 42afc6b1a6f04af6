//! One file's header: what the viewer and the detectors need of it, without its pixels.

use std::io::Read;

use dicom_dictionary_std::{tags, uids};
use dicom_object::DefaultDicomObject;

use super::{
    charset::Texts,
    doubts::Doubt,
    element::{number, text},
    error::HeaderError,
    extent::{Missing, Plain},
    file::{self, Loaded},
    frames::{self, FrameHeader},
    layout::Layout,
    lookup, native,
    patient::Patient,
    syntax::{self, Form},
    synthetic,
};
use crate::uid::{FrameOfReferenceUid, SeriesUid, SopInstanceUid, StudyUid};

/// What one file says about itself.
#[derive(Debug, Clone, Default)]
pub struct Header {
    pub patient: Patient,
    pub study_uid: StudyUid,
    pub study_date: String,
    pub study_description: String,
    pub series_uid: SeriesUid,
    pub series_number: Option<i32>,
    pub series_description: String,
    pub protocol_name: String,
    pub body_part: String,
    pub modality: String,
    pub contrast_agent: String,
    pub sop_class_uid: Option<String>,
    pub sop_instance_uid: SopInstanceUid,
    pub transfer_syntax: String,
    pub instance_number: Option<i32>,
    pub columns: u32,
    pub rows: u32,
    pub frame_of_reference_uid: FrameOfReferenceUid,
    pub patient_position: String,
    /// Samples of a pixel.
    pub samples: u32,
    /// It says that its image was computed.
    pub is_synthetic: bool,
    pub frames: Vec<FrameHeader>,
    /// Why the image has no position in the patient, if the file gives an invalid one.
    pub doubt: Option<String>,
    /// Whether it has any pixels.
    pub has_pixels: bool,
    /// What else was odd but did not prevent reading it.
    pub doubts: Vec<Doubt>,
    /// The pixels stop early.
    pub missing: Option<Missing>,
    /// Which of the images with its UIDs it is; see `copies`.
    pub twin: u32,
}

/// Reads the header of a file of `size` bytes.
pub fn read((from, size): (impl Read, u64)) -> Result<Header, HeaderError> {
    let Loaded { object, has_pixels, missing, plain, is_in_fragments } = file::load(from, size, false)?;
    // Deflate compresses at most a thousandfold.
    let is_deflated = object.meta().transfer_syntax() == uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN;
    let most = if is_deflated { size.saturating_mul(1000) } else { size };
    let layout = Layout::of(&object).ok();
    let held = |frames| Some(native::frames_held(layout.as_ref()?, plain?, frames, size));
    let mut header = header(&object, most, &held)?;
    (header.has_pixels, header.missing) = (has_pixels, missing);
    let frames = header.frames.len();
    if let Some(layout) = &layout {
        header.doubts.extend(layout.doubts(&object));
        if let Some(plain) = plain {
            let length = native::length(layout, plain, frames, size);
            // All pixels of the frames that are shown are present, whatever else was declared.
            header.missing = missing.filter(|_| length.is_short);
            if length.is_short && header.missing.is_none() && frames == 1 {
                // The file is complete, but its only image is not.
                header.missing = Some(native::missing(layout, plain, size));
            } else {
                header.doubts.extend(length.doubt);
            }
        }
    }
    header.doubts.extend(lookup::doubts(&object));
    header.doubts.extend(syntax_doubt(&header.transfer_syntax, plain, is_in_fragments));
    Ok(header)
}

/// If the transfer syntax does not match the pixels. With an unknown one the image itself is lost.
fn syntax_doubt(uid: &str, plain: Option<Plain>, is_in_fragments: bool) -> Option<Doubt> {
    let name = syntax::name(uid);
    match syntax::form(uid) {
        Form::Native if is_in_fragments => Some(Doubt::new(format!(
            "its transfer syntax is {name}, but its pixels are compressed: they are decoded according to their own header"
        ))),
        Form::Compressed if plain.is_some() => Some(Doubt::new(format!(
            "its transfer syntax is {name}, but its pixels are not compressed: they are read as they are"
        ))),
        Form::Native | Form::Compressed | Form::Unknown => None,
    }
}

/// `held` says how many of so many frames are there, where that can be told.
fn header(object: &DefaultDicomObject, size: u64, held: &dyn Fn(u32) -> Option<u64>) -> Result<Header, HeaderError> {
    let sop_class_uid = Some(text(object, tags::SOP_CLASS_UID)).filter(|s| !s.is_empty());
    let meta_class = object.meta().media_storage_sop_class_uid();
    let class = sop_class_uid.as_deref().or(Some(meta_class).filter(|s| !s.is_empty()));
    if class == Some(uids::MEDIA_STORAGE_DIRECTORY_STORAGE) {
        return Err(HeaderError::Directory);
    }
    let (columns, rows) = (number::<u32>(object, tags::COLUMNS), number::<u32>(object, tags::ROWS));
    let (Some(columns @ 1..), Some(rows @ 1..)) = (columns, rows) else {
        return Err(without_size(class));
    };
    if is_video(object.meta().transfer_syntax()) {
        return Err(HeaderError::Object(format!("a video ({})", class.map_or_else(String::new, class_name))));
    }
    let frames = frames::of(object, [columns, rows], size, held);
    let mut texts = Texts::of(object);
    let mut header = Header {
        patient: Patient {
            name: person(&texts.read(tags::PATIENT_NAME)),
            id: texts.read(tags::PATIENT_ID),
            birth_date: text(object, tags::PATIENT_BIRTH_DATE),
            sex: text(object, tags::PATIENT_SEX),
            issuer: texts.read(tags::ISSUER_OF_PATIENT_ID),
        },
        study_uid: text(object, tags::STUDY_INSTANCE_UID).into(),
        study_date: text(object, tags::STUDY_DATE),
        study_description: texts.read(tags::STUDY_DESCRIPTION),
        series_uid: text(object, tags::SERIES_INSTANCE_UID).into(),
        series_number: number(object, tags::SERIES_NUMBER),
        series_description: texts.read(tags::SERIES_DESCRIPTION),
        protocol_name: texts.read(tags::PROTOCOL_NAME),
        body_part: texts.read(tags::BODY_PART_EXAMINED),
        modality: text(object, tags::MODALITY),
        contrast_agent: texts.read(tags::CONTRAST_BOLUS_AGENT),
        sop_class_uid,
        sop_instance_uid: text(object, tags::SOP_INSTANCE_UID).into(),
        transfer_syntax: object.meta().transfer_syntax().to_owned(),
        instance_number: number(object, tags::INSTANCE_NUMBER),
        columns,
        rows,
        frame_of_reference_uid: text(object, tags::FRAME_OF_REFERENCE_UID).into(),
        patient_position: text(object, tags::PATIENT_POSITION),
        samples: number(object, tags::SAMPLES_PER_PIXEL).unwrap_or(1),
        is_synthetic: synthetic::is_synthetic(object),
        frames: frames.headers,
        doubt: frames.doubt,
        has_pixels: false,
        doubts: frames.doubts,
        missing: None,
        twin: 0,
    };
    header.doubts.extend(texts.doubts);
    Ok(header)
}

/// What a file without Rows and Columns is. It only counts as another kind of object if it names one: a header that is
/// truncated between two elements looks the same.
fn without_size(class: Option<&str>) -> HeaderError {
    match class.map(class_name) {
        Some(name) if name.contains("Image Storage") => {
            HeaderError::NotAnImage(format!("a {name} object without Rows and Columns"))
        }
        Some(name) => HeaderError::Object(name),
        None => HeaderError::NotAnImage("it has no Rows and Columns".to_owned()),
    }
}

fn class_name(uid: &str) -> String {
    use dicom_core::dictionary::UidDictionary;
    dicom_dictionary_std::sop_class::StandardSopClassDictionary
        .by_uid(uid)
        .map_or_else(|| format!("SOP class {uid}"), |entry| entry.name.to_owned())
}

/// MPEG-2, MPEG-4 and HEVC: PS3.5 A.4.5 to A.4.9.
fn is_video(transfer_syntax: &str) -> bool {
    let number = transfer_syntax.strip_prefix("1.2.840.10008.1.2.4.10");
    number.is_some_and(|number| number.starts_with(|digit: char| digit.is_ascii_digit()))
}

/// `Family^Given^Middle=...` as people write it.
fn person(name: &str) -> String {
    let alphabetic = name.split('=').next().unwrap_or_default();
    alphabetic.split('^').map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
