//! `foramen calibrate`: what it writes, what it leaves alone.

use std::{fmt::Write as _, fs, path::Path};

use foramen::{
    detector::manifest::{Manifest, ManifestEntry},
    grading::{Aggregate, Calibrations, Condition, GradeId, Mixtures, Prior, Role, Severity, Sign},
    raster::Standardize,
};
use tempfile::TempDir;

use super::support::{Run, foramen};

fn entry(file: &str, role: Role, fold: u32) -> ManifestEntry {
    ManifestEntry {
        file: file.into(),
        sha256: "ab".into(),
        role: role.into(),
        standardize: Standardize::SliceMinMax,
        prior: Prior::default(),
        calibration: Calibrations::new(),
        mixture: Mixtures::new(),
        fold: Some(fold),
        demo: true,
        classes: vec![],
        training_data: "phantoms".into(),
        training: "by hand".into(),
        metric: "none".into(),
        licence: "none".into(),
    }
}

/// Two canal models and one of foramina; labels and predictions of `studies` studies. Canal rows are certain and right
/// two times of three, foraminal rows state the prevalence, subarticular rows have no model.
fn write(dir: &Path, studies: usize) {
    let models =
        [entry("scs-fold0.onnx", Role::Scs, 0), entry("scs-fold1.onnx", Role::Scs, 1), entry("nfn.onnx", Role::Nfn, 0)];
    Manifest { models: models.into(), ..Manifest::default() }.write(dir).unwrap();
    let mut labels = format!("study_id,{}\n", GradeId::ALL.map(|id| id.to_string()).join(","));
    let mut predictions = "row_id,normal_mild,moderate,severe\n".to_owned();
    for study in 0..studies {
        let truth = |id: GradeId| Severity::ALL[(study + id.index()) % 3];
        let words = GradeId::ALL.map(|id| ["Normal/Mild", "Moderate", "Severe"][truth(id).index()]);
        let _ = writeln!(labels, "{study},{}", words.join(","));
        for id in GradeId::ALL {
            let said = if study % 3 == 2 { (truth(id).index() + 1) % 3 } else { truth(id).index() };
            let p = if id.condition() == Condition::NeuralForaminalNarrowing {
                Prior::default().of(id).as_array()
            } else {
                std::array::from_fn(|k| if k == said { 0.98 } else { 0.01 })
            };
            let _ = writeln!(predictions, "{},{},{},{}", id.row_id(&study.to_string()), p[0], p[1], p[2]);
        }
    }
    fs::write(dir.join("train.csv"), labels).unwrap();
    fs::write(dir.join("oof.csv"), predictions).unwrap();
}

fn calibrate(dir: &Path, more: &[&str]) -> Run {
    let [models, solution, predictions] = ["", "train.csv", "oof.csv"].map(|name| dir.join(name).display().to_string());
    let mut args = vec!["calibrate", "--models", &models, "--solution", &solution, "--predictions", &predictions];
    args.extend(["--aggregate", "max"]);
    args.extend(more);
    foramen(&args)
}

fn manifest(dir: &Path) -> Manifest {
    serde_json::from_slice(&fs::read(dir.join("manifest.json")).unwrap()).unwrap()
}

#[test]
fn certain_rows_that_are_often_wrong_are_made_less_certain_in_every_model_of_the_role() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), 60);
    let before = manifest(dir.path());
    let dry = calibrate(dir.path(), &["--dry-run"]);
    assert_eq!((dry.code, dry.err.as_str()), (0, ""), "{}", dry.out);
    assert!(dry.out.contains("is unchanged (--dry-run)"), "{}", dry.out);
    assert_eq!(manifest(dir.path()), before);

    let run = calibrate(dir.path(), &[]);
    assert_eq!(run.code, 0, "{}", run.err);
    let line = |role: &str| run.out.lines().find(|l| l.starts_with(role)).unwrap_or_default();
    assert!(line("scs: log loss").contains("cross-validated; temperature"), "{}", run.out);
    assert!(line("scs").contains("300 rows of 60 studies"), "{}", run.out);
    // Rows that no detector saw are not calibrated in grading, so they say nothing here.
    assert!(line("nfn").contains("left unchanged: 0 rows of 0 studies"), "{}", run.out);
    assert!(line("ss").contains("no model of this role"), "{}", run.out);
    let after = manifest(dir.path());
    let of = |file: &str| after.models.iter().find(|m| m.file == file).unwrap().calibration.clone();
    let fitted = of("scs-fold0.onnx")[&Aggregate::Max];
    assert!(fitted.temperature > 1.5, "{fitted:?}");
    assert_eq!(of("scs-fold1.onnx"), of("scs-fold0.onnx"));
    assert!(of("nfn.onnx").is_empty());
    assert!(!of("scs-fold0.onnx").contains_key(&Aggregate::Geometric), "it was fitted for one way alone");
    let card = fs::read_to_string(dir.path().join("MODEL_CARD.md")).unwrap();
    assert!(card.contains("- Calibration of `max` grades: temperature"), "{card}");
}

