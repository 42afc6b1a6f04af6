//! Labels and DICOM to a YOLO data set, through the program: the pixels are those that a detector gets when it
//! grades, and every box lies on what its label is about.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

use std::{collections::BTreeMap, fs, path::Path};

use foramen::{
    cancel::Cancel,
    dataset::DatasetInfo,
    grading::{DetectionClass, Role},
    phantom::{self, Dialect, PhantomOptions},
    raster::Standardize,
    study::{self, Study},
};

fn run(args: &[&str]) -> (i32, String) {
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_foramen")).args(args).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn phantom(dir: &Path) -> Study {
    let options =
        PhantomOptions { studies: 1, seed: 6, dialect: Dialect::Contest, balance: 0.5, label_noise: 0.0, variety: 1.0 };
    phantom::write(dir, &options, &|| ()).unwrap();
    study::scan(&[dir.to_owned()], &Cancel::default(), &|_, _| ()).unwrap().studies.remove(0)
}

/// The images that a detector gets when it grades, by the name that the data set gives them.
fn graded_images(study: &Study, role: Role) -> BTreeMap<String, Vec<u8>> {
    let series = study.series_of(role).next().unwrap();
    let images = series.slices.iter().map(|slice| {
        let instance = &slice.instance;
        let number = instance.number.unwrap();
        let name = format!("{}_{}_{number}_{}.png", study.uid, series.uid, slice.frame);
        (name, Standardize::SlicePercentile.image(&slice.decode().unwrap(), None).pixels().to_vec())
    });
    images.collect()
}

#[test]
fn a_detector_is_trained_on_the_pixels_that_it_grades() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (dir.path().join("data"), dir.path().join("yolo"));
    let study = phantom(&data);
    let args = ["dataset", "--role", "nfn", "--data", text(&data), "--out", text(&out), "--negatives", "1"];
    assert_eq!(run(&args), (0, String::new()));
    let graded = graded_images(&study, Role::Nfn);
    let mut compared = 0;
    for part in ["train", "val"] {
        for entry in fs::read_dir(out.join("images").join(part)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let png = image::open(&path).unwrap();
            assert!(png.color() == image::ColorType::L8, "{name} is 8-bit grey");
            assert_eq!(Some(&png.into_luma8().into_raw()), graded.get(name), "{name}");
            compared += 1;
        }
    }
    assert_eq!(compared, graded.len(), "with --negatives 1 every slice is in the data set");
    // A second run does not touch what is there.
    let (code, said) = run(&args);
    assert_eq!(code, 5);
    assert!(said.contains("exists already"), "{said}");
}

#[test]
fn boxes_lie_around_their_points_and_have_the_class_of_the_label() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (dir.path().join("data"), dir.path().join("yolo"));
    phantom(&data);
    let args = ["dataset", "--role", "ss", "--data", text(&data), "--out", text(&out), "--negatives", "0"];
    assert_eq!(run(&args).0, 0);
    let info: DatasetInfo = serde_json::from_slice(&fs::read(out.join("dataset.json")).unwrap()).unwrap();
    assert_eq!((info.studies, info.skipped.len(), info.demo), (1, 0, true));
    let grades = csv_rows(&data.join("train.csv")).remove(0);
    let classes = DetectionClass::all(Role::Ss);
    let mut checked = 0;
    for point in csv_rows(&data.join("train_label_coordinates.csv")) {
        if !point["condition"].contains("Subarticular") {
            continue;
        }
        let column = format!("{}_{}", point["condition"], point["level"]).to_lowercase().replace([' ', '/'], "_");
        let expected: DetectionClass = format!("{column}_{}", grades[&column]).parse().unwrap();
        let index = classes.iter().position(|c| *c == expected).unwrap();
        let name = format!("{}_{}_{}_0", point["study_id"], point["series_id"], point["instance_number"]);
        let path = ["train", "val"].map(|part| out.join("labels").join(part).join(format!("{name}.txt")));
        let path = path.iter().find(|p| p.is_file()).unwrap();
        let image = image::open(text(path).replace("/labels/", "/images/").replace(".txt", ".png")).unwrap();
        let (x, y): (f64, f64) = (point["x"].parse().unwrap(), point["y"].parse().unwrap());
        let (x, y) = ((x + 0.5) / f64::from(image.width()), (y + 0.5) / f64::from(image.height()));
        let is_there = fs::read_to_string(path).unwrap().lines().any(|line| {
            let values: Vec<f64> = line.split(' ').map(|v| v.parse().unwrap()).collect();
            values[0] as usize == index && (values[1] - x).abs() < 1e-4 && (values[2] - y).abs() < 1e-4
        });
        assert!(is_there, "{expected} at {x:.4} {y:.4} in {}", path.display());
        checked += 1;
    }
    assert_eq!(checked, 10);
}

fn csv_rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect()
}

#[test]
fn bad_labels_are_one_clear_line_and_leave_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (dir.path().join("data"), dir.path().join("yolo"));
    fs::create_dir_all(data.join("train_images")).unwrap();
    let args = ["dataset", "--role", "scs", "--data", text(&data), "--out", text(&out)];
    let (code, said) = run(&args);
    assert_eq!((code, said.lines().count()), (3, 1), "{said}");
    assert!(said.contains("train.csv"), "{said}");
    fs::write(data.join("train.csv"), "study_id,spinal_canal_stenosis_l4_l5\n1,Severe\n").unwrap();
    fs::write(data.join("train_label_coordinates.csv"), "study_id,series_id\n1,2\n").unwrap();
    let (code, said) = run(&args);
    assert_eq!((code, said.lines().count()), (3, 1), "{said}");
    assert!(said.contains("train_label_coordinates.csv"), "{said}");
    assert!(!out.exists() && fs::read_dir(dir.path()).unwrap().count() == 1);
}
