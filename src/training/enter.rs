//! From an exported and checked ONNX file to a model in the user's folder: described, added.

use std::path::Path;

use super::{
    Checkpoint, Kind, TrainError, Training, job::sha256, models::change_manifest, prepare::Weights, process::Exported,
    results::Figures,
};
use crate::{
    detector::manifest::ManifestEntry,
    files::write_atomic,
    grading::{Calibrations, Mixtures, Prior},
};

/// Writes the file, then its manifest entry, then the card. A kill between the first two leaves a file that no entry
/// describes; this is reported when it is used and fixed by resuming.
pub fn enter(training: &Training, exported: &Exported, onnx: &[u8], figures: &[Figures]) -> Result<(), TrainError> {
    let entry = entry(training, exported, onnx, figures);
    write_atomic(&training.options.out.join(&training.options.file), onnx)?;
    change_manifest(&training.options.out, |manifest| manifest.with(entry))
}

fn entry(training: &Training, exported: &Exported, onnx: &[u8], figures: &[Figures]) -> ManifestEntry {
    let (options, data, fold) = (&training.options, &training.data, &training.fold);
    let kind = options.recipe.kind;
    let version = |name: &str| exported.versions.get(name).map_or("?", String::as_str);
    let ultralytics = format!("Ultralytics {}", version("Ultralytics"));
    let (trainer, images, hashed) = match kind {
        Kind::Detector => (ultralytics.as_str(), "images", "images and boxes"),
        Kind::Crops => ("the trainer of crops", "studies", "crops and labels"),
    };
    ManifestEntry {
        file: options.file.clone(),
        sha256: sha256(onnx),
        role: options.role,
        standardize: data.standardize,
        prior: Prior::default(),
        // Fitted afterwards, by `foramen calibrate`.
        calibration: Calibrations::new(),
        mixture: Mixtures::new(),
        fold: Some(fold.fold),
        demo: data.demo,
        classes: exported.names.clone(),
        training_data: format!(
            "{}: {} studies, fold {}: {} training and {} validation {images}; labels sha256 {}, {hashed} sha256 {}",
            data.kind(),
            data.studies,
            fold.fold,
            fold.images[0],
            fold.images[1],
            data.labels_sha256,
            training.identity.data_sha256
        ),
        training: format!(
            "{trainer} (torch {}, onnx {}, Python {}) by Foramen {}; {} {}, recipe {}, seed {}, {} on {}{}; recipe sha256 {}",
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
        metric: metric(training, exported, &ultralytics),
        licence: match kind {
            Kind::Detector => "AGPL-3.0 (made with Ultralytics)",
            Kind::Crops if data.demo => "MIT OR Apache-2.0, as Foramen (no Ultralytics in it)",
            Kind::Crops => "that of the studies it was trained on (no Ultralytics in it)",
        }
        .to_owned(),
    }
}

fn metric(training: &Training, exported: &Exported, ultralytics: &str) -> String {
    let numbers: Vec<String> = exported.metrics.iter().map(|(name, value)| format!("{name} {value:.3}")).collect();
    let (numbers, images, fold) = (numbers.join(", "), training.fold.images[1], training.fold.fold);
    match training.options.recipe.kind {
        Kind::Detector => {
            format!("{numbers} ({ultralytics}'s own) on the {images} images of fold {fold}, of the same kind of data")
        }
        Kind::Crops => format!(
            "{numbers} (the contest's weighted log losses and their mean) on the {images} studies of fold {fold}, of the \
             same kind of data, cut at the labelled places"
        ),
    }
}

/// What it started from: weights that were downloaded by name are also identified by their hash.
fn from(training: &Training, exported: &Exported) -> String {
    match &training.weights {
        Weights::None => "from scratch".to_owned(),
        Weights::File(file) => format!("from {}", base_name(&file.display().to_string())),
        Weights::Named(name) => {
            let fetcher = training.options.recipe.kind.fetcher();
            let hash = exported.versions.get("weights sha256").map(|hash| format!(" (sha256 {hash})"));
            format!("from {name} as downloaded by {fetcher}{}", hash.unwrap_or_default())
        }
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
