//! The reader's marks as presentation states: pydicom reads the shapes where they were drawn, and DCMTK shows the image
//! through them as it shows the image itself.

use std::path::{Path, PathBuf};

use foramen::{
    markup::{Markup, Point, Shape, lines, measure},
    report::Identity,
    review::Review,
};
use serde::Deserialize;

use super::{
    dicom_read::Case,
    dicom_support::{Graded, TYPED, marked, said, without_identity},
    dicom_valid::check,
    python,
};

#[derive(Deserialize)]
struct Drawn {
    image: String,
    frame: u32,
    what: String,
    points: Vec<[f32; 2]>,
    text: String,
}

fn drawn(states: &[PathBuf]) -> Vec<Drawn> {
    states.iter().flat_map(|state| python::run::<Vec<Drawn>>("dicom_marks.py", &[state], "")).collect()
}

/// From the corner of the image rather than the centre of the first pixel.
fn from_corner(point: Point) -> [f32; 2] {
    [(point.column() + 0.5) as f32, (point.row() + 0.5) as f32]
}

/// Whether each mark is drawn once, on its image, at its place, with what it measures.
fn compare(of: &Graded, markup: &Markup, found: &[Drawn], uid: &dyn Fn(&str) -> String, has_words: bool) {
    for mark in markup.marks() {
        let (series, index) = of.study.find(&mark.slice).unwrap();
        let slice = &of.study.series[series].slices[index];
        let frame = if slice.instance.frames > 1 { mark.slice.frame + 1 } else { 0 };
        let image = uid(mark.slice.sop_instance_uid.as_str());
        let here: Vec<&Drawn> = found.iter().filter(|d| d.image == image && d.frame == frame).collect();
        let ends = mark.shape.handles().into_iter().map(from_corner);
        let (what, places): (&str, Vec<[f32; 2]>) = match mark.shape {
            Shape::Note { .. } => ("TEXT", ends.collect()),
            Shape::Probe { .. } => ("POINT", ends.collect()),
            // Its axes end where it touches its box.
            Shape::Ellipse { .. } => ("ELLIPSE", vec![[40.5, 90.5], [40.5, 130.5], [30.5, 110.5], [50.5, 110.5]]),
            _ => ("POLYLINE", ends.collect()),
        };
        let shows = |d: &&&Drawn| d.what == what && places.iter().all(|place| d.points.contains(place));
        let is_silent_note = !has_words && matches!(mark.shape, Shape::Note { .. });
        assert_eq!(here.iter().filter(shows).count(), usize::from(!is_silent_note), "{:?}", mark.shape);
        let values = slice.decode().unwrap();
        let measured = measure(mark, slice.pixel_spacing, Some(&values));
        let words = lines(mark, &measured).join("\r\n");
        let said = here.iter().any(|d| d.what == "TEXT" && d.text == words);
        assert_eq!(said, has_words || mark.text.is_empty(), "{words}");
    }
    assert_eq!(found.iter().any(|d| d.text.contains(TYPED)), has_words);
}

#[test]
#[ignore = "needs pydicom; .ci/run installs it"]
fn marks_are_drawn_where_they_were_and_measure_what_they_did() {
    let untouched = Review::default();
    for kind in ["utf8", "multiframe"] {
        let case = Case::variant(kind);
        let markup = marked(&case.of);
        let exported = case.export(&case.of.report(&untouched, &markup, Identity::Full));
        compare(&case.of, &markup, &drawn(&exported.states), &str::to_owned, true);
        check(&exported, true);
        let report = case.of.report(&untouched, &markup, without_identity());
        let exported = case.export(&report);
        compare(&case.of, &markup, &drawn(&exported.states), &|uid| report.uid(uid), false);
    }
}

/// The grey values of a PGM file of 8 bits.
fn greys(file: &Path) -> Vec<u8> {
    let bytes = std::fs::read(file).unwrap();
    let mut words = bytes.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty());
    let (kind, columns, rows) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
    assert_eq!(kind, b"P5", "{}", file.display());
    let number = |word: &[u8]| std::str::from_utf8(word).unwrap().parse::<usize>().unwrap();
    bytes[bytes.len() - number(columns) * number(rows)..].to_vec()
}

#[test]
#[ignore = "needs DCMTK; .ci/run installs it"]
fn dcmtk_shows_the_image_through_the_state_as_the_image_itself() {
    let untouched = Review::default();
    let case = Case::variant("bright");
    let markup = marked(&case.of);
    let exported = case.export(&case.of.report(&untouched, &markup, Identity::Full));
    assert_eq!(exported.states.len(), 2);
    check(&exported, true);
    for state in &exported.states {
        let shown = python::run::<Vec<Drawn>>("dicom_marks.py", &[state], "").remove(0).image;
        let slices = case.of.study.series.iter().flat_map(|series| &series.slices);
        let slice =
            slices.map(|slice| &slice.instance).find(|instance| instance.sop_instance_uid == shown.as_str()).unwrap();
        let image = PathBuf::from(slice.source.to_string());
        let [through, itself] = ["through.pgm", "itself.pgm"].map(|name| state.with_file_name(name));
        let arg = Path::new;
        let (ok, text) = said("dcmp2pgm", "dcmtk", &[arg("-p"), state, &image, &through]);
        assert!(ok, "dcmp2pgm: {text}");
        let (ok, text) = said("dcm2pnm", "dcmtk", &[arg("+Wi"), arg("1"), arg("+op"), &image, &itself]);
        assert!(ok, "dcm2pnm: {text}");
        let (through, itself) = (greys(&through), greys(&itself));
        assert_eq!(through.len(), itself.len());
        let off = through.iter().zip(&itself).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        let spread = itself.iter().max().unwrap() - itself.iter().min().unwrap();
        assert!(off <= 2 && spread > 200, "{}: grey values differ by {off}", image.display());
    }
}
