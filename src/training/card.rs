//! `MODEL_CARD.md`: what people must know of the models in a folder. Written from the manifest.

use std::fmt::Write;

use crate::{RESEARCH_USE_ONLY, detector::manifest::Manifest};

/// The name of the file.
pub const NAME: &str = "MODEL_CARD.md";

/// The whole card.
pub fn text(manifest: &Manifest) -> String {
    let mut text =
        format!("# Model card\n\n**{RESEARCH_USE_ONLY}.** Written by `foramen train` from `manifest.json`.\n");
    if manifest.models.iter().any(|m| m.demo) {
        text.push_str(
            "\n**Demo models.** They were trained on computed phantoms alone and have never seen a patient. What they \
             say of a real study means nothing: they are there to show and test the program.\n",
        );
    }
    for model in &manifest.models {
        // Writing to a String does not fail.
        let _ = write!(
            text,
            "\n## {}\n\n- Looks at: {} ({} classes)\n- Pixels: `{}`\n- Trained on: {}\n- Training: {}\n- Measured: {}\n\
             - Licence of the weights: {}\n- SHA-256: `{}`\n",
            model.file,
            model.role.label(),
            model.classes.len(),
            model.standardize,
            model.training_data,
            model.training,
            model.metric,
            model.licence,
            model.sha256
        );
    }
    text
}
