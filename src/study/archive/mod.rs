//! Archives read in place: nothing is ever unpacked to disk, and no inflated data is kept, except for a zip that is
//! itself compressed inside a zip.

mod directory;
mod entry;

use std::{
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

use self::directory::Directory;
pub use self::entry::{Entry, Limited, MAX_BYTES};

/// How deep archives inside archives are opened: a zip, and a zip in it.
const MAX_DEPTH: u8 = 2;
/// Zips that are compressed inside zips are held in memory, up to this in one scan.
const MAX_HELD: u64 = 512 << 20;

/// Where the bytes of an archive are.
enum Bytes {
    /// A part of a file.
    File { at: u64, length: u64 },
    /// Unpacked from another archive.
    Memory(Vec<u8>),
}

/// A zip whose directory was read.
pub struct Archive {
    /// The file on disk that it is, or is inside of.
    path: PathBuf,
    /// `outer.zip`, or `outer.zip!inner.zip`.
    name: String,
    depth: u8,
    bytes: Bytes,
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Archive").field(&self.name).finish()
    }
}

/// An entry, or its name and why it cannot be read.
pub type Found = Result<Entry, (String, String)>;

/// What a zip holds.
#[derive(Debug)]
pub struct Contents {
    /// Its entries without its folders, in the order of its directory.
    pub entries: Vec<Found>,
    /// How many more are missing because the directory is truncated.
    pub lost: u64,
}

impl Archive {
    /// A file on disk, and its contents. Reads only the directory.
    pub fn open(path: &Path) -> io::Result<Contents> {
        let length = path.metadata()?.len();
        let bytes = Bytes::File { at: 0, length };
        Self { path: path.to_owned(), name: path.display().to_string(), depth: 1, bytes }.contents()
    }

    /// A zip that is an entry of another. `held` is how much memory such zips take; it grows.
    pub fn open_inside(entry: &Entry, held: &mut u64) -> io::Result<Contents> {
        let outer = entry.archive();
        if outer.depth >= MAX_DEPTH {
            return Err(io::Error::other("it is in an archive inside an archive; unpack the outer one first"));
        }
        let bytes = if let (Bytes::File { at, .. }, Some(inside)) = (&outer.bytes, entry.stored_at()?) {
            Bytes::File { at: at + inside, length: entry.size() }
        } else {
            *held = held.saturating_add(entry.size());
            if *held > MAX_HELD {
                let most = MAX_HELD >> 20;
                return Err(io::Error::other(format!(
                    "archives packed inside archives are opened up to {most} MiB in all; unpack it first"
                )));
            }
            Bytes::Memory(entry.read()?)
        };
        Self { path: outer.path.clone(), name: entry.to_string(), depth: outer.depth + 1, bytes }.contents()
    }

    fn contents(self) -> io::Result<Contents> {
        let Directory { records, lost } = self.directory()?;
        let archive = Arc::new(self);
        let is_folder = |name: &str| name.ends_with('/') || name.ends_with('\\');
        let files = records.into_iter().filter(|record| !is_folder(&record.name) || record.size > 0);
        Ok(Contents { entries: files.map(|record| Entry::new(&archive, record)).collect(), lost })
    }

    fn directory(&self) -> io::Result<Directory> {
        match &self.bytes {
            Bytes::File { at, length } => {
                let part = Part { file: File::open(&self.path)?, start: *at, length: *length, at: 0 };
                directory::read(&mut BufReader::new(part), *length)
            }
            Bytes::Memory(bytes) => directory::read(&mut Cursor::new(bytes.as_slice()), bytes.len() as u64),
        }
    }

    /// An archive of which only the path is needed.
    #[cfg(test)]
    fn of_nothing(path: &Path) -> Arc<Self> {
        let bytes = Bytes::Memory(Vec::new());
        Arc::new(Self { path: path.to_owned(), name: path.display().to_string(), depth: 1, bytes })
    }

    /// The bytes from a place on.
    fn bytes_from(&self, at: u64) -> io::Result<Box<dyn BufRead + Send + '_>> {
        match &self.bytes {
            Bytes::File { at: start, length } => {
                let mut file = File::open(&self.path)?;
                file.seek(SeekFrom::Start(start.saturating_add(at)))?;
                Ok(Box::new(BufReader::with_capacity(1 << 15, file).take(length.saturating_sub(at))))
            }
            Bytes::Memory(bytes) => {
                let at = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                Ok(Box::new(&bytes[at..]))
            }
        }
    }

    /// The file on disk that it is, or is inside of.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of all its entries. Reads the directory again.
    pub fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.directory()?.records.into_iter().map(|record| record.name).collect())
    }
}

/// A part of a file, as if it were one.
struct Part {
    file: File,
    start: u64,
    length: u64,
    at: u64,
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.length.saturating_sub(self.at);
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read(&mut buffer[..most])?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Part {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        let at = at.ok_or(io::ErrorKind::InvalidInput)?;
        self.file.seek(SeekFrom::Start(self.start.saturating_add(at)))?;
        self.at = at;
        Ok(at)
    }
}
