//! One entry of a zip: read from its place, bounded, and checked against its checksum.

use std::{
    fmt,
    io::{self, BufRead, Read},
    sync::Arc,
};

use flate2::{Crc, bufread::DeflateDecoder};

use super::{
    Archive, Found,
    directory::{LOCAL_LENGTH, Record},
};
use crate::study::memory::{self, Turn};

/// A packed file, or a file read into memory whole, may be this large. More is a mistake or an attack.
pub const MAX_BYTES: u64 = 4 << 30;
/// An entry may unpack to this, whatever its packed size.
const PLAIN_BYTES: u64 = 64 << 20;
/// Beyond that, to this many times its packed size: all-zero images reach 100, bombs 1,000.
const MOST_UNPACKED: u64 = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Stored,
    Deflated,
}

/// One file in a zip.
#[derive(Debug, Clone)]
pub struct Entry {
    archive: Arc<Archive>,
    name: String,
    /// Of its local header.
    at: u64,
    packed: u64,
    size: u64,
    crc: u32,
    method: Method,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}!{}", self.archive.name, self.name)
    }
}

impl Entry {
    pub(super) fn new(archive: &Arc<Archive>, record: Record) -> Found {
        let Record { name, at, packed, size, crc, method, is_encrypted, overlaps } = record;
        let refused = if is_encrypted {
            format!("'{name}' in the zip is encrypted; unpack it first")
        } else if overlaps {
            format!("'{name}' in the zip shares its bytes with another entry: the zip is damaged or malicious")
        } else if leads_outside(&name) {
            format!("'{name}' in the zip points outside the zip; left out")
        } else {
            let method = match method {
                0 => Method::Stored,
                8 => Method::Deflated,
                _ => {
                    let how = method_name(method);
                    let why = format!(
                        "'{name}' in the zip is compressed with {how}, which is not supported; unpack it first"
                    );
                    return Err((name, why));
                }
            };
            return Ok(Self { archive: archive.clone(), name, at, packed, size, crc, method });
        };
        Err((name, refused))
    }

    /// An entry of which only the name and the path of its zip are needed.
    #[cfg(test)]
    pub fn of_nothing(archive: &std::path::Path, name: &str) -> Self {
        let archive = Archive::of_nothing(archive);
        Self { archive, name: name.to_owned(), at: 0, packed: 0, size: 0, crc: 0, method: Method::Stored }
    }

    /// The zip that it is in.
    pub fn archive(&self) -> &Archive {
        &self.archive
    }

    /// Its name in the zip.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes unpacked, as the directory has it.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Where its bytes are in the archive, if they are not compressed.
    pub(super) fn stored_at(&self) -> io::Result<Option<u64>> {
        if self.method != Method::Stored || self.size != self.packed {
            return Ok(None);
        }
        let head = Self::skip_header(&mut self.archive.bytes_from(self.at)?)?;
        Ok(Some(self.at + head))
    }

    /// Skips the local header; returns its length.
    fn skip_header(from: &mut dyn BufRead) -> io::Result<u64> {
        let mut head = [0; LOCAL_LENGTH];
        let gone = || damaged("the zip holds something else at its position: the zip is damaged, or was replaced");
        from.read_exact(&mut head).map_err(|_| damaged("the zip is truncated before it"))?;
        if !head.starts_with(b"PK\x03\x04") {
            return Err(gone());
        }
        let more =
            u64::from(u16::from_le_bytes([head[26], head[27]])) + u64::from(u16::from_le_bytes([head[28], head[29]]));
        io::copy(&mut Read::take(&mut *from, more), &mut io::sink())?;
        Ok(LOCAL_LENGTH as u64 + more)
    }

    /// Its bytes one after the other, unpacked as they are read. The last read checks the checksum.
    ///
    /// # Errors
    ///
    /// The zip is gone or damaged, or the entry unpacks to more than its packed size can hold.
    pub fn open(&self) -> io::Result<Unpacked<'_>> {
        let limit = limit(self.packed);
        if self.size > limit {
            return Err(too_large(self.packed, limit));
        }
        let mut from = self.archive.bytes_from(self.at)?;
        Self::skip_header(&mut from)?;
        let from = from.take(self.packed);
        let from: Box<dyn Read + Send> = match self.method {
            Method::Stored => Box::new(from),
            Method::Deflated => Box::new(DeflateDecoder::new(from)),
        };
        Ok(Unpacked { from: Limited::new(from, self.packed), crc: Crc::new(), entry: self, is_checked: false })
    }

    /// All of it at once.
    ///
    /// # Errors
    ///
    /// The zip is gone or damaged, or the entry unpacks to more than its packed size can hold.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        let mut from = self.open()?;
        let mut turn = Turn::default();
        turn.take(self.size)?;
        let mut bytes = Vec::new();
        memory::reserve(&mut bytes, self.size)?;
        from.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// The bytes of an entry.
pub struct Unpacked<'a> {
    from: Limited<Box<dyn Read + Send + 'a>>,
    crc: Crc,
    entry: &'a Entry,
    is_checked: bool,
}

impl Unpacked<'_> {
    /// Reads what is left, so that damage is found; keeps nothing of it.
    ///
    /// # Errors
    ///
    /// The zip is gone or damaged, or the entry unpacks to more than its packed size can hold.
    pub fn check(mut self) -> io::Result<()> {
        let mut buffer = vec![0; 1 << 15];
        loop {
            match self.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(_) => (),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                Err(error) => return Err(error),
            }
        }
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.crc.update(&buffer[..read]);
        if read == 0 && !buffer.is_empty() && !self.is_checked {
            if self.from.read != self.entry.size || self.crc.sum() != self.entry.crc {
                return Err(damaged("it does not unpack to the size or checksum in the zip: it is damaged"));
            }
            self.is_checked = true;
        }
        Ok(read)
    }
}

/// The unpacked bytes, up to the limit.
pub struct Limited<R> {
    from: R,
    packed: u64,
    limit: u64,
    read: u64,
}

impl<R: Read> Limited<R> {
    /// The limit for what `packed` bytes may unpack to.
    pub fn new(from: R, packed: u64) -> Self {
        Self { from, packed, limit: limit(packed), read: 0 }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.read += read as u64;
        if self.read > self.limit { Err(too_large(self.packed, self.limit)) } else { Ok(read) }
    }
}

fn limit(packed: u64) -> u64 {
    packed.saturating_mul(MOST_UNPACKED).clamp(PLAIN_BYTES, MAX_BYTES)
}

fn too_large(packed: u64, limit: u64) -> io::Error {
    io::Error::other(format!("its {packed} bytes in the archive unpack to more than {} MiB", limit >> 20))
}

fn damaged(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

/// Whether a name would lead outside the archive if it were unpacked.
fn leads_outside(name: &str) -> bool {
    let mut depth = 0_i32;
    name.contains('\0')
        || name.split(['/', '\\']).any(|part| {
            depth += match part {
                ".." => -1,
                "" | "." => 0,
                _ => 1,
            };
            depth < 0
        })
}

fn method_name(method: u16) -> String {
    let name = match method {
        1 => "Shrink",
        6 => "Implode",
        9 => "Deflate64",
        12 => "bzip2",
        14 => "LZMA",
        93 => "Zstandard",
        95 => "XZ",
        98 => "PPMd",
        99 => "AES encryption",
        _ => return format!("method {method}"),
    };
    name.to_owned()
}
