//! One file's header: what the viewer and the detectors need of it, without its pixels.

use std::io::{Cursor, Read};

use dicom_core::{DataElement, Tag};
use dicom_dictionary_std::{tags, uids};
use dicom_encoding::TransferSyntaxIndex;
use dicom_object::{DefaultDicomObject, FileMetaTableBuilder, InMemDicomObject, OpenFileOptions};
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use super::{frames, model::Patient};
use crate::{geometry::ImagePlane, raster::Window};

/// Why a file gave no image.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// Another kind of file.
    #[error("not a DICOM file")]
    NotDicom,
    /// DICOM, but nothing to show.
    #[error("not an image: {0}")]
    NotAnImage(String),
    /// Broken.
    #[error("the DICOM header cannot be read: {0}")]
    Broken(String),
    /// The file system.
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
}

/// What one file says of itself.
#[derive(Debug, Clone, Default)]
pub struct Header {
    pub patient: Patient,
    pub study_uid: String,
    pub study_date: String,
    pub study_description: String,
    pub series_uid: String,
    pub series_number: Option<i32>,
    pub series_description: String,
    pub protocol_name: String,
    pub body_part: String,
    pub modality: String,
    pub image_type: String,
    pub contrast_agent: String,
    pub scanning_sequence: String,
    pub sop_class_uid: Option<String>,
    pub sop_instance_uid: String,
    pub transfer_syntax: String,
    pub instance_number: Option<i32>,
    pub columns: u32,
    pub rows: u32,
    pub frame_of_reference_uid: Option<String>,
    pub patient_position: String,
    pub repetition_time: Option<f64>,
    pub echo_time: Option<f64>,
    pub inversion_time: Option<f64>,
    pub frames: Vec<FrameHeader>,
    /// Something odd that did not stop the reading.
    pub doubt: Option<String>,
}

/// What differs from frame to frame.
#[derive(Debug, Clone, Default)]
pub struct FrameHeader {
    pub plane: Option<ImagePlane>,
    pub pixel_spacing: Option<[f64; 2]>,
    pub window: Option<Window>,
}

/// Everything in group 7FE0 is pixels.
const PIXEL_GROUP: Tag = Tag(0x7FE0, 0);

/// Reads the header.
pub fn read(mut from: impl Read) -> Result<Header, HeaderError> {
    let mut start = Vec::with_capacity(132);
    from.by_ref().take(132).read_to_end(&mut start)?;
    let kind = Kind::of(&start).ok_or(HeaderError::NotDicom)?;
    let object = open(kind, Cursor::new(start).chain(from), Some(PIXEL_GROUP))?;
    header(&object)
}

/// Reads a file whole, pixels and all.
pub fn read_whole(mut from: impl Read) -> Result<DefaultDicomObject, HeaderError> {
    let mut start = Vec::with_capacity(132);
    from.by_ref().take(132).read_to_end(&mut start)?;
    let kind = Kind::of(&start).ok_or(HeaderError::NotDicom)?;
    open(kind, Cursor::new(start).chain(from), None)
}

/// How a file begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// 128 bytes, `DICM`, file meta group.
    Part10,
    /// `DICM` at once.
    NoPreamble,
    /// The data set at once, without meta group, in this transfer syntax.
    Bare(&'static str),
}

impl Kind {
    fn of(start: &[u8]) -> Option<Self> {
        if start.get(128..132) == Some(b"DICM") {
            return Some(Self::Part10);
        }
        if start.starts_with(b"DICM") {
            return Some(Self::NoPreamble);
        }
        // A first element of group 0008 (or 0002) with a small length: old files without a meta group.
        let [g0, g1, e0, e1, a, b, c, d] = *start.first_chunk::<8>()?;
        let (group, element) = (u16::from_le_bytes([g0, g1]), u16::from_le_bytes([e0, e1]));
        if !(group == 8 || group == 2) || element > 0x0100 {
            return None;
        }
        if a.is_ascii_uppercase() && b.is_ascii_uppercase() {
            return Some(Self::Bare(uids::EXPLICIT_VR_LITTLE_ENDIAN));
        }
        (u32::from_le_bytes([a, b, c, d]) < 256).then_some(Self::Bare(uids::IMPLICIT_VR_LITTLE_ENDIAN))
    }
}