#[test]
fn too_few_rows_or_no_manifest_change_nothing() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), 9);
    let before = fs::read(dir.path().join("manifest.json")).unwrap();
    let run = calibrate(dir.path(), &[]);
    assert!(run.one_line(3).contains("no role could be calibrated"), "{}", run.err);
    assert!(
        run.out.contains("45 rows of 9 studies") && run.out.contains("at least 50 rows of 10 studies"),
        "{}",
        run.out
    );
    assert_eq!(fs::read(dir.path().join("manifest.json")).unwrap(), before);
    fs::remove_file(dir.path().join("manifest.json")).unwrap();
    assert!(calibrate(dir.path(), &[]).one_line(4).contains("no manifest.json that lists models"));
    fs::remove_file(dir.path().join("oof.csv")).unwrap();
    fs::write(dir.path().join("manifest.json"), &before).unwrap();
    assert!(calibrate(dir.path(), &[]).one_line(3).contains("oof.csv: cannot be read"));
}

/// The JSON of `foramen grade` as far as it is read: studies whose canal boxes score from 0.9 down.
fn graded(dir: &Path, name: &str, first: usize, studies: usize) -> String {
    let study = |i: usize| {
        let score = 0.9 - 0.01 * (i % 20) as f64;
        serde_json::json!({
            "study_uid": i.to_string(),
            "models": [{ "sha256": "ab", "name": "scs-fold0.onnx" }],
            "unfamiliar": { "pull": 0.0, "signs": [
                { "sign": "canal_scores", "value": -score.ln(), "usual": null, "limit": null, "passed": false },
            ] },
        })
    };
    let file = dir.join(name);
    let studies: Vec<_> = (first..first + studies).map(study).collect();
    fs::write(&file, serde_json::json!({ "format": 1, "studies": studies }).to_string()).unwrap();
    file.display().to_string()
}

#[test]
fn limits_of_what_is_familiar_are_read_from_graded_studies() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), 9);
    let models = dir.path().display().to_string();
    let [one, two, few] = [("one.json", 0, 30), ("two.json", 30, 30), ("few.json", 90, 5)]
        .map(|(name, first, studies)| graded(dir.path(), name, first, studies));
    let before = manifest(dir.path());
    let dry = foramen(&["calibrate", "--models", &models, "--familiar", &one, &two, "--dry-run"]);
    assert_eq!((dry.code, dry.err.as_str()), (0, ""), "{}", dry.out);
    assert_eq!(manifest(dir.path()), before);

    let run = foramen(&["calibrate", "--models", &models, "--familiar", &one, &two]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("canal_scores: usually 0.") && run.out.contains("60 studies"), "{}", run.out);
    let after = manifest(dir.path());
    let familiar = after.familiar.as_ref().unwrap();
    assert_eq!((familiar.data.as_str(), familiar.studies), ("one.json, two.json", 60));
    let limit = familiar.signs[&Sign::CanalScores];
    assert!(limit.usual < limit.limit && familiar.within >= 1.0, "{familiar:?}");
    assert_eq!(after.models, before.models);
    let card = fs::read_to_string(dir.path().join("MODEL_CARD.md")).unwrap();
    assert!(card.contains("than 60 studies (one.json, two.json)") && card.contains("| `canal_scores` | 0."), "{card}");

    let twice = foramen(&["calibrate", "--models", &models, "--familiar", &one, &one]);
    assert!(twice.one_line(3).contains("study 0 is in it twice"), "{}", twice.err);
    let few = foramen(&["calibrate", "--models", &models, "--familiar", &few]);
    assert!(few.one_line(3).contains("5 studies show signs, and limits need 20"), "{}", few.err);
    fs::write(&one, "{}").unwrap();
    let odd = foramen(&["calibrate", "--models", &models, "--familiar", &one]);
    assert!(odd.one_line(3).contains("not the JSON of `foramen grade`"), "{}", odd.err);
    assert_eq!(manifest(dir.path()), after);
}

#[test]
fn studies_that_other_models_graded_give_no_limits() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), 9);
    let mut others = manifest(dir.path());
    others.models[0].sha256 = "cd".into();
    others.write(dir.path()).unwrap();
    let file = graded(dir.path(), "one.json", 0, 30);
    let run = foramen(&["calibrate", "--models", &dir.path().display().to_string(), "--familiar", &file]);
    assert!(run.one_line(3).contains("looked at none of these studies"), "{}", run.err);
}
