//! The detector of levels: a fourth model in the folder, which grades nothing and tells where the discs are.

use std::path::Path;

use foramen::grading::Level;
use serde_json::Value;
use tempfile::TempDir;

use super::{
    grade::models,
    models::onnx,
    support::{foramen, write_small_study},
};

/// A detector of levels that sees one box in the middle of whatever it looks at, with a score for each disc.
fn levels(scores: [f32; 5]) -> Vec<u8> {
    let names: Vec<String> = Level::ALL.iter().enumerate().map(|(i, level)| format!("{i}: 'disc_{level}'")).collect();
    onnx::detector(Some(&format!("{{{}}}", names.join(", "))), &[1, 9, onnx::ANCHORS], &scores)
}

fn named(names: &str, count: i64) -> Vec<u8> {
    onnx::detector(Some(names), &[1, 4 + count, onnx::ANCHORS], &[0.9; 5][..count as usize])
}

#[test]
fn detect_names_the_discs_in_text_and_json() {
    let dir = TempDir::new().unwrap();
    let (model, image) = (dir.path().join("levels.onnx"), dir.path().join("image.png"));
    std::fs::write(&model, levels([0.0, 0.0, 0.1, 0.8, 0.0])).unwrap();
    image::GrayImage::from_pixel(64, 64, image::Luma([90])).save(&image).unwrap();
    let args: [&Path; 4] = ["detect".as_ref(), &image, "--model".as_ref(), &model];
    let text = foramen(&args);
    assert_eq!(text.code, 0, "{}", text.err);
    assert!(text.err.contains("image.png: all its pixels have the same value"), "{}", text.err);
    assert!(text.out.contains("0.800  disc_l4_l5 ") && !text.out.contains("disc_l3_l4"), "{}", text.out);
    let json = foramen(&[args.as_slice(), &["--json".as_ref()]].concat());
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["images"][0]["detections"][0]["class"], "disc_l4_l5");
    assert_eq!(json["images"][0]["detections"][0]["box"], serde_json::json!([24.0, 24.0, 40.0, 40.0]));
}

/// Refused by name, with what was expected: such a file would silently number the levels wrongly.
#[test]
fn class_names_that_are_no_lumbar_discs_are_refused() {
    let dir = TempDir::new().unwrap();
    let line = |bytes: &[u8]| {
        std::fs::write(dir.path().join("levels.onnx"), bytes).unwrap();
        foramen(&[Path::new("grade"), Path::new("."), Path::new("--models"), dir.path()]).one_line(4).to_owned()
    };
    let sacral = line(&named("{0: 'disc_l4_l5', 1: 'disc_s1_s2'}", 2));
    assert!(sacral.contains("\"disc_s1_s2\" is not disc_<level>, such as disc_l4_l5"), "{sacral}");
    let mixed = line(&named("{0: 'disc_l4_l5', 1: 'spinal_canal_stenosis_l1_l2_severe'}", 2));
    assert!(mixed.contains("\"spinal_canal_stenosis_l1_l2_severe\" is not disc_<level>"), "{mixed}");
    let twice = line(&named("{0: 'disc_l4_l5', 1: 'Disc L4/L5'}", 2));
    assert!(twice.ends_with("two of its classes mean the same"), "{twice}");
}

/// All its boxes lie at one place, so that it finds one disc: the study is graded as without it, and that is said.
#[test]
fn with_too_few_discs_a_study_is_graded_as_without_the_detector_of_levels() {
    let dir = TempDir::new().unwrap();
    let (study, with) = (dir.path().join("study"), dir.path().join("models"));
    write_small_study(&study);
    std::fs::create_dir(&with).unwrap();
    for file in std::fs::read_dir(models()).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), with.join(file.file_name())).unwrap();
    }
    std::fs::write(with.join("levels.onnx"), levels([0.0, 0.0, 0.0, 0.8, 0.0])).unwrap();
    let grade = |models: &Path| {
        let args =
            ["grade".as_ref(), study.as_path(), "--models".as_ref(), models, "--format".as_ref(), "json".as_ref()];
        let run = foramen(&args);
        let json: Value = serde_json::from_str(&run.out).unwrap();
        (json["studies"][0].clone(), run.err)
    };
    let ((without, _), (graded, said)) = (grade(models()), grade(&with));
    assert_eq!(graded["grades"], without["grades"], "it grades nothing itself");
    assert_eq!(graded["levels"], without["levels"]);
    assert!(said.contains("found 1 of 5 discs, too few to number them"), "{said}");
    assert_eq!(graded["models"][0]["role"], "levels");
    assert_eq!((graded["models"].as_array().unwrap().len(), without["models"].as_array().unwrap().len()), (4, 3));
    for study in [&graded, &without] {
        assert_eq!((&study["discs"], &study["slices_left_out"]), (&serde_json::json!([]), &Value::from(0)));
    }
}

/// Other ways of grading ask for no geometry: the fourth model does not run.
#[test]
fn max_and_seed_do_not_run_it() {
    let dir = TempDir::new().unwrap();
    let study = dir.path().join("study");
    write_small_study(&study);
    let with = dir.path().join("models");
    std::fs::create_dir(&with).unwrap();
    std::fs::write(with.join("levels.onnx"), levels([0.9; 5])).unwrap();
    std::fs::copy(models().join("scs.onnx"), with.join("scs.onnx")).unwrap();
    for way in ["max", "seed"] {
        let paths: [&Path; 4] = ["grade".as_ref(), &study, "--models".as_ref(), &with];
        let run = foramen(&[paths.as_slice(), &["--aggregate", way, "--format", "json"].map(Path::new)].concat());
        let json: Value = serde_json::from_str(&run.out).unwrap();
        let models = json["studies"][0]["models"].as_array().unwrap();
        assert!(models.iter().all(|model| model["role"] == "scs"), "{way}: {models:?}");
    }
}

/// A detector that was lost while copying, or is listed as another one, must not go unnoticed.
#[test]
fn a_manifest_that_does_not_fit_its_folder_is_contradicted() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("levels.onnx"), levels([0.8; 5])).unwrap();
    let entry = |file: &str, role: &str| {
        serde_json::json!({
            "file": file, "sha256": "ab", "role": role, "standardize": "slice_percentile", "demo": false, "classes": [],
            "training_data": "", "training": "", "metric": "", "licence": "",
        })
    };
    let manifest =
        serde_json::json!({ "format": 1, "models": [entry("gone.onnx", "nfn"), entry("levels.onnx", "scs")] });
    std::fs::write(dir.path().join("manifest.json"), manifest.to_string()).unwrap();
    let set = foramen::detector::ModelSet::from_dir(dir.path()).unwrap();
    let warnings: Vec<String> = set.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings[0], "gone.onnx: manifest.json lists it, but the file is not in the folder: it is not used");
    assert_eq!(warnings[1], "levels.onnx: manifest.json says that it is scs, but its class names are those of levels");
}
