//! Where bytes come from: files, zip entries, memory. Nothing is ever unpacked to disk.

use std::{
    fs::File,
    io::{self, BufReader, Cursor, Read},
    path::Path,
};

use zip::ZipArchive;

use super::model::Source;

/// A zip entry, or a file read into memory whole, may be this large. More is a mistake or an attack.
pub const MAX_BYTES: u64 = 4 << 30;

impl Source {
    /// Opens the bytes for reading from the start.
    pub fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        match self {
            Self::File(path) => Ok(Box::new(BufReader::with_capacity(32 << 10, File::open(path)?))),
            Self::Zip { archive, index, .. } => {
                Ok(Box::new(Cursor::new(read_entry(&mut open_archive(archive)?, *index)?)))
            }
            Self::Memory { bytes, .. } => Ok(Box::new(Cursor::new(bytes))),
        }
    }
}

/// Opens a zip.
pub fn open_archive(path: &Path) -> io::Result<ZipArchive<BufReader<File>>> {
    ZipArchive::new(BufReader::new(File::open(path)?)).map_err(io::Error::other)
}

/// The bytes of an entry.
pub fn read_entry(archive: &mut ZipArchive<BufReader<File>>, index: usize) -> io::Result<Vec<u8>> {
    let entry = archive.by_index(index).map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    let read = entry.take(MAX_BYTES + 1).read_to_end(&mut bytes)? as u64;
    if read > MAX_BYTES {
        return Err(io::Error::other("the zip entry unpacks to more than 4 GiB"));
    }
    Ok(bytes)
}

/// Whether a file begins as zips do.
pub fn is_zip(path: &Path) -> bool {
    let mut magic = [0; 4];
    File::open(path).and_then(|mut f| f.read_exact(&mut magic)).is_ok()
        && (magic == *b"PK\x03\x04" || magic == *b"PK\x05\x06")
}
