//! DICOM output: the structured report (SR), pictures of key images (secondary capture), the reader's marks
//! (presentation states) and the list of key images (key object selection). `docs/reports-dicom.md` describes their
//! content.
//!
//! All carry the patient and study of the files that they came from, read again from such a file at export: a file that
//! now holds another study stops the export. Each export has new instance and series UIDs.

mod codes;
mod context;
mod dataset;
mod gsps;
mod kos;
mod sc;
mod sr;
mod tree;

pub use gsps::presentation_states;
pub use kos::key_objects;
pub use sc::secondary_captures;
pub use sr::sr_bytes;

use crate::study::{HeaderError, PixelError};

/// Why a DICOM object was not made.
#[derive(Debug, thiserror::Error)]
pub enum DicomError {
    /// Contest files have plain numbers where UIDs belong.
    #[error(
        "{what} is {value:?}, which is not a DICOM UID, so no DICOM object can refer to these images. Export with the \
         identity removed, which replaces them with new UIDs, or give the files proper UIDs first"
    )]
    NotAUid {
        /// Name of the attribute.
        what: &'static str,
        /// Its value in the file.
        value: String,
    },
    /// As in the contest's files.
    #[error(
        "several images of this study have the SOPInstanceUID {value:?}, so no DICOM object can refer to one of them. \
         Export with the identity removed, which replaces them with new UIDs, or give each file its own UID"
    )]
    Repeated {
        /// The UID that they share.
        value: String,
    },
    /// The study has no image to refer to.
    #[error("the study has no images to refer to")]
    NoImages,
    /// The file is gone or damaged.
    #[error("{file}: {cause}; it is needed for the names and numbers of patient and study. Open the study again")]
    Source {
        /// Where the image lies.
        file: String,
        /// What is wrong with it.
        cause: HeaderError,
    },
    /// The file was replaced since it was opened.
    #[error("{file} now holds a different {what} from when it was opened: nothing was exported. Open the study again")]
    Replaced {
        /// Where the image lies.
        file: String,
        /// What differs: `patient`, `study` or `image`.
        what: &'static str,
    },
    /// A mark, box or key image is on a slice that the study does not have.
    #[error("a box or mark lies on an image that is not in this study: nothing was exported. Open the study again")]
    NoSuchSlice,
    /// Several images share a UID.
    #[error(
        "a box or mark lies on an image that shares its SOPInstanceUID with other images of its series, so no DICOM object can \
         point to it; write JSON, CSV, PDF or text, or give the files proper UIDs first"
    )]
    SeveralOfOneUid,
    /// The values under a mark.
    #[error("{file}: {cause}")]
    Pixels {
        /// Where the image lies.
        file: String,
        /// What is wrong with it.
        cause: PixelError,
    },
    /// The data set could not be written; not to be expected.
    #[error("cannot write the DICOM object")]
    Write(#[source] Box<dyn std::error::Error + Send + Sync>),
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, io::Write, path::PathBuf};

    use dicom_core::Tag;
    use dicom_dictionary_std::tags;
    use dicom_object::{FileDicomObject, InMemDicomObject};

    use super::*;
    use crate::uid;
    use crate::{
        cancel::Cancel,
        grading::{Assessment, Detection, DetectionClass, Evidence, GradeTable, Probabilities, Severity},
        markup::{Markup, Point, Shape},
        moment::Moment,
        phantom::{self, Dialect, PhantomOptions},
        pipeline::GradedStudy,
        raster::BBox,
        report::{DeidentifyKey, Identity, KeyBox, KeyImage, Report, picture::picture},
        review::Review,
        study::{self, Study},
    };

    /// Every row has a box on the first slice of some series.
    fn graded(study: &Study) -> GradedStudy {
        let table = GradeTable::from_fn(|grade| {
            let severity = Severity::Severe;
            let detection = Detection {
                class: DetectionClass { grade, severity },
                score: 0.8,
                bbox: BBox::new(10.0, 20.0, 30.5, 40.0),
                slice: study.series[0].slices[0].id(),
            };
            Assessment::Detected {
                probabilities: Probabilities::normalized([0.1, 0.1, 0.8]).unwrap(),
                evidence: vec![Evidence { severity, weight: 0.8, detection, conflicts: vec![], is_place: false }],
            }
        });
        GradedStudy::of_table(study.uid.as_str(), table)
    }

    fn demo() -> Study {
        study::scan_memory(phantom::study_in_memory(phantom::DEMO_SEED)).studies.remove(0)
    }

    fn opened(path: PathBuf) -> Study {
        study::scan(&[path], &Cancel::default(), &|_, _| ()).unwrap().studies.remove(0)
    }

    /// The report of an untouched study.
    fn made<T>(study: &Study, identity: Identity, make: impl FnOnce(&Report) -> T) -> T {
        let (graded, review, markup) = (graded(study), Review::default(), Markup::default());
        make(&Report::new(study, &graded, &review, &markup, Moment(0), identity).unwrap())
    }

    fn parsed(bytes: &[u8]) -> FileDicomObject<InMemDicomObject> {
        FileDicomObject::from_reader(bytes).unwrap()
    }

    fn text(object: &InMemDicomObject, tag: Tag) -> String {
        object.element(tag).unwrap().to_str().unwrap().into_owned()
    }

    fn removed() -> Identity {
        Identity::Removed(DeidentifyKey::random())
    }

    #[test]
    fn contest_files_are_refused_with_a_way_out_that_works() {
        let dir = tempfile::tempdir().unwrap();
        let dialect = Dialect::Contest;
        let options = PhantomOptions { studies: 1, seed: 3, dialect, balance: 0.0, label_noise: 0.0, variety: 0.0 };
        phantom::write(dir.path(), &options, &|| ()).unwrap();
        let study = opened(dir.path().join("train_images"));
        let refused = made(&study, Identity::Full, sr_bytes).unwrap_err();
        let DicomError::NotAUid { value, .. } = &refused else { panic!("{refused}") };
        assert_eq!(study.uid, value.as_str());
        assert!(refused.to_string().contains("identity removed"), "{refused}");
        let sr = parsed(&made(&study, removed(), sr_bytes).unwrap());
        for tag in [tags::STUDY_INSTANCE_UID, tags::SERIES_INSTANCE_UID, tags::SOP_INSTANCE_UID] {
            assert!(uid::is_valid(&text(&sr, tag)));
        }
    }

    #[test]
    fn a_file_that_is_anothers_since_stops_the_export() {
        let dir = tempfile::tempdir().unwrap();
        let files = phantom::study_in_memory(phantom::DEMO_SEED);
        for (name, bytes) in &files {
            crate::files::write_atomic(&dir.path().join(name), bytes).unwrap();
        }
        let study = opened(dir.path().to_owned());
        assert!(made(&study, Identity::Full, sr_bytes).is_ok());
        let other: BTreeMap<String, _> = phantom::study_in_memory(phantom::DEMO_SEED + 1).into_iter().collect();
        let others: Vec<_> = other.values().collect();
        for (name, _) in &files {
            crate::files::write_atomic(&dir.path().join(name), others[0]).unwrap();
        }
        for identity in [Identity::Full, removed()] {
            let refused = made(&study, identity, sr_bytes).unwrap_err();
            assert!(matches!(refused, DicomError::Replaced { what: "patient", .. }), "{refused}");
        }
        for (name, _) in &files {
            std::fs::remove_file(dir.path().join(name)).unwrap();
        }
        assert!(matches!(made(&study, Identity::Full, sr_bytes), Err(DicomError::Source { .. })));
    }

    #[test]
    fn a_zip_gives_what_memory_gives() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("study.zip");
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
        for (name, bytes) in phantom::study_in_memory(phantom::DEMO_SEED) {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(&bytes).unwrap();
        }
        zip.finish().unwrap();
        let (zipped, memory) = (opened(path), demo());
        let [a, b] = [&zipped, &memory].map(|study| parsed(&made(study, Identity::Full, sr_bytes).unwrap()));
        assert_eq!(differing(&a, &b), [tags::SOP_INSTANCE_UID, tags::SERIES_INSTANCE_UID]);
        assert_eq!(text(&a, tags::STUDY_TIME), "093000");
    }

    /// Tags whose values differ, also in sequences.
    fn differing(a: &InMemDicomObject, b: &InMemDicomObject) -> Vec<Tag> {
        assert_eq!(a.tags().collect::<Vec<_>>(), b.tags().collect::<Vec<_>>());
        let differs = |tag| {
            let [a, b] = [a, b].map(|object| object.element(tag).unwrap());
            match (a.items(), b.items()) {
                (Some(a), Some(b)) if a.len() == b.len() => {
                    a.iter().zip(b).flat_map(|(a, b)| differing(a, b)).collect()
                }
                _ if a.value() == b.value() => vec![],
                _ => vec![tag],
            }
        };
        a.tags().flat_map(differs).collect()
    }

    #[test]
    fn each_export_is_a_new_object_with_the_same_content() {
        let study = demo();
        for make in [sr_bytes as fn(&Report) -> _, |report: &Report| Ok(key_objects(report)?.unwrap())] {
            let [a, b] = [0, 1].map(|_| parsed(&made(&study, Identity::Full, make).unwrap()));
            assert_eq!(differing(&a, &b), [tags::SOP_INSTANCE_UID, tags::SERIES_INSTANCE_UID]);
        }
    }

    #[test]
    fn nothing_to_show_is_no_object() {
        let study = demo();
        let mut nothing = graded(&study);
        nothing.table = GradeTable::from_fn(|_| Assessment::NotAssessed { reason: "no model".into() });
        let (review, markup) = (Review::default(), Markup::default());
        let report = Report::new(&study, &nothing, &review, &markup, Moment(0), Identity::Full).unwrap();
        assert!(key_objects(&report).unwrap().is_none());
        assert!(
            presentation_states(&report).unwrap().is_empty() && secondary_captures(&report, &[]).unwrap().is_empty()
        );
        assert!(sr_bytes(&report).is_ok(), "25 times not assessed is a report too");
    }

    fn key_image(report: &Report) -> KeyImage {
        let from = &report.study.series[0].slices[0];
        KeyImage {
            slice: from.id(),
            series: 0,
            index: 0,
            pixels: image::GrayImage::from_pixel(64, 48, image::Luma([90])),
            pixel_spacing: [2.0, 1.0],
            mark_spacing: from.pixel_spacing,
            plane: from.plane,
            boxes: vec![KeyBox {
                id: report.rows()[0].id,
                severity: Some(Severity::Severe),
                bbox: BBox::new(16.0, 12.0, 48.0, 36.0),
                by_reader: false,
            }],
            lines: vec![],
            letters: [Some('A'), Some('H'), None, None],
            marks: report.markup.marks().to_vec(),
            note: String::new(),
            caption: "Sagittal T1, slice 1 of 9".into(),
        }
    }

    #[test]
    fn what_a_person_typed_is_never_burned_in() {
        let study = demo();
        let (graded, review) = (graded(&study), Review::default());
        let pictures = ["", "Doe^Jane"].map(|typed| {
            let mut markup = Markup::default();
            let slice = study.series[0].slices[0].id();
            markup.add(slice.clone(), Shape::Arrow { tip: Point::new(5.0, 5.0), tail: Point::new(20.0, 20.0) }, typed);
            markup.add(slice, Shape::Note { at: Point::new(40.0, 40.0) }, typed);
            let report = Report::new(&study, &graded, &review, &markup, Moment(0), Identity::Full).unwrap();
            picture(&report, &KeyImage { note: typed.to_owned(), ..key_image(&report) }, 1)
        });
        assert_eq!(pictures[0], pictures[1]);
    }

    #[test]
    fn pictures_have_square_pixels_and_boxes_where_they_are() {
        let study = demo();
        let (graded, review, markup) = (graded(&study), Review::default(), Markup::default());
        let report = Report::new(&study, &graded, &review, &markup, Moment(0), Identity::Full).unwrap();
        let key = key_image(&report);
        let shown = picture(&report, &key, 1);
        // 64 x 48 pixels of 1 mm by 2 mm are 64 x 96 mm: four times as large.
        let grey: Vec<(u32, u32)> =
            shown.enumerate_pixels().filter(|(.., p)| p.0 == [90; 3]).map(|(x, y, _)| (x, y)).collect();
        let side = |of: fn(&(u32, u32)) -> u32| {
            let (low, high) = (grey.iter().map(of).min().unwrap(), grey.iter().map(of).max().unwrap());
            high - low + 1
        };
        assert_eq!((side(|p| p.0), side(|p| p.1)), (256, 384));
        let severe: Vec<(u32, u32)> =
            shown.enumerate_pixels().filter(|(.., p)| p.0 == [255, 106, 61]).map(|(x, y, _)| (x, y)).collect();
        let (left, top) = (grey.iter().map(|p| p.0).min().unwrap(), grey.iter().map(|p| p.1).min().unwrap());
        let leftmost = severe.iter().map(|p| p.0).min().unwrap();
        let topmost = severe.iter().map(|p| p.1).min().unwrap();
        assert!((leftmost - left).abs_diff(16 * 4) <= 2 && (topmost - top).abs_diff(12 * 8) <= 2);
    }
}
