//! Phantom studies in both dialects through `foramen inspect`, with the contest's CSV and without.

use std::path::Path;

use foramen::phantom::Dialect;
use serde_json::Value;

use super::support::{foramen, phantom};

fn json(path: &Path) -> Value {
    let run = foramen(&[Path::new("inspect"), path, Path::new("--json")]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    serde_json::from_str(&run.out).unwrap()
}

/// The one study, with its roles checked.
fn study(path: &Path) -> Value {
    let report = json(path);
    assert_eq!(report["issues"], Value::Array(vec![]));
    let studies = report["studies"].as_array().unwrap();
    let [study] = studies.as_slice() else { panic!("{} studies", studies.len()) };
    assert_eq!(study["issues"], Value::Array(vec![]));
    let mut roles: Vec<&str> = study["series"].as_array().unwrap().iter().filter_map(|s| s["role"].as_str()).collect();
    roles.sort_unstable();
    assert_eq!(roles, ["nfn", "scs", "ss"]);
    study.clone()
}

fn series<'a>(study: &'a Value, role: &str) -> &'a Value {
    study["series"].as_array().unwrap().iter().find(|s| s["role"] == role).unwrap()
}

#[test]
fn a_clinical_study_reads_as_people_name_it() {
    let root = phantom(Dialect::Clinical);
    // Without the CSVs, from the images alone.
    let run = foramen(&[Path::new("inspect"), &copy_of_images(root)]);
    insta::assert_snapshot!(run.snapshot(root));
}

#[test]
fn a_contest_study_reads_with_its_csv() {
    let root = phantom(Dialect::Contest);
    let run = foramen(&[Path::new("inspect"), root]);
    insta::assert_snapshot!(run.snapshot(root));
}

#[test]
fn a_contest_study_is_one_study_with_the_same_roles_without_its_csv() {
    let root = phantom(Dialect::Contest);
    let (with, without) = (study(root), study(&copy_of_images(root)));
    for role in ["nfn", "scs", "ss"] {
        let (a, b) = (series(&with, role), series(&without, role));
        assert_eq!(a["series_uid"], b["series_uid"]);
        assert!(a["role_reason"].as_str().unwrap().ends_with("in train_series_descriptions.csv"));
        assert!(b["role_reason"].as_str().unwrap().ends_with("in its description"));
        for key in ["slices", "orientations", "slice_spacing_mm", "plane"] {
            assert_eq!(a[key], b[key]);
        }
    }
}

#[test]
fn one_patient_space_is_assumed_only_where_the_files_do_not_say_it() {
    assert_eq!(study(phantom(Dialect::Contest))["assumed_common_space"], true);
    assert_eq!(study(phantom(Dialect::Clinical))["assumed_common_space"], false);
}

#[test]
fn angled_axial_blocks_are_found() {
    for dialect in [Dialect::Clinical, Dialect::Contest] {
        let study = study(phantom(dialect));
        let axial = series(&study, "ss");
        assert_eq!((&axial["orientations"], &axial["plane"]), (&5.into(), &"axial".into()));
        assert_eq!(series(&study, "nfn")["orientations"], 1);
    }
}

/// In the contest every series has the same names for its images: nothing may go by them alone.
#[test]
fn both_dialects_are_graded_alike() {
    let graded = |dialect| {
        let images = phantom(dialect).join("train_images");
        let models = super::grade::models();
        let args = ["grade", images.to_str().unwrap(), "--models", models.to_str().unwrap(), "--engine", "rten"];
        let run = foramen(&[&args[..], &["--format", "json"]].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        let mut study: Value = serde_json::from_str::<Value>(&run.out).unwrap()["studies"][0].take();
        assert_eq!(study["synthetic_images"], true);
        for grade in study["grades"].as_array_mut().unwrap() {
            grade.as_object_mut().unwrap().remove("row_id");
            for evidence in grade["evidence"].as_array_mut().unwrap() {
                for key in ["series_uid", "sop_instance_uid"] {
                    evidence.as_object_mut().unwrap().remove(key).unwrap();
                }
            }
        }
        (study["grades"].take(), study["levels"].take())
    };
    let clinical = graded(Dialect::Clinical);
    assert!(clinical.0.to_string().contains("box_patient_mm\":[["), "something is seen somewhere");
    assert_eq!(clinical, graded(Dialect::Contest));
}

/// The images in a folder of their own, four folders away from the CSVs.
fn copy_of_images(root: &Path) -> std::path::PathBuf {
    let target = super::support::folder().join(format!("{}-alone/a/b/c/d", root.file_name().unwrap().display()));
    let from = root.join("train_images");
    for entry in walkdir::WalkDir::new(&from) {
        let entry = entry.unwrap();
        let to = target.join(entry.path().strip_prefix(&from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(to).unwrap();
        } else if !to.exists() {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
    target
}
