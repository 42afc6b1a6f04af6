//! Files to studies: find DICOM in folders, zips and DICOMDIRs, read headers in parallel
//! without pixel data, sort slices in patient space, tell which series is which, and decode
//! pixels on demand.

mod assemble;
mod charset;
mod classify;
mod codestream;
mod compressed;
mod descriptions;
mod extent;
mod file;
mod frames;
mod header;
mod jpeg_ls;
mod jpeg_xl;
mod listing;
mod lookup;
mod memory;
mod model;
mod native;
mod origin;
mod pixels;
mod rle;
mod scan;
mod source;

use std::path::PathBuf;

pub use header::HeaderError;
pub use listing::{Listing, StudyFiles, list};
pub use model::{Instance, Issue, Patient, Scan, Series, SliceRef, Source, Study};
pub use origin::Origin;
pub use pixels::PixelError;
pub use scan::{scan, scan_memory};

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
