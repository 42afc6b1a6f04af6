//! One image as a DICOM file, in either dialect.

use dicom_core::{DataElement, PrimitiveValue, Tag, VR, value::PixelFragmentSequence};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use dicom_transfer_syntax_registry::entries;

use super::{
    Dialect, rle,
    sequence::Contrast,
    series::SeriesPlan,
    study::{Ids, PhantomStudy},
};
use crate::{geometry::ImagePlane, grading::Role};

/// A file that could not be built; not expected.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The file meta group.
    #[error("cannot write the DICOM file meta group")]
    Meta(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The data set.
    #[error("cannot write the DICOM data set")]
    Data(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The position of an image in its study.
pub struct ImageOf<'a> {
    /// The study.
    pub study: &'a PhantomStudy,
    /// Index of the series.
    pub series: usize,
    /// Index of the image in the series.
    pub image: usize,
}

impl ImageOf<'_> {
    fn plan(&self) -> &SeriesPlan {
        &self.study.series[self.series]
    }

    fn plane(&self) -> &ImagePlane {
        &self.plan().planes[self.image]
    }

    fn ids(&self) -> &Ids {
        &self.study.ids
    }

    fn instance_number(&self) -> u32 {
        self.plan().first_instance + self.image as u32
    }
}

/// The bytes of a file.
pub fn encode(image: &ImageOf<'_>, pixels: &[u16]) -> Result<Vec<u8>, EncodeError> {
    let rle = image.study.rle[image.series];
    let mut object = Object(InMemDicomObject::new_empty());
    // The only attribute beyond the contest's: without it nothing in the files would say that no person was scanned.
    object.text(tags::SYNTHETIC_DATA, VR::CS, "YES");
    match image.study.dialect {
        Dialect::Clinical => clinical(&mut object, image),
        Dialect::Contest => contest(&mut object, image),
    }
    geometry(&mut object, image);
    pixel_data(&mut object, image, pixels, rle);
    let instance = image.ids().instance(image.series, image.instance_number());
    let mut bytes = Vec::new();
    match image.study.dialect {
        Dialect::Clinical => {
            let meta = FileMetaTableBuilder::new()
                .transfer_syntax(if rle { uids::RLE_LOSSLESS } else { uids::EXPLICIT_VR_LITTLE_ENDIAN })
                .media_storage_sop_class_uid(uids::MR_IMAGE_STORAGE)
                .media_storage_sop_instance_uid(instance);
            let file = object.0.with_meta(meta).map_err(|e| EncodeError::Meta(Box::new(e)))?;
            file.write_all(&mut bytes).map_err(|e| EncodeError::Data(Box::new(e)))?;
        }
        Dialect::Contest => {
            contest_meta(&mut bytes, &instance);
            // RLE pixels are in a data set with explicit VR little endian.
            let syntax = entries::EXPLICIT_VR_LITTLE_ENDIAN.erased();
            object.0.write_dataset_with_ts(&mut bytes, &syntax).map_err(|e| EncodeError::Data(Box::new(e)))?;
        }
    }
    Ok(bytes)
}

/// Preamble and file meta group as in the contest's files: pydicom's names, no group length, and a multi-frame SOP
/// class although each file is one plain frame.
fn contest_meta(bytes: &mut Vec<u8>, instance: &str) {
    bytes.resize(128, 0);
    bytes.extend(b"DICM");
    // FileMetaInformationVersion: OB has a longer element header.
    bytes.extend([2, 0, 1, 0, b'O', b'B', 0, 0, 2, 0, 0, 0, 0, 1]);
    for (element, vr, value) in [
        (0x02, b"UI", uids::ENHANCED_MR_IMAGE_STORAGE),
        (0x03, b"UI", instance),
        (0x10, b"UI", uids::RLE_LOSSLESS),
        (0x12, b"UI", "1.2.826.0.1.3680043.8.498.1"),
        (0x13, b"SH", "PYDICOM 2.4.2"),
    ] {
        let mut value = value.as_bytes().to_vec();
        if value.len() % 2 == 1 {
            value.push(if vr == b"UI" { 0 } else { b' ' });
        }
        bytes.extend([2, 0, element, 0]);
        bytes.extend(vr);
        bytes.extend((value.len() as u16).to_le_bytes());
        bytes.extend(value);
    }
}

struct Object(InMemDicomObject);

