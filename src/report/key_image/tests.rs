use std::sync::LazyLock;

use super::*;
use crate::{
    geometry::{PixelCenter, PixelCorner, Turn},
    grading::{Assessment, Detection, DetectionClass, Evidence, GradeTable, Probabilities, Role},
    markup::{Markup, Point, Shape, measure},
    moment::Moment,
    phantom,
    pipeline::GradedStudy,
    report::{DeidentifyKey, Identity},
    review::{BoxChoice, Change, Decision, Region, Review},
    study::{self, Study},
};

static STUDY: LazyLock<Study> = LazyLock::new(|| {
    let files = phantom::study_in_memory(phantom::DEMO_SEED);
    study::scan_memory(files).studies.remove(0)
});

fn slice(role: Role, index: usize) -> SliceId {
    STUDY.series_of(role).next().unwrap().slices[index].id()
}

/// Detected rows by name, with the slice and position of the box; the rest was not looked at.
fn graded(found: &[(&str, Severity, f32, SliceId, BBox)]) -> GradedStudy {
    let table = GradeTable::from_fn(|id| {
        let Some((_, severity, score, slice, bbox)) = found.iter().find(|f| f.0.parse::<GradeId>().unwrap() == id)
        else {
            return Assessment::NotAssessed { reason: "nothing looked".into() };
        };
        let class = DetectionClass { grade: id, severity: *severity };
        let detection = Detection { class, score: *score, bbox: *bbox, slice: slice.clone() };
        let evidence =
            vec![Evidence { severity: *severity, weight: *score, detection, conflicts: vec![], is_place: false }];
        let mut shares = [0.05; 3];
        shares[severity.index()] = 0.9;
        Assessment::Detected { probabilities: Probabilities::normalized(shares).unwrap(), evidence }
    });
    GradedStudy::of_table(STUDY.uid.as_str(), table)
}

fn images(graded: &GradedStudy, review: &Review, markup: &Markup, identity: Identity) -> Vec<KeyImage> {
    let report = Report::new(&STUDY, graded, review, markup, Moment(0), identity).unwrap();
    let (images, issues) = key_images(&report);
    assert!(issues.is_empty(), "{issues:?}");
    for image in &images {
        let (width, height) = image.pixels.dimensions();
        for key in &image.boxes {
            assert!(key.bbox.area() > 0.0 && key.bbox == key.bbox.clipped(width as f32, height as f32), "{key:?}");
        }
        for (x, y) in image.lines.iter().flat_map(|line| [line.from, line.to]) {
            assert!((0.0..=width as f32).contains(&x) && (0.0..=height as f32).contains(&y));
        }
    }
    images
}

const BOX: BBox = BBox::new(40.0, 50.0, 60.0, 66.0);
const CANAL: &str = "spinal_canal_stenosis_l4_l5";

fn full(graded: &GradedStudy) -> Vec<KeyImage> {
    images(graded, &Review::default(), &Markup::default(), Identity::Full)
}

#[test]
fn a_slice_with_two_findings_is_one_image_and_normal_rows_bring_none() {
    let (sagittal, axial) = (slice(Role::Scs, 4), slice(Role::Ss, 2));
    let graded = graded(&[
        (CANAL, Severity::Moderate, 0.8, sagittal.clone(), BOX),
        ("spinal_canal_stenosis_l5_s1", Severity::Severe, 0.3, sagittal.clone(), BBox::new(-5.0, 70.0, 30.0, 90.0)),
        ("spinal_canal_stenosis_l1_l2", Severity::NormalMild, 0.9, slice(Role::Scs, 5), BOX),
        ("left_subarticular_stenosis_l4_l5", Severity::Severe, 0.9, axial.clone(), BOX),
    ]);
    let images = full(&graded);
    assert_eq!(images.iter().map(|image| &image.slice).collect::<Vec<_>>(), [&sagittal, &axial]);
    assert_eq!(
        images[0].boxes.iter().map(|key| key.severity).collect::<Vec<_>>(),
        [Some(Severity::Moderate), Some(Severity::Severe)]
    );
    assert!(images[0].boxes[1].bbox.x0.abs() < f32::EPSILON, "what lies beside the image is cut off");
    let count = STUDY.series[images[0].series].slices.len();
    assert_eq!(
        images[0].caption,
        format!(
            "Sagittal T2/STIR, slice 5 of {count}: L5/S1 severe spinal canal stenosis; \
             L4/L5 moderate spinal canal stenosis"
        )
    );
    assert!(images[1].caption.contains("L4/L5 severe left subarticular stenosis"), "{}", images[1].caption);
}

