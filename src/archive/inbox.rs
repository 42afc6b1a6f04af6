//! Instances from the network into files of a folder: bytes as they come, behind a head of ours, to a temporary file that
//! gets its name when it is whole and on disk. A program that is killed leaves no part of an instance under a name that
//! anybody would read.
//!
//! Only a UID becomes a file's name. What is called otherwise is not taken.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use super::{
    error::ArchiveError,
    meta::{self, Head},
};
use crate::files::{self, AtomicFile, Readers, WriteError};

/// How much may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of an instance.
    pub instance: u64,
    /// Bytes of all that is put into the folder.
    pub total: u64,
}

impl Default for Bounds {
    /// 2 GiB an instance, 64 GiB in all.
    fn default() -> Self {
        Self { instance: 2 << 30, total: 64 << 30 }
    }
}

/// A folder for what comes. Several connections may fill it at the same time.
#[derive(Debug)]
pub struct Inbox {
    folder: PathBuf,
    bounds: Bounds,
    total: AtomicU64,
}

/// Why one instance is not taken, while others may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadName(pub String);

impl Inbox {
    /// Makes the folder if it is missing, and removes what killed programs left in it.
    ///
    /// # Errors
    ///
    /// The folder cannot be made.
    pub fn open(folder: &Path, bounds: Bounds) -> Result<Self, ArchiveError> {
        fs::create_dir_all(folder).map_err(|source| WriteError { path: folder.to_owned(), source })?;
        files::remove_litter(folder);
        Ok(Self { folder: folder.to_owned(), bounds, total: AtomicU64::new(0) })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, instance: &str) -> Option<PathBuf> {
        let is_safe = (1..=64).contains(&instance.len())
            && instance.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && instance.starts_with(|c: char| c.is_ascii_digit());
        is_safe.then(|| self.folder.join(format!("{instance}.dcm")))
    }

    /// Whether an instance is there, whole.
    pub fn has(&self, instance: &str) -> bool {
        self.path(instance).is_some_and(|path| path.is_file())
    }

    /// Begins an instance that came from `title`.
    ///
    /// # Errors
    ///
    /// The outer: nothing can be written any more. The inner: this one can't be taken.
    pub fn begin(&self, head: &Head, title: &str) -> Result<Result<Incoming<'_>, BadName>, ArchiveError> {
        let Some(path) = self.path(&head.instance) else {
            let name: String = head.instance.chars().take(80).collect();
            return Ok(Err(BadName(format!("{name:?} is not a UID that an instance can have"))));
        };
        let file = AtomicFile::create_for(&path, Readers::Owner)?;
        let mut incoming = Incoming { inbox: self, path, file, length: 0 };
        incoming.write(&meta::head(head, title))?;
        Ok(Ok(incoming))
    }
}

/// An instance on its way. If it is dropped, nothing is left of it.
#[derive(Debug)]
pub struct Incoming<'a> {
    inbox: &'a Inbox,
    path: PathBuf,
    file: AtomicFile,
    length: u64,
}

impl Incoming<'_> {
    /// Takes more bytes.
    ///
    /// # Errors
    ///
    /// Too many, or the disk is full.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        let Bounds { instance, total } = self.inbox.bounds;
        self.length += bytes.len() as u64;
        let so_far = self.inbox.total.fetch_add(bytes.len() as u64, Ordering::Relaxed) + bytes.len() as u64;
        if self.length > instance {
            return Err(ArchiveError::Bound(format!("an instance has more than {} MiB", instance >> 20)));
        }
        if so_far > total {
            return Err(ArchiveError::Bound(format!("more than {} MiB came: stopped", total >> 20)));
        }
        self.file.write_all(bytes).map_err(|source| WriteError { path: self.path.clone(), source }.into())
    }

    /// Puts it in its place.
    ///
    /// # Errors
    ///
    /// The disk is full or gone.
    pub fn finish(self) -> Result<(), ArchiveError> {
        Ok(self.file.commit()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(instance: &str) -> Head {
        Head {
            class: "1.2.840.10008.5.1.4.1.1.4".to_owned(),
            instance: instance.to_owned(),
            syntax: "1.2.840.10008.1.2.1".to_owned(),
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn what_is_whole_appears_and_what_is_not_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let inbox = Inbox::open(&dir.path().join("in"), Bounds::default()).unwrap();
        let mut half = inbox.begin(&head("1.2.3"), "X").unwrap().unwrap();
        half.write(b"abc").unwrap();
        assert!(!inbox.has("1.2.3"));
        drop(half);
        assert_eq!(names(inbox.folder()), Vec::<String>::new());
        let mut whole = inbox.begin(&head("1.2.3"), "X").unwrap().unwrap();
        whole.write(b"abc").unwrap();
        whole.finish().unwrap();
        assert!(inbox.has("1.2.3") && fs::read(inbox.folder().join("1.2.3.dcm")).unwrap().ends_with(b"abc"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(inbox.folder().join("1.2.3.dcm")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let inbox = Inbox::open(&dir.path().join("in"), Bounds::default()).unwrap();
        let long = "1".repeat(65);
        for name in
            ["../x", "..", ".", "", "/etc/passwd", "1.2/../../x", "1.2\\x", "1.2\0", "..1", "C:1", long.as_str()]
        {
            assert!(inbox.begin(&head(name), "X").unwrap().is_err() && !inbox.has(name), "{name}");
        }
        assert_eq!((names(dir.path()), names(inbox.folder())), (vec!["in".to_owned()], Vec::new()));
    }

    #[test]
    fn too_much_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let inbox = Inbox::open(dir.path(), Bounds { instance: 5000, total: 8000 }).unwrap();
        let mut first = inbox.begin(&head("1.2.1"), "X").unwrap().unwrap();
        assert!(first.write(&[0; 5000]).is_err());
        drop(first);
        let mut second = inbox.begin(&head("1.2.2"), "X").unwrap().unwrap();
        let error = second.write(&[0; 3000]).unwrap_err().to_string();
        assert!(error.contains("stopped"), "{error}");
        drop(second);
        assert_eq!(names(dir.path()), Vec::<String>::new());
    }
}
