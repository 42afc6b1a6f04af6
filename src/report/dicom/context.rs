//! What all objects of an export share: patient, study, equipment, and references to images.

use std::collections::{BTreeMap, BTreeSet};

use dicom_core::{
    VR,
    dictionary::{DataDictionary, DataDictionaryEntry},
};
use dicom_dictionary_std::{StandardDataDictionary, tags, uids as classes};

use super::{
    DicomError,
    codes::SCHEME,
    dataset::{Object, shortened},
    tree::ImageReference,
};
use crate::{
    RESEARCH_USE_ONLY,
    grading::SliceId,
    moment::Moment,
    report::{Report, ReviewStatus},
    study::{Origin, Series, SliceRef},
    uid::{self, SeriesUid, SopInstanceUid},
};

/// What an object is.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    pub class: &'static str,
    pub modality: &'static str,
    /// High, so that it sorts after the scanner's series.
    pub series_number: u16,
    pub description: &'static str,
}

/// A report being exported.
pub struct Context<'a> {
    pub report: &'a Report<'a>,
    origin: Origin,
}

impl<'a> Context<'a> {
    /// Reads patient and study from a file of the study, and checks that it is still the one that was opened.
    pub fn new(report: &'a Report<'a>) -> Result<Self, DicomError> {
        let graded = report.provenance.sources.iter().filter_map(|source| {
            let of_source = |series: &&Series| series.uid == source.series_uid && series.role.is_some();
            report.study.series.iter().find(of_source)?.slices.first()
        });
        let all = report.study.series.iter().filter_map(|series| series.slices.first());
        let slice = graded.chain(all).next().ok_or(DicomError::NoImages)?;
        let origin = origin(report, slice)?;
        let context = Self { report, origin };
        context.uid("StudyInstanceUID", report.study.uid.as_str())?;
        Ok(context)
    }

    /// A UID from the files, or its replacement.
    pub fn uid(&self, what: &'static str, original: &str) -> Result<String, DicomError> {
        let uid = self.report.uid(original);
        if uid::is_valid(&uid) { Ok(uid) } else { Err(DicomError::NotAUid { what, value: original.to_owned() }) }
    }

