//! `foramen dataset` and `foramen train`.

use super::exit::{Exit, Outcome};

/// To come
#[derive(Debug, clap::Args)]
pub struct DatasetArgs {}

/// To come
#[derive(Debug, clap::Args)]
pub struct TrainArgs {}

pub fn run_dataset(_: &DatasetArgs) -> Outcome {
    Ok(Exit::Ok)
}

pub fn run_train(_: &TrainArgs) -> Outcome {
    Ok(Exit::Ok)
}
