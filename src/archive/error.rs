//! What can go wrong between us and an archive, in words that say what to do.

use std::{io, path::PathBuf};

use super::dimse::status::Status;
use crate::files::WriteError;

/// Why an archive was not reached, or did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// No connection, or no name.
    #[error("cannot connect to {address}: {source}; check host and port, and whether the archive runs")]
    Connect {
        /// Host and port as configured.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// The connection broke.
    #[error("the connection broke {during}: {source}")]
    Broken {
        /// What was going on.
        during: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A certificate, key or handshake is wrong.
    #[error("TLS: {0}")]
    Tls(String),
    /// The other side closed the connection without a word.
    #[error("the archive closed the connection {0}; it may expect TLS, or not know our AE title or address")]
    Closed(&'static str),
    /// Too slow.
    #[error("no answer for {seconds} s {during}; the time is set by `patience` in the nodes file")]
    Silent {
        /// What was waited for.
        during: &'static str,
        /// How long.
        seconds: u64,
    },
    /// It took too long altogether.
    #[error("stopped after {minutes} min: one connection may not take longer")]
    TooLong {
        /// How long.
        minutes: u64,
    },
    /// Not let in.
    #[error("the archive refused the connection: {0}")]
    Rejected(String),
    /// Thrown out.
    #[error("the archive ended the connection: {0}")]
    Aborted(String),
    /// Bytes that are no DICOM.
    #[error("the answer is not what DICOM asks for: {0}")]
    Protocol(String),
    /// It does not offer a service.
    #[error("the archive does not offer {0}")]
    NotOffered(String),
    /// It was asked and failed.
    #[error("{what} failed: {status}")]
    Failed {
        /// What was asked for.
        what: &'static str,
        /// The answer.
        status: Status,
    },
    /// One of our bounds.
    #[error("{0}")]
    Bound(String),
    /// A file of ours can't be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A file of ours can't be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// We can't listen where we were told to.
    #[error("cannot listen on {address}: {source}; another program may be using it")]
    Listen {
        /// As configured.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// The user stopped it.
    #[error("stopped")]
    Cancelled,
}
