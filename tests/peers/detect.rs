//! `foramen detect` against the real `YOLO(onnx).predict`, both engines, pictures of many shapes.

use std::path::{Path, PathBuf};

use foramen::detector::ModelSet;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    boxes::{Found, differences},
    demo::Demo,
    python::{self, foramen},
};

/// What a reader sees, and what gives NMS and its order something to do.
const THRESHOLDS: [f32; 3] = [0.25, 0.01, 0.001];

/// The answer of `predict.py`.
#[derive(Deserialize)]
pub struct Predicted {
    pub versions: std::collections::BTreeMap<String, String>,
    /// By run, by image.
    pub runs: Vec<Vec<Vec<Found>>>,
}

#[derive(Deserialize)]
struct Detected {
    engine: String,
    images: Vec<DetectedImage>,
}

#[derive(Deserialize)]
struct DetectedImage {
    detections: Vec<Found>,
}

/// Ultralytics on (model, images, threshold).
pub fn predict(runs: &[(PathBuf, Vec<PathBuf>, f32)]) -> Predicted {
    let runs: Vec<Value> =
        runs.iter().map(|(model, images, conf)| json!({"model": model, "images": images, "conf": conf})).collect();
    python::run("predict.py", &[], &json!({ "runs": runs }).to_string())
}

/// `foramen detect` on images, box lists by image.
pub fn detect(model: &Path, images: &[PathBuf], conf: f32, engine: &str, more: &[&str]) -> Vec<Vec<Found>> {
    let conf = conf.to_string();
    let mut args = vec!["detect", "--json", "--engine", engine, "--conf", &conf, "--model", model.to_str().unwrap()];
    args.extend(more);
    args.extend(images.iter().map(|p| p.to_str().unwrap()));
    let answer: Detected = foramen(&args);
    let wanted = if engine == "rten" { "rten" } else { "ONNX Runtime" };
    assert!(answer.engine.starts_with(wanted), "{engine} was asked for, {} ran", answer.engine);
    answer.images.into_iter().map(|i| i.detections).collect()
}

#[test]
#[ignore = "needs Python peers; .ci/run runs them"]
fn boxes_are_ultralytics_boxes() {
    let demo = Demo::new();
    let folder = python::models();
    let set = ModelSet::from_dir(&folder).expect("models");
    let pictures = tempfile::tempdir().unwrap();
    let mut runs = Vec::new();
    for model in &set.models {
        let out = pictures.path().join(model.role.word());
        let (series, _) = demo.series(model.role);
        let written: Vec<PathBuf> = python::run("images.py", &[&series, &out, Path::new(model.role.word())], "");
        assert_eq!(written.len(), 18);
        runs.extend(THRESHOLDS.map(|conf| (folder.join(&model.name), written.clone(), conf)));
    }
    let peer = predict(&runs);
    let mut wrong = Vec::new();
    for ((model, images, conf), expected) in runs.iter().zip(&peer.runs) {
        let count: usize = expected.iter().map(Vec::len).sum();
        let name = model.file_name().unwrap().to_string_lossy();
        assert!(count >= 10, "{name} at {conf}: Ultralytics found {count} boxes; that proves nothing");
        for engine in ["rten", "onnxruntime"] {
            let found = detect(model, images, *conf, engine, &[]);
            assert_eq!(found.len(), images.len());
            for ((image, expected), found) in images.iter().zip(expected).zip(&found) {
                let place = format!("{name} at {conf}, {engine}, {}", image.file_name().unwrap().to_string_lossy());
                wrong.extend(differences(expected, found, *conf).iter().map(|d| format!("{place}: {d}")));
            }
        }
        eprintln!("{name} at {conf}: {count} boxes of Ultralytics {} compared", peer.versions["ultralytics"]);
    }
    assert!(wrong.is_empty(), "{} boxes differ:\n{}", wrong.len(), wrong.join("\n"));
}
