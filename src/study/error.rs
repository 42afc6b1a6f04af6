//! Why a file gives no image, or a slice gives no pixels.

/// Why a file gave no image.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// The file is no DICOM.
    #[error("not a DICOM file")]
    NotDicom,
    /// DICOM, but of another kind: a report, a presentation state.
    #[error("not an image: {0}")]
    Object(String),
    /// An image, or it may be one, without what an image must have.
    #[error("not an image: {0}")]
    NotAnImage(String),
    /// The index of a file set; the files that it lists speak for themselves.
    #[error("not an image: the directory of a file set")]
    Directory,
    /// The file is DICOM and damaged; how.
    #[error("cannot be read: {0}")]
    Broken(String),
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
}

/// Why a slice could not be decoded. Names no file: the caller knows which.
#[derive(Debug, thiserror::Error)]
pub enum PixelError {
    /// The file cannot be read again.
    #[error(transparent)]
    File(#[from] HeaderError),
    /// The file has no pixel data.
    #[error("it has no PixelData")]
    NoPixelData,
    /// The file ends before its pixels do.
    #[error("the file is truncated: it has {found} of {needed} bytes of its pixels")]
    CutShort {
        /// Bytes that are there.
        found: u64,
        /// Bytes that the header announces.
        needed: u64,
    },
    /// Fewer bytes than the header promises.
    #[error("PixelData is truncated: {found} bytes where {columns} x {rows} pixels and {frames} frames need {needed}")]
    Truncated {
        /// Bytes that are there.
        found: usize,
        /// Bytes that should be there.
        needed: usize,
        /// Width in pixels.
        columns: usize,
        /// Height in pixels.
        rows: usize,
        /// Frames up to the one asked for.
        frames: usize,
    },
    /// The pixels end before this frame.
    #[error("its PixelData ends before this frame")]
    NoFrame,
    /// A size that no image has.
    #[error("{0} x {1} pixels are more than any image has, so the header is wrong")]
    TooLarge(u32, u32),
    /// A codec that is not in this program.
    #[error("its transfer syntax, {0}, cannot be decoded here; convert it with dcmdjpeg or gdcmconv --raw")]
    Unsupported(String),
    /// A transfer syntax that nobody here knows: the bytes might be anything.
    #[error("its transfer syntax, {0}, is unknown; convert it with the software that wrote it")]
    UnknownSyntax(String),
    /// A layout that is not shown.
    #[error("{0}")]
    Layout(String),
    /// The compressed data are broken.
    #[error("its pixels cannot be decoded: {0}")]
    Codec(String),
}

/// An error with its causes on one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}
