//! `foramen phantom`.

use super::exit::{Exit, Outcome};

/// Phantom: to come
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(_: &Args) -> Outcome {
    Ok(Exit::Ok)
}