#[test]
fn lines_are_those_of_geometry_and_name_the_image_that_they_are_of() {
    let graded = graded(&[
        (CANAL, Severity::Severe, 0.8, slice(Role::Scs, 5), BOX),
        ("right_subarticular_stenosis_l4_l5", Severity::Severe, 0.9, slice(Role::Ss, 6), BOX),
        ("left_neural_foraminal_narrowing_l4_l5", Severity::Severe, 0.9, slice(Role::Nfn, 2), BOX),
    ]);
    let images = full(&graded);
    let axial = images.iter().position(|image| image.slice == slice(Role::Ss, 6)).unwrap();
    let planes: Vec<&ImagePlane> = images.iter().map(|image| image.plane.as_ref().unwrap()).collect();
    for (i, image) in images.iter().enumerate() {
        let labels: Vec<&str> = image.lines.iter().map(|line| line.label.as_str()).collect();
        // Sagittal images of two series are parallel: neither crosses the other.
        let expected: Vec<String> =
            (1..=3).filter(|n| (i == axial) != (n - 1 == axial)).map(|n| n.to_string()).collect();
        assert_eq!(labels, expected, "image {i}");
        for line in &image.lines {
            let of = planes[line.label.parse::<usize>().unwrap() - 1];
            for (x, y) in [line.from, line.to] {
                let point = planes[i].patient_from_pixel(PixelCorner::new(x.into(), y.into()));
                assert!(of.distance_from_patient(point).abs() < 1e-3);
            }
        }
    }
    assert_eq!(images[axial].letters, [Some('R'), Some('A'), Some('L'), Some('P')]);
}

#[test]
fn the_worst_come_first_and_the_readers_images_always() {
    let found: Vec<(String, Severity, f32, SliceId, BBox)> = GradeId::ALL
        .iter()
        .enumerate()
        .map(|(i, id)| {
            let severity = if i < 6 { Severity::Severe } else { Severity::Moderate };
            (id.to_string(), severity, 0.5 + i as f32 / 100.0, slice(Role::Ss, i), BOX)
        })
        .collect();
    let found: Vec<_> =
        found.iter().map(|(id, s, score, slice, b)| (id.as_str(), *s, *score, slice.clone(), *b)).collect();
    let graded = graded(&found);
    let shown: Vec<usize> = full(&graded).iter().map(|image| image.index).collect();
    // Six severe, and the two moderate ones with the highest scores; in reading order.
    assert_eq!(shown, [0, 1, 2, 3, 4, 5, 23, 24]);
    let mut markup = Markup::default();
    markup.toggle_key_image(&slice(Role::Scs, 3));
    markup.toggle_key_image(&slice(Role::Ss, 4));
    let kept = images(&graded, &Review::default(), &markup, Identity::Full);
    assert_eq!(kept.len(), 2 + MOST);
    assert!(kept[..2].iter().any(|image| image.slice == slice(Role::Scs, 3) && image.boxes.is_empty()));
    assert!(kept[..2].iter().any(|image| image.slice == slice(Role::Ss, 4) && image.boxes.len() == 1));
}

#[test]
fn a_box_of_the_reader_stands_in_for_the_detectors_and_a_box_taken_away_is_gone() {
    let cell: GradeId = CANAL.parse().unwrap();
    let graded = graded(&[(CANAL, Severity::NormalMild, 0.8, slice(Role::Scs, 5), BOX)]);
    let severe = Change::Decision { cell, from: None, to: Some(Decision::Changed(Severity::Severe)) };
    let region = Region { slice: slice(Role::Scs, 6), bbox: BBox::new(1.0, 2.0, 9.0, 8.0) };
    let drawn = Change::Box { cell, from: BoxChoice::Model, to: BoxChoice::Reader(region) };
    let shown = images(&graded, &Review::of_changes(vec![severe.clone(), drawn]), &Markup::default(), Identity::Full);
    assert_eq!((shown.len(), shown[0].index, shown[0].boxes[0].by_reader), (1, 6, true));
    let removed = Change::Box { cell, from: BoxChoice::Model, to: BoxChoice::Removed };
    assert!(images(&graded, &Review::of_changes(vec![severe, removed]), &Markup::default(), Identity::Full).is_empty());
}