    pub fn slice(&self, id: &SliceId) -> Result<&'a SliceRef, DicomError> {
        let study = self.report.study;
        let (series, slice) = study.find(id).ok_or(DicomError::NoSuchSlice)?;
        Ok(&study.series[series].slices[slice])
    }

    /// The header of a slice's file, read again and checked to be the same.
    pub fn origin_of(&self, slice: &SliceRef) -> Result<Origin, DicomError> {
        origin(self.report, slice)
    }

    /// Whether another image of the study has the same UIDs.
    pub fn is_one_of_several(&self, id: &SliceId) -> bool {
        id.twin > 0 || self.report.study.find(&SliceId { twin: 1, ..id.clone() }).is_some()
    }

    /// How other objects reference a slice.
    ///
    /// # Errors
    /// If several images have its UIDs: a reference would point to all of them.
    pub fn reference(&self, id: &SliceId) -> Result<ImageReference, DicomError> {
        if self.is_one_of_several(id) {
            return Err(DicomError::SeveralOfOneUid);
        }
        let instance = &self.slice(id)?.instance;
        let frame = (instance.frames > 1).then_some(id.frame + 1);
        self.instance_reference(&id.series_uid, &instance.sop_instance_uid, instance.sop_class_uid.as_deref(), frame)
    }

    /// The UID of an image, or its replacement.
    fn instance_uid(&self, series_uid: &SeriesUid, original: &SopInstanceUid) -> Result<String, DicomError> {
        if self.report.is_repeated(original) && !self.report.identity.is_removed() {
            return Err(DicomError::Repeated { value: original.to_string() });
        }
        let uid = self.report.instance_uid(series_uid, original);
        if uid::is_valid(&uid) {
            Ok(uid)
        } else {
            Err(DicomError::NotAUid { what: "SOPInstanceUID", value: original.to_string() })
        }
    }

    /// How other objects reference a file. Contest files have no class; they are MR images.
    pub fn instance_reference(
        &self,
        series_uid: &SeriesUid,
        instance_uid: &SopInstanceUid,
        class_uid: Option<&str>,
        frame: Option<u32>,
    ) -> Result<ImageReference, DicomError> {
        Ok(ImageReference {
            series_uid: self.uid("SeriesInstanceUID", series_uid.as_str())?,
            class_uid: class_uid.unwrap_or(classes::MR_IMAGE_STORAGE).to_owned(),
            instance_uid: self.instance_uid(series_uid, instance_uid)?,
            frame,
        })
    }

    /// A data set with everything except the content of the specific object, and its SOP Instance UID.
    pub fn begin(&self, kind: Kind, series_uid: &str, number: usize) -> (Object, String) {
        let mut object = Object::new();
        let instance_uid = uid::fresh();
        let created = DateTime::of(self.report.provenance.created);
        object.text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192");
        object.text(tags::INSTANCE_CREATION_DATE, VR::DA, created.date.as_str());
        object.text(tags::INSTANCE_CREATION_TIME, VR::TM, created.time.as_str());
        object.text(tags::SOP_CLASS_UID, VR::UI, kind.class);
        object.text(tags::SOP_INSTANCE_UID, VR::UI, instance_uid.as_str());
        if self.report.study.is_synthetic() {
            // Results on computed images concern a patient no more than the images do.
            object.text(tags::SYNTHETIC_DATA, VR::CS, "YES");
        }
        object.sequence(tags::CODING_SCHEME_IDENTIFICATION_SEQUENCE, vec![own_scheme()]);
        self.patient_and_study(&mut object);
        object.text(tags::MODALITY, VR::CS, kind.modality);
        object.text(tags::SERIES_INSTANCE_UID, VR::UI, series_uid);
        object.text(tags::SERIES_NUMBER, VR::IS, kind.series_number.to_string());
        object.text(tags::SERIES_DATE, VR::DA, created.date.as_str());
        object.text(tags::SERIES_TIME, VR::TM, created.time.as_str());
        object.label(tags::SERIES_DESCRIPTION, &self.labelled(kind.description));
        object.text(tags::INSTANCE_NUMBER, VR::IS, number.to_string());
        object.text(tags::MANUFACTURER, VR::LO, "Foramen");
        object.text(tags::MANUFACTURER_MODEL_NAME, VR::LO, "Foramen");
        object.text(tags::SOFTWARE_VERSIONS, VR::LO, self.report.provenance.version);
        (object, instance_uid)
    }

    /// A description that cannot be mistaken for a medical one.
    pub fn labelled(&self, what: &str) -> String {
        let demo = if self.report.provenance.is_demo() { "DEMO " } else { "" };
        format!("{demo}{what}. {RESEARCH_USE_ONLY}")
    }

    /// As in the file; or blank, with what the standard requires instead (PS3.3 C.7.1.1, C.12.1).
    fn patient_and_study(&self, object: &mut Object) {
        for (tag, vr) in [
            (tags::PATIENT_NAME, VR::PN),
            (tags::PATIENT_ID, VR::LO),
            (tags::PATIENT_BIRTH_DATE, VR::DA),
            (tags::PATIENT_SEX, VR::CS),
            (tags::STUDY_DATE, VR::DA),
            (tags::STUDY_TIME, VR::TM),
            (tags::STUDY_ID, VR::SH),
            (tags::ACCESSION_NUMBER, VR::SH),
            (tags::REFERRING_PHYSICIAN_NAME, VR::PN),
        ] {
            object.empty(tag, vr);
        }
        let study_uid = self.report.uid(&self.report.study.uid);
        if self.report.identity.is_removed() {
            // A separate name and number for each export: archives file by them, and would otherwise file all such
            // studies under one patient.
            let number = study_uid.get(study_uid.len().saturating_sub(12)..).unwrap_or_default();
            object.text(tags::PATIENT_NAME, VR::PN, "Removed^Identity");
            object.text(tags::PATIENT_ID, VR::LO, format!("REMOVED-{number}"));
            object.text(tags::PATIENT_IDENTITY_REMOVED, VR::CS, "YES");
            object.text(
                tags::DEIDENTIFICATION_METHOD,
                VR::LO,
                "Foramen: patient, study, readers, free text left out; new UIDs",
            );
            object.text(tags::LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED, VR::CS, "REMOVED");
        } else {
            let ids = [&self.origin.patient_id, &self.report.study.patient.id];
            let id = ids.into_iter().find(|id| !id.is_empty()).map_or("", String::as_str);
            object.text(tags::PATIENT_ID, VR::LO, id);
            for (tag, value) in &self.origin.others {
                let vr = StandardDataDictionary.by_tag(*tag).and_then(|entry| entry.vr().exact());
                object.text(*tag, vr.unwrap_or(VR::LO), value.as_str());
            }
        }
        object.text(tags::STUDY_INSTANCE_UID, VR::UI, study_uid);
    }

    /// Every referenced image, by series, for the evidence of a document.
    pub fn evidence(&self, images: &[&ImageReference]) -> Object {
        let mut study = Object::new();
        study.text(tags::STUDY_INSTANCE_UID, VR::UI, self.report.uid(&self.report.study.uid));
        study.sequence(
            tags::REFERENCED_SERIES_SEQUENCE,
            referenced_series(images, tags::REFERENCED_SOP_SEQUENCE, false),
        );
        study
    }

    /// The people who decided something, each once; none if the identity is removed.
    pub fn readers(&self) -> Vec<String> {
        if self.report.identity.is_removed() {
            return vec![];
        }
        let acts = self.report.review.acts().iter().map(|act| act.draft.who.as_str());
        let signer = match &self.report.provenance.status {
            ReviewStatus::Signed(signature) => Some(signature.who.as_str()),
            _ => None,
        };
        let names: BTreeSet<String> = acts.chain(signer).map(person_name).filter(|name| !name.is_empty()).collect();
        names.into_iter().collect()
    }
}

