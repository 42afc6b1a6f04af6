//! Whether an image is synthetic: read from the file, the only reliable source.
//!
//! The standard has an attribute for it, Synthetic Data (0008,001C), which de-identification leaves alone and which
//! every encoding keeps. The phantoms of version 0.1.0 lack it; they are recognised by other attributes.

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use dicom_object::{DefaultDicomObject, InMemDicomObject};

use super::element::text;

/// Whether the file says that its image is synthetic, in whole or in part.
pub fn is_synthetic(object: &DefaultDicomObject) -> bool {
    text(object, tags::SYNTHETIC_DATA).eq_ignore_ascii_case("YES")
        || is_first_clinical(object)
        || is_first_contest(object, object.meta().media_storage_sop_class_uid())
}

/// A clinical phantom of version 0.1.0: any of the three words that it has for itself, as tools that take names and ids
/// away leave one or another.
fn is_first_clinical(object: &InMemDicomObject) -> bool {
    let says = |tag: Tag, words: &str| text(object, tag) == words;
    (says(tags::MANUFACTURER, "Foramen") && says(tags::MANUFACTURER_MODEL_NAME, "Computed phantom"))
        || says(tags::IMAGE_COMMENTS, "Computed phantom. Not a patient.")
        || says(tags::STUDY_DESCRIPTION, "PHANTOM lumbar spine, not a patient")
}

/// A contest-like phantom of version 0.1.0 says it nowhere, but no file of the contest has its ids: bare numbers for
/// study and series, an image that is called after both, a frame of reference below 2.25, and no SOP class but in front.
fn is_first_contest(object: &InMemDicomObject, meta_class: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let [study, series, image, number] =
        [tags::STUDY_INSTANCE_UID, tags::SERIES_INSTANCE_UID, tags::SOP_INSTANCE_UID, tags::INSTANCE_NUMBER]
            .map(|tag| text(object, tag));
    is_number(&study)
        && is_number(&series)
        && image == format!("{study}.{series}.{number}")
        && text(object, tags::FRAME_OF_REFERENCE_UID).starts_with("2.25.")
        && text(object, tags::SOP_CLASS_UID).is_empty()
        && meta_class == uids::MR_IMAGE_STORAGE
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use dicom_core::{DataElement, PrimitiveValue, VR};
    use dicom_object::FileMetaTableBuilder;

    use super::*;
    use crate::phantom;

    fn file(elements: &[(Tag, VR, &str)]) -> DefaultDicomObject {
        let elements =
            elements.iter().map(|(tag, vr, value)| DataElement::new(*tag, *vr, PrimitiveValue::from(*value)));
        InMemDicomObject::from_element_iter(elements)
            .with_meta(
                FileMetaTableBuilder::new()
                    .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
                    .media_storage_sop_class_uid(uids::MR_IMAGE_STORAGE)
                    .media_storage_sop_instance_uid("1.2.3"),
            )
            .unwrap()
    }

    #[test]
    fn what_says_so_is_synthetic_and_nothing_else_is() {
        let says = |value| file(&[(tags::SYNTHETIC_DATA, VR::CS, value)]);
        assert!(is_synthetic(&says("YES")) && is_synthetic(&says("yes ")));
        assert!(!is_synthetic(&says("NO")) && !is_synthetic(&says("")) && !is_synthetic(&file(&[])));
        // A scanner's test object is real glass and water, so an image of it is not synthetic.
        assert!(!is_synthetic(&file(&[(tags::STUDY_DESCRIPTION, VR::LO, "ACR phantom")])));
    }

    /// What each of the first phantoms' attributes says by itself, should a tool have taken the others away.
    #[test]
    fn phantoms_of_the_first_version_are_known() {
        let (_, bytes) = phantom::study_in_memory(phantom::DEMO_SEED).remove(0);
        let strip = |gone: &[Tag]| {
            let mut object = dicom_object::from_reader(Cursor::new(&bytes)).unwrap();
            for tag in gone {
                object.remove_element(*tag);
            }
            is_synthetic(&object)
        };
        let [made, said, study] = [tags::MANUFACTURER, tags::IMAGE_COMMENTS, tags::STUDY_DESCRIPTION];
        for gone in [[made, said], [made, study], [said, study]] {
            assert!(strip(&[&gone[..], &[tags::SYNTHETIC_DATA]].concat()), "without {gone:?}");
        }
        assert!(strip(&[made, said, study]), "the attribute alone");
        assert!(!strip(&[made, said, study, tags::SYNTHETIC_DATA]), "nothing is left that says it");
        let contest = |series: &str, image: &str, frame: &str| {
            is_synthetic(&file(&[
                (tags::SOP_INSTANCE_UID, VR::UI, image),
                (tags::STUDY_INSTANCE_UID, VR::UI, "1782280318"),
                (tags::SERIES_INSTANCE_UID, VR::UI, series),
                (tags::INSTANCE_NUMBER, VR::IS, "3"),
                (tags::FRAME_OF_REFERENCE_UID, VR::UI, frame),
            ]))
        };
        assert!(contest("2000002", "1782280318.2000002.3", "2.25.123"));
        assert!(!contest("1782280318.2000002", "1782280318.1.3", "1.2.826.0.1"), "a real file of the contest");
        assert!(!contest("2000002", "1782280318.2000002.3", "1.2.826.0.1"));
    }
}
