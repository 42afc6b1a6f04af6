//! `foramen echo`: whether an archive hears us.

use super::{NodeArgs, failure};
use crate::{
    archive,
    cancel::Cancel,
    cli::exit::{Exit, Outcome, print},
};

/// Test the connection to an archive (C-ECHO), and say what is wrong with it
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    node: NodeArgs,
}

pub fn run(args: &Args) -> Outcome {
    let (nodes, node) = args.node.read()?;
    let begun = std::time::Instant::now();
    archive::echo(&nodes.ae_title, &node, &Cancel::default()).map_err(|error| failure(&node, &error))?;
    let line = format!("{node}: answered {} in {} ms\n", nodes.ae_title, begun.elapsed().as_millis());
    print(line.as_bytes())?;
    Ok(Exit::Ok)
}