fn open(kind: Kind, from: impl Read, until: Option<Tag>) -> Result<DefaultDicomObject, HeaderError> {
    let broken = |e: &dyn std::error::Error| HeaderError::Broken(chain(e));
    let options = OpenFileOptions::new();
    let options = if let Some(tag) = until { options.read_until(tag) } else { options };
    match kind {
        Kind::Part10 => {
            options.read_preamble(dicom_object::file::ReadPreamble::Always).from_reader(from).map_err(|e| broken(&e))
        }
        Kind::NoPreamble => {
            options.read_preamble(dicom_object::file::ReadPreamble::Never).from_reader(from).map_err(|e| broken(&e))
        }
        Kind::Bare(transfer_syntax) => {
            let syntax = TransferSyntaxRegistry.get(transfer_syntax).ok_or(HeaderError::NotDicom)?;
            // Nothing but a guess says that this is DICOM: what does not read as it is something else.
            let object = InMemDicomObject::read_dataset_with_ts(from, syntax).map_err(|_| HeaderError::NotDicom)?;
            let meta = FileMetaTableBuilder::new()
                .transfer_syntax(transfer_syntax)
                .media_storage_sop_class_uid(text(&object, tags::SOP_CLASS_UID))
                .media_storage_sop_instance_uid(text(&object, tags::SOP_INSTANCE_UID))
                .build()
                .map_err(|e| broken(&e))?;
            Ok(object.with_exact_meta(meta))
        }
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

fn header(object: &DefaultDicomObject) -> Result<Header, HeaderError> {
    let sop_class_uid = Some(text(object, tags::SOP_CLASS_UID)).filter(|s| !s.is_empty());
    let (columns, rows) = (number::<u32>(object, tags::COLUMNS), number::<u32>(object, tags::ROWS));
    let (Some(columns @ 1..), Some(rows @ 1..)) = (columns, rows) else {
        return Err(HeaderError::NotAnImage(kind_of_object(sop_class_uid.as_deref())));
    };
    let (frames, doubt) = frames::of(object, columns, rows);
    Ok(Header {
        patient: Patient {
            name: person(&text(object, tags::PATIENT_NAME)),
            id: text(object, tags::PATIENT_ID),
            birth_date: text(object, tags::PATIENT_BIRTH_DATE),
            sex: text(object, tags::PATIENT_SEX),
        },
        study_uid: text(object, tags::STUDY_INSTANCE_UID),
        study_date: text(object, tags::STUDY_DATE),
        study_description: text(object, tags::STUDY_DESCRIPTION),
        series_uid: text(object, tags::SERIES_INSTANCE_UID),
        series_number: number(object, tags::SERIES_NUMBER),
        series_description: text(object, tags::SERIES_DESCRIPTION),
        protocol_name: text(object, tags::PROTOCOL_NAME),
        body_part: text(object, tags::BODY_PART_EXAMINED),
        modality: text(object, tags::MODALITY),
        image_type: text(object, tags::IMAGE_TYPE),
        contrast_agent: text(object, tags::CONTRAST_BOLUS_AGENT),
        scanning_sequence: text(object, tags::SCANNING_SEQUENCE),
        sop_class_uid,
        sop_instance_uid: text(object, tags::SOP_INSTANCE_UID),
        transfer_syntax: object.meta().transfer_syntax().to_owned(),
        instance_number: number(object, tags::INSTANCE_NUMBER),
        columns,
        rows,
        frame_of_reference_uid: Some(text(object, tags::FRAME_OF_REFERENCE_UID)).filter(|s| !s.is_empty()),
        patient_position: text(object, tags::PATIENT_POSITION),
        repetition_time: decimals(object, tags::REPETITION_TIME).first().copied(),
        echo_time: decimals(object, tags::ECHO_TIME).first().copied(),
        inversion_time: decimals(object, tags::INVERSION_TIME).first().copied(),
        frames,
        doubt,
    })
}

fn kind_of_object(sop_class_uid: Option<&str>) -> String {
    use dicom_core::dictionary::UidDictionary;
    let name = |uid: &str| {
        dicom_dictionary_std::sop_class::StandardSopClassDictionary
            .by_uid(uid)
            .map_or_else(|| format!("SOP class {uid}"), |entry| entry.name.to_owned())
    };
    sop_class_uid.map_or_else(|| "it has no Rows and Columns".to_owned(), name)
}

/// The text of an element, trimmed, several values joined by `\`; empty if it is missing or cannot be read.
pub fn text(object: &InMemDicomObject, tag: Tag) -> String {
    let value = object.get(tag).and_then(|e| e.to_str().ok());
    value.map(|v| v.trim_matches(['\0', ' ']).to_owned()).unwrap_or_default()
}

/// The first value of an element as a number, whatever its VR.
pub fn number<T: std::str::FromStr>(object: &InMemDicomObject, tag: Tag) -> Option<T> {
    let element: &DataElement<_, _> = object.get(tag)?;
    let value = element.to_str().ok()?;
    let first = value.split('\\').next()?.trim_matches(['\0', ' ']);
    // "12.0" and "+12" occur where integers belong.
    first.parse().ok().or_else(|| first.parse::<f64>().ok().filter(|v| v.fract() == 0.0)?.to_string().parse().ok())
}

/// All values of an element as decimal numbers; empty if one cannot be read.
pub fn decimals(object: &InMemDicomObject, tag: Tag) -> Vec<f64> {
    object.get(tag).and_then(|e| e.to_multi_float64().ok()).unwrap_or_default()
}

/// `Family^Given^Middle=...` as people write it.
fn person(name: &str) -> String {
    let alphabetic = name.split('=').next().unwrap_or_default();
    alphabetic.split('^').map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
