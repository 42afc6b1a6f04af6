//! Files to studies: find DICOM in folders, zips and DICOMDIRs, read headers in parallel without pixel data, sort
//! slices in patient space, classify series, and decode pixels on demand.

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
mod element;
mod error;
mod extent;
mod file;
mod found;
mod frames;
mod gaps;
mod groups;
mod header;
mod issue;
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
mod outcome;
mod padding;
mod parts;
mod patient;
mod photometric;
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
#[cfg(feature = "network")]
pub(crate) use charset::CharacterSets;
pub use doubts::{Doubt, gathered};
pub use error::{HeaderError, PixelError};
pub use issue::Issue;
pub use listing::{Listing, StudyFiles, list};
pub use memory::{available as available_memory, of_addresses as available_addresses};
pub use model::{Instance, Series, SeriesKey, SliceRef, Study};
pub use names::{Ambiguous, Matches, NoId, SeriesId, SeriesNames, StudyId, StudyNames};
pub use origin::Origin;
pub use outcome::Scan;
pub use patient::Patient;
pub use photometric::Photometric;
pub use scan::{scan, scan_memory};
pub use source::Source;
pub use tally::Tally;

/// Why nothing could be scanned at all. A single bad file is an [`Issue`] instead.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// A path does not exist.
    #[error("{}: no such file or folder", .0.display())]
    NotFound(PathBuf),
    /// `cancel` was set before all headers were read.
    #[error("cancelled")]
    Cancelled,
}

#[cfg(test)]
mod values_tests;