#[test]
fn marks_and_notes_are_shown_and_their_words_go_with_the_identity() {
    let graded = graded(&[]);
    let mut markup = Markup::default();
    let at = slice(Role::Scs, 3);
    markup.toggle_key_image(&at);
    markup.set_key_image_note(&at, "compare with Doe Jane");
    markup.add(at.clone(), Shape::Length { from: Point::new(1.0, 1.0), to: Point::new(9.0, 1.0) }, "Doe Jane");
    let full = images(&graded, &Review::default(), &markup, Identity::Full);
    assert_eq!((full[0].note.as_str(), full[0].marks[0].text.as_str()), ("compare with Doe Jane", "Doe Jane"));
    let removed = images(&graded, &Review::default(), &markup, Identity::Removed(DeidentifyKey::random()));
    assert_eq!((removed[0].note.as_str(), removed[0].marks[0].text.as_str()), ("", ""));
    assert_eq!(removed[0].marks[0].shape, full[0].marks[0].shape);
}

#[test]
fn pixels_are_grey_as_in_the_window_of_the_file() {
    let graded = graded(&[(CANAL, Severity::Severe, 0.8, slice(Role::Scs, 5), BOX)]);
    let shown = full(&graded).remove(0);
    let decoded = STUDY.series[shown.series].slices[shown.index].decode().unwrap();
    let window = decoded.window.unwrap();
    assert_eq!(shown.pixels.dimensions(), (decoded.columns(), decoded.rows()));
    for (x, y) in [(0, 0), (50, 60), (90, 30)] {
        assert_eq!(shown.pixels.get_pixel(x, y).0[0], window.grey(decoded.value(x, y).unwrap(), decoded.inverted));
    }
    assert_eq!(shown.pixel_spacing.map(f64::to_bits), decoded.pixel_spacing.unwrap().map(f64::to_bits));
}

/// A report is read without a viewer that could rotate its images: left and right must be where a reader expects them.
#[test]
fn an_image_is_upright_with_all_that_lies_on_it_whatever_way_it_is_stored() {
    let at = slice(Role::Scs, 5);
    let graded = graded(&[(CANAL, Severity::Severe, 0.8, at.clone(), BOX)]);
    let mut markup = Markup::default();
    let (from, to) = (Point::new(10.0, 20.0), Point::new(30.0, 25.0));
    markup.add(at.clone(), Shape::Length { from, to }, "");
    let (series, index) = STUDY.find(&at).unwrap();
    for turn in Turn::ALL {
        let mut study = STUDY.clone();
        study.series[series].slices[index].turn = turn;
        let decoded = study.series[series].slices[index].decode().unwrap();
        let stored = [decoded.columns(), decoded.rows()];
        let review = Review::default();
        let report = Report::new(&study, &graded, &review, &markup, Moment(0), Identity::Full).unwrap();
        let shown = key_images(&report).0.remove(0);

        assert_eq!(<[u32; 2]>::from(shown.pixels.dimensions()), turn.size(stored));
        let greys = decoded.greys(decoded.first_window(), decoded.inverted, |grey| grey);
        let (plane, upright) = (decoded.plane.unwrap(), shown.plane.unwrap());
        for (x, y) in [(0, 0), (50, 60), (90, 30)] {
            let here = PixelCenter::new(f64::from(x), f64::from(y));
            let there = turn.apply(here.into(), stored);
            let grey = shown.pixels.get_pixel(there.x as u32, there.y as u32).0[0];
            assert_eq!(grey, greys[(y * stored[0] + x) as usize], "{turn:?} {x} {y}");
            let patient = upright.patient_from_pixel(there);
            assert!(patient.distance(plane.patient_from_pixel(here)) < 1e-3, "{turn:?}");
        }
        assert_eq!(shown.boxes[0].bbox, BOX.turned(turn, stored));
        assert_eq!(shown.letters, lines::letters(Some(&upright)));
        let length = measure(&shown.marks[0], shown.mark_spacing, None);
        assert_eq!(length, measure(&markup.marks()[0], decoded.pixel_spacing, None), "{turn:?}");
        let Shape::Length { from: end, .. } = shown.marks[0].shape else { panic!("another shape") };
        let there = upright.patient_from_pixel(end);
        assert!(there.distance(plane.patient_from_pixel(from)) < 0.01, "{turn:?}");
    }
}
