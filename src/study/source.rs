//! Where bytes come from: files, entries of zips, gzip, memory. Nothing is ever unpacked to disk.

use std::{
    fmt,
    fs::File,
    io::{self, BufReader, Cursor, Read, Seek},
    path::{Path, PathBuf},
    sync::Arc,
};

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

pub use super::archive::MAX_BYTES;
use super::{
    archive::{Entry, Limited},
    error::HeaderError,
    header::{self, Header},
};
use crate::plain;

/// Bytes that can be read from any place.
pub trait Bytes: Read + Seek + Send {}

impl<T: Read + Seek + Send> Bytes for T {}

/// Where a file's bytes are.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file on disk.
    File(PathBuf),
    /// In a zip, which may be in a zip.
    Zip(Entry),
    /// One file, packed with gzip.
    Gzip(Box<Source>),
    /// In memory: the demo study.
    Memory {
        /// A name for messages; folders in it count as folders.
        name: String,
        /// The whole content of the file.
        bytes: Arc<[u8]>,
    },
}

impl fmt::Display for Source {
    /// A path, `archive.zip!entry`, or a name: for messages to the user, not for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::File(path) => path.display().to_string(),
            Self::Zip(entry) => entry.to_string(),
            Self::Gzip(packed) => packed.to_string(),
            Self::Memory { name, .. } => return f.write_str(&plain::line(name)),
        };
        f.write_str(&plain::line(&name))
    }
}

impl Source {
    /// The file on disk that it is or is inside.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Zip(entry) => Some(entry.archive().path()),
            Self::Gzip(packed) => packed.path(),
            Self::Memory { .. } => None,
        }
    }

    /// Whether it is packed in another file.
    pub const fn is_packed(&self) -> bool {
        matches!(self, Self::Zip(_) | Self::Gzip(_))
    }

    /// The names of its parent folders; for a zip entry, also those inside the zip.
    pub fn folders(&self) -> Vec<String> {
        let name = self.to_string();
        let mut names: Vec<&str> = name.split(['/', '\\', '!']).filter(|name| !name.is_empty()).collect();
        names.pop();
        names.into_iter().map(str::to_owned).collect()
    }

    /// The folder or zip folder that it lies in.
    pub(super) fn folder(&self) -> String {
        folder_of(&self.to_string()).to_owned()
    }

    /// Opens the bytes for reading from the start, and tells how many there are. What is packed is unpacked into memory.
    ///
    /// # Errors
    ///
    /// The file is gone or cannot be read, or what is packed is damaged or does not fit into the memory that is free.
    pub fn open_sized(&self) -> io::Result<(Box<dyn Bytes + '_>, u64)> {
        match self {
            Self::File(path) => {
                let file = File::open(path)?;
                let size = file.metadata()?.len();
                Ok((Box::new(file), size))
            }
            Self::Zip(entry) => Ok(in_memory(entry.read()?)),
            Self::Gzip(packed) => Ok(in_memory(packed.gunzip(MAX_BYTES)?)),
            Self::Memory { bytes, .. } => Ok((Box::new(Cursor::new(bytes)), bytes.len() as u64)),
        }
    }

    /// Reads the header. The rest of a zip entry is also unpacked, a piece at a time, and discarded, to verify that it
    /// unpacks.
    pub(super) fn header(&self) -> Result<Header, HeaderError> {
        let Self::Zip(entry) = self else { return header::read(self.open_sized()?) };
        let mut bytes = entry.open()?;
        let header = header::read((&mut bytes, entry.size()));
        bytes.check()?;
        header
    }

    /// Its first bytes, at most this many.
    pub(super) fn begin(&self, most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match self {
            Self::File(path) => File::open(path)?.take(most).read_to_end(&mut bytes)?,
            Self::Zip(entry) => entry.open()?.take(most).read_to_end(&mut bytes)?,
            Self::Gzip(packed) => return packed.gunzip(most),
            Self::Memory { bytes: all, .. } => all.take(most).read_to_end(&mut bytes)?,
        };
        Ok(bytes)
    }

    /// What it is when it is unpacked with gzip, or the beginning of that.
    pub(super) fn gunzip(&self, most: u64) -> io::Result<Vec<u8>> {
        let (from, packed): (Box<dyn Read + '_>, u64) = if let Self::Zip(entry) = self {
            (Box::new(entry.open()?), entry.size())
        } else {
            let (from, size) = self.open_sized()?;
            (Box::new(from), size)
        };
        let mut bytes = Vec::new();
        Limited::new(MultiGzDecoder::new(BufReader::new(from)), packed).take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// SHA-256 of the bytes.
    ///
    /// ```
    /// use foramen::study::Source;
    ///
    /// let source = Source::Memory { name: "a.dcm".to_owned(), bytes: (*b"abc").into() };
    /// assert_eq!(hex::encode(&source.sha256()?[..4]), "ba7816bf");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The bytes cannot be read; see [`Self::open_sized`].
    pub fn sha256(&self) -> io::Result<[u8; 32]> {
        let (mut bytes, _) = self.open_sized()?;
        let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
        loop {
            match bytes.read(&mut buffer) {
                Ok(0) => return Ok(hash.finalize().into()),
                Ok(read) => hash.update(&buffer[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                Err(error) => return Err(error),
            }
        }
    }
}

fn in_memory<'a>(bytes: Vec<u8>) -> (Box<dyn Bytes + 'a>, u64) {
    let size = bytes.len() as u64;
    (Box::new(Cursor::new(bytes)), size)
}

/// The folder of a file, of an entry of a zip, or the zip of one at its top, by its name in messages.
pub fn folder_of(name: &str) -> &str {
    name.rsplit_once(['/', '\\', '!']).map_or("", |(folder, _)| folder)
}

/// The last part of such a name.
pub fn file_name_of(name: &str) -> &str {
    name.rsplit_once(['/', '\\', '!']).map_or(name, |(_, name)| name)
}
