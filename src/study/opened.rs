//! Files of many frames that were read last, kept for the next frame: the functional groups of a thousand frames are
//! parsed once, not a thousand times.

use std::{
    io::Read,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    file::{self, Loaded},
    header::HeaderError,
    model::Instance,
};

/// As many threads decode at a time on most machines, or as many series are looked at.
const MOST: usize = 4;
/// A file that is read whole, as compressed ones are, is kept up to this size.
const LARGEST: u64 = 128 << 20;

struct Kept {
    instance: Arc<Instance>,
    size: u64,
    whole: bool,
    loaded: Arc<Loaded>,
}

/// The newest last. Of files that are read whole there is one.
static KEPT: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

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
    // A file that was written anew has another size nearly always; and another scan knows it by another instance.
    let is_it = |kept: &Kept| Arc::ptr_eq(&kept.instance, instance) && (kept.size, kept.whole) == (size, whole);
    let found = lock().iter().find(|kept| is_it(kept)).map(|kept| kept.loaded.clone());
    if let Some(found) = found {
        return Ok(found);
    }
    let loaded = Arc::new(file::load(from, size, whole)?);
    let mut kept = lock();
    kept.retain(|other| !(is_it(other) || (whole && other.whole)));
    if kept.len() >= MOST {
        kept.remove(0);
    }
    kept.push(Kept { instance: instance.clone(), size, whole, loaded: loaded.clone() });
    Ok(loaded)
}

fn lock() -> std::sync::MutexGuard<'static, Vec<Kept>> {
    // Every change under this lock is whole.
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}
