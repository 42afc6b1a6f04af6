//! A lumbar spine that we can compute: a seeded 3-D scene sampled by each series' own planes.

use std::{path::Path, sync::Arc};

/// Which kind of files to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Dialect {
    /// Valid MR Image Storage.
    #[default]
    Clinical,
    /// As in the RSNA 2024 contest: ids that are not UIDs, few attributes.
    Contest,
}

/// The files of one study in memory: (relative name, bytes). The demo study of the viewer.
pub fn study_in_memory(_seed: u64) -> Vec<(String, Arc<[u8]>)> {
    todo!()
}

/// Writes `studies` studies below `out` with the contest's CSVs.
pub fn write(_out: &Path, _studies: u32, _seed: u64, _dialect: Dialect) -> anyhow::Result<()> {
    todo!()
}
