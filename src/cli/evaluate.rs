//! `foramen evaluate`.

use super::exit::{Exit, Outcome};

/// Evaluate: to come
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(_: &Args) -> Outcome {
    Ok(Exit::Ok)
}
