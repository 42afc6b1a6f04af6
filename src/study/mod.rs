//! Files to studies: find DICOM in folders, zips and DICOMDIRs, read headers in parallel
//! without pixel data, sort slices in patient space, tell which series is which, and decode
//! pixels on demand.

mod archive;
mod assemble;
mod bare;
mod bits;
mod charset;
mod classify;
mod codestream;
mod compressed;
mod copies;
mod decimal;
mod descriptions;
mod dicomdir;
mod doubts;
mod extent;
mod file;
mod frames;
mod gaps;
mod header;
mod jpeg_ls;
mod jpeg_xl;
mod layout;
mod listing;
mod lookup;
mod memory;
mod model;
mod names;
mod native;
mod opened;
mod origin;
mod padding;
mod parts;
mod patient;
mod pixels;
mod places;
mod rle;
mod scan;
mod settle;
mod source;
mod strangers;
mod syntax;
mod synthetic;
mod tally;
mod traits;
mod unplaced;
mod walk;
mod words;

use std::path::PathBuf;

pub use archive::Entry;
pub use bare::BareFolder;
pub use doubts::{Doubt, gathered};
pub use header::HeaderError;
pub use listing::{Listing, StudyFiles, list};
pub use memory::{available as available_memory, of_addresses as available_addresses};
pub use model::{Instance, Issue, Scan, Series, SeriesKey, SliceRef, Study};
pub use names::{Ambiguous, Matches, NoId, SeriesId, SeriesNames, StudyId, StudyNames};
pub use origin::Origin;
pub use patient::Patient;
pub use pixels::PixelError;
pub use scan::{scan, scan_memory};
pub use source::Source;
pub use tally::Tally;

/// Why nothing could be scanned at all. A single bad file is an [`Issue`], not this.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// A path that is not there.
    #[error("{}: no such file or folder", .0.display())]
    NotFound(PathBuf),
    /// `cancel` was set before all headers were read.
    #[error("cancelled")]
    Cancelled,
}

#[cfg(test)]
mod values_tests;
