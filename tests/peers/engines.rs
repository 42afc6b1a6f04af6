//! rten against ONNX Runtime on the demo study.

use std::process::Command;

use foramen::detector::ModelSet;
use serde::Deserialize;

use super::{boxes::differences, demo::Demo, detect::detect, python};

/// What grading keeps at the least (`GradeOptions::default`).
const FLOOR: f32 = 0.01;

#[test]
#[ignore = "needs Python peers; .ci/run runs them"]
fn engines_draw_the_same_boxes() {
    let demo = Demo::new();
    let folder = python::models();
    let mut wrong = Vec::new();
    for model in &ModelSet::from_dir(&folder).expect("models").models {
        let (_, slices) = demo.series(model.role);
        let file = folder.join(&model.name);
        let way = model.standardize.to_string();
        let [ours, theirs] =
            ["rten", "onnxruntime"].map(|engine| detect(&file, &slices, FLOOR, engine, &["--standardize", &way]));
        assert_eq!(ours.len(), slices.len());
        let count: usize = theirs.iter().map(Vec::len).sum();
        assert!(count >= 10, "{}: {count} boxes; that proves nothing", model.name);
        for (slice, (a, b)) in theirs.iter().zip(&ours).enumerate() {
            wrong.extend(differences(a, b, FLOOR).iter().map(|d| format!("{} slice {}: {d}", model.name, slice + 1)));
        }
    }
    assert!(wrong.is_empty(), "{} boxes differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[derive(Deserialize)]
struct Graded {
    studies: Vec<Study>,
}

#[derive(Deserialize)]
struct Study {
    grades: Vec<Grade>,
}

#[derive(Deserialize)]
struct Grade {
    row_id: String,
    source: String,
    scores: Option<Scores>,
}

#[derive(Deserialize)]
struct Scores {
    normal_mild: f32,
    moderate: f32,
    severe: f32,
}

#[test]
#[ignore = "needs Python peers; .ci/run runs them"]
fn engines_give_the_same_grades() {
    let demo = Demo::new();
    let folder = python::models();
    let [ours, theirs] = ["rten", "onnxruntime"].map(|engine| {
        let (study, models) = (demo.path().to_str().unwrap(), folder.to_str().unwrap());
        let answer: Graded =
            python::foramen(&["grade", study, "--models", models, "--engine", engine, "--format", "json"]);
        answer.studies.into_iter().next().expect("a study").grades
    });
    assert_eq!((ours.len(), theirs.len()), (25, 25));
    assert!(ours.iter().filter(|g| g.source == "detected").count() >= 5, "almost nothing was seen");
    for (a, b) in ours.iter().zip(&theirs) {
        assert_eq!(a.source, b.source, "{}", a.row_id);
        let of = |g: &Grade| g.scores.as_ref().map_or([0.0; 3], |s| [s.normal_mild, s.moderate, s.severe]);
        for (x, y) in of(a).into_iter().zip(of(b)) {
            // A share of three scores that may each differ by 1e-3; the sum of the three is rarely below 0.2.
            assert!((x - y).abs() < 5e-3, "{}: {x} by rten, {y} by ONNX Runtime", a.row_id);
        }
    }
}

#[test]
#[ignore = "needs Python peers; .ci/run runs them"]
fn a_library_that_is_too_old_is_refused_in_words_and_passed_over_by_auto() {
    let demo = Demo::new();
    let old = python::old_onnxruntime();
    let grade = |engine: &str| {
        let args = ["grade".as_ref(), demo.path().as_os_str(), "--engine".as_ref(), engine.as_ref()];
        Command::new(env!("CARGO_BIN_EXE_foramen")).args(args).env("ORT_DYLIB_PATH", &old).output().unwrap()
    };
    let refused = grade("onnxruntime");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(4), 0), "{said}");
    let last = said.lines().last().unwrap();
    assert!(last.contains("not usable") && last.contains("1.24") && last.contains("1.20.1"), "{said}");
    let passed_over = grade("auto");
    assert_eq!(passed_over.status.code(), Some(0), "{}", String::from_utf8_lossy(&passed_over.stderr));
    assert_eq!(String::from_utf8_lossy(&passed_over.stdout).lines().count(), 26);
}
