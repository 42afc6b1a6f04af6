//! Detectors see the patient, not the storage: whatever way rows and columns of the files run, the grades are the same
//! and the boxes lie where they lay.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

use std::{io::Cursor, path::Path, sync::Arc};

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::DefaultDicomObject;
use foramen::{
    cancel::Cancel,
    detector::ModelSet,
    geometry::{Turn, Vec3},
    grading::{Grade, Role},
    phantom,
    pipeline::{GradeOptions, GradedStudy, Grader},
    study::{Study, scan_memory},
};

/// The demo study without its localizer; or a few files of each series, all that a grade needs.
fn files(is_whole: bool) -> Vec<(String, Arc<[u8]>)> {
    let keep = |(name, bytes): &(String, Arc<[u8]>)| {
        let study = scan_memory(vec![(name.clone(), bytes.clone())]).studies.remove(0);
        let (series, number) = (&study.series[0], study.series[0].slices[0].instance.number.unwrap_or(0));
        match series.role {
            Some(_) if is_whole => true,
            Some(Role::Nfn) => [3, 4, 10, 11].contains(&number),
            Some(Role::Scs) => [6, 7, 8].contains(&number),
            Some(Role::Ss) => number % 3 == 0,
            None => false,
        }
    };
    phantom::study_in_memory(phantom::DEMO_SEED).into_iter().filter(keep).collect()
}

fn opened(files: Vec<(String, Arc<[u8]>)>) -> Study {
    let mut scan = scan_memory(files);
    assert_eq!((scan.studies.len(), scan.issues.len()), (1, 0));
    scan.studies.remove(0)
}

/// The same images, their rows and columns turned as `turn` says for the kind of series; and the header with them, if it
/// `is_said`.
fn stored(
    files: &[(String, Arc<[u8]>)],
    study: &Study,
    turn: impl Fn(Role) -> Turn,
    is_said: bool,
) -> Vec<(String, Arc<[u8]>)> {
    let slices = study.series.iter().flat_map(|s| s.slices.iter().map(move |slice| (s.role.unwrap(), slice)));
    slices
        .map(|(role, slice)| {
            let name = slice.instance.source.to_string();
            let (_, bytes) = files.iter().find(|(other, _)| *other == name).unwrap();
            let mut file: DefaultDicomObject = dicom_object::from_reader(Cursor::new(bytes.to_vec())).unwrap();
            let (plane, turn) = (slice.plane.unwrap(), turn(role));
            let turned = plane.turned(turn);
            let pixels = file.get(tags::PIXEL_DATA).unwrap().to_multi_int::<u16>().unwrap();
            let pixels = turn.pixels(&pixels, [plane.columns(), plane.rows()]);
            file.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(pixels.into())));
            file.put(DataElement::new(tags::ROWS, VR::US, PrimitiveValue::from(turned.rows() as u16)));
            file.put(DataElement::new(tags::COLUMNS, VR::US, PrimitiveValue::from(turned.columns() as u16)));
            let (a, b) = (turned.column_direction(), turned.row_direction());
            if !is_said {
                return (name, written(&file));
            }
            for (tag, values) in [
                (tags::IMAGE_POSITION_PATIENT, turned.origin().to_array().to_vec()),
                (tags::IMAGE_ORIENTATION_PATIENT, vec![a.x, a.y, a.z, b.x, b.y, b.z]),
                (tags::PIXEL_SPACING, turned.pixel_spacing().to_vec()),
            ] {
                let texts: Vec<String> = values.iter().map(|v| format!("{v:.8}")).collect();
                file.put(DataElement::new(tag, VR::DS, PrimitiveValue::Strs(texts.into())));
            }
            (name, written(&file))
        })
        .collect()
}

fn written(file: &DefaultDicomObject) -> Arc<[u8]> {
    let mut bytes = Vec::new();
    file.write_all(&mut bytes).unwrap();
    bytes.into()
}

/// The middles of the boxes behind a grade, patient mm.
fn places(graded: &GradedStudy, grade: &Grade) -> Vec<Vec3> {
    let place = |evidence: &foramen::grading::Evidence| {
        let detection = &evidence.detection;
        graded.planes[&detection.slice].patient_from_pixel(detection.bbox.center())
    };
    grade.evidence().iter().map(place).collect()
}

#[test]
fn no_way_of_storing_the_images_changes_a_grade() {
    let models = ModelSet::from_dir(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models")).unwrap();
    let grader = Grader::new(models, GradeOptions::default());
    let grade = |study: &Study| grader.grade(study, &Cancel::default(), &|_| ()).unwrap();
    let files = files(false);
    let plain = opened(files.clone());
    let roles: Vec<_> = plain.series.iter().map(|s| s.role).collect();
    assert_eq!(roles, [Some(Role::Nfn), Some(Role::Scs), Some(Role::Ss)]);
    let before = grade(&plain);
    assert!(before.detections.len() > 20, "{} boxes", before.detections.len());
    for at in 1..Turn::ALL.len() {
        // Each way for sagittal and for axial images, and never the same for both.
        let turn = |role: Role| Turn::ALL[if role == Role::Ss { (at + 3) % 8 } else { at }];
        let study = opened(stored(&files, &plain, turn, true));
        let undone = study.series.iter().flat_map(|s| s.slices.iter().map(move |slice| (s.role.unwrap(), slice.turn)));
        assert!(undone.clone().all(|(role, undone)| undone.is_none() == turn(role).is_none()));
        let after = grade(&study);
        for (old, new) in before.table.rows().iter().zip(after.table.rows()) {
            let name = || format!("{:?}, {}", turn(Role::Scs), old.id);
            match (old.probabilities(), new.probabilities()) {
                (Some(old), Some(new)) => {
                    assert!(old.as_array().iter().zip(new.as_array()).all(|(a, b)| (a - b).abs() < 2e-3), "{}", name());
                }
                (old, new) => assert_eq!(old.is_some(), new.is_some(), "{}", name()),
            }
            let (here, there) = (places(&before, old), places(&after, new));
            assert_eq!(here.len(), there.len(), "{}", name());
            assert!(here.iter().zip(&there).all(|(a, b)| a.distance(*b) < 0.5), "{}", name());
        }
    }
}

/// Somebody's tool turned the pixels and left the header: all sides and levels would be wrong without a word.
#[test]
fn images_that_are_turned_and_do_not_say_so_are_in_doubt() {
    let models = ModelSet::from_dir(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models")).unwrap();
    let grader = Grader::new(models, GradeOptions::default());
    let grade = |study: &Study| grader.grade(study, &Cancel::default(), &|_| ()).unwrap();
    let files = files(true);
    let plain = opened(files.clone());
    assert!(grade(&plain).issues.is_empty());
    let half = Turn::ALL.into_iter().find(|turn| turn.pixels(&[1, 2, 3, 4], [2, 2]) == [4, 3, 2, 1]).unwrap();
    for turned in [vec![Role::Scs], vec![Role::Ss], Role::ALL.to_vec()] {
        let turn = |role: Role| if turned.contains(&role) { half } else { Turn::default() };
        let issues = grade(&opened(stored(&files, &plain, turn, false))).issues;
        let is_said = |role: &Role| {
            let of = |issue: &&foramen::study::Issue| !issue.is_note && issue.message.contains("may be rotated");
            issues.iter().filter(of).any(|issue| issue.message.starts_with(role.label()))
        };
        // Of a study all of which is turned, boxes of one series find no level by another: one word is enough.
        let is_enough = if turned.len() == 1 { turned.iter().all(is_said) } else { turned.iter().any(is_said) };
        assert!(is_enough, "{turned:?}: {issues:?}");
    }
}
