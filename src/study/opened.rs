//! Files of many frames that were read last, kept for the next frame: the functional groups of a thousand frames are
//! parsed once, not a thousand times, and what is packed in a zip is unpacked once.

use std::{
    io::{self, Cursor, Read},
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    error::HeaderError,
    file::{self, Loaded},
    model::Instance,
    source::Bytes,
};

/// About as many threads decode at a time on most machines, or as many series are viewed.
const MOST: usize = 4;
/// A file that is read completely, like a compressed one, is kept up to this size.
const LARGEST: u64 = 128 << 20;

struct Kept {
    instance: Arc<Instance>,
    size: u64,
    whole: bool,
    loaded: Arc<Loaded>,
}

/// A file and its bytes.
type Unpacked = (Arc<Instance>, Arc<[u8]>);

/// The newest last. Only one of the files that are read completely is kept.
static KEPT: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

/// The file that was unpacked last: a series is rarely more than one file.
static UNPACKED: Mutex<Option<Unpacked>> = Mutex::new(None);

/// Opens the file of an image for reading from the start, and tells how many bytes there are.
///
/// # Errors
///
/// Those of [`Source::open_sized`](super::source::Source::open_sized).
pub fn open(instance: &Arc<Instance>) -> io::Result<(Box<dyn Bytes + '_>, u64)> {
    if instance.frames <= 1 || !instance.source.is_packed() {
        return instance.source.open_sized();
    }
    let is_it = |kept: &&Unpacked| Arc::ptr_eq(&kept.0, instance);
    let kept = lock(&UNPACKED).as_ref().filter(is_it).map(|(_, bytes)| bytes.clone());
    let bytes: Arc<[u8]> = if let Some(kept) = kept {
        kept
    } else {
        let (mut from, size) = instance.source.open_sized()?;
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes)?;
        let bytes: Arc<[u8]> = bytes.into();
        if size <= LARGEST {
            *lock(&UNPACKED) = Some((instance.clone(), bytes.clone()));
        }
        bytes
    };
    let size = bytes.len() as u64;
    Ok((Box::new(Cursor::new(bytes)), size))
}

/// What a file of `size` bytes holds, up to its pixels or `whole`; `from` is read only where it was not read before.
///
/// # Errors
///
/// Those of [`file::load`].
pub fn load(
    instance: &Arc<Instance>,
    from: &mut impl Read,
    size: u64,
    whole: bool,
) -> Result<Arc<Loaded>, HeaderError> {
    if instance.frames <= 1 || (whole && size > LARGEST) {
        return file::load(from, size, whole).map(Arc::new);
    }
    // A rewritten file nearly always has a different size; and another scan identifies it by another instance.
    let is_it = |kept: &Kept| Arc::ptr_eq(&kept.instance, instance) && (kept.size, kept.whole) == (size, whole);
    let found = lock(&KEPT).iter().find(|kept| is_it(kept)).map(|kept| kept.loaded.clone());
    if let Some(found) = found {
        return Ok(found);
    }
    let loaded = Arc::new(file::load(from, size, whole)?);
    let mut kept = lock(&KEPT);
    kept.retain(|other| !(is_it(other) || (whole && other.whole)));
    if kept.len() >= MOST {
        kept.remove(0);
    }
    kept.push(Kept { instance: instance.clone(), size, whole, loaded: loaded.clone() });
    Ok(loaded)
}

fn lock<T>(kept: &'static Mutex<T>) -> std::sync::MutexGuard<'static, T> {
    // Every change under these locks is complete.
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
