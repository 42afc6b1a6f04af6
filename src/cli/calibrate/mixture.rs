//! `foramen calibrate --boxes`: how the second stage's answers and the boxes' become one.

use anyhow::anyhow;

use super::{Args, enter};
use crate::{
    cli::exit::{Exit, Failure, Outcome, print},
    detector::manifest::{MANIFEST_NAME, Manifest},
    grading::{Mixture, Mixtures, ModelRole, Role},
    metric::{self, MixtureFit, ScoredRow},
};

/// Fits a mixture for each condition and writes it into the manifest's entries of the second stage.
pub fn run(args: &Args, manifest: &Manifest, boxes: &[ScoredRow], crops: &[ScoredRow]) -> Outcome {
    if !manifest.models.iter().any(|entry| entry.role == ModelRole::Crops) {
        let why = anyhow!("{}: no second stage (role crops) in manifest.json", args.models.display());
        return Err(Failure::new(Exit::Model, why));
    }
    let (mut fitted, mut lines) = (Mixtures::new(), Vec::new());
    for &role in Role::ALL {
        let of_role = |rows: &[ScoredRow]| -> Vec<ScoredRow> {
            rows.iter().filter(|row| row.id.condition().role() == role).cloned().collect()
        };
        match metric::mix(&of_role(boxes), &of_role(crops)) {
            Ok(found) => {
                lines.push(line(role, &found));
                fitted.insert(role, found.mixture);
            }
            Err(few) => lines.push(format!("{role}: left unchanged: {few}\n")),
        }
    }
    print(lines.concat().as_bytes())?;
    if fitted.is_empty() {
        let why = anyhow!("no mixture could be fitted; {} is unchanged", args.models.join(MANIFEST_NAME).display());
        return Err(Failure::new(Exit::Input, why));
    }
    enter(args, |mut manifest| {
        for entry in manifest.models.iter_mut().filter(|entry| entry.role == ModelRole::Crops) {
            entry.mixture.extend(fitted.iter().map(|(role, mixture)| (*role, *mixture)));
        }
        manifest
    })
}

fn line(role: Role, found: &MixtureFit) -> String {
    let MixtureFit { mixture: Mixture { boxes, crops, bias: [a, b, c] }, fit, crops_alone, boxes_alone } = found;
    format!(
        "{role}: log loss {:.4} cross-validated ({boxes_alone:.4} of the boxes alone, {crops_alone:.4} of the crops alone); \
         boxes {boxes:.3}, crops {crops:.3}, bias {a:+.3} {b:+.3} {c:+.3}; {} rows of {} studies\n",
        fit.cross_validated,
        fit.rows.iter().sum::<usize>(),
        fit.studies
    )
}
