//! The folder of models: reading its manifest, changing it, and the card that follows from it.

use std::{fs::File, path::Path};

use super::{TrainError, card};
use crate::{
    detector::manifest::{MANIFEST_NAME, Manifest},
    files::{self, write_atomic},
};

/// The manifest of a folder; `None` if it has none.
///
/// # Errors
///
/// There is a manifest and it cannot be read.
pub fn read_manifest(folder: &Path) -> Result<Option<Manifest>, TrainError> {
    let file = folder.join(MANIFEST_NAME);
    let fail = |message: String| TrainError::Manifest { file: file.clone(), message };
    match files::read_text(&file, files::MOST_OF_TEXT) {
        Ok(text) => serde_json::from_str(&text).map(Some).map_err(|e| fail(e.to_string())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(fail(e.to_string())),
    }
}

/// Changes the manifest of a folder, and its card. Each is written whole or not at all. Two programs that do this at
/// once (folds that are trained side by side) wait for each other, so that neither loses the other's entry.
///
/// # Errors
///
/// The manifest cannot be read, or manifest or card cannot be written.
pub fn change_manifest(folder: &Path, change: impl FnOnce(Manifest) -> Manifest) -> Result<(), TrainError> {
    // Where a folder cannot be opened or locked (Windows, some network disks) there is no waiting.
    let lock = File::open(folder).ok();
    if let Some(lock) = &lock {
        let _ = lock.lock();
    }
    let manifest = change(read_manifest(folder)?.unwrap_or_default());
    manifest.write(folder)?;
    write_atomic(&folder.join(card::NAME), card::text(&manifest).as_bytes())?;
    Ok(())
}
