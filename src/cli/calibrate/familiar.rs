//! `foramen calibrate --familiar`: what studies look like that are like the training data, read from their grades' JSON.

use std::{collections::BTreeSet, path::Path};

use anyhow::{Context, anyhow, bail};
use serde::Deserialize;

use super::{Args, enter};
use crate::{
    cli::exit::{Exit, Failure, Outcome, print},
    detector::manifest::Manifest,
    files,
    grading::{Familiar, Limit, Signs},
    output::json::UnfamiliarForm,
};

/// What is read of the JSON of `foramen grade`.
#[derive(Deserialize)]
struct Document {
    studies: Vec<StudyForm>,
}

#[derive(Deserialize)]
struct StudyForm {
    study_uid: String,
    models: Vec<ModelForm>,
    unfamiliar: Option<UnfamiliarForm>,
}

#[derive(Deserialize)]
struct ModelForm {
    sha256: String,
}

pub fn run(args: &Args, manifest: &Manifest) -> Outcome {
    let fitted = fit(args, manifest).map_err(|e| Failure::new(Exit::Input, e))?;
    print(text(&fitted).as_bytes())?;
    enter(args, |manifest| Manifest { familiar: Some(fitted), ..manifest })
}

fn fit(args: &Args, manifest: &Manifest) -> anyhow::Result<Familiar> {
    let (mut signs, mut ran, mut seen): (Vec<Signs>, BTreeSet<String>, BTreeSet<String>) = Default::default();
    for file in &args.familiar {
        for study in read(file)?.studies {
            if !seen.insert(study.study_uid.clone()) {
                bail!("{}: study {} is in it twice, or in another file too", file.display(), study.study_uid);
            }
            let Some(unfamiliar) = study.unfamiliar else {
                let why = "no signs of familiarity: grade with --aggregate geometric and this version";
                bail!("{}: study {} has {why}", file.display(), study.study_uid);
            };
            signs.push(unfamiliar.signs.iter().map(|seen| (seen.sign, seen.value)).collect());
            ran.extend(study.models.into_iter().map(|model| model.sha256));
        }
    }
    if let Some(other) = manifest.models.iter().find(|entry| !ran.contains(&entry.sha256)) {
        return Err(anyhow!("{} looked at none of these studies: grade them with the same --models", other.file));
    }
    let models = manifest.models.iter().map(|entry| entry.sha256.clone()).collect();
    Ok(Familiar::fit(&signs, models, data(args))?)
}

fn read(file: &Path) -> anyhow::Result<Document> {
    let text = files::read_text(file, files::MOST_OF_TABLE).with_context(|| format!("{}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{}: not the JSON of `foramen grade`", file.display()))
}

/// The names of the files, without their folders: those may name a person.
fn data(args: &Args) -> String {
    let name = |path: &std::path::PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    args.familiar.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn text(fitted: &Familiar) -> String {
    let line = |(sign, Limit { usual, limit }): (&crate::grading::Sign, &Limit)| {
        format!("{}: usually {usual:.3}, limit {limit:.3}\n", sign.word())
    };
    let signs: String = fitted.signs.iter().map(line).collect();
    format!("{signs}familiar up to a distance of {:.2}; {} studies\n", fitted.within, fitted.studies)
}
