//! `foramen train`.

use std::path::PathBuf;

use super::exit::{Exit, Failure, Outcome};
use crate::{
    grading::Role,
    training::{self, Preset, Recipe, TrainError, TrainOptions},
};

/// Train one detector with Ultralytics, export it to ONNX and enter it into a model folder
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which detector: nfn, scs or ss
    #[arg(long)]
    role: Role,
    /// Data set made by `foramen dataset`
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Recipe
    #[arg(long, value_enum, default_value_t)]
    preset: Preset,
    /// Model folder: gets ROLE.onnx, manifest.json and `MODEL_CARD.md`
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Folder for checkpoints; OUT/training-ROLE if left out
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    /// Python that has Ultralytics; an environment under the user's cache is made if left out
    #[arg(long, value_name = "FILE")]
    python: Option<PathBuf>,
    /// Weights (.pt) to start from instead of from scratch
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Ultralytics' device: cpu, 0, or 0,1,...
    #[arg(long, default_value = "cpu")]
    device: String,
    /// Time for the training, instead of the recipe's epochs
    #[arg(long, value_name = "HOURS", conflicts_with = "epochs")]
    hours: Option<f64>,
    /// Epochs of each stage, instead of the recipe's
    #[arg(long, value_name = "N")]
    epochs: Option<u32>,
    /// Go on where a killed run stopped
    #[arg(long)]
    resume: bool,
}

pub fn run(args: &Args) -> Outcome {
    let tool = |error: TrainError| Failure::new(Exit::Tool, error);
    let python = training::find_python(args.python.as_deref(), &|what| eprintln!("foramen: {what}"))
        .map_err(|e| tool(e.into()))?;
    let options = TrainOptions {
        role: args.role,
        data: args.data.clone(),
        out: args.out.clone(),
        work: args.work.clone().unwrap_or_else(|| args.out.join(format!("training-{}", args.role))),
        python,
        recipe: Recipe::preset(args.preset).map_err(|e| tool(e.into()))?,
        weights: args.weights.clone(),
        device: args.device.clone(),
        hours: args.hours,
        epochs: args.epochs,
        resume: args.resume,
    };
    let trained = training::train(
        &options,
        &|p| {
            println!("stage {}/{} epoch {}/{} loss {:?}", p.stage, p.stages, p.epoch, p.epochs, p.loss);
        },
        &|line| tracing::debug!("{line}"),
    )
    .map_err(|error| {
        let exit = match error {
            TrainError::Data { .. } | TrainError::Role { .. } | TrainError::NoCheckpoint(_) => Exit::Input,
            TrainError::Write(_) => Exit::Output,
            _ => Exit::Tool,
        };
        Failure::new(exit, error)
    })?;
    println!("{}: mAP50 {:.3}, mAP50-95 {:.3}", trained.onnx.display(), trained.map50, trained.map);
    Ok(Exit::Ok)
}
