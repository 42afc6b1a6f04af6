//! What a series is, where its images lie and what is missing of it: on files as they were reported.

use std::{collections::BTreeSet, io::Cursor, sync::Arc, sync::LazyLock};

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{DefaultDicomObject, InMemDicomObject};
use proptest::prelude::*;

use crate::{
    geometry::PlaneKind,
    grading::Role,
    phantom,
    study::{Series, Study, scan_memory},
};

type File = DefaultDicomObject;
/// A name, and what makes a file of its kind.
type Kind<'a> = (&'a str, &'a dyn Fn(&mut File));
/// What makes a frame, and of which volume.
type SetFrame<'a> = &'a dyn Fn(&mut InMemDicomObject);
type FrameKind<'a> = (&'a str, &'a dyn Fn(&mut InMemDicomObject, u32));

/// The files of a phantom: sagittal T1, sagittal T2, axial T2, localizer. Pixels do not matter here, and are few.
static PHANTOM: LazyLock<Vec<File>> = LazyLock::new(|| {
    let read = |(_, bytes): (String, Arc<[u8]>)| {
        let mut file: File = dicom_object::from_reader(Cursor::new(bytes.to_vec())).unwrap();
        for tag in [tags::ROWS, tags::COLUMNS] {
            file.put(DataElement::new(tag, VR::US, PrimitiveValue::from(16u16)));
        }
        file.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(vec![0; 256].into())));
        file
    };
    phantom::study_in_memory(11).into_iter().map(read).collect()
});

fn value(file: &File, tag: Tag) -> String {
    file.get(tag).map(|e| e.to_str().unwrap().trim().to_owned()).unwrap_or_default()
}

fn put(file: &mut File, tag: Tag, vr: VR, text: &str) {
    file.put(DataElement::new(tag, vr, PrimitiveValue::from(text)));
}

fn numbers(file: &File, tag: Tag) -> Vec<f64> {
    file.get(tag).unwrap().to_multi_float64().unwrap()
}

fn put_numbers(file: &mut File, tag: Tag, values: &[f64]) {
    let texts: Vec<String> = values.iter().map(|v| format!("{v:.6}")).collect();
    file.put(DataElement::new(tag, VR::DS, PrimitiveValue::Strs(texts.into())));
}

/// The files of a series by its description, in order of number.
fn of(description: &str) -> Vec<File> {
    let mut all: Vec<File> =
        PHANTOM.iter().filter(|f| value(f, tags::SERIES_DESCRIPTION) == description).cloned().collect();
    all.sort_by_key(|f| value(f, tags::INSTANCE_NUMBER).parse::<i32>().unwrap());
    assert!(all.len() > 8, "{description}");
    all
}

/// With a UID of its own.
fn another(file: &File, ending: &str) -> File {
    let mut other = file.clone();
    let uid = format!("{}.{ending}", value(file, tags::SOP_INSTANCE_UID));
    put(&mut other, tags::SOP_INSTANCE_UID, VR::UI, &uid);
    other
}

fn study(files: &[File]) -> Study {
    let bytes = |file: &File| {
        let mut bytes = Vec::new();
        file.write_all(&mut bytes).unwrap();
        bytes
    };
    let named = files.iter().enumerate().map(|(i, file)| (format!("{i}.dcm"), Arc::from(bytes(file))));
    let mut scan = scan_memory(named.collect());
    assert!(scan.issues.is_empty(), "{:?}", scan.issues);
    assert_eq!(scan.studies.len(), 1);
    scan.studies.remove(0)
}

/// Description, part, images and role of each series.
fn summary(study: &Study) -> Vec<(String, String, usize, Option<Role>)> {
    study.series.iter().map(|s| (s.description.clone(), s.part.clone(), s.slices.len(), s.role)).collect()
}

fn of_role(study: &Study, role: Role) -> &Series {
    let mut all = study.series_of(role);
    let first = all.next().unwrap_or_else(|| panic!("no {role}: {:?}", summary(study)));
    assert!(all.next().is_none(), "{:?}", summary(study));
    first
}

fn doubts(study: &Study) -> Vec<&str> {
    study.issues.iter().filter(|issue| !issue.is_note).map(|issue| issue.message.as_str()).collect()
}

