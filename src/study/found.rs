//! A file that was found to be an image.

use super::{header::Header, source::Source};

/// A header and where it came from.
#[derive(Debug, Clone)]
pub struct Found {
    pub source: Source,
    pub header: Header,
}
