//! One file's header: what the viewer and the detectors need of it, without its pixels.

use std::{borrow::Cow, io::Read};

use dicom_core::{
    PrimitiveValue, Tag, VR,
    dictionary::{DataDictionary, DataDictionaryEntry},
};
use dicom_dictionary_std::{StandardDataDictionary, tags, uids};
use dicom_object::{DefaultDicomObject, InMemDicomObject};

use super::{
    charset::Texts,
    doubts::Doubt,
    extent::{Missing, Plain},
    file::{self, Loaded},
    frames,
    layout::Layout,
    lookup, native,
    patient::Patient,
    syntax::{self, Form},
    synthetic,
    traits::Traits,
};
use crate::{
    geometry::ImagePlane,
    plain,
    raster::Window,
    uid::{FrameOfReferenceUid, SeriesUid, SopInstanceUid, StudyUid},
};

/// Why a file gave no image.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// The file is no DICOM.
    #[error("not a DICOM file")]
    NotDicom,
    /// DICOM, but of another kind: a report, a presentation state.
    #[error("not an image: {0}")]
    Object(String),
    /// An image, or it may be one, without what an image must have.
    #[error("not an image: {0}")]
    NotAnImage(String),
    /// The index of a file set; the files that it lists speak for themselves.
    #[error("not an image: the directory of a file set")]
    Directory,
    /// The file is DICOM and damaged; how.
    #[error("cannot be read: {0}")]
    Broken(String),
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
}

/// What one file says of itself.
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
    /// Why the image has no place in the patient, where the file gives one that does not hold.
    pub doubt: Option<String>,
    /// Whether it has any pixels.
    pub has_pixels: bool,
    /// What else was odd and did not stop the reading.
    pub doubts: Vec<Doubt>,
    /// The pixels stop early.
    pub missing: Option<Missing>,
    /// Which of the images with its UIDs it is; see `copies`.
    pub twin: u32,
}

/// What differs from frame to frame.
#[derive(Debug, Clone, Default)]
pub struct FrameHeader {
    pub plane: Option<ImagePlane>,
    /// How it lies; that of `plane`, or of an image that does not say where it lies.
    pub orientation: Option<ImagePlane>,
    /// It says where it lies, and that makes no sense.
    pub is_place_wrong: bool,
    pub pixel_spacing: Option<[f64; 2]>,
    pub pixel_aspect: Option<[f64; 2]>,
    pub window: Option<Window>,
    /// What tells it from other images at its place.
    pub traits: Traits,
}

/// Reads the header of a file of `size` bytes.
pub fn read((from, size): (impl Read, u64)) -> Result<Header, HeaderError> {
    let Loaded { object, has_pixels, missing, plain, is_in_fragments } = file::load(from, size, false)?;
    // What deflate packs is packed a thousandfold at most.
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
            // All pixels of the frames that are shown are there, whatever more was announced.
            header.missing = missing.filter(|_| length.is_short);
            if length.is_short && header.missing.is_none() && frames == 1 {
                // The file is whole, and its one image is not.
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

/// Where the transfer syntax is not what the pixels are. Of one that nobody knows the image itself is lost.
fn syntax_doubt(uid: &str, plain: Option<Plain>, is_in_fragments: bool) -> Option<Doubt> {
    let name = syntax::name(uid);
    match syntax::form(uid) {
        Form::Native if is_in_fragments => Some(Doubt::new(format!(
            "its transfer syntax is {name}, but its pixels are compressed: they are read as what they say of themselves"
        ))),
        Form::Compressed if plain.is_some() => Some(Doubt::new(format!(
            "its transfer syntax is {name}, but its pixels are not compressed: they are read as they are"
        ))),
        Form::Native | Form::Compressed | Form::Unknown => None,
    }
}

/// An error with its causes on one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
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

/// What a file without Rows and Columns is. Only what names another kind of object is one: a header that breaks off
/// between two elements looks the same.
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

/// The text of an element, trimmed, several values joined by `\`, on one line; empty if it is missing. Where letters
/// beyond ASCII matter, [`Texts`] reads it.
pub fn text(object: &InMemDicomObject, tag: Tag) -> String {
    plain::into_line(raw_text(object, tag))
}

/// The same as it stands in the file: each character is a byte.
pub fn raw_text(object: &InMemDicomObject, tag: Tag) -> String {
    value(object, tag).map(|v| elements(&v).trim_matches(['\0', ' ']).to_owned()).unwrap_or_default()
}

/// The first value of an element as a number, whatever its VR.
pub fn number<T: std::str::FromStr + TryFrom<i64>>(object: &InMemDicomObject, tag: Tag) -> Option<T> {
    let value = value(object, tag)?;
    if let PrimitiveValue::U16(words) = &*value {
        return T::try_from(i64::from(*words.first()?)).ok();
    }
    let value = value.to_str();
    let first = value.split('\\').next()?.trim_matches(['\0', ' ']);
    // "12.0" and "+12" occur where integers belong.
    first.parse().ok().or_else(|| first.parse::<f64>().ok().filter(|v| v.fract() == 0.0)?.to_string().parse().ok())
}

/// All values of an element as one text, parted by `\`.
pub fn elements(value: &PrimitiveValue) -> Cow<'_, str> {
    match value {
        PrimitiveValue::Strs(texts) => match texts.as_slice() {
            [text] => Cow::Borrowed(text),
            texts => Cow::Owned(texts.join("\\")),
        },
        other => other.to_str(),
    }
}

/// The name of an element, for messages.
pub fn name(tag: Tag) -> &'static str {
    StandardDataDictionary.by_tag(tag).map_or("element", DataDictionaryEntry::alias)
}

/// The plain value of an element, as it is written.
pub fn element_value(object: &InMemDicomObject, tag: Tag) -> Option<&PrimitiveValue> {
    object.get(tag)?.value().primitive()
}

/// The plain value of an element. Gateways write elements that they do not know as UN, which is bytes: what they
/// mean is looked up.
pub fn value(object: &InMemDicomObject, tag: Tag) -> Option<Cow<'_, PrimitiveValue>> {
    let value = element_value(object, tag)?;
    let PrimitiveValue::U8(bytes) = value else { return Some(Cow::Borrowed(value)) };
    let meant = StandardDataDictionary.by_tag(tag).and_then(|entry| entry.vr().exact());
    match meant {
        Some(VR::US) => {
            let words = bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]));
            Some(Cow::Owned(PrimitiveValue::U16(words.collect())))
        }
        Some(VR::AS | VR::CS | VR::DA | VR::DS | VR::IS | VR::LO | VR::LT | VR::PN | VR::SH | VR::TM | VR::UI) => {
            let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
            Some(Cow::Owned(PrimitiveValue::Strs(text.split('\\').map(str::to_owned).collect())))
        }
        _ => Some(Cow::Borrowed(value)),
    }
}

/// `Family^Given^Middle=...` as people write it.
fn person(name: &str) -> String {
    let alphabetic = name.split('=').next().unwrap_or_default();
    alphabetic.split('^').map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
