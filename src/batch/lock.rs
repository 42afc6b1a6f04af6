//! One program at a time grades a share into a folder. The lock goes when the program ends, however it ends.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::Shard;
use crate::files::has_no_locks;

/// Held while a share is graded.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why there is no lock.
#[derive(Debug, thiserror::Error)]
#[error("cannot lock {}: {source}", path.display())]
pub struct LockError {
    /// The file of the lock.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl Lock {
    /// Takes the lock of a share; where another program holds it, `waits` is called once, and this waits for it.
    ///
    /// # Errors
    ///
    /// The folder or the file of the lock cannot be made.
    pub fn take(out: &Path, shard: Shard, waits: impl FnOnce()) -> Result<Self, LockError> {
        let path = out.join(format!(".lock-{}", shard.to_string().replace('/', "-of-")));
        let take = || {
            std::fs::create_dir_all(out)?;
            let file = File::options().create(true).append(true).open(&path)?;
            match file.try_lock() {
                Ok(()) => (),
                Err(TryLockError::WouldBlock) => {
                    waits();
                    file.lock()?;
                }
                // Some network file systems know no locks: the scheduler must then see to it.
                Err(TryLockError::Error(error)) if has_no_locks(&error) => (),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            Ok(file)
        };
        match take() {
            Ok(file) => Ok(Self { _file: file }),
            Err(source) => Err(LockError { path, source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_second_program_waits_for_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::take(dir.path(), Shard::WHOLE, || panic!("nobody holds it")).unwrap();
        let other: Shard = "1/2".parse().unwrap();
        Lock::take(dir.path(), other, || panic!("another share is free")).unwrap();
        let (waits, news) = mpsc::channel();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| Lock::take(dir.path(), Shard::WHOLE, || waits.send(()).unwrap()).unwrap());
            news.recv().unwrap();
            assert!(!second.is_finished());
            drop(first);
            second.join().unwrap();
        });
    }
}
