//! Files to studies: find DICOM in folders, zips and DICOMDIRs, read headers in parallel
//! without pixel data, sort slices in patient space, tell which series is which, and decode
//! pixels on demand.

mod model;

pub use model::{Instance, Issue, Patient, Scan, Series, SliceRef, Source, Study};

use std::path::PathBuf;

use crate::{cancel::Cancel, raster::Slice};

/// Why nothing could be scanned at all. A single bad file is an [`Issue`], not this.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// A path that is not there.
    #[error("{}: no such file or folder", .0.display())]
    NotFound(PathBuf),
    /// Cancelled.
    #[error("cancelled")]
    Cancelled,
}

/// Why a slice could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum PixelError {
    /// The file has no pixel data.
    #[error("no PixelData")]
    NoPixelData,
}

/// Reads the headers of everything below `paths`: files, folders, zips, DICOMDIRs.
/// `progress` is called with (files read, files found), from any thread.
pub fn scan(
    _paths: &[PathBuf],
    _cancel: &Cancel,
    _progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Scan, ScanError> {
    todo!()
}

/// The same for files in memory: (name, bytes).
pub fn scan_memory(_files: Vec<(String, std::sync::Arc<[u8]>)>) -> Scan {
    todo!()
}

impl SliceRef {
    /// Decodes the frame. Reads the file; do not call on the UI thread.
    pub fn decode(&self) -> Result<Slice, PixelError> {
        todo!()
    }
}
