//! What a file says about patient and study, unchanged: for objects that are to be filed with it in an archive.

use std::sync::Arc;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::{
    charset::Texts, element::text, error::HeaderError, file, frames, lookup, photometric::Photometric, source::Source,
};
use crate::{
    raster::VoiTable,
    uid::{SeriesUid, SopInstanceUid, StudyUid},
};

/// The attributes of one file that objects of the same study repeat. Empty where the file says nothing. Never logged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Origin {
    /// `StudyInstanceUID`.
    pub study_uid: StudyUid,
    /// `SeriesInstanceUID`.
    pub series_uid: SeriesUid,
    /// `SOPInstanceUID`.
    pub sop_instance_uid: SopInstanceUid,
    /// `PatientID`.
    pub patient_id: String,
    /// `PhotometricInterpretation`.
    pub photometric: Photometric,
    /// `RescaleSlope` and `RescaleIntercept` of the frame.
    pub rescale: Option<(f64, f64)>,
    /// The VOI table of the frame, if it has one.
    pub table: Option<Arc<VoiTable>>,
    /// The other attributes of the patient and study modules that have a value.
    pub others: Vec<(Tag, String)>,
}

/// Of the patient (PS3.3 C.7.1.1), the study (C.7.2.1) and the patient at the time of the study (C.7.2.2): what an
/// archive files by, and what a reader sees in the list.
const OTHERS: [Tag; 13] = [
    tags::PATIENT_NAME,
    tags::ISSUER_OF_PATIENT_ID,
    tags::PATIENT_BIRTH_DATE,
    tags::PATIENT_SEX,
    tags::PATIENT_AGE,
    tags::PATIENT_SIZE,
    tags::PATIENT_WEIGHT,
    tags::STUDY_DATE,
    tags::STUDY_TIME,
    tags::STUDY_ID,
    tags::STUDY_DESCRIPTION,
    tags::ACCESSION_NUMBER,
    tags::REFERRING_PHYSICIAN_NAME,
];

impl Source {
    /// Reads the header again and takes patient and study from it, and how the values of a frame are meant. Reads the
    /// file; do not call on the UI thread.
    ///
    /// # Errors
    ///
    /// The file is gone, or is no longer a DICOM file that can be read.
    pub fn origin(&self, frame: u32) -> Result<Origin, HeaderError> {
        let (from, size) = self.open_sized()?;
        let object = file::load(from, size, false)?.object;
        let mut texts = Texts::of(&object);
        let patient_id = texts.read(tags::PATIENT_ID);
        let others = OTHERS.into_iter().map(|tag| (tag, texts.read(tag))).filter(|(_, value)| !value.is_empty());
        let others = others.collect();
        Ok(Origin {
            study_uid: text(&object, tags::STUDY_INSTANCE_UID).into(),
            series_uid: text(&object, tags::SERIES_INSTANCE_UID).into(),
            sop_instance_uid: text(&object, tags::SOP_INSTANCE_UID).into(),
            patient_id,
            photometric: text(&object, tags::PHOTOMETRIC_INTERPRETATION).into(),
            rescale: frames::rescale(&object, frame),
            table: lookup::voi(&object, frame),
            others,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phantom;

    #[test]
    fn patient_and_study_are_as_in_the_file() {
        let (name, bytes) = phantom::study_in_memory(phantom::DEMO_SEED).remove(0);
        let origin = Source::Memory { name, bytes }.origin(0).unwrap();
        let has = |tag, value: &str| origin.others.contains(&(tag, value.to_owned()));
        assert!(has(tags::PATIENT_NAME, "PHANTOM^Lumbar 1"), "carets and all: {origin:?}");
        assert!(has(tags::STUDY_TIME, "093000") && origin.patient_id.starts_with("PHANTOM-"));
        assert!(origin.others.iter().all(|(tag, _)| *tag != tags::ACCESSION_NUMBER), "empty in the file");
    }
}
