//! The window.

use std::path::PathBuf;

/// Opens the viewer on `path`, or on the demo study, and returns when it is closed.
pub fn run(_path: Option<PathBuf>) -> anyhow::Result<()> {
    todo!()
}
