//! From an exported ONNX file to a model in the user's folder: checked, described, added.

use std::{path::Path, sync::Arc};

use super::{
    Checkpoint, TrainError, Training,
    job::{OPSET, sha256},
    models::change_manifest,
    prepare::Weights,
    process::Exported,
    results::Figures,
};
use crate::{
    detector::{Detector, EngineChoice, Model, manifest::ManifestEntry},
    files::write_atomic,
    grading::{Calibrations, DetectionClass, Prior},
    raster::Image8,
};

/// The file must be a detector of the role that both engines can read: names, shapes, operators; and it must run.
pub fn check(training: &Training, exported: &Exported, onnx: &[u8]) -> Result<(), TrainError> {
    let fail = |message: String| TrainError::Export { file: exported.onnx.clone(), message };
    let role = training.options.role;
    let expected: Vec<String> = DetectionClass::all(role).iter().map(ToString::to_string).collect();
    if exported.names != expected {
        return Err(fail(format!("its class names are not those of {role}: {}", exported.names.join(", "))));
    }
    if exported.opset != OPSET {
        return Err(fail(format!("its opset is {}; {OPSET} was requested", exported.opset)));
    }
    let model = Model::from_bytes(training.options.file.clone(), onnx.into()).map_err(|e| fail(e.to_string()))?;
    if model.classes != DetectionClass::all(role) {
        return Err(fail("the names in the file are in a different order".to_owned()));
    }
    let side = training.options.recipe.input;
    if model.input_size != (side, side) {
        let (height, width) = model.input_size;
        return Err(fail(format!("its input is {height} x {width}; {side} x {side} was requested")));
    }
    // The content of the image does not matter: the network must run in the engine that is always available.
    let run = |image: &Image8| Detector::new(&Arc::new(model), EngineChoice::Rten, 1)?.evidence(image, 0.5);
    match Image8::new(side, side, vec![128; (side * side) as usize]).map(|image| run(&image)) {
        Some(Err(error)) => Err(fail(error.to_string())),
        _ => Ok(()),
    }
}

/// Writes the file, then its manifest entry, then the card. A kill between the first two leaves a file that no entry
/// describes; this is reported when it is used and fixed by resuming.
pub fn enter(training: &Training, exported: &Exported, onnx: &[u8], figures: &[Figures]) -> Result<(), TrainError> {
    let entry = entry(training, exported, onnx, figures);
    write_atomic(&training.options.out.join(&training.options.file), onnx)?;
    change_manifest(&training.options.out, |manifest| manifest.with(entry))
}

fn entry(training: &Training, exported: &Exported, onnx: &[u8], figures: &[Figures]) -> ManifestEntry {
    let (options, data, fold) = (&training.options, &training.data, &training.fold);
    let kind = data.kind();
    let version = |name: &str| exported.versions.get(name).map_or("?", String::as_str);
    let ultralytics = format!("Ultralytics {}", version("Ultralytics"));
    ManifestEntry {
        file: options.file.clone(),
        sha256: sha256(onnx),
        role: options.role.into(),
        standardize: data.standardize,
        prior: Prior::default(),
        // Fitted afterwards, by `foramen calibrate`.
        calibration: Calibrations::new(),
        fold: Some(fold.fold),
        demo: data.demo,
        classes: exported.names.clone(),
        training_data: format!(
            "{kind}: {} studies, fold {}: {} training and {} validation images; labels sha256 {}, images and boxes sha256 {}",
            data.studies, fold.fold, fold.images[0], fold.images[1], data.labels_sha256, training.identity.data_sha256
        ),
        training: format!(
            "{ultralytics} (torch {}, onnx {}, Python {}) by Foramen {}; {} {}, recipe {}, seed {}, {} on {}{}; recipe sha256 {}",
            version("torch"),
            version("onnx"),
            version("Python"),
            env!("CARGO_PKG_VERSION"),
            base_name(training.architecture()),
            from(training, exported),
            options.recipe.name,
            training.seed(),
            length(figures) + if options.checkpoint == Checkpoint::Best { ", the best of them" } else { "" },
            options.device,
            if exported.bfloat16 { " (bfloat16)" } else { "" },
            training.identity.recipe_sha256,
        ),
        metric: format!(
            "mAP50 {:.3}, mAP50-95 {:.3} ({ultralytics}'s own) on the {} images of fold {}, of the same kind of data",
            exported.map50, exported.map, fold.images[1], fold.fold
        ),
        licence: "AGPL-3.0 (made with Ultralytics)".to_owned(),
    }
}

/// What it started from: weights that were downloaded by name are also identified by their hash.
fn from(training: &Training, exported: &Exported) -> String {
    match &training.weights {
        Weights::None => "from scratch".to_owned(),
        Weights::File(file) => format!("from {}", base_name(&file.display().to_string())),
        Weights::Named(name) => match exported.versions.get("weights sha256") {
            Some(hash) => format!("from {name} as downloaded by Ultralytics (sha256 {hash})"),
            None => format!("from {name} as downloaded by Ultralytics"),
        },
    }
}

/// A manifest is shared, so it does not reveal local paths.
fn base_name(path: &str) -> String {
    Path::new(path).file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// `20 + 6 epochs in 0.36 h` (or min), as trained.
fn length(figures: &[Figures]) -> String {
    let epochs = figures.iter().map(|f| f.epoch.to_string()).collect::<Vec<_>>().join(" + ");
    let minutes = figures.iter().map(|f| f.seconds).sum::<f64>() / 60.0;
    if minutes < 6.0 {
        format!("{epochs} epochs in {minutes:.1} min")
    } else {
        format!("{epochs} epochs in {:.2} h", minutes / 60.0)
    }
}
