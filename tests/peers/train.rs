//! The whole way of a researcher, with the real Ultralytics: phantoms, data set, one epoch of training, ONNX with
//! names, manifest, card, and a grade by the new model.

use std::{path::Path, process::Command};

use foramen::{
    detector::{ModelSet, manifest::Manifest},
    grading::{DetectionClass, Role},
};

use super::python;

fn run(args: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_foramen")).args(args).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), said)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
#[ignore = "needs Ultralytics; .ci/run runs it"]
fn a_detector_is_made_from_nothing_and_grades() {
    let dir = tempfile::tempdir().unwrap();
    let [studies, data, models] = ["studies", "data", "models"].map(|name| dir.path().join(name));
    let python = python::python();
    let ok = |args: &[&str]| {
        let (code, said) = run(args);
        assert_eq!(code, 0, "{args:?}: {said}");
    };
    ok(&["phantom", "--studies", "5", "--seed", "3", "--out", text(&studies)]);
    ok(&["dataset", "--role", "scs", "--data", text(&studies), "--out", text(&data)]);
    let mut train = vec!["train", "--role", "scs", "--data", text(&data), "--out", text(&models)];
    train.extend(["--python", text(&python), "--epochs", "1"]);
    ok(&train);

    let set = ModelSet::from_dir(&models).unwrap();
    assert_eq!(set.warnings, Vec::<String>::new(), "the manifest describes the file");
    let model = set.of(Role::Scs).next().unwrap();
    assert_eq!(model.classes, DetectionClass::all(Role::Scs));
    assert_eq!((model.input_size, model.demo), ((384, 384), true));
    let manifest: Manifest = serde_json::from_slice(&std::fs::read(models.join("manifest.json")).unwrap()).unwrap();
    assert!(manifest.models[0].training.contains("Ultralytics"));
    let card = std::fs::read_to_string(models.join("MODEL_CARD.md")).unwrap();
    assert!(card.contains("Demo models") && card.contains("AGPL-3.0"));

    let out = dir.path().join("grades.csv");
    ok(&["grade", text(&studies), "--models", text(&models), "--engine", "rten", "--out", text(&out)]);
    assert_eq!(std::fs::read_to_string(out).unwrap().lines().count(), 1 + 5 * 25);
    // Another detector's data set is refused before anything is trained.
    let (code, said) =
        run(&["train", "--role", "ss", "--data", text(&data), "--out", text(&models), "--python", text(&python)]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("the data set is for scs"), "{said}");
}

#[test]
#[ignore = "needs Python; .ci/run runs it"]
fn a_python_without_ultralytics_is_one_clear_line() {
    let dir = tempfile::tempdir().unwrap();
    let bare = dir.path().join("bare");
    let made = Command::new("python3").args(["-m", "venv", "--without-pip", text(&bare)]).status().unwrap();
    assert!(made.success());
    for (python, words) in [(bare.join("bin/python"), "it has no Ultralytics"), (bare.join("gone"), "cannot be run")] {
        let args = ["train", "--role", "scs", "--data", ".", "--out", text(dir.path()), "--python", text(&python)];
        let (code, said) = run(&args);
        assert_eq!((code, said.lines().count()), (8, 1), "{said}");
        assert!(said.contains(words), "{said}");
    }
}