#[test]
fn a_plain_study_is_four_series_without_a_doubt() {
    let study = study(&PHANTOM);
    assert!(study.issues.is_empty(), "{:?}", study.issues);
    assert!(study.series.iter().all(|s| s.part.is_empty()), "{:?}", summary(&study));
    let roles: Vec<_> = study.series.iter().map(|s| s.role).collect();
    assert_eq!(roles, [Some(Role::Nfn), Some(Role::Scs), Some(Role::Ss), None]);
    assert!(study.series.iter().flat_map(|s| &s.slices).all(|s| s.turn.is_none() && s.plane.is_some()));
}

/// The T2 with a second image at each place, `ending` in its UID, changed.
fn doubled(change: impl Fn(&mut File, usize)) -> Vec<File> {
    let t2 = of("SAG T2 TSE");
    let mut other: Vec<File> = t2.iter().map(|file| another(file, "9")).collect();
    other.iter_mut().enumerate().for_each(|(i, file)| change(file, i));
    t2.into_iter().chain(other).collect()
}

fn later(file: &mut File) {
    let number: i32 = value(file, tags::INSTANCE_NUMBER).parse().unwrap();
    put(file, tags::INSTANCE_NUMBER, VR::IS, &(number + 100).to_string());
}

#[test]
fn volumes_at_one_place_are_told_apart_by_what_they_say() {
    let kinds: [Kind<'_>; 7] = [
        ("echo time", &|f| put(f, tags::ECHO_TIME, VR::DS, "12")),
        ("echo number", &|f| put(f, tags::ECHO_NUMBERS, VR::IS, "2")),
        ("temporal position", &|f| put(f, tags::TEMPORAL_POSITION_IDENTIFIER, VR::IS, "2")),
        ("acquisition", &|f| put(f, tags::ACQUISITION_NUMBER, VR::IS, "2")),
        ("phase", &|f| put(f, tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY\\P\\ND")),
        ("fat", &|f| put(f, tags::IMAGE_TYPE, VR::CS, "DERIVED\\PRIMARY\\M\\FAT")),
        ("b-value", &|f| {
            f.put(DataElement::new(tags::DIFFUSION_B_VALUE, VR::FD, PrimitiveValue::from(800.0)));
        }),
    ];
    for (what, change) in kinds {
        let files = doubled(|file, _| change(file));
        let (count, study) = (files.len() / 2, study(&files));
        let sizes: Vec<usize> = study.series.iter().map(|s| s.slices.len()).collect();
        assert_eq!(sizes, [count, count], "{what}: {:?}", summary(&study));
        let parts: BTreeSet<&str> = study.series.iter().map(|s| s.part.as_str()).collect();
        assert_eq!(parts.len(), 2, "{what}");
        assert!(study.series.iter().all(|s| s.spacing.is_some_and(|mm| mm > 3.0)), "{what}");
        assert!(doubts(&study).is_empty() && study.issues.len() == 1, "{what}: {:?}", study.issues);
        if !["echo number", "temporal position", "acquisition"].contains(&what) {
            of_role(&study, Role::Scs);
        }
    }
}

#[test]
fn volumes_that_only_their_numbers_tell_apart_are_a_doubt() {
    let files = doubled(|file, _| later(file));
    let study = study(&files);
    assert_eq!(study.series.len(), 2, "{:?}", summary(&study));
    assert!(doubts(&study).iter().any(|text| text.contains("only their instance numbers")), "{:?}", study.issues);
}

/// Equal positions are unknown positions.
#[test]
fn images_at_one_place_that_nothing_tells_apart_have_no_place() {
    let all_at = |position: [f64; 3]| {
        let mut t2 = of("SAG T2 TSE");
        for file in &mut t2 {
            put_numbers(file, tags::IMAGE_POSITION_PATIENT, &position);
        }
        study(&t2)
    };
    let without = || {
        let mut t2 = of("SAG T2 TSE");
        for file in &mut t2 {
            assert!(file.remove_element(tags::IMAGE_POSITION_PATIENT));
        }
        study(&t2)
    };
    // Each number twice: nothing is left.
    let twins = study(&doubled(|_, _| ()));
    for study in [all_at([0.0; 3]), all_at([10.0, -20.0, 30.0]), without(), twins] {
        let series = of_role(&study, Role::Scs);
        assert_eq!((series.plane_kind, series.spacing), (Some(PlaneKind::Sagittal), None));
        assert!(series.slices.iter().all(|slice| slice.plane.is_none()));
        let told = doubts(&study);
        assert!(told.len() == 1 && told[0].contains("no level, side or distance"), "{told:?}");
        assert!(told[0].contains("SAG T2 TSE"), "{told:?}");
    }
}

#[test]
fn one_image_at_the_origin_is_where_nobody_knows() {
    let mut t2 = of("SAG T2 TSE");
    put_numbers(&mut t2[4], tags::IMAGE_POSITION_PATIENT, &[0.0; 3]);
    let study = study(&t2);
    let series = of_role(&study, Role::Scs);
    assert_eq!(series.slices.iter().filter(|s| s.plane.is_none()).count(), 1);
    assert!(doubts(&study).iter().any(|text| text.contains("0, 0, 0")), "{:?}", study.issues);
    assert!(!doubts(&study).iter().any(|text| text.contains("missing")), "it is there: {:?}", study.issues);
}

/// Screenshots, localizers and images of another plane among those of a series.
#[test]
fn foreign_images_are_set_apart_whatever_their_number() {
    let t2 = of("SAG T2 TSE");
    let stray = |ending: &str, cosines: [f64; 6]| {
        let mut other = another(&t2[5], ending);
        put_numbers(&mut other, tags::IMAGE_ORIENTATION_PATIENT, &cosines);
        put(&mut other, tags::INSTANCE_NUMBER, VR::IS, "0");
        other
    };
    let axial = stray("1", [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    let coronal = stray("2", [1.0, 0.0, 0.0, 0.0, 0.0, -1.0]);
    let mut picture = another(&t2[5], "3");
    put(&mut picture, tags::SOP_CLASS_UID, VR::UI, uids::SECONDARY_CAPTURE_IMAGE_STORAGE);
    for tag in [tags::IMAGE_POSITION_PATIENT, tags::IMAGE_ORIENTATION_PATIENT, tags::PIXEL_SPACING] {
        picture.remove_element(tag);
    }
    let mut small = another(&t2[5], "4");
    small.put(DataElement::new(tags::ROWS, VR::US, PrimitiveValue::from(8u16)));
    small.put(DataElement::new(tags::COLUMNS, VR::US, PrimitiveValue::from(8u16)));
    let mut lost = another(&t2[5], "5");
    lost.remove_element(tags::IMAGE_POSITION_PATIENT);
    lost.remove_element(tags::IMAGE_ORIENTATION_PATIENT);

    for (what, strangers, is_doubt) in [
        ("other planes", vec![axial, coronal], true),
        ("a picture", vec![picture], false),
        ("another size", vec![small], true),
        ("no place", vec![lost], true),
    ] {
        let files: Vec<File> = strangers.iter().cloned().chain(t2.iter().cloned()).collect();
        let study = study(&files);
        let series = of_role(&study, Role::Scs);
        assert_eq!(series.slices.len(), t2.len(), "{what}: {:?}", summary(&study));
        assert_eq!(study.series.iter().map(|s| s.slices.len()).sum::<usize>(), files.len(), "{what}: nothing is lost");
        assert!(study.issues.iter().any(|i| i.message.contains("kinds of images")), "{what}: {:?}", study.issues);
        assert_eq!(!doubts(&study).is_empty(), is_doubt, "{what}: {:?}", study.issues);
    }
}

/// An anonymiser unified the series: all three are still what they are.
#[test]
fn a_study_under_one_series_uid_is_told_apart() {
    let unify: [Kind<'_>; 4] = [
        ("one UID", &|f| _ = f.remove_element(tags::SERIES_NUMBER)),
        ("one UID, numbers kept", &|_| ()),
        ("no UID", &|f| {
            f.remove_element(tags::SERIES_NUMBER);
            f.remove_element(tags::SERIES_INSTANCE_UID);
        }),
        // As contest files have it: a weighting, and no times.
        ("T1 and T2 alone", &|f| {
            f.remove_element(tags::SERIES_NUMBER);
            let text = value(f, tags::SERIES_DESCRIPTION);
            put(f, tags::SERIES_DESCRIPTION, VR::LO, if text.contains("T1") { "T1" } else { "T2" });
            for tag in [tags::ECHO_TIME, tags::REPETITION_TIME, tags::IMAGE_TYPE, tags::SCANNING_SEQUENCE] {
                f.remove_element(tag);
            }
        }),
    ];
    for (what, change) in unify {
        let mut files: Vec<File> = ["SAG T1 TSE", "SAG T2 TSE", "AX T2 TSE"].into_iter().flat_map(of).collect();
        let counts = ["SAG T1 TSE", "SAG T2 TSE", "AX T2 TSE"].map(|name| of(name).len());
        for file in &mut files {
            put(file, tags::SERIES_INSTANCE_UID, VR::UI, "1.2.3");
            change(file);
        }
        let study = study(&files);
        let found = [Role::Nfn, Role::Scs, Role::Ss].map(|role| of_role(&study, role).slices.len());
        assert_eq!(found, counts, "{what}: {:?}", summary(&study));
        assert!(study.issues.iter().any(|i| i.message.contains("kinds of images")), "{what}: {:?}", study.issues);
    }
}

#[test]
fn an_axial_series_of_angled_blocks_stays_one() {
    let axial = of("AX T2 TSE");
    for degrees in [0.0f64, 20.0, 38.0, 47.0] {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let mut files = axial.clone();
        let half = files.len() * 2 / 3;
        for file in &mut files[half..] {
            put_numbers(file, tags::IMAGE_ORIENTATION_PATIENT, &[1.0, 0.0, 0.0, 0.0, cos, sin]);
        }
        let study = study(&files);
        let series = of_role(&study, Role::Ss);
        assert_eq!(series.slices.len(), axial.len(), "{degrees}: {:?}", summary(&study));
        assert!(series.slices.iter().all(|slice| slice.turn.is_none()), "{degrees}");
    }
}

#[test]
fn missing_slices_are_named_with_their_place() {
    let t2 = of("SAG T2 TSE");
    let number = |i: usize| value(&t2[i], tags::INSTANCE_NUMBER);
    let without = |gone: std::ops::Range<usize>| -> Vec<File> {
        t2.iter().enumerate().filter(|(i, _)| !gone.contains(i)).map(|(_, f)| f.clone()).collect()
    };
    let study_of = |files: &[File]| study(files);
    let four = study_of(&without(4..8));
    let told = doubts(&four);
    assert_eq!(told.len(), 1, "{told:?}");
    for words in ["4 slices seem to be missing", &format!("image {}", number(3)), &format!("image {}", number(8))] {
        assert!(told[0].contains(words), "{words}: {told:?}");
    }
    assert!(doubts(&study_of(&without(5..6)))[0].contains("1 slice seems to be missing"));
    // Numbered anew after the loss.
    let mut renumbered = without(4..8);
    for (i, file) in renumbered.iter_mut().enumerate() {
        put(file, tags::INSTANCE_NUMBER, VR::IS, &(i + 1).to_string());
    }
    assert_eq!(doubts(&study_of(&renumbered)).len(), 1);
    // Every other one: places are even, numbers and SpacingBetweenSlices are not.
    let halved: Vec<File> = t2.iter().step_by(2).cloned().collect();
    let halved = study_of(&halved);
    assert!(!doubts(&halved).is_empty(), "{:?}", halved.issues);
    assert!(doubts(&study_of(&without(0..2))).is_empty(), "what is missing at an end does not show");
}

/// Axial slices are laid in groups, one for each disc: a jump that was meant is no loss.
#[test]
fn groups_of_axial_slices_are_no_gaps() {
    let axial: Vec<File> = of("AX T2 TSE");
    let laid = |places: &[f64], numbers: &[usize]| {
        let files: Vec<File> = places
            .iter()
            .zip(numbers)
            .enumerate()
            .map(|(i, (z, number))| {
                let mut file = another(&axial[0], &i.to_string());
                put_numbers(&mut file, tags::IMAGE_ORIENTATION_PATIENT, &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
                put_numbers(&mut file, tags::IMAGE_POSITION_PATIENT, &[-80.0, -80.0, *z]);
                put(&mut file, tags::INSTANCE_NUMBER, VR::IS, &number.to_string());
                file
            })
            .collect();
        study(&files).issues.len()
    };
    let groups = [0.0, -4.0, -8.0, -12.0, -36.0, -40.0, -44.0, -48.0];
    assert_eq!(laid(&groups, &[1, 2, 3, 4, 5, 6, 7, 8]), 0, "numbered through: meant");
    assert_eq!(laid(&groups, &[1, 2, 3, 4, 10, 11, 12, 13]), 1, "five numbers and five places are missing");
}

#[test]
fn one_image_stored_another_way_is_told() {
    let mut t2 = of("SAG T2 TSE");
    let swapped: Vec<f64> = {
        let old = numbers(&t2[5], tags::IMAGE_ORIENTATION_PATIENT);
        [&old[3..], &old[..3]].concat()
    };
    put_numbers(&mut t2[5], tags::IMAGE_ORIENTATION_PATIENT, &swapped);
    let study = study(&t2);
    let series = of_role(&study, Role::Scs);
    assert_eq!((series.slices.len(), series.blocks.len()), (t2.len(), 1));
    assert!(doubts(&study).iter().any(|text| text.contains("rotated or mirrored")), "{:?}", study.issues);
}

/// An enhanced file of several volumes at one place.
fn enhanced(frames: &[(f64, SetFrame<'_>)]) -> File {
    let mut file = of("SAG T2 TSE")[0].clone();
    put(&mut file, tags::SOP_CLASS_UID, VR::UI, uids::ENHANCED_MR_IMAGE_STORAGE);
    put(&mut file, tags::NUMBER_OF_FRAMES, VR::IS, &frames.len().to_string());
    let size = 8u16;
    file.put(DataElement::new(tags::ROWS, VR::US, PrimitiveValue::from(size)));
    file.put(DataElement::new(tags::COLUMNS, VR::US, PrimitiveValue::from(size)));
    let pixels = vec![0u16; frames.len() * 64];
    file.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(pixels.into())));
    let per_frame: Vec<InMemDicomObject> = frames
        .iter()
        .map(|(x, change)| {
            let mut frame = InMemDicomObject::new_empty();
            let position = [*x, -100.0, 100.0].map(|v| v.to_string());
            group(
                &mut frame,
                tags::PLANE_POSITION_SEQUENCE,
                tags::IMAGE_POSITION_PATIENT,
                VR::DS,
                PrimitiveValue::Strs(position.to_vec().into()),
            );
            change(&mut frame);
            frame
        })
        .collect();
    file.remove_element(tags::IMAGE_POSITION_PATIENT);
    file.remove_element(tags::ECHO_TIME);
    file.put(DataElement::new(
        tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE,
        VR::SQ,
        dicom_core::value::DataSetSequence::from(per_frame),
    ));
    file
}

fn group(frame: &mut InMemDicomObject, sequence: Tag, tag: Tag, vr: VR, value: PrimitiveValue) {
    let mut item = InMemDicomObject::new_empty();
    item.put(DataElement::new(tag, vr, value));
    frame.put(DataElement::new(sequence, VR::SQ, dicom_core::value::DataSetSequence::from(vec![item])));
}

#[test]
fn volumes_of_an_enhanced_file_are_told_apart_by_their_functional_groups() {
    let content = tags::FRAME_CONTENT_SEQUENCE;
    let kinds: [FrameKind<'_>; 6] = [
        ("echo", &|f, v| {
            let te = PrimitiveValue::from(if v == 1 { 12.0 } else { 100.0 });
            group(f, tags::MR_ECHO_SEQUENCE, tags::EFFECTIVE_ECHO_TIME, VR::FD, te);
        }),
        ("frame type", &|f, v| {
            let text = if v == 1 { "ORIGINAL\\PRIMARY\\T2\\NONE" } else { "DERIVED\\PRIMARY\\T2\\ADC" };
            group(f, tags::MR_IMAGE_FRAME_TYPE_SEQUENCE, tags::FRAME_TYPE, VR::CS, PrimitiveValue::from(text));
        }),
        ("time", &|f, v| group(f, content, tags::TEMPORAL_POSITION_INDEX, VR::UL, PrimitiveValue::from(v))),
        ("stack", &|f, v| group(f, content, tags::STACK_ID, VR::SH, PrimitiveValue::from(v.to_string()))),
        ("b-value", &|f, v| {
            let b = PrimitiveValue::from(f64::from(v - 1) * 500.0);
            group(f, tags::MR_DIFFUSION_SEQUENCE, tags::DIFFUSION_B_VALUE, VR::FD, b);
        }),
        ("index", &|f, v| {
            let values = PrimitiveValue::U32(vec![1, v].into());
            group(f, content, tags::DIMENSION_INDEX_VALUES, VR::UL, values);
        }),
    ];
    for (what, set) in kinds {
        let changes: Vec<_> = (0..16u32)
            .map(|i| {
                let volume = i % 2 + 1;
                let change: Box<dyn Fn(&mut InMemDicomObject)> = Box::new(move |frame| set(frame, volume));
                (f64::from(i / 2) * 4.0, change)
            })
            .collect();
        let frames: Vec<(f64, SetFrame<'_>)> =
            changes.iter().map(|(x, change)| (*x, change.as_ref() as SetFrame<'_>)).collect();
        let study = study(&[enhanced(&frames)]);
        let found: Vec<_> = study.series.iter().map(|s| (s.slices.len(), s.spacing)).collect();
        let is_right =
            |(count, step): &(usize, Option<f64>)| *count == 8 && step.is_some_and(|mm| (mm - 4.0).abs() < 0.1);
        assert!(found.len() == 2 && found.iter().all(is_right), "{what}: {found:?} {:?}", summary(&study));
        assert!(doubts(&study).is_empty(), "{what}: {:?}", study.issues);
    }
    // Nothing tells them apart.
    let nothing = |_: &mut InMemDicomObject| ();
    let frames: Vec<(f64, SetFrame<'_>)> =
        (0..16).map(|i| (f64::from(i / 2) * 4.0, &nothing as SetFrame<'_>)).collect();
    let study = study(&[enhanced(&frames)]);
    assert!(study.series.iter().flat_map(|s| &s.slices).all(|slice| slice.plane.is_none()));
    assert_eq!(doubts(&study).len(), 1, "{:?}", study.issues);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Files in another order, under other names, are the same series.
    #[test]
    fn the_order_of_files_changes_nothing(seed in any::<u64>()) {
        use rand::{SeedableRng, seq::SliceRandom};
        let mut files = doubled(|file, _| put(file, tags::ECHO_TIME, VR::DS, "12"));
        files.extend(of("SAG T1 TSE"));
        files.extend(of("AX T2 TSE"));
        for file in &mut files {
            put(file, tags::SERIES_INSTANCE_UID, VR::UI, "1.2.3");
            file.remove_element(tags::SERIES_NUMBER);
        }
        let told = |study: &Study| {
            let ids = study.series.iter().map(|s| s.slices.iter().map(crate::study::SliceRef::id).collect::<Vec<_>>());
            let issues: Vec<String> = study.issues.iter().map(ToString::to_string).collect();
            (summary(study), ids.collect::<Vec<_>>(), issues)
        };
        let before = told(&study(&files));
        files.shuffle(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
        prop_assert_eq!(told(&study(&files)), before);
    }
}

/// Of frames of reference that differ, one that others share is not that of a series with its own.
#[test]
fn one_space_is_assumed_only_where_nothing_else_tells() {
    let spaces = |uids: [Option<&str>; 3], position: &str| {
        let mut all = Vec::new();
        for (description, uid) in ["SAG T1 TSE", "SAG T2 TSE", "AX T2 TSE"].into_iter().zip(uids) {
            for mut file in of(description) {
                match uid {
                    Some(uid) => put(&mut file, tags::FRAME_OF_REFERENCE_UID, VR::UI, uid),
                    None => drop(file.remove_element(tags::FRAME_OF_REFERENCE_UID)),
                }
                if description == "AX T2 TSE" {
                    put(&mut file, tags::PATIENT_POSITION, VR::CS, position);
                }
                all.push(file);
            }
        }
        let study = study(&all);
        let index = |role: Role| study.series.iter().position(|series| series.role == Some(role)).unwrap();
        let shares = |a: Role, b: Role| study.share_space(index(a), index(b));
        [shares(Role::Nfn, Role::Scs), shares(Role::Scs, Role::Ss)]
    };
    assert_eq!(spaces([Some("1"), Some("1"), Some("1")], "HFS"), [true, true]);
    assert_eq!(spaces([Some("1"), Some("2"), Some("3")], "HFS"), [true, true], "none is shared: one is assumed");
    assert_eq!(spaces([None, None, None], "HFS"), [true, true]);
    assert_eq!(spaces([Some("1"), Some("1"), Some("3")], "HFS"), [true, false]);
    assert_eq!(spaces([Some("1"), Some("1"), None], "HFS"), [true, false]);
    assert_eq!(spaces([Some("1"), Some("1"), Some("1")], "FFP"), [true, false], "the patient was laid anew");
}