/// Images by series, as reference sequences require.
pub fn referenced_series(images: &[&ImageReference], inner: dicom_core::Tag, frames: bool) -> Vec<Object> {
    let mut by_series: BTreeMap<&str, BTreeMap<&str, (&ImageReference, BTreeSet<u32>)>> = BTreeMap::new();
    for image in images {
        let instances = by_series.entry(&image.series_uid).or_default();
        instances.entry(&image.instance_uid).or_insert((image, BTreeSet::new())).1.extend(image.frame);
    }
    let series = by_series.into_iter().map(|(uid, instances)| {
        let mut series = Object::new();
        series.text(tags::SERIES_INSTANCE_UID, VR::UI, uid);
        let instances = instances.into_values().map(|(image, shown)| {
            let mut item = image.encode();
            if frames && !shown.is_empty() {
                let numbers: Vec<String> = shown.iter().map(ToString::to_string).collect();
                item.text(tags::REFERENCED_FRAME_NUMBER, VR::IS, numbers.join("\\"));
            }
            item
        });
        series.sequence(inner, instances.collect());
        series
    });
    series.collect()
}

fn origin(report: &Report, slice: &SliceRef) -> Result<Origin, DicomError> {
    let (study, instance) = (report.study, &slice.instance);
    let file = || instance.source.to_string();
    let origin = instance.source.origin(slice.frame).map_err(|cause| DicomError::Source { file: file(), cause })?;
    let replaced = |what| Err(DicomError::Replaced { file: file(), what });
    // A file of the same study may lack the id that another has.
    if !origin.patient_id.is_empty() && !study.patient.id.is_empty() && origin.patient_id != study.patient.id {
        return replaced("patient");
    }
    if origin.study_uid != study.uid {
        return replaced("study");
    }
    if origin.sop_instance_uid != instance.sop_instance_uid || origin.series_uid != instance.series_uid {
        return replaced("image");
    }
    Ok(origin)
}

/// Declares what `99FORAMEN` is.
fn own_scheme() -> Object {
    let mut scheme = Object::new();
    scheme.text(tags::CODING_SCHEME_DESIGNATOR, VR::SH, SCHEME);
    scheme.text(tags::CODING_SCHEME_NAME, VR::ST, "Codes of the program Foramen");
    scheme.text(tags::CODING_SCHEME_RESPONSIBLE_ORGANIZATION, VR::ST, "Foramen");
    scheme
}

/// A typed name as a DICOM name; carets separate its components, if they were typed.
pub fn person_name(typed: &str) -> String {
    shortened(&typed.replace('=', " "), 64)
}

/// A moment in UTC as DICOM writes it.
pub struct DateTime {
    pub date: String,
    pub time: String,
}

impl DateTime {
    pub fn of(moment: Moment) -> Self {
        // 20260102T030405Z
        let stamp = moment.stamp();
        let (date, time) = stamp.trim_end_matches('Z').split_once('T').unwrap_or_default();
        Self { date: date.to_owned(), time: time.to_owned() }
    }

    /// With the offset from UTC, so that it is not mistaken for local time.
    pub fn with_offset(&self) -> String {
        format!("{}{}+0000", self.date, self.time)
    }
}
