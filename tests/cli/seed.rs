//! `--aggregate seed`: the starting solution's rule, against numbers made by hand, wherever grades are made.

use std::path::Path;

use foramen::grading::Role;
use serde_json::Value;
use tempfile::TempDir;

use super::{
    models::onnx,
    support::{Run, foramen, write_small_study},
};

/// One place on every slice at which each of several classes has a score, so that only the best of them is a box.
fn models(dir: &Path) {
    let seen = [
        (
            Role::Nfn,
            [
                ("left_neural_foraminal_narrowing_l5_s1_severe", 0.6),
                ("left_neural_foraminal_narrowing_l5_s1_moderate", 0.59),
            ]
            .as_slice(),
        ),
        (Role::Scs, &[("spinal_canal_stenosis_l4_l5_moderate", 0.3), ("spinal_canal_stenosis_l4_l5_severe", 0.1)]),
        (Role::Ss, &[("right_subarticular_stenosis_l3_l4_normal_mild", 0.2)]),
    ];
    for (role, seen) in seen {
        std::fs::write(dir.join(format!("{role}.onnx")), onnx::of_role(role, seen)).unwrap();
    }
}

struct Bench {
    models: TempDir,
    study: TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { models: TempDir::new().unwrap(), study: TempDir::new().unwrap() };
        models(bench.models.path());
        write_small_study(bench.study.path());
        bench
    }

    fn grade(&self, more: &[&str]) -> Run {
        let (study, models) = (self.study.path().to_str().unwrap(), self.models.path().to_str().unwrap());
        let mut args = vec!["grade", study, "--models", models, "--engine", "rten", "--aggregate", "seed"];
        args.extend(more);
        foramen(&args)
    }
}

fn row(csv: &str, tail: &str) -> [f64; 3] {
    let line = csv.lines().find(|line| line.split(',').next().unwrap().ends_with(tail)).unwrap();
    let cells: Vec<f64> = line.split(',').skip(1).map(|cell| cell.parse().unwrap()).collect();
    [cells[0], cells[1], cells[2]]
}

#[test]
#[expect(clippy::float_cmp, reason = "the rule adds nothing: these are the very numbers")]
fn one_class_a_box_above_the_threshold_and_nothing_added() {
    let bench = Bench::new();
    let run = bench.grade(&[]);
    assert_eq!(run.code, 0, "{}", run.err);
    // 0.59 of the same place is no box of predict's, and 0.1 neither; each row has one severity and no floor.
    assert_eq!(row(&run.out, "left_neural_foraminal_narrowing_l5_s1"), [0.0, 0.0, 1.0]);
    assert_eq!(row(&run.out, "spinal_canal_stenosis_l4_l5"), [0.0, 1.0, 0.0]);
    // 0.2 is below 0.25: no box, and what stands there is said.
    let prevalence = row(&run.out, "right_subarticular_stenosis_l3_l4");
    assert!((prevalence[0] - 0.67).abs() < 0.01, "{prevalence:?}");
    let said = "23 rows have no box above 0.25, and hold the prevalence of each severity (--without-box)";
    assert!(run.err.contains(said), "{}", run.err);
}

#[test]
#[expect(clippy::float_cmp, reason = "the rule adds nothing: these are the very numbers")]
fn the_threshold_is_strict_and_a_row_without_a_box_may_hold_a_third_each() {
    let bench = Bench::new();
    let run = bench.grade(&["--conf", "0.15", "--without-box", "uniform", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let json: Value = serde_json::from_str(&run.out).unwrap();
    let study = &json["studies"][0];
    assert_eq!(study["aggregate"], "seed");
    assert!(
        study["warnings"].to_string().contains("22 rows have no box above 0.15, and hold a third for each severity")
    );
    let scores = |tail: &str| {
        let rows = study["grades"].as_array().unwrap();
        let row = rows.iter().find(|row| row["row_id"].as_str().unwrap().ends_with(tail)).unwrap();
        ["normal_mild", "moderate", "severe"].map(|k| row["scores"][k].as_f64().unwrap())
    };
    assert_eq!(scores("right_subarticular_stenosis_l3_l4"), [1.0, 0.0, 0.0]);
    assert!(scores("spinal_canal_stenosis_l1_l2").iter().all(|p| (p - 1.0 / 3.0).abs() < 1e-6));
    // A box of exactly this score is none, as in Ultralytics. The score is a 32-bit number.
    let at = bench.grade(&["--conf", "0.30000001192092896"]);
    assert!(row(&at.out, "spinal_canal_stenosis_l4_l5")[0] > 0.5, "{}", at.out);
    let run = foramen(&["grade", ".", "--conf", "0.3"]);
    assert!(run.one_line(2).contains("--conf and --without-box only work with --aggregate seed"), "{}", run.err);
}

#[test]
#[expect(clippy::float_cmp, reason = "the rule adds nothing: these are the very numbers")]
fn reports_and_calibrations_know_the_rule_too() {
    let bench = Bench::new();
    let (study, models) = (bench.study.path().to_str().unwrap(), bench.models.path().to_str().unwrap());
    let out = bench.models.path().join("report.csv");
    let mut args =
        vec!["report", study, "--models", models, "--engine", "rten", "--aggregate", "seed", "--format", "csv"];
    args.extend(["--ignore-review", "--out", out.to_str().unwrap()]);
    let run = foramen(&args);
    assert_eq!(run.code, 0, "{}", run.err);
    let text = std::fs::read_to_string(out).unwrap();
    assert_eq!(row(&text, "left_neural_foraminal_narrowing_l5_s1"), [0.0, 0.0, 1.0]);
    assert!(foramen(&["calibrate", "--help"]).out.contains("seed"));
}

/// A model of two of the canal's fifteen classes.
#[test]
fn a_model_that_lacks_classes_says_so_and_does_not_deny_what_it_cannot_see() {
    let bench = Bench::new();
    let names = "{0: 'spinal_canal_stenosis_l4_l5_moderate', 1: 'spinal_canal_stenosis_l4_l5_severe'}";
    let bytes = onnx::detector(Some(names), &[1, 6, onnx::ANCHORS], &[0.5, 0.1]);
    std::fs::write(bench.models.path().join("scs.onnx"), bytes).unwrap();
    let run = bench.grade(&["--format", "json"]);
    assert_eq!(run.code, 6, "the canal is graded in part: {}", run.err);
    let said: Vec<&str> = run.err.lines().filter(|line| line.contains("it has only 2 of the 15 classes")).collect();
    assert_eq!(said.len(), 1, "{}", run.err);
    assert!(said[0].contains("scs.onnx") && said[0].contains("spinal_canal_stenosis_l1_l2_normal_mild"), "{}", said[0]);
    let json: Value = serde_json::from_str(&run.out).unwrap();
    let study = &json["studies"][0];
    assert!(study["warnings"].to_string().contains("it has only 2 of the 15 classes"), "{}", study["warnings"]);
    let models = study["models"].as_array().unwrap();
    let missing = |role: &str| models.iter().find(|m| m["role"] == role).unwrap()["missing_classes"].clone();
    assert_eq!((missing("scs").as_array().unwrap().len(), missing("nfn")), (13, Value::Null));
    let canal: Vec<&Value> =
        study["grades"].as_array().unwrap().iter().filter(|g| g["condition"] == "spinal_canal_stenosis").collect();
    assert_eq!(canal.iter().filter(|g| g["source"] == "not_assessed").count(), 4);
    assert_eq!(canal[0]["reason"], "the model has no class for it");
}
