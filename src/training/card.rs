//! `MODEL_CARD.md`: what people must know about the models in a folder. Written from the manifest.

use std::fmt::Write;

use crate::{
    RESEARCH_USE_ONLY,
    detector::manifest::{Manifest, ManifestEntry},
    grading::{Familiar, ModelRole},
};

/// The name of the file.
pub const NAME: &str = "MODEL_CARD.md";

/// The whole card.
pub fn text(manifest: &Manifest) -> String {
    let mut text =
        format!("# Model card\n\n**{RESEARCH_USE_ONLY}.** Written by `foramen train` from `manifest.json`.\n");
    if manifest.models.iter().any(|m| m.demo) {
        let some = if manifest.models.iter().all(|m| m.demo) { "" } else { " Some of these models are." };
        let _ = write!(
            text,
            "\n**Demo models.**{some} They were trained on computed phantoms, in whole or in part (\"Trained on\" below says \
             which). Their output on a real study means nothing: they only serve to demonstrate and test the program.\n",
        );
    }
    manifest.models.iter().for_each(|model| section(&mut text, model));
    manifest.familiar.iter().for_each(|familiar| limits(&mut text, familiar));
    text
}

fn limits(text: &mut String, familiar: &Familiar) {
    let _ = write!(
        text,
        "\n## What is familiar to these models\n\nGrades of studies that look otherwise than {} studies ({}) are moved to what \
         is usual for the level (docs/grading.md). Signs, larger is stranger:\n\n| sign | usual | limit |\n|---|---|---|\n",
        familiar.studies, familiar.data
    );
    for (sign, limit) in &familiar.signs {
        let _ = writeln!(text, "| `{}` | {:.3} | {:.3} |", sign.word(), limit.usual, limit.limit);
    }
}

fn section(text: &mut String, model: &ManifestEntry) {
    // Writing to a String does not fail.
    let _ = write!(
        text,
        "\n## {}\n\n- Input: {} ({})\n- Pixels: `{}`\n",
        model.file,
        model.role.label(),
        match model.role {
            ModelRole::Crops => "the second stage: all 25 grades of a study together".to_owned(),
            ModelRole::Levels | ModelRole::Nfn | ModelRole::Scs | ModelRole::Ss =>
                format!("{} classes", model.classes.len()),
        },
        model.standardize
    );
    if let Some(fold) = model.fold {
        let _ = writeln!(text, "- Fold: {fold} (it was not trained on the studies of this fold)");
    }
    let _ = write!(
        text,
        "- Trained on: {}\n- Training: {}\n- Measured: {}\n",
        model.training_data, model.training, model.metric
    );
    for (aggregate, calibration) in &model.calibration {
        let way = serde_json::to_value(aggregate).ok();
        let [a, b, c] = calibration.bias;
        let _ = writeln!(
            text,
            "- Calibration of `{}` grades: temperature {:.3}, bias {a:+.3} {b:+.3} {c:+.3} (normal/mild, moderate, severe)",
            way.as_ref().and_then(|v| v.as_str()).unwrap_or_default(),
            calibration.temperature
        );
    }
    for (role, mixture) in &model.mixture {
        let [a, b, c] = mixture.bias;
        let _ = writeln!(
            text,
            "- Mixture with the boxes of `{role}`: ln p of boxes x {:.3}, of crops x {:.3}, bias {a:+.3} {b:+.3} {c:+.3} \
             (normal/mild, moderate, severe)",
            mixture.boxes, mixture.crops
        );
    }
    let _ = write!(text, "- Licence of the weights: {}\n- SHA-256: `{}`\n", model.licence, model.sha256);
}
