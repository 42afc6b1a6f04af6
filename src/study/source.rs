//! Where bytes come from: files, zip entries, memory. Nothing is ever unpacked to disk.

use std::{
    fs::File,
    io::{self, BufReader, Cursor, Read, Seek},
    path::Path,
};

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::{memory::Turn, model::Source};

/// A zip entry, or a file read into memory whole, may be this large. More is a mistake or an attack.
pub const MAX_BYTES: u64 = 4 << 30;
/// A zip entry may unpack to this, whatever its packed size.
const PLAIN_BYTES: u64 = 64 << 20;
/// And beyond that to so many times its packed size: images of nothing but zeros come to 100, bombs to 1,000.
const MOST_UNPACKED: u64 = 200;

/// Bytes that can be read from any place.
pub trait Bytes: Read + Seek + Send {}

impl<T: Read + Seek + Send> Bytes for T {}

impl Source {
    /// Opens the bytes for reading from the start, and tells how many there are.
    pub fn open_sized(&self) -> io::Result<(Box<dyn Bytes + '_>, u64)> {
        match self {
            Self::File(path) => {
                let file = File::open(path)?;
                let size = file.metadata()?.len();
                Ok((Box::new(file), size))
            }
            Self::Zip { archive, index, .. } => {
                let bytes = read_entry(&mut open_archive(archive)?, *index)?;
                let size = bytes.len() as u64;
                Ok((Box::new(Cursor::new(bytes)), size))
            }
            Self::Memory { bytes, .. } => Ok((Box::new(Cursor::new(bytes)), bytes.len() as u64)),
        }
    }

    /// SHA-256 of the bytes.
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

/// Opens a zip.
pub fn open_archive(path: &Path) -> io::Result<ZipArchive<BufReader<File>>> {
    ZipArchive::new(BufReader::new(File::open(path)?)).map_err(io::Error::other)
}

/// The bytes of an entry.
pub fn read_entry(archive: &mut ZipArchive<BufReader<File>>, index: usize) -> io::Result<Vec<u8>> {
    let entry = archive.by_index(index).map_err(io::Error::other)?;
    let packed = entry.compressed_size();
    let limit = packed.saturating_mul(MOST_UNPACKED).clamp(PLAIN_BYTES, MAX_BYTES);
    let mut turn = Turn::default();
    turn.take(entry.size().min(limit))?;
    let mut bytes = Vec::new();
    let read = entry.take(limit + 1).read_to_end(&mut bytes)? as u64;
    if read > limit {
        let why = format!("the zip entry of {packed} bytes unpacks to more than {} MiB", limit >> 20);
        return Err(io::Error::other(why));
    }
    Ok(bytes)
}

/// Whether a file begins as zips do.
pub fn is_zip(path: &Path) -> bool {
    let mut magic = [0; 4];
    File::open(path).and_then(|mut f| f.read_exact(&mut magic)).is_ok()
        && (magic == *b"PK\x03\x04" || magic == *b"PK\x05\x06")
}
