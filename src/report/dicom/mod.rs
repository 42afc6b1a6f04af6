//! DICOM that leaves the program: the structured report (SR), pictures of key images (secondary capture), the reader's
//! marks (presentation states) and the list of key images (key object selection). `docs/reports-dicom.md` tells what is
//! in them.
//!
//! All carry the patient and study of the files that they came from, read from such a file again at the moment of
//! export: a file that meanwhile holds another study stops the export. Each export has new instance and series UIDs.

mod codes;
mod context;
mod dataset;
mod gsps;
mod kos;
mod sc;
mod sr;
mod tree;
mod uids;

pub use gsps::presentation_states;
pub use kos::key_objects;
pub use sc::secondary_captures;
pub use sr::sr_bytes;

use crate::study::{HeaderError, PixelError};

/// Why a DICOM object was not made.
#[derive(Debug, thiserror::Error)]
pub enum DicomError {
    /// Files of the contest have plain numbers where UIDs belong.
    #[error(
        "{what} is {value:?}, which is not a DICOM UID, so no DICOM object can refer to these images. Export with the \
         identity removed, which puts new UIDs in their place, or give the files proper UIDs first"
    )]
    NotAUid {
        /// Which attribute.
        what: &'static str,
        /// What stands there.
        value: String,
    },
    /// Nothing to refer to.
    #[error("the study has no images to refer to")]
    NoImages,
    /// The file is gone or damaged.
    #[error("{file}: {cause}; it is needed for the names and numbers of patient and study. Open the study again")]
    Source {
        /// The file.
        file: String,
        /// What is wrong with it.
        cause: HeaderError,
    },
    /// The file was replaced since it was opened.
    #[error("{file} now holds another {what} than when it was opened: nothing was exported. Open the study again")]
    Replaced {
        /// The file.
        file: String,
        /// `patient`, `study` or `image`.
        what: &'static str,
    },
    /// A mark, box or key image on a slice that the study does not have.
    #[error("a box or mark lies on an image that is not in this study: nothing was exported. Open the study again")]
    NoSuchSlice,
    /// The values under a mark.
    #[error("{file}: {cause}")]
    Pixels {
        /// The file.
        file: String,
        /// What is wrong with it.
        cause: PixelError,
    },
    /// The data set could not be written; not to be expected.
    #[error("cannot write the DICOM object")]
    Write(#[source] Box<dyn std::error::Error + Send + Sync>),
}

#[cfg(test)]
mod tests;
