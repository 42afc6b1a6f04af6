//! What `echo`, `query`, `retrieve` and `send` share: the node that is spoken to, and what went wrong with it.

pub mod echo;
pub mod query;
pub mod retrieve;
pub mod send;

use std::path::PathBuf;

use anyhow::anyhow;

use super::exit::{Exit, Failure};
use crate::archive::{ArchiveError, Node, Nodes};

/// Which node, and where it is described.
#[derive(Debug, clap::Args)]
pub struct NodeArgs {
    /// Name of the archive in the nodes file
    node: String,
    /// Nodes file; if left out, nodes.toml in the folder of the settings (docs/network.md)
    #[arg(long, value_name = "FILE")]
    nodes: Option<PathBuf>,
}

impl NodeArgs {
    /// Reads the file, and finds the node.
    fn read(&self) -> Result<(Nodes, Node), Failure> {
        read(self.nodes.as_deref(), &self.node)
    }
}

/// Reads the nodes file, and finds a node in it.
fn read(nodes: Option<&std::path::Path>, name: &str) -> Result<(Nodes, Node), Failure> {
    let nodes = Nodes::read(nodes).map_err(|error| Failure::new(Exit::Input, error))?;
    let node = nodes.get(name).map_err(|error| Failure::new(Exit::Input, error))?.clone();
    Ok((nodes, node))
}

/// An error with the node that it is about, and its exit code.
fn failure(node: &Node, error: &ArchiveError) -> Failure {
    let exit = match &error {
        ArchiveError::Write(_) => Exit::Output,
        ArchiveError::Read { .. } => Exit::Input,
        _ => Exit::Archive,
    };
    Failure::new(exit, anyhow!("{node}: {error}"))
}
