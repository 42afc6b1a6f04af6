//! A detector is trained on the pixels that it grades.

use std::{collections::BTreeMap, fs, path::Path};

use dicom_core::VR;
use dicom_dictionary_std::tags;
use foramen::{
    grading::Role,
    phantom::Dialect,
    raster::{Slice, Standardize, ValueRange},
    study::{Series, Study},
};

use super::{
    dicom,
    support::{make, phantoms, scan, stems},
};

/// The images that a detector gets when the pipeline grades, by the name that the data set gives them: each slice of
/// each series of the role, decoded and standardized.
fn graded_images(study: &Study, role: Role, standardize: Standardize) -> BTreeMap<String, Vec<u8>> {
    let mut images = BTreeMap::new();
    for series in study.series_of(role) {
        let all: Vec<Slice> = series.slices.iter().map(|slice| slice.decode().unwrap()).collect();
        let range = standardize.needs_series().then(|| ValueRange::of_series(&all));
        for (slice, decoded) in series.slices.iter().zip(&all) {
            let number = slice.instance.number.unwrap();
            let id = series.uid.as_str().strip_prefix(&format!("{}.", study.uid)).unwrap_or(series.uid.as_str());
            let name = format!("{}_{id}_{number}_{}", study.uid, slice.frame);
            images.insert(name, standardize.image(decoded, range).pixels().to_vec());
        }
    }
    images
}

/// Every image of the data set is one of `graded`, byte for byte; returns how many there are.
fn compare(folder: &Path, graded: &BTreeMap<String, Vec<u8>>) -> usize {
    let names = stems(&folder.join("images"));
    for name in &names {
        let png = image::open(folder.join("images").join(format!("{name}.png"))).unwrap();
        assert!(png.color() == image::ColorType::L8, "{name} is 8-bit grey");
        assert!(Some(&png.into_luma8().into_raw()) == graded.get(name), "{name}: other pixels than when it is graded");
    }
    names.len()
}

fn is_rle(series: &Series) -> bool {
    series.transfer_syntaxes.iter().any(|name| name.contains("RLE"))
}

/// Both dialects, plain and RLE Lossless, MONOCHROME1, all three ways to 0-255.
#[test]
fn images_are_byte_for_byte_those_that_are_graded() {
    let (mut rle, mut plain, mut inverted) = (0, 0, 0);
    for (dialect, role, standardize) in [
        (Dialect::Contest, Role::Nfn, Standardize::SlicePercentile),
        (Dialect::Clinical, Role::Scs, Standardize::SeriesPercentile),
        (Dialect::Contest, Role::Ss, Standardize::SliceMinMax),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (data, out) = (dir.path().join("data"), dir.path().join("yolo"));
        let study = phantoms(&data, 1, 11, dialect).remove(0);
        // Every other file becomes MONOCHROME1, whatever the phantom drew: the same values, shown the other way.
        let of_role = study.series_of(role).next().unwrap();
        for slice in of_role.slices.iter().step_by(2) {
            let file = slice.instance.source.to_string();
            dicom::set(Path::new(&file), tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1");
        }
        let study = scan(&data).remove(0);
        let series = study.series_of(role).next().unwrap();
        inverted += series.slices.iter().filter(|slice| slice.decode().unwrap().inverted).count();
        *(if is_rle(series) { &mut rle } else { &mut plain }) += 1;
        make(role.word(), &data, &out, &["--standardize", standardize.word(), "--negatives", "1"]);
        let graded = graded_images(&study, role, standardize);
        let compared = compare(&out, &graded);
        assert_eq!(compared, graded.len(), "with --negatives 1 every slice is in the data set");
    }
    assert!(rle > 0 && plain > 0 && inverted > 10, "{rle} RLE, {plain} plain, {inverted} inverted");
}

/// A label is on the image of its name, and the class is that of the label: checked against the CSVs read another way.
#[test]
fn boxes_lie_around_their_points_and_have_the_class_of_the_label() {
    use foramen::grading::DetectionClass;

    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (dir.path().join("data"), dir.path().join("yolo"));
    phantoms(&data, 1, 6, Dialect::Contest);
    let info = make("ss", &data, &out, &["--negatives", "0"]);
    assert_eq!((info.format, info.studies, info.skipped.len(), info.demo), (2, 1, 0, true));
    let grades = super::support::rows(&data.join("train.csv")).remove(0);
    let classes = DetectionClass::all(Role::Ss);
    let mut checked = 0;
    for point in super::support::rows(&data.join("train_label_coordinates.csv")) {
        if !point["condition"].contains("Subarticular") {
            continue;
        }
        let column = format!("{}_{}", point["condition"], point["level"]).to_lowercase().replace([' ', '/'], "_");
        let expected: DetectionClass = format!("{column}_{}", grades[&column]).parse().unwrap();
        let index = classes.iter().position(|c| *c == expected).unwrap();
        let name = format!("{}_{}_{}_0", point["study_id"], point["series_id"], point["instance_number"]);
        let path = out.join("labels").join(format!("{name}.txt"));
        let image = image::open(out.join("images").join(format!("{name}.png"))).unwrap();
        let (x, y): (f64, f64) = (point["x"].parse().unwrap(), point["y"].parse().unwrap());
        let (x, y) = ((x + 0.5) / f64::from(image.width()), (y + 0.5) / f64::from(image.height()));
        let is_there = fs::read_to_string(&path).unwrap().lines().any(|line| {
            let values: Vec<f64> = line.split(' ').map(|v| v.parse().unwrap()).collect();
            values[0] as usize == index && (values[1] - x).abs() < 1e-4 && (values[2] - y).abs() < 1e-4
        });
        assert!(is_there, "{expected} at {x:.4} {y:.4} in {}", path.display());
        checked += 1;
    }
    assert_eq!(checked, 10);
}