impl Object {
    fn text(&mut self, tag: Tag, vr: VR, value: impl Into<String>) {
        self.0.put(DataElement::new(tag, vr, PrimitiveValue::from(value.into())));
    }

    fn decimals(&mut self, tag: Tag, values: &[f64]) {
        let strings: Vec<String> = values.iter().map(|v| decimal(*v)).collect();
        self.0.put(DataElement::new(tag, VR::DS, PrimitiveValue::Strs(strings.into())));
    }

    fn short(&mut self, tag: Tag, value: u16) {
        self.0.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
    }
}

/// At most 16 characters, as DS allows.
fn decimal(value: f64) -> String {
    let text = format!("{value:.7}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() || text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn clinical(object: &mut Object, image: &ImageOf<'_>) {
    let (ids, plan) = (image.ids(), image.plan());
    object.text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192");
    object.text(
        tags::IMAGE_TYPE,
        VR::CS,
        if plan.role.is_some() { "ORIGINAL\\PRIMARY\\OTHER" } else { "ORIGINAL\\PRIMARY\\LOCALIZER" },
    );
    object.text(tags::SOP_CLASS_UID, VR::UI, uids::MR_IMAGE_STORAGE);
    for tag in [tags::STUDY_DATE, tags::SERIES_DATE, tags::CONTENT_DATE] {
        object.text(tag, VR::DA, "20260102");
    }
    for tag in [tags::STUDY_TIME, tags::SERIES_TIME, tags::CONTENT_TIME] {
        object.text(tag, VR::TM, "093000");
    }
    object.text(tags::ACCESSION_NUMBER, VR::SH, "");
    object.text(tags::MODALITY, VR::CS, "MR");
    object.text(tags::MANUFACTURER, VR::LO, "Foramen");
    object.text(tags::MANUFACTURER_MODEL_NAME, VR::LO, "Computed phantom");
    object.text(tags::SOFTWARE_VERSIONS, VR::LO, env!("CARGO_PKG_VERSION"));
    object.text(tags::REFERRING_PHYSICIAN_NAME, VR::PN, "");
    object.text(tags::STUDY_DESCRIPTION, VR::LO, "PHANTOM lumbar spine, not a patient");
    object.text(tags::SERIES_DESCRIPTION, VR::LO, description(plan));
    object.text(tags::PATIENT_NAME, VR::PN, format!("PHANTOM^Lumbar {}", image.study.number));
    object.text(tags::PATIENT_ID, VR::LO, format!("PHANTOM-{}-{}", image.study.seed, image.study.number));
    object.text(tags::PATIENT_BIRTH_DATE, VR::DA, "");
    object.text(tags::PATIENT_SEX, VR::CS, "O");
    object.text(tags::BODY_PART_EXAMINED, VR::CS, "LSPINE");
    object.text(tags::STUDY_ID, VR::SH, image.study.number.to_string());
    object.text(tags::SERIES_NUMBER, VR::IS, (image.series + 1).to_string());
    object.text(tags::FRAME_OF_REFERENCE_UID, VR::UI, ids.frame_of_reference[0].as_str());
    object.text(tags::POSITION_REFERENCE_INDICATOR, VR::LO, "");
    object.text(tags::IMAGE_COMMENTS, VR::LT, "Computed phantom. Not a patient.");
    let inversion = plan.sequence.contrast == Contrast::Stir;
    object.text(tags::SCANNING_SEQUENCE, VR::CS, if inversion { "SE\\IR" } else { "SE" });
    object.text(tags::SEQUENCE_VARIANT, VR::CS, "SK");
    object.text(tags::SCAN_OPTIONS, VR::CS, if plan.sequence.fat_left < 1.0 { "FS" } else { "" });
    object.text(tags::MR_ACQUISITION_TYPE, VR::CS, "2D");
    object.decimals(tags::REPETITION_TIME, &[plan.sequence.tr]);
    object.decimals(tags::ECHO_TIME, &[plan.sequence.te]);
    object.text(tags::ECHO_TRAIN_LENGTH, VR::IS, "12");
    if let Some(ti) = plan.sequence.ti {
        object.decimals(tags::INVERSION_TIME, &[ti]);
    }
    object.decimals(tags::MAGNETIC_FIELD_STRENGTH, &[plan.sequence.field]);
    object.decimals(tags::SPACING_BETWEEN_SLICES, &[plan.step]);
}

/// As the contest's files are: no Modality, no SOPClassUID, no names, a FrameOfReferenceUID for every series, and in one
/// study of three a rescale that changes nothing.
fn contest(object: &mut Object, image: &ImageOf<'_>) {
    let ids = image.ids();
    let weighting = if image.plan().sequence.contrast == Contrast::T1 { "T1" } else { "T2" };
    object.text(tags::CONTENT_DATE, VR::DA, "20260102");
    object.text(tags::CONTENT_TIME, VR::TM, "093000.000000");
    object.text(tags::SERIES_DESCRIPTION, VR::LO, weighting);
    object.text(tags::PATIENT_ID, VR::LO, ids.study.as_str());
    object.decimals(tags::SPACING_BETWEEN_SLICES, &[image.plan().step]);
    let plane = image.plane();
    object.decimals(tags::SLICE_LOCATION, &[plane.position()]);
    if image.study.number.is_multiple_of(3) {
        object.decimals(tags::RESCALE_INTERCEPT, &[0.0]);
        object.decimals(tags::RESCALE_SLOPE, &[1.0]);
    }
    object.text(tags::FRAME_OF_REFERENCE_UID, VR::UI, ids.frame_of_reference[image.series].as_str());
}

fn geometry(object: &mut Object, image: &ImageOf<'_>) {
    let (ids, plane) = (image.ids(), image.plane());
    object.text(tags::SOP_INSTANCE_UID, VR::UI, ids.instance(image.series, image.instance_number()));
    object.text(tags::STUDY_INSTANCE_UID, VR::UI, ids.study.as_str());
    object.text(tags::SERIES_INSTANCE_UID, VR::UI, ids.series_uid(image.series));
    object.text(tags::INSTANCE_NUMBER, VR::IS, image.instance_number().to_string());
    object.text(tags::PATIENT_POSITION, VR::CS, "HFS");
    object.decimals(tags::SLICE_THICKNESS, &[image.plan().thickness]);
    object.decimals(tags::IMAGE_POSITION_PATIENT, &plane.origin().to_array());
    let (a, b) = (plane.column_direction(), plane.row_direction());
    object.decimals(tags::IMAGE_ORIENTATION_PATIENT, &[a.x, a.y, a.z, b.x, b.y, b.z]);
    object.decimals(tags::PIXEL_SPACING, &plane.pixel_spacing());
}

fn pixel_data(object: &mut Object, image: &ImageOf<'_>, pixels: &[u16], rle: bool) {
    let (plan, plane) = (image.plan(), image.plane());
    object.short(tags::SAMPLES_PER_PIXEL, 1);
    object.text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, if plan.inverted { "MONOCHROME1" } else { "MONOCHROME2" });
    object.short(tags::ROWS, plane.rows() as u16);
    object.short(tags::COLUMNS, plane.columns() as u16);
    object.short(tags::BITS_ALLOCATED, 16);
    object.short(tags::BITS_STORED, 12);
    object.short(tags::HIGH_BIT, 11);
    object.short(tags::PIXEL_REPRESENTATION, 0);
    let mut sorted = pixels.to_vec();
    sorted.sort_unstable();
    let at = |share: f64| f64::from(sorted[((sorted.len() - 1) as f64 * share) as usize]);
    let (low, high) = (at(0.01), at(0.995));
    object.decimals(tags::WINDOW_CENTER, &[f64::midpoint(low, high).round()]);
    object.decimals(tags::WINDOW_WIDTH, &[(high - low).round().max(1.0)]);
    if rle {
        let frame = rle::encode_u16(pixels, plane.columns() as usize);
        let fragments = PixelFragmentSequence::new(Vec::<u32>::new(), vec![frame]);
        object.0.put(DataElement::new(tags::PIXEL_DATA, VR::OB, fragments));
    } else {
        object.0.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(pixels.into())));
    }
}

fn description(plan: &SeriesPlan) -> &'static str {
    match (plan.role, plan.sequence.contrast) {
        (None, _) => "LOCALIZER",
        (Some(Role::Ss), _) => "AX T2 TSE",
        (_, Contrast::T1) => "SAG T1 TSE",
        (_, Contrast::T2) => "SAG T2 TSE",
        (_, Contrast::Stir) => "SAG STIR",
    }
}

#[cfg(test)]
mod tests;
